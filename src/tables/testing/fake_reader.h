#pragma once

#include "tables/object_reader.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tarn::tables::testing {

/// Objects of a version in memory; a user who may not read a path makes the listing fail, as the
/// API does.
class FakeReader final : public ObjectReader {
 public:
  FakeReader() = default;
  explicit FakeReader(const std::vector<TableObject>& objects) {
    for (const TableObject& object : objects) {
      objects_[object.path] = object;
    }
  }
  /// The address is `s3://bucket/ns/data/<name>`.
  void add(const std::string& path, std::uint64_t size_bytes = 10) {
    objects_[path] = {.path = path,
                      .physical_address = "s3://bucket/ns/data/" + path.substr(path.rfind('/') + 1),
                      .size_bytes = size_bytes};
  }

  Task<Result<ObjectPage>> list(Context, std::string prefix, std::string after,
                                std::size_t amount) override {
    static constexpr ErrorId kForbidden{ErrorKind::kForbidden, "forbidden"};
    ++lists;
    if (fail_at_list == lists) {
      co_return Error::with_message(kForbidden, "lakeFS: api return non-2xx403");
    }
    ObjectPage page;
    for (auto at = objects_.lower_bound(prefix); at != objects_.end(); ++at) {
      if (!at->first.starts_with(prefix)) {
        break;
      }
      if (at->first <= after) {
        continue;
      }
      if (page.objects.size() == amount) {
        page.has_more = true;
        page.next_after = page.objects.back().path;
        break;
      }
      page.objects.push_back(at->second);
    }
    co_return page;
  }
  void set_content(const std::string& path, Bytes content) {
    add(path, content.size());
    contents_[path] = std::move(content);
  }
  Task<Result<std::optional<TableObject>>> find(Context, std::string path) override {
    static constexpr ErrorId kForbidden{ErrorKind::kForbidden, "forbidden"};
    ++finds;
    if (forbidden.contains(path)) {
      co_return Error::with_message(kForbidden, "lakeFS: api return non-2xx403");
    }
    const auto found = objects_.find(path);
    co_return found == objects_.end() ? std::nullopt : std::optional(found->second);
  }
  /// Gives it another address.
  void add_at(const std::string& path, const std::string& address) {
    objects_[path] = {.path = path, .physical_address = address, .size_bytes = 10};
  }
  void remove(const std::string& path) {
    objects_.erase(path);
    contents_.erase(path);
  }
  Task<Result<Bytes>> get(Context, std::string path) override {
    if (!contents_.contains(path)) {
      co_return Error(kInternal);
    }
    co_return contents_[path];
  }
  Task<Result<Bytes>> get_range(Context, std::string path, std::uint64_t offset,
                                std::size_t size_bytes) override {
    if (!contents_.contains(path) || contents_[path].size() <= offset) {
      co_return Error(kInternal);
    }
    co_return contents_[path].substr(offset, size_bytes);
  }

  /// Paths that find() may not see.
  std::set<std::string> forbidden;
  std::size_t finds = 0;
  std::size_t lists = 0;
  std::size_t fail_at_list = 0;

 private:
  std::map<std::string, TableObject> objects_;
  std::map<std::string, Bytes> contents_;
};

}  // namespace tarn::tables::testing
