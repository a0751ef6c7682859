#pragma once

#include "auth/permissions.h"
#include "auth/policy.h"
#include "aws/payload.h"
#include "aws/sigv4_verify.h"
#include "endpoints/s3/copy_source.h"
#include "endpoints/s3/naming.h"
#include "endpoints/s3/operation.h"
#include "endpoints/s3/services.h"
#include "http/message.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::endpoints::s3 {

/// How far a request has come, and so what its error document may tell.
enum class Stage : std::uint8_t {
  kAuthenticating,  ///< nothing is proven; the answer names the region only
  kAuthorising,
  kBucket,  ///< names the repository
  kObject,  ///< names repository, ref and path
};

/// One request on its way through an operation. Lives in the endpoint for the length of the call,
/// so operations take it by reference wrapped in this copyable handle.
class Call {
 public:
  struct State {
    State(Services s, http::Request& r) : services(s), request(&r) {}

    Services services;
    http::Request* request;
    std::string request_id;
    http::QueryPairs query;
    Address address;
    Operation operation = Operation::kNotFound;
    Stage stage = Stage::kAuthenticating;
    /// Empty until someone has proven who they are.
    std::string user;
    std::string source_ip;
    aws::VerifiedSignature signature;
    /// Set for everything below the service level.
    graveler::RepositoryPtr repository;
    /// Of requests with x-amz-copy-source.
    std::optional<CopySource> copy_source;
  };
  explicit Call(State& state) : state_(&state) {}

  State& state() const { return *state_; }
  graveler::VersionStore& versions() const { return state_->services.versions; }
  catalog::Objects& objects() const { return state_->services.objects; }
  catalog::MultipartUploads& uploads() const { return state_->services.uploads; }
  auth::Service& auth() const { return state_->services.auth; }
  const Config& config() const { return state_->services.config; }
  const http::Request& request() const { return *state_->request; }
  std::string_view header(std::string_view name) const { return request().headers.get(name); }
  const Address& address() const { return state_->address; }
  const graveler::RepositoryPtr& repository() const { return state_->repository; }
  bool is_head() const { return request().method == "HEAD"; }
  /// Object key as clients know it: `<ref>/<path>`.
  std::string key() const { return join_key(address().ref, address().path); }

  /// The first parameter of that name.
  std::optional<std::string_view> find(std::string_view name) const {
    for (const auto& [key, value] : state_->query) {
      if (key == name) {
        return value;
      }
    }
    return std::nullopt;
  }
  std::string parameter(std::string_view name) const {
    return std::string(find(name).value_or(std::string_view()));
  }

  /// Every permission must be granted. Errors: auth::kInsufficientPermissions.
  Task<Result<void>> require(Context ctx, std::vector<auth::Permission> all_of) const {
    return state_->services.auth.authorize(std::move(ctx), state_->user, std::move(all_of),
                                           state_->source_ip);
  }
  Task<Result<void>> require(Context ctx, std::string_view action, std::string resource) const {
    std::vector<auth::Permission> one;
    one.push_back({action, std::move(resource)});
    return require(std::move(ctx), std::move(one));
  }

  /// The decoded body, to be taken once. Errors: those of aws::decode_payload.
  Result<std::unique_ptr<ByteSource>> take_body(aws::PayloadOptions options = {}) const {
    return aws::decode_payload(state_->signature, request().headers,
                               std::move(state_->request->body), options);
  }
  /// The path that an object-level request may change, its names checked. Errors:
  /// graveler::kReadOnlyRepository, kInvalidName, kPathTooLong.
  Result<catalog::UploadTarget> target() const {
    if (repository()->read_only) {
      return Error(graveler::kReadOnlyRepository);
    }
    catalog::UploadTarget target;
    target.repository = repository();
    TARN_TRY(target.branch, BranchId::parse(address().ref));
    TARN_TRY(target.path, ObjectPath::parse(address().path));
    return target;
  }

 private:
  State* state_;
};

}  // namespace tarn::endpoints::s3
