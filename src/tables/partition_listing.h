#pragma once

#include "runtime/context.h"
#include "runtime/task.h"
#include "tables/object_reader.h"
#include "tables/partition.h"

#include <string>
#include <vector>

namespace tarn::tables {

/// Greatest path that can lie below `folder`: to list after it leaves the rest of the folder out.
std::string end_of_folder(std::string_view folder);

/// Partitions (PartitionLayout::Place::partition) that hold data, in the order of the listing. One
/// request for each page and partition of more than a page, whatever that holds. Errors: those of
/// the reader; kBadPartition when the names are more than memory should hold.
Task<Result<std::vector<std::string>>> list_partitions(Context ctx, ObjectReader& reader,
                                                       PartitionLayout layout);

}  // namespace tarn::tables
