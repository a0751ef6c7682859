#pragma once

#include "tables/export_prune.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tarn::tables::testing {

/// Objects by URI, in memory.
class MemoryStore final : public ManifestStore {
 public:
  Task<Result<void>> put(Context, std::string bucket, std::string key, Bytes content) override {
    const std::string uri = uri_of(bucket, key);
    if (!fails_on.empty() && uri.find(fails_on) != std::string::npos) {
      co_return Error::with_message(kInternal, "AccessDenied: no");
    }
    written.push_back(uri);
    objects[uri] = std::move(content);
    co_return Result<void>();
  }
  Task<Result<Bytes>> get(Context, std::string bucket, std::string key) override {
    static constexpr ErrorId kNoObject{ErrorKind::kNotFound, "no object"};
    const auto found = objects.find(uri_of(bucket, key));
    if (found == objects.end()) {
      co_return Error(kNoObject);
    }
    co_return found->second;
  }
  /// In pages of two.
  Task<Result<Page>> list(Context, std::string bucket, std::string prefix,
                          std::string token) override {
    Page page;
    for (const auto& [uri, content] : objects) {
      if (!uri.starts_with(uri_of(bucket, prefix))) {
        continue;
      }
      const std::string key = uri.substr(uri_of(bucket, "").size());
      if (key <= token) {
        continue;
      }
      if (page.items.size() == 2) {
        page.token = page.items.back().key;
        break;
      }
      page.items.push_back({.key = key, .last_modified = {}});
    }
    co_return page;
  }
  Task<Result<void>> remove(Context, std::string bucket, std::vector<std::string> keys) override {
    for (const std::string& key : keys) {
      objects.erase(uri_of(bucket, key));
    }
    co_return Result<void>();
  }

  std::map<std::string, std::string> objects;
  /// In this order.
  std::vector<std::string> written;
  /// Part of the URIs of objects that cannot be written; empty = all can.
  std::string fails_on;

 private:
  static std::string uri_of(const std::string& bucket, const std::string& key) {
    return "s3://" + bucket + "/" + key;
  }
};

}  // namespace tarn::tables::testing
