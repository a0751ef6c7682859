#include "tables/iceberg_objects.h"

#include "runtime/parallel.h"

#include <functional>
#include <utility>

namespace tarn::tables {

Task<Result<std::optional<TableObject>>> IcebergObjects::find(std::string path) {
  Result<std::optional<TableObject>> object = co_await reader_.find(ctx_, path);
  if (!object) {
    co_return std::move(object).error().wrap(path);
  }
  co_return object;
}

Task<Result<Bytes>> IcebergObjects::read(std::string path) {
  Result<Bytes> content = co_await reader_.get(ctx_, path);
  if (!content) {
    co_return std::move(content).error().wrap(path);
  }
  co_return content;
}

/// The address goes to `to`, which outlives the call, if there is such an object.
Task<Result<void>> IcebergObjects::look_up_one(std::string path, std::string& to) {
  TARN_CO_TRY(std::optional<TableObject> object, co_await find(std::move(path)));
  if (object) {
    to = std::move(object->physical_address);
  }
  co_return Result<void>();
}

Task<Result<IcebergObjects::ByAddress>> IcebergObjects::look_up(
    std::vector<std::string> addresses) {
  ByAddress objects;
  std::map<std::string, std::string> by_path;
  for (std::string& address : addresses) {
    if (std::optional<std::string> path = addresses_.path_of(address)) {
      by_path.emplace(*path, "");
      objects.emplace(std::move(address), IcebergObject{.path = *std::move(path)});
    }
  }
  std::vector<std::pair<const std::string, std::string>*> wanted;
  for (auto& each : by_path) {
    wanted.push_back(&each);
  }
  looked_up_ += wanted.size();
  std::function<Task<Result<void>>(std::size_t)> work = [this, &wanted](std::size_t at) {
    return look_up_one(wanted[at]->first, wanted[at]->second);
  };
  TARN_CO_CHECK_OK(co_await parallel_for(wanted.size(), requests_max_, work));
  for (auto& [address, object] : objects) {
    object.physical_address = by_path.at(object.path);
  }
  co_return objects;
}

}  // namespace tarn::tables
