#pragma once

#include "base/json.h"
#include "tables/errors.h"

#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

/// What a table that follows a ref says about itself, in parameters of the catalog's table:
///
/// | Parameter | Value |
/// | --- | --- |
/// | `tarn.repository`, `tarn.ref` | whose table it is |
/// | `tarn.path` | the table's folder in the repository, with a slash at the end |
/// | `tarn.commit` | what it shows; absent until the first export has ended |
/// | `tarn.pending` | commits, with commas between, of exports that began and did not end |
/// | `tarn.definition` | digest of the TableInput that it was last made from |
/// | `tarn.version` | of a Delta table, the last version that was exported |
///
/// It lies with what it describes, so no failure can make the two differ. Partitions may show a
/// pending commit instead of the table's. A table of one commit has `tarn.repository` only.
struct TableState {
  /// Beyond these the table is exported as a whole.
  static constexpr std::size_t kPendingMax = 4;

  std::string repository;
  std::string ref;
  std::string path;
  std::string commit;
  std::vector<std::string> pending;
  std::string definition;
  friend bool operator==(const TableState&, const TableState&) = default;
};

/// Of a Table as Glue answers it.
TableState read_state(const Json& table);
/// `input` with the parameters of `existing` (may be null) that it does not name, and `state`.
Json with_state(Json input, const Json* existing, const TableState& state);
/// `input` with the parameter that tells whose table it is.
Json with_repository(Json input, std::string_view repository);
/// Of a TableInput, but for its location.
std::string definition_digest(const Json& input);

/// Errors kForeignTable: the table is no export, or shows another ref.
Result<void> check_owner(const Json& existing, const TableState& shown, const TableState& wanted,
                         std::string_view database);

std::string storage_location(const Json& table);
bool is_iceberg_table(const Json& table);
bool is_delta_table(const Json& table);
bool same_partition_keys(const Json& a, const Json& b);
/// Whether partitions made for `before` can be read beside those made for `after`: the same formats
/// and columns, but that some may have been added at the end, and comments do not matter.
bool compatible_storage(const Json& before, const Json& after);

}  // namespace tarn::tables
