#include "endpoints/s3/operation.h"

#include <algorithm>
#include <array>
#include <span>

namespace tarn::endpoints::s3 {
namespace {

enum class Level : std::uint8_t { kService, kBucket, kObject };

struct MethodRow {
  Level level;
  std::string_view method;
  Operation operation;
};

constexpr MethodRow kMethods[] = {
    {Level::kService, "GET", Operation::kListBuckets},
    {Level::kBucket, "GET", Operation::kListObjects},
    {Level::kBucket, "HEAD", Operation::kHeadBucket},
    {Level::kBucket, "PUT", Operation::kPutBucket},
    {Level::kBucket, "POST", Operation::kDeleteObjects},
    {Level::kBucket, "DELETE", Operation::kDeleteBucket},
    {Level::kObject, "GET", Operation::kGetObject},
    {Level::kObject, "HEAD", Operation::kHeadObject},
    {Level::kObject, "PUT", Operation::kPutObject},
    {Level::kObject, "POST", Operation::kPostObject},
    {Level::kObject, "DELETE", Operation::kDeleteObject},
};

constexpr std::array<std::string_view, kOperationCount> kNames{
    "list_buckets", "list_objects", "head_bucket", "put_bucket",  "delete_objects", "unsupported",
    "get_object",   "head_object",  "put_object",  "post_object", "delete_object",  "not_found"};

using Name = std::string_view;
constexpr Name kServiceGet[] = {"events"};
constexpr Name kBucketGet[] = {"inventory",
                               "metrics",
                               "publicAccessBlock",
                               "ownershipControls",
                               "intelligent-tiering",
                               "analytics",
                               "policy",
                               "lifecycle",
                               "encryption",
                               "object-lock",
                               "replication",
                               "notification",
                               "events",
                               "acl",
                               "cors",
                               "website",
                               "accelerate",
                               "requestPayment",
                               "logging",
                               "tagging",
                               "versions",
                               "policyStatus"};
constexpr Name kBucketHead[] = {"acl"};
constexpr Name kBucketPut[] = {
    "cors",           "metrics",   "website",           "logging",           "accelerate",
    "requestPayment", "acl",       "publicAccessBlock", "ownershipControls", "intelligent-tiering",
    "analytics",      "lifecycle", "replication",       "encryption",        "policy",
    "object-lock",    "tagging",   "versioning"};
constexpr Name kObjectGet[] = {"torrent", "acl", "retention", "legal-hold", "lambdaArn"};
constexpr Name kObjectPut[] = {"torrent", "acl"};
constexpr Name kObjectPost[] = {"select", "restore"};
constexpr Name kObjectDelete[] = {"tagging", "acl", "torrent"};

std::span<const Name> unsupported_of(Operation operation) {
  switch (operation) {
    case Operation::kListBuckets:
      return kServiceGet;
    case Operation::kListObjects:
      return kBucketGet;
    case Operation::kHeadBucket:
      return kBucketHead;
    case Operation::kPutBucket:
      return kBucketPut;
    case Operation::kGetObject:
      return kObjectGet;
    case Operation::kPutObject:
      return kObjectPut;
    case Operation::kPostObject:
      return kObjectPost;
    case Operation::kDeleteObject:
      return kObjectDelete;
    case Operation::kDeleteObjects:
    case Operation::kDeleteBucket:
    case Operation::kHeadObject:
    case Operation::kNotFound:
      return {};
  }
  return {};
}

}  // namespace

Operation operation_of(const Address& address, std::string_view method) {
  Level level = Level::kService;
  if (!address.repository.empty()) {
    if (address.ref.empty() != address.path.empty()) {
      return Operation::kNotFound;
    }
    level = address.ref.empty() ? Level::kBucket : Level::kObject;
  }
  const auto* found = std::find_if(
      std::begin(kMethods), std::end(kMethods),
      [&](const MethodRow& row) { return row.level == level && row.method == method; });
  return found == std::end(kMethods) ? Operation::kNotFound : found->operation;
}

std::string_view to_string(Operation operation) {
  return kNames[static_cast<std::size_t>(operation)];
}

bool names_unsupported(Operation operation, const http::QueryPairs& query) {
  const std::span<const Name> names = unsupported_of(operation);
  return std::any_of(query.begin(), query.end(), [&names](const auto& parameter) {
    return std::find(names.begin(), names.end(), parameter.first) != names.end();
  });
}

}  // namespace tarn::endpoints::s3
