#include "actions/lua/modules/cloud_http.h"

#include "base/encoding.h"
#include "runtime/byte_source.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tarn::actions::lua {
namespace {

/// A service that asks for more patience does not get it.
constexpr std::chrono::seconds kRetryAfterMax{30};
constexpr std::size_t kExcerptBytes = 300;

bool may_pass(const CloudRequest& request, const Result<CloudAnswer>& outcome) {
  if (outcome) {
    const unsigned status = outcome->status;
    return status == 429 || status == 503 ||
           (request.repeatable && (status == 500 || status == 502 || status == 504));
  }
  return outcome.error().is(http::kConnectFailed) ||
         (request.repeatable &&
          (outcome.error().is(http::kConnectionLost) || outcome.error().is(http::kBadResponse)));
}

/// What the service asks for, if that is in seconds.
std::chrono::nanoseconds retry_after(const Result<CloudAnswer>& outcome) {
  if (!outcome) {
    return {};
  }
  const std::string_view text = outcome->headers.get("Retry-After");
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) {
    return {};
  }
  return std::min(std::chrono::seconds(seconds), kRetryAfterMax);
}

}  // namespace

CloudHttp::CloudHttp(http::Client& client, Rng& rng, std::string_view url, RetryPolicy retry)
    : client_(client), rng_(rng), retry_(retry) {
  const std::size_t slash = url.find('/', url.find("://") + 3);
  base_url_ = url.substr(0, slash);
  path_ = slash == std::string_view::npos ? std::string_view() : url.substr(slash);
}

Task<Result<CloudAnswer>> CloudHttp::attempt(Context ctx, CloudRequest request,
                                             std::size_t answer_bytes_max) {
  http::Request sent;
  sent.method = std::move(request.method);
  sent.target = path_ + request.target;
  sent.headers = std::move(request.headers);
  sent.content_length = request.body.size();
  if (!request.body.empty()) {
    sent.body = memory_source(std::move(request.body));
  }
  TARN_CO_TRY(http::ClientResponse response,
              co_await client_.send(ctx, base_url_, std::move(sent)));
  TARN_CO_TRY(Bytes body, co_await read_all(ctx, *response.body, answer_bytes_max));
  CloudAnswer answer;
  answer.status = response.status;
  answer.headers = std::move(response.headers);
  answer.body = std::move(body);
  co_return answer;
}

Task<Result<CloudAnswer>> CloudHttp::send(Context ctx, CloudRequest request,
                                          std::size_t answer_bytes_max) {
  for (std::size_t done = 1;; ++done) {
    CloudRequest copy = request;
    Result<CloudAnswer> outcome = co_await attempt(ctx, std::move(copy), answer_bytes_max);
    if (done >= retry_.tries_max || !may_pass(request, outcome)) {
      co_return outcome;
    }
    const auto delay =
        std::max<std::chrono::nanoseconds>(retry_.delay(done, rng_), retry_after(outcome));
    TARN_CO_CHECK_OK(co_await sleep_for(ctx, delay));
  }
}

std::string excerpt(std::string_view body) {
  std::string text(body.substr(0, kExcerptBytes));
  if (!is_valid_utf8(text)) {
    return "(no text)";
  }
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return body.size() > kExcerptBytes ? text + "…" : text;
}

}  // namespace tarn::actions::lua
