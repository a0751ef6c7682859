#pragma once

#include "auth/permissions.h"
#include "auth/policy.h"
#include "endpoints/rest/errors.h"
#include "endpoints/rest/services.h"
#include "http/message.h"
#include "names/ids.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::endpoints::rest {

/// One request on its way through a handler: the services, who asks, and what the typed request
/// does not hold. Lives in the dispatcher for the length of the call, so handlers take it by
/// reference wrapped in this copyable handle.
class Call {
 public:
  struct State {
    Services services;
    http::Request* request = nullptr;  // body and headers; null for in-process calls without a body
    std::string user;                  // empty: nobody
    std::string committer;             // who a commit names
    std::string source_ip;
    http::Headers response_headers;
    /// Instead of the operation's, for an answer that is a model but no success.
    std::optional<unsigned> response_status = std::nullopt;
  };
  explicit Call(State& state) : state_(&state) {}

  Services services() const { return state_->services; }
  graveler::VersionStore& versions() const { return state_->services.versions; }
  catalog::Objects& objects() const { return state_->services.objects; }
  auth::Service& auth() const { return state_->services.auth; }
  const std::string& user() const { return state_->user; }
  const std::string& committer() const { return state_->committer; }
  http::Request& request() const { return *state_->request; }
  /// Fields for the response of a handler that answers with a model.
  http::Headers& response_headers() const { return state_->response_headers; }
  void set_status(unsigned status) const { state_->response_status = status; }

  /// Every permission must be granted. Errors: auth::kUnauthenticated without a user,
  /// auth::kInsufficientPermissions.
  Task<Result<void>> require(Context ctx, std::vector<auth::Permission> all_of) const {
    return state_->services.auth.authorize(std::move(ctx), state_->user, std::move(all_of),
                                           state_->source_ip);
  }
  Task<Result<void>> require(Context ctx, std::string_view action, std::string resource) const {
    std::vector<auth::Permission> one;
    one.push_back({action, std::move(resource)});
    return require(std::move(ctx), std::move(one));
  }

 private:
  State* state_;
};

/// Checks a name of the request; the message says which argument it is.
template <class N>
Result<N> argument(std::string_view name, std::string text) {
  Result<N> parsed = N::parse(std::move(text));
  if (!parsed) {
    return std::move(parsed).error().wrap(std::string("argument ").append(name));
  }
  return parsed;
}

}  // namespace tarn::endpoints::rest
