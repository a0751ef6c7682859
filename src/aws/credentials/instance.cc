#include "aws/credentials/lookup.h"
#include "aws/signature/canonical.h"
#include "base/encoding.h"
#include "base/text.h"

#include <fmt/format.h>

#include <utility>

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
namespace tarn::aws::detail {
namespace {

constexpr std::string_view kHost = "http://169.254.169.254";
constexpr std::string_view kHostV6 = "http://[fd00:ec2::254]";
constexpr std::string_view kTokenPath = "/latest/api/token";
constexpr std::string_view kRolePath = "/latest/meta-data/iam/security-credentials/";
/// It is a host's neighbour or it is not there: a machine elsewhere must not wait long for it.
constexpr std::chrono::milliseconds kTimeout{1000};

std::string base_url(const Environment& environment) {
  std::string given = environment.get_or("AWS_EC2_METADATA_SERVICE_ENDPOINT", "");
  while (given.ends_with('/')) {
    given.pop_back();
  }
  if (!given.empty()) {
    return given;
  }
  const std::string mode =
      ascii_lower(environment.get_or("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", ""));
  return std::string(mode == "ipv6" ? kHostV6 : kHost);
}

std::string first_line(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return std::string(line);
}

SmallCall with_token(std::string url, std::string_view token) {
  SmallCall call{.url = std::move(url), .timeout = kTimeout};
  call.headers.add("X-aws-ec2-metadata-token", std::string(token));
  return call;
}

}  // namespace

Task<Result<Found>> from_instance(Context ctx, LookupPtr lookup) {
  const Environment& environment = lookup->environment;
  if (ascii_lower(environment.get_or("AWS_EC2_METADATA_DISABLED", "")) == "true") {
    co_return Found::none("instance metadata: AWS_EC2_METADATA_DISABLED is true");
  }
  const std::string host = base_url(environment);
  const std::string origin = "instance metadata at " + host;

  SmallCall ask{
      .method = "PUT", .url = host + std::string(kTokenPath), .timeout = kTimeout, .tries_max = 1};
  ask.headers.add("X-aws-ec2-metadata-token-ttl-seconds", "300");
  Result<SmallAnswer> token = co_await small_call(ctx, lookup, std::move(ask));
  if (!token) {
    TARN_CO_CHECK_OK(ctx.check(lookup->services.clock));
    co_return Found::none(fmt::format("{}: {}", origin, token.error().message()));
  }
  if (token->status != 200) {
    co_return Found::none(fmt::format("{}: no token, status {}", origin, token->status));
  }
  const std::string proof = first_line(token->body);

  // From here on the service is there, so its failures count.
  SmallCall list = with_token(host + std::string(kRolePath), proof);
  Result<SmallAnswer> roles = co_await small_call(ctx, lookup, std::move(list));
  if (!roles) {
    co_return std::move(roles).error().wrap(origin);
  }
  const std::string role = roles->status == 200 ? first_line(roles->body) : std::string();
  if (roles->status == 404 || (roles->status == 200 && role.empty())) {
    co_return Found::none(origin + ": the instance has no role");
  }
  if (roles->status != 200) {
    co_return Error::with_message(kUnavailable,
                                  fmt::format("{}: status {}", origin, roles->status));
  }

  SmallCall keys = with_token(host + std::string(kRolePath) + percent_encode(role), proof);
  Result<SmallAnswer> answer = co_await small_call(ctx, lookup, std::move(keys));
  if (!answer) {
    co_return std::move(answer).error().wrap(origin);
  }
  if (answer->status != 200) {
    co_return Error::with_message(
        kUnavailable, fmt::format("{}: status {} for role {}", origin, answer->status, role));
  }
  TARN_CO_TRY(Credentials found, parse_json_credentials(answer->body, origin));
  co_return Found::with(std::move(found));
}

}  // namespace tarn::aws::detail
