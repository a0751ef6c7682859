#include "actions/lua/testing/fake_api.h"

#include "base/encoding.h"
#include "base/json.h"
#include "http/message.h"
#include "runtime/timer.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tarn::actions::lua::testing {
namespace {

ApiResponse json_answer(unsigned status, const Json& body) {
  return {.status = status, .content_type = "application/json", .body = body.dump()};
}

ApiResponse refusal(unsigned status, std::string_view message) {
  return json_answer(status, Json::object({{"message", message}}));
}

}  // namespace

Task<Result<ApiResponse>> FakeApi::call(Context ctx, ApiRequest request) {
  std::optional<ApiResponse> response;
  {
    const MutexLock lock(mutex_);
    requests_.push_back(request);
    if (!hangs) {
      response = answer(request);
    }
  }
  if (!response) {
    Result<void> slept = co_await sleep_for(ctx, std::chrono::hours(1));
    const MutexLock lock(mutex_);
    ++cancelled_;
    co_return slept ? Error(kInternal) : slept.error();
  }
  if (response->body.size() > request.response_bytes_max) {
    co_return Error::with_message(kInvalid, "the answer is larger than the limit");
  }
  co_return *std::move(response);
}

ApiResponse FakeApi::answer(const ApiRequest& request) {
  // /api/v1/repositories/<repository>/refs/<commit>/objects[/ls | /stat]
  std::vector<std::string> parts;
  const std::string path = request.target.substr(0, request.target.find('?'));
  for (std::size_t at = 1; at < path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    parts.push_back(percent_decode(path.substr(at, slash - at)).value());
    at = slash + 1;
  }
  const bool objects =
      request.method == "GET" && parts.size() >= 7 && parts[4] == "refs" && parts[6] == "objects" &&
      (parts.size() == 7 ||
       (parts.size() == 8 && (parts[7] == "ls" || (parts[7] == "stat" && !script))));
  const bool lists = objects && parts.size() == 8 && parts[7] == "ls";
  if (!objects) {
    return script ? script(request) : refusal(404, "not found");
  }
  std::map<std::string, std::string> query;
  const std::size_t question = request.target.find('?');
  if (question != std::string::npos) {
    const http::QueryPairs pairs = http::parse_query(request.target.substr(question + 1)).value();
    for (const auto& [name, value] : pairs) {
      EXPECT_TRUE(query.emplace(name, value).second) << request.target;
    }
  }
  const std::string& wanted = lists ? query["prefix"] : query["path"];
  for (const auto& [user, prefix] : forbidden_) {
    if (user == request.user && wanted.starts_with(prefix)) {
      return refusal(403, "insufficient permissions");
    }
  }
  if (!commits_.contains(parts[5])) {
    return refusal(404, "commit not found");
  }
  if (lists) {
    return list(parts[5], query);
  }
  const auto& tree = commits_[parts[5]];
  const auto found = tree.find(wanted);
  if (found == tree.end()) {
    return refusal(404, "path not found");
  }
  if (parts.size() == 8) {
    return json_answer(200, Json::object({{"path", wanted},
                                          {"path_type", "object"},
                                          {"physical_address", found->second.physical_address},
                                          {"checksum", "c"},
                                          {"size_bytes", found->second.size_bytes}}));
  }
  return {.status = 200, .content_type = "application/octet-stream", .body = found->second.content};
}

ApiResponse FakeApi::list(const std::string& commit,
                          const std::map<std::string, std::string>& query) const {
  const auto text = [&query](const std::string& name) {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  };
  const std::size_t amount = query.contains("amount") ? std::stoul(text("amount")) : 100;
  EXPECT_LE(amount, 1000U) << "more than the API allows";
  EXPECT_EQ(text("delimiter"), "");
  Json results = Json::array();
  Json pagination = Json::object();
  bool has_more = false;
  for (const auto& [path, object] : commits_.at(commit)) {
    if (!path.starts_with(text("prefix")) || path <= text("after")) {
      continue;
    }
    if (results.size() == amount) {
      has_more = true;
      break;
    }
    results.push_back(Json::object({{"path", path},
                                    {"path_type", "object"},
                                    {"physical_address", object.physical_address},
                                    {"checksum", "c"},
                                    {"size_bytes", object.size_bytes}}));
  }
  pagination.set("has_more", has_more).set("results", results.size());
  pagination.set("next_offset",
                 has_more ? results.items().back().string_or("path", "") : std::string());
  Json body = Json::object();
  body.set("pagination", std::move(pagination)).set("results", std::move(results));
  return json_answer(200, body);
}

void FakeApi::add(const std::string& commit, const std::string& path, std::uint64_t size_bytes,
                  Bytes content) {
  const MutexLock lock(mutex_);
  std::string name = path;
  std::ranges::replace(name, '/', '-');
  commits_[commit][path] = {.content = std::move(content),
                            .physical_address = "s3://bucket/ns/data/" + name,
                            .size_bytes = size_bytes};
}

void FakeApi::set_address(const std::string& commit, const std::string& path, std::string address) {
  const MutexLock lock(mutex_);
  commits_[commit][path].physical_address = std::move(address);
}

void FakeApi::forbid(const std::string& user, const std::string& prefix) {
  const MutexLock lock(mutex_);
  forbidden_.emplace(user, prefix);
}

std::vector<ApiRequest> FakeApi::requests() const {
  const MutexLock lock(mutex_);
  return requests_;
}

std::vector<std::string> FakeApi::targets() const {
  std::vector<std::string> targets;
  for (const ApiRequest& request : requests()) {
    targets.push_back(request.method + " " + request.target);
  }
  return targets;
}

std::size_t FakeApi::cancelled() const {
  const MutexLock lock(mutex_);
  return cancelled_;
}

}  // namespace tarn::actions::lua::testing
