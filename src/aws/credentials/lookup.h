#pragma once

#include "aws/config.h"
#include "aws/credentials.h"
#include "base/bytes.h"
#include "base/environment.h"
#include "base/error.h"
#include "http/message.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// The places that default_chain() looks at, one function each.
namespace tarn::aws::detail {

/// What every place needs.
struct Lookup {
  Environment environment;
  ChainOptions options;
  Services services;
};
using LookupPtr = std::shared_ptr<const Lookup>;

/// Credentials, or why a place has none, which sends the search on. A place that is configured but
/// fails is an error and ends the search: other credentials would be somebody else's.
struct Found {
  std::optional<Credentials> credentials;
  std::string why_not;

  static Found none(std::string why) { return {.credentials = {}, .why_not = std::move(why)}; }
  static Found with(Credentials found) { return {.credentials = std::move(found), .why_not = {}}; }
};

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
Result<Found> from_environment(const Environment& environment);
/// AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, exchanged at STS. The file is read each time:
/// its owner renews it.
Task<Result<Found>> from_web_identity(Context ctx, LookupPtr lookup);
/// The profile files, with roles and the profiles they start from.
Task<Result<Found>> from_profile(Context ctx, LookupPtr lookup);
/// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI: ECS and EKS.
Task<Result<Found>> from_container(Context ctx, LookupPtr lookup);
/// The metadata service of EC2, version 2 only: version 1 gives keys to whoever can make a server
/// fetch an URL.
Task<Result<Found>> from_instance(Context ctx, LookupPtr lookup);

/// Where from_container() asks; nothing without its variables. Errors kNoCredentials for plain HTTP
/// to a host that is neither this machine's nor of ECS or EKS: it would be sent the token.
Result<std::optional<std::string>> container_url(const Environment& environment);

/// A call to one of the small services that hand out credentials.
struct SmallCall {
  std::string method = "GET";
  /// With its path.
  std::string url = {};
  http::Headers headers = {};
  Bytes body = {};
  /// Of one try.
  std::chrono::milliseconds timeout{5000};
  std::size_t tries_max = 3;
};
struct SmallAnswer {
  unsigned status = 0;
  Bytes body;
};
/// Repeats what failed for a reason that may pass. Any answer below 500 but 429 is the last one.
/// Errors kUnavailable, kTimeout, kCancelled, and those of http::Client.
Task<Result<SmallAnswer>> small_call(Context ctx, LookupPtr lookup, SmallCall call);

/// The form of containers and instances: AccessKeyId, SecretAccessKey, Token, Expiration in JSON.
/// Errors kUnavailable, which says what is missing and nothing of the values.
Result<Credentials> parse_json_credentials(std::string_view text, std::string_view origin);

}  // namespace tarn::aws::detail
