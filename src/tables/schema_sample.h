#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "tables/descriptor.h"

#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

/// Columns that the beginning of a file shows, in its order; only names and types are set. `whole`
/// tells whether that is all of the file; otherwise its last line, which may be cut, is not looked
/// at. Errors kInvalid, saying what is wrong with it.

/// Of a file with a header line. Values are as OpenCSVSerde and LazySimpleSerDe take them: whole
/// numbers (`bigint`), other numbers (`double`) and booleans where every line has such a one, else
/// `string`, also for dates, which they cannot read.
Result<std::vector<TableField>> csv_columns(ByteView text, char separator, bool whole);
/// Of JSON objects, one a line: the members of all of them, in the order in which they come. What
/// differs from line to line, or is always null, is a `string`.
Result<std::vector<TableField>> json_columns(ByteView text, bool whole);

/// What a table's descriptor says that its data does not, in words; empty if nothing. Columns are
/// compared by name whatever the case; with `by_position` (files without names in each row: csv)
/// their order, too. A column that the data has and the descriptor has not is no drift by name.
/// `partition_columns` are in no file.
std::vector<std::string> find_drift(const TableDescriptor& descriptor,
                                    const std::vector<TableField>& data, bool by_position);

}  // namespace tarn::tables
