#include "aws/credentials/lookup.h"

#include "base/json.h"
#include "base/time_text.h"
#include "runtime/retry.h"
#include "runtime/timer.h"

#include <fmt/format.h>

#include <utility>

namespace tarn::aws::detail {
namespace {

constexpr std::size_t kAnswerBytesMax = 256 * kKiB;

struct Target {
  std::string base_url;
  std::string path;
};

Target split_url(std::string_view url) {
  const std::size_t mark = url.find("://");
  const std::size_t slash = url.find('/', mark == std::string_view::npos ? 0 : mark + 3);
  if (slash == std::string_view::npos) {
    return {.base_url = std::string(url), .path = "/"};
  }
  return {.base_url = std::string(url.substr(0, slash)), .path = std::string(url.substr(slash))};
}

Task<Result<SmallAnswer>> one_try(Context ctx, LookupPtr lookup, SmallCall call) {
  Target target = split_url(call.url);
  http::Request request;
  request.method = std::move(call.method);
  request.target = std::move(target.path);
  request.headers = std::move(call.headers);
  if (!call.body.empty()) {
    request.content_length = call.body.size();
    request.body = memory_source(std::move(call.body));
  }
  const Services& services = lookup->services;
  const Context bounded = ctx.with_timeout(services.clock, call.timeout);
  TARN_CO_TRY(http::ClientResponse response,
              co_await services.http.send(bounded, target.base_url, std::move(request)));
  SmallAnswer answer{.status = response.status, .body = {}};
  TARN_CO_TRY(answer.body, co_await read_all(bounded, *response.body, kAnswerBytesMax));
  co_return answer;
}

bool may_pass(const Result<SmallAnswer>& outcome) {
  if (!outcome) {
    const ErrorKind kind = outcome.error().kind();
    return is_transient(kind) || kind == ErrorKind::kUnknownOutcome;
  }
  return outcome->status >= 500 || outcome->status == 429;
}

}  // namespace

Task<Result<SmallAnswer>> small_call(Context ctx, LookupPtr lookup, SmallCall call) {
  const RetryPolicy policy;
  for (std::size_t done = 1;; ++done) {
    Result<SmallAnswer> outcome = co_await one_try(ctx, lookup, call);
    if (done >= call.tries_max || !may_pass(outcome) || !ctx.check(lookup->services.clock)) {
      co_return outcome;
    }
    const std::chrono::nanoseconds pause = policy.delay(done, lookup->services.rng);
    const Result<void> slept = co_await sleep_for(ctx, pause);
    if (!slept) {
      co_return outcome;
    }
  }
}

Result<Credentials> parse_json_credentials(std::string_view text, std::string_view origin) {
  const auto bad = [&](std::string_view why) {
    return Error::with_message(kUnavailable, fmt::format("{}: {}", origin, why));
  };
  // The parser's message could quote a key.
  const Result<Json> json = parse_json(text);
  if (!json || !json->is_object()) {
    return bad("the answer is no JSON object");
  }
  const std::string code = json->string_or("Code", "Success");
  if (code != "Success") {
    return bad(fmt::format("{}: {}", code, json->string_or("Message", "")));
  }
  Credentials out{.access_key_id = json->string_or("AccessKeyId", ""),
                  .secret_access_key = Secret(json->string_or("SecretAccessKey", "")),
                  .session_token = Secret(json->string_or("Token", ""))};
  if (out.access_key_id.empty() || out.secret_access_key.empty()) {
    return bad("the answer has no AccessKeyId or no SecretAccessKey");
  }
  const std::string expiration = json->string_or("Expiration", "");
  if (!expiration.empty()) {
    const Result<WallTime> at = parse_rfc3339(expiration);
    if (!at) {
      return bad(fmt::format("Expiration \"{}\" is no time", expiration));
    }
    out.expires_at = *at;
  }
  return out;
}

Result<Found> from_environment(const Environment& environment) {
  const std::optional<std::string_view> id = environment.get("AWS_ACCESS_KEY_ID");
  const std::optional<std::string_view> secret = environment.get("AWS_SECRET_ACCESS_KEY");
  if (!id && !secret) {
    return Found::none("environment: AWS_ACCESS_KEY_ID is not set");
  }
  if (!id || !secret) {
    return Error::with_message(kNoCredentials,
                               fmt::format("environment: {} is set, but {} is not",
                                           id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                                           id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID"));
  }
  return Found::with({.access_key_id = std::string(*id),
                      .secret_access_key = Secret(std::string(*secret)),
                      .session_token = Secret(environment.get_or("AWS_SESSION_TOKEN", ""))});
}

}  // namespace tarn::aws::detail
