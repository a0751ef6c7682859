#pragma once

#include "runtime/context.h"
#include "runtime/task.h"
#include "tables/object_reader.h"
#include "tables/partition.h"

#include <cstddef>
#include <set>
#include <string>

namespace tarn::tables {

/// Folders of partitions (PartitionLayout::Place::partition; the empty one of a table without
/// columns) that differ between versions.
class ChangedPartitions {
 public:
  /// `layout` and `reader` outlive it.
  ChangedPartitions(const PartitionLayout& layout, ChangeReader& reader, std::size_t page_objects,
                    std::size_t folders_max)
      : layout_(layout), reader_(reader), page_objects_(page_objects), folders_max_(folders_max) {}

  /// Adds what differs between two commits; stops when there are too many. A folder is asked for
  /// once, however many of its objects changed: the rest of it is jumped over. Errors: those of the
  /// reader.
  Task<Result<void>> add(Context ctx, std::string from, std::string to);

  const std::set<std::string>& folders() const { return folders_; }
  /// There are more than `folders_max`, or may be.
  bool too_many() const { return folders_.size() > folders_max_; }

 private:
  const PartitionLayout& layout_;
  ChangeReader& reader_;
  const std::size_t page_objects_;
  const std::size_t folders_max_;
  std::set<std::string> folders_;
};

}  // namespace tarn::tables
