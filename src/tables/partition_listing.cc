#include "tables/partition_listing.h"

#include "tables/errors.h"

#include <utility>

namespace tarn::tables {
namespace {

constexpr std::size_t kPageObjects = 1000;
constexpr std::size_t kNamesBytesMax = 64 * kMiB;

}  // namespace

std::string end_of_folder(std::string_view folder) {
  return std::string(folder).append("\xf4\x8f\xbf\xbf");  // U+10FFFF
}

Task<Result<std::vector<std::string>>> list_partitions(Context ctx, ObjectReader& reader,
                                                       PartitionLayout layout) {
  std::vector<std::string> found;
  std::size_t bytes = 0;
  std::string after;
  while (true) {
    TARN_CO_TRY(const ObjectPage page,
                co_await reader.list(ctx, layout.prefix(), after, kPageObjects));
    for (const TableObject& object : page.objects) {
      const PartitionLayout::Place place = layout.place(object.path, object.size_bytes);
      if (place.kind == PartitionLayout::Kind::kData &&
          (found.empty() || found.back() != place.partition)) {
        found.emplace_back(place.partition);
        bytes += place.partition.size();
      }
    }
    if (bytes > kNamesBytesMax) {
      co_return Error::with_message(kBadPartition, "the table has too many partitions to name");
    }
    if (!page.has_more) {
      co_return found;
    }
    std::string next = page.next_after;
    if (!found.empty() && layout.partitioned()) {
      const std::string folder = layout.prefix() + found.back();
      if (next.starts_with(folder)) {
        next = end_of_folder(folder);
      }
    }
    if (next <= after) {
      co_return Error(kInternal, "a listing does not advance");
    }
    after = std::move(next);
  }
}

}  // namespace tarn::tables
