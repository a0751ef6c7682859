#include "tables/block_manifests.h"

#include "runtime/parallel.h"

#include <fmt/format.h>

#include <functional>

namespace tarn::tables {
namespace {

constexpr std::string_view kLocal = "local://";
constexpr std::size_t kPageObjects = 1000;
constexpr std::size_t kObjectBytesMax = kGiB;
constexpr std::size_t kRequestsMax = 16;

std::string_view without_slashes_at_end(std::string_view path) {
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  return path;
}

}  // namespace

LocalFiles::LocalFiles(std::string root) : root_(without_slashes_at_end(root)) {}

std::string LocalFiles::uri(std::string_view address) const {
  if (!address.starts_with(kLocal)) {
    return std::string(address);
  }
  const std::string_view rest = address.substr(kLocal.size());
  return rest.starts_with('/') ? fmt::format("file://{}", rest)
                               : fmt::format("file://{}/{}", root_, rest);
}

Task<Result<ObjectPage>> LocalFileReader::list(Context ctx, std::string prefix, std::string after,
                                               std::size_t amount) {
  TARN_CO_TRY(ObjectPage page,
              co_await reader_.list(std::move(ctx), std::move(prefix), std::move(after), amount));
  for (TableObject& object : page.objects) {
    object.physical_address = files_.uri(object.physical_address);
  }
  co_return page;
}

Task<Result<std::optional<TableObject>>> LocalFileReader::find(Context ctx, std::string path) {
  TARN_CO_TRY(std::optional<TableObject> object,
              co_await reader_.find(std::move(ctx), std::move(path)));
  if (object) {
    object->physical_address = files_.uri(object->physical_address);
  }
  co_return object;
}

Task<Result<Bytes>> LocalFileReader::get(Context ctx, std::string path) {
  return reader_.get(std::move(ctx), std::move(path));
}

Task<Result<Bytes>> LocalFileReader::get_range(Context ctx, std::string path, std::uint64_t offset,
                                               std::size_t size_bytes) {
  return reader_.get_range(std::move(ctx), std::move(path), offset, size_bytes);
}

BlockManifests::BlockManifests(block::Adapter& store, std::string files_root) : store_(store) {
  if (!files_root.empty()) {
    prefix_ = std::string(without_slashes_at_end(files_root)).substr(1) + "/";
  }
}

Result<block::Location> BlockManifests::locate(std::string bucket, std::string key) const {
  if (prefix_.empty()) {
    return block::Location{.bucket = std::move(bucket), .key = std::move(key)};
  }
  const std::string_view below =
      key.starts_with(prefix_) ? std::string_view(key).substr(prefix_.size()) : std::string_view();
  const std::size_t slash = below.find('/');
  if (!bucket.empty() || slash == std::string_view::npos || slash == 0) {
    return Error::with_message(
        kInvalid, fmt::format("`{}/{}` lies in no folder of the block store", bucket, key));
  }
  return block::Location{.bucket = std::string(below.substr(0, slash)),
                         .key = std::string(below.substr(slash + 1))};
}

Task<Result<void>> BlockManifests::put(Context ctx, std::string bucket, std::string key,
                                       Bytes content) {
  TARN_CO_TRY(block::Location where, locate(std::move(bucket), std::move(key)));
  const std::uint64_t size_bytes = content.size();
  std::unique_ptr<ByteSource> body = memory_source(std::move(content));
  block::PutOptions options;
  options.content_type = "text/plain";
  TARN_CO_CHECK_OK(co_await store_.put(std::move(ctx), std::move(where), std::move(body),
                                       size_bytes, std::move(options)));
  co_return Result<void>();
}

Task<Result<Bytes>> BlockManifests::get(Context ctx, std::string bucket, std::string key) {
  TARN_CO_TRY(block::Location where, locate(std::move(bucket), std::move(key)));
  TARN_CO_TRY(const block::ObjectBody object,
              co_await store_.get(ctx, std::move(where), std::nullopt));
  co_return co_await read_all(std::move(ctx), *object.body, kObjectBytesMax);
}

Task<Result<ManifestStore::Page>> BlockManifests::list(Context ctx, std::string bucket,
                                                       std::string prefix, std::string token) {
  TARN_CO_TRY(const block::Location where, locate(std::move(bucket), std::move(prefix)));
  TARN_CO_TRY(block::ListPage listed,
              co_await store_.list(std::move(ctx), where.bucket, where.key, token, kPageObjects));
  Page page;
  const std::string before = prefix_.empty() ? "" : prefix_ + where.bucket + "/";
  for (block::ListedObject& object : listed.objects) {
    page.items.push_back({.key = before + object.key, .last_modified = object.info.last_modified});
  }
  page.token = std::move(listed.next_after);
  co_return page;
}

Task<Result<void>> BlockManifests::remove(Context ctx, std::string bucket,
                                          std::vector<std::string> keys) {
  std::vector<block::Location> all;
  for (std::string& key : keys) {
    TARN_CO_TRY(block::Location where, locate(bucket, std::move(key)));
    all.push_back(std::move(where));
  }
  std::function<Task<Result<void>>(std::size_t)> work = [this, &ctx, &all](std::size_t index) {
    return store_.remove(ctx, all[index]);
  };
  co_return co_await parallel_for(all.size(), kRequestsMax, work);
}

}  // namespace tarn::tables
