#include "block/list_walker.h"

#include "block/namespace.h"

#include <utility>

namespace tarn::block {
namespace {

constexpr std::size_t kPageSize = 1000;

class ListWalker final : public Walker {
 public:
  ListWalker(Adapter& adapter, BlockingPool& pool) : adapter_(adapter), pool_(pool) {}

  Task<Result<void>> walk(Context ctx, std::string prefix, WalkSink sink) override {
    TARN_CO_TRY(Location where, location_of(prefix));
    const std::size_t folder = where.key.rfind('/') + 1;  // 0 without a slash
    std::string after;
    do {
      if (ctx.cancel().cancelled()) {
        co_return Error(kCancelled);
      }
      TARN_CO_TRY(ListPage page,
                  co_await adapter_.list(ctx, where.bucket, where.key, after, kPageSize));
      std::vector<WalkedObject> found;
      found.reserve(page.objects.size());
      for (ListedObject& object : page.objects) {
        found.push_back(walked(object.key.substr(folder), std::move(object.info)));
      }
      auto job = [&sink, &found] { return sink(std::move(found)); };
      TARN_CO_CHECK_OK(co_await run_blocking(pool_, job));
      after = std::move(page.next_after);
    } while (!after.empty());
    co_return Result<void>();
  }

  Task<Result<WalkedObject>> object(Context ctx, std::string uri) override {
    TARN_CO_TRY(Location where, location_of(uri));
    if (where.key.empty()) {
      co_return Error(kInvalidAddress, uri);
    }
    std::string name = uri.substr(folder_size_of(uri));
    TARN_CO_TRY(ObjectInfo info, co_await adapter_.stat(ctx, std::move(where)));
    co_return walked(std::move(name), std::move(info));
  }

  Result<std::string> canonical(std::string_view uri) const override {
    TARN_TRY(const Location where, location_of(uri));
    return adapter_.capabilities().scheme + "://" + where.bucket + "/" + where.key;
  }

 private:
  static WalkedObject walked(std::string name, ObjectInfo info) {
    return {std::move(name), info.size_bytes, std::move(info.etag), info.last_modified};
  }

  /// With an empty key for a bucket alone.
  Result<Location> location_of(std::string_view uri) const {
    TARN_TRY(const StoreUri parsed, StoreUri::parse(uri));
    const std::size_t slash = parsed.rest.find('/');
    Location where{parsed.rest.substr(0, slash), {}};
    if (parsed.scheme != adapter_.capabilities().scheme || where.bucket.empty()) {
      return Error(kInvalidAddress, uri);
    }
    if (slash != std::string::npos) {
      where.key = parsed.rest.substr(slash + 1);
    }
    return where;
  }

  Adapter& adapter_;
  BlockingPool& pool_;
};

}  // namespace

std::unique_ptr<Walker> make_list_walker(Adapter& adapter, BlockingPool& pool) {
  return std::make_unique<ListWalker>(adapter, pool);
}

}  // namespace tarn::block
