#include "tables/changed_partitions.h"

#include "tables/partition_listing.h"

#include <utility>

namespace tarn::tables {

Task<Result<void>> ChangedPartitions::add(Context ctx, std::string from, std::string to) {
  std::string after;
  while (true) {
    TARN_CO_TRY(const ChangePage page,
                co_await reader_.changes(ctx, from, to, layout_.prefix(), after, page_objects_));
    std::string last;
    for (const std::string& path : page.paths) {
      // A removed object's size is not known: what it was is seen by what is left.
      const PartitionLayout::Place place = layout_.place(path, 1);
      if (place.kind == PartitionLayout::Kind::kData) {
        last = std::string(place.partition);
        folders_.insert(last);
      }
    }
    if (!page.has_more || too_many()) {
      co_return Result<void>();
    }
    std::string next = page.next_after;
    if (layout_.partitioned() && !last.empty() && next.starts_with(layout_.prefix() + last)) {
      next = end_of_folder(layout_.prefix() + last);
    } else if (!layout_.partitioned() && !folders_.empty()) {
      co_return Result<void>();
    }
    if (next <= after) {
      co_return Error(kInternal, "a difference does not advance");
    }
    after = std::move(next);
  }
}

}  // namespace tarn::tables
