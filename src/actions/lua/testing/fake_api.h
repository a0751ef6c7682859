#pragma once

#include "actions/api_caller.h"
#include "base/thread_annotations.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tarn::actions::lua::testing {

/// A REST API in memory: objects of commits, and rules of who may read what. Answers listings and
/// objects as the real one does, and stats of objects unless there is a `script`, which answers any
/// other request. Thread-safe.
class FakeApi final : public ApiCaller {
 public:
  struct Object {
    Bytes content;
    std::string physical_address;
    std::uint64_t size_bytes = 0;
  };

  Task<Result<ApiResponse>> call(Context ctx, ApiRequest request) override;

  /// The address is `s3://bucket/ns/data/<path with / as ->`.
  void add(const std::string& commit, const std::string& path, std::uint64_t size_bytes = 10,
           Bytes content = {});
  void set_address(const std::string& commit, const std::string& path, std::string address);
  /// What `user` may not read: a listing of the prefix, and objects below it, are answered with
  /// 403.
  void forbid(const std::string& user, const std::string& prefix);
  std::vector<ApiRequest> requests() const;
  std::vector<std::string> targets() const;

  /// Answers what is no listing and no object; default 404.
  std::function<ApiResponse(const ApiRequest&)> script;
  /// Requests wait until their context ends.
  bool hangs = false;
  /// Ended calls of a FakeApi that hangs.
  std::size_t cancelled() const;

 private:
  ApiResponse answer(const ApiRequest& request) TARN_REQUIRES(mutex_);
  ApiResponse list(const std::string& commit, const std::map<std::string, std::string>& query) const
      TARN_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, std::map<std::string, Object>> commits_ TARN_GUARDED_BY(mutex_);
  std::set<std::pair<std::string, std::string>> forbidden_ TARN_GUARDED_BY(mutex_);
  std::vector<ApiRequest> requests_ TARN_GUARDED_BY(mutex_);
  std::size_t cancelled_ TARN_GUARDED_BY(mutex_) = 0;
};

}  // namespace tarn::actions::lua::testing
