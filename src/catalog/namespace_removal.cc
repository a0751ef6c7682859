#include "catalog/namespace_removal.h"

#include "block/namespace.h"
#include "runtime/parallel.h"

#include <functional>
#include <utility>
#include <vector>

namespace tarn::catalog {
namespace {

constexpr std::size_t kKeysPerPage = 1000;
constexpr std::size_t kRemovalWidth = 16;

/// All objects below a folder but `keep`.
Task<Result<std::uint64_t>> remove_folder(Context ctx, block::Adapter& blocks,
                                          block::Location folder, std::string keep) {
  std::uint64_t removed = 0;
  std::string after;
  do {
    TARN_CO_TRY(const block::ListPage page,
                co_await blocks.list(ctx, folder.bucket, folder.key, after, kKeysPerPage));
    std::vector<std::string> keys;
    for (const block::ListedObject& object : page.objects) {
      // The prefix ends in a slash: nothing beside the folder begins with it. Not to rely on every
      // store's listing for that costs nothing.
      if (object.key.starts_with(folder.key) && object.key != keep) {
        keys.push_back(object.key);
      }
    }
    std::function<Task<Result<void>>(std::size_t)> remove = [&](std::size_t index) {
      block::Location where{folder.bucket, keys[index]};
      return blocks.remove(ctx, std::move(where));
    };
    TARN_CO_CHECK_OK(co_await parallel_for(keys.size(), kRemovalWidth, std::move(remove)));
    removed += keys.size();
    after = page.next_after;
  } while (!after.empty());
  co_return removed;
}

}  // namespace

Task<Result<std::uint64_t>> remove_namespace_data(Context ctx, block::Adapter& blocks,
                                                  StorageNamespace storage_namespace,
                                                  std::string tables_prefix) {
  const auto place = [&storage_namespace](const std::string& address) {
    return block::resolve(storage_namespace, address, block::AddressType::kRelative);
  };
  TARN_CO_TRY(block::Location data, place("data/"));
  TARN_CO_TRY(block::Location tables, place(tables_prefix + "/"));
  TARN_CO_TRY(block::Location marker, place(tables_prefix + "/dummy"));
  TARN_CO_TRY(std::uint64_t removed,
              co_await remove_folder(ctx, blocks, std::move(data), std::string()));
  TARN_CO_TRY(const std::uint64_t more,
              co_await remove_folder(ctx, blocks, std::move(tables), marker.key));
  TARN_CO_CHECK_OK(co_await blocks.remove(ctx, std::move(marker)));
  co_return removed + more;
}

}  // namespace tarn::catalog
