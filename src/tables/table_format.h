#pragma once

#include "base/json.h"

#include <string_view>

namespace tarn::tables {

/// The part of a TableInput that says how files are read, for `csv`, `tsv`, `json`, `parquet`,
/// `orc`, `avro` or `text`: formats, serde and parameters. Errors kInvalid, naming those that
/// there are.
Result<Json> table_format(std::string_view word);

/// `base` with the members of `over`, objects inside of objects likewise; anything else of `over`
/// replaces what is there.
Json merge_json(Json base, const Json& over);

}  // namespace tarn::tables
