#pragma once

#include "base/json.h"
#include "tables/errors.h"

namespace tarn::tables {

// What people write by hand for Glue, brought into the form that its API takes: member names as
// Glue spells them (any case is accepted), unknown members and nulls left out, RFC 3339 times as
// seconds. Errors: kBadTableInput, `TableInput.Parameters.a must be a string`.

Result<Json> normalize_table_input(const Json& input);
/// CreateDatabase's `DatabaseInput`, `CatalogId` and `Tags`.
Result<Json> normalize_create_database(const Json& input);

}  // namespace tarn::tables
