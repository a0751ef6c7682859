#include "aws/credentials/lookup.h"
#include "aws/credentials/profile_file.h"

#include <fmt/format.h>

#include <utility>

// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
namespace tarn::aws::detail {
namespace {

constexpr std::string_view kEcsHost = "http://169.254.170.2";

/// The host of `http://host[:port]/…`, without brackets.
std::string_view host_of(std::string_view url) {
  std::string_view rest = url.substr(url.find("://") + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    return end == std::string_view::npos ? std::string_view() : rest.substr(1, end - 1);
  }
  return rest.substr(0, rest.find(':'));
}

/// `127.` and three numbers, and no name that only looks like it.
bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") &&
          host.find_first_not_of("0123456789.") == std::string_view::npos);
}

bool is_trusted(std::string_view host) {
  return is_loopback(host) || host == "169.254.170.2" || host == "169.254.170.23" ||
         host == "fd00:ec2::23";
}

/// The value of Authorization, or empty.
Result<std::string> authorization(const Environment& environment) {
  std::string token = environment.get_or("AWS_CONTAINER_AUTHORIZATION_TOKEN", "");
  if (const auto file = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    Result<std::string> text = read_small_file(std::string(*file));
    if (!text) {
      return Error::with_message(kNoCredentials,
                                 "container authorization token: " + text.error().message());
    }
    token = *std::move(text);
  }
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) {
    token.pop_back();
  }
  if (token.find_first_of("\r\n") != std::string::npos) {
    return Error::with_message(kNoCredentials,
                               "container authorization token: it has a line break");
  }
  return token;
}

}  // namespace

Result<std::optional<std::string>> container_url(const Environment& environment) {
  if (const auto path = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
    if (!path->starts_with('/')) {
      return Error::with_message(
          kNoCredentials,
          fmt::format("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: \"{}\" does not start with /",
                      *path));
    }
    return std::optional(std::string(kEcsHost).append(*path));
  }
  const auto url = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!url) {
    return std::optional<std::string>();
  }
  const bool is_https = url->starts_with("https://");
  const bool is_url = is_https || url->starts_with("http://");
  if (!is_url || (!is_https && !is_trusted(host_of(*url)))) {
    return Error::with_message(
        kNoCredentials,
        fmt::format("AWS_CONTAINER_CREDENTIALS_FULL_URI: \"{}\" is neither https nor http to this "
                    "machine, ECS or EKS",
                    *url));
  }
  return std::optional(std::string(*url));
}

Task<Result<Found>> from_container(Context ctx, LookupPtr lookup) {
  const Environment& environment = lookup->environment;
  TARN_CO_TRY(const std::optional<std::string> url, container_url(environment));
  if (!url) {
    co_return Found::none(
        "container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor _FULL_URI is set");
  }
  TARN_CO_TRY(std::string token, authorization(environment));
  SmallCall call{.url = *url};
  call.headers.add("Accept", "application/json");
  if (!token.empty()) {
    call.headers.add("Authorization", std::move(token));
  }
  const std::string origin = "container credentials at " + *url;
  Result<SmallAnswer> answer = co_await small_call(ctx, lookup, std::move(call));
  if (!answer) {
    co_return std::move(answer).error().wrap(origin);
  }
  if (answer->status != 200) {
    co_return Error::with_message(answer->status >= 500 ? kUnavailable : kNoCredentials,
                                  fmt::format("{}: status {}", origin, answer->status));
  }
  TARN_CO_TRY(Credentials found, parse_json_credentials(answer->body, origin));
  co_return Found::with(std::move(found));
}

}  // namespace tarn::aws::detail
