#include "ctl/session.h"

#include "base/encoding.h"
#include "base/log.h"
#include "base/time_text.h"
#include "runtime/timer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <thread>

namespace tarn::ctl {
namespace {

/// A page of the longest keys is far smaller.
constexpr std::size_t kAnswerBytesMax = 64 * kMiB;
constexpr int kRedirectsMax = 10;
constexpr std::chrono::seconds kConnectTimeout{30};
/// A server may ask for patience, not for eternity.
constexpr std::chrono::minutes kRetryAfterMax{5};

inline constexpr ErrorId kTooManyRedirects{ErrorKind::kInvalid, "stopped after 10 redirects"};
/// The scheme's name follows.
inline constexpr ErrorId kBadScheme{ErrorKind::kInvalid, "unsupported protocol scheme"};
/// The body cannot be sent a second time.
inline constexpr ErrorId kSpent{ErrorKind::kInternal, "the input cannot be read a second time"};
/// The sink or the body failed: the message is theirs and trying again is no use.
inline constexpr ErrorId kOwnSide{ErrorKind::kInternal, "cannot transfer"};

std::size_t loop_count() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
}

http::ClientConfig client_config(const Config& config) {
  http::ClientConfig out;
  out.connect_timeout = kConnectTimeout;
  out.idle_timeout =
      std::max(std::chrono::duration_cast<std::chrono::milliseconds>(config.idle_timeout),
               std::chrono::milliseconds(1));
  out.connections_per_host_max = 128;
  return out;
}

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_retryable(unsigned status) { return status == 429 || status == 500 || status == 503; }

/// `GET` as error messages begin: `Get`.
std::string title(std::string_view method) {
  std::string out(method);
  for (std::size_t i = 1; i < out.size(); ++i) {
    out[i] = static_cast<char>(out[i] | 0x20);
  }
  return out;
}

/// What Retry-After asks for; nothing if it is absent or unreadable.
std::optional<std::chrono::nanoseconds> retry_after(const Answer& answer, const Clock& clock) {
  const std::string_view text = answer.headers.get("Retry-After");
  std::uint32_t seconds = 0;
  const auto [at, wrong] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (!text.empty() && wrong == std::errc() && at == text.data() + text.size()) {
    return std::min<std::chrono::nanoseconds>(std::chrono::seconds(seconds), kRetryAfterMax);
  }
  if (const Result<WallTime> date = parse_http_date(text)) {
    return std::clamp<std::chrono::nanoseconds>(*date - clock.now(), std::chrono::nanoseconds(0),
                                                kRetryAfterMax);
  }
  return std::nullopt;
}

/// Passes a body on and marks its errors as our own side's.
class OwnBody final : public ByteSource {
 public:
  explicit OwnBody(std::unique_ptr<ByteSource> inner) : inner_(std::move(inner)) {}
  Task<Result<Bytes>> read(Context ctx, std::size_t max_bytes) override {
    Result<Bytes> chunk = co_await inner_->read(std::move(ctx), max_bytes);
    if (!chunk) {
      co_return Error::with_message(kOwnSide, chunk.error().message());
    }
    co_return chunk;
  }
  std::optional<std::uint64_t> remaining() const override { return inner_->remaining(); }
  bool rewind() override { return inner_->rewind(); }

 private:
  std::unique_ptr<ByteSource> inner_;
};

}  // namespace

Session::Session(const Config& config, const Clock& clock)
    : config_(config),
      clock_(clock),
      endpoint_(api_endpoint(config.endpoint_url)),
      authorization_("Basic " +
                     base64_encode(config.access_key_id + ":" + config.secret_access_key.reveal())),
      client_(http::make_client(client_config(config), clock)),
      loops_(loop_count()) {}

Session::~Session() { loops_.stop(); }

Call Session::prepare(const api::ClientCall& call) const {
  Call out;
  out.method = api::to_string(call.operation->method);
  out.url = endpoint_;
  out.url.target += std::string_view(call.target).substr(api::kBasePath.size());
  for (const auto& [name, value] : call.headers) {
    out.headers.add(name, value);
  }
  if (call.operation->body == api::BodyKind::kJson) {
    out.headers.set("Content-Type", std::string(call.content_type));
    out.body = [body = call.body] { return memory_source(body); };
  }
  return out;
}

Result<Answer> Session::exchange(const Call& call) {
  const std::string url = call.url.str();
  const auto give_up = [&](std::size_t tries, std::string_view why) {
    return Error::with_message(
        kTransport,
        fmt::format("{} \"{}\": {} {} giving up after {} attempt(s){}{}", title(call.method), url,
                    call.method, url, tries, why.empty() ? "" : ": ", why));
  };
  const auto why = [](const Result<Answer>& outcome) {
    if (!outcome) {
      return outcome.error().message();
    }
    const std::string message = server_message(*outcome);
    return outcome->status_line + (message.empty() ? "" : ": ") + message;
  };
  if (call.url.scheme != "http" && call.url.scheme != "https") {
    return give_up(1, Error(kBadScheme).append(fmt::format(" \"{}\"", call.url.scheme)).message());
  }
  const std::size_t tries_max =
      call.retries && config_.retries_enabled ? std::size_t{config_.retries_max} + 1 : 1;
  std::chrono::nanoseconds backoff = config_.retry_wait_min;
  std::optional<Result<Answer>> before;
  for (std::size_t done = 1;; ++done) {
    std::optional<Result<Answer>> outcome;
    block_on(loops_.next(), attempt(&call, &outcome));
    Result<Answer> answer = *std::move(outcome);
    if (!answer && answer.error().is(kSpent)) {
      return before ? give_up(done - 1, why(*before)) : failure(answer.error().message());
    }
    std::chrono::nanoseconds pause = std::min(backoff, config_.retry_wait_max);
    if (answer) {
      log::debug("answered", {{"method", call.method}, {"url", url}, {"status", answer->status}});
      if (!is_retryable(answer->status) || tries_max == 1) {
        return answer;
      }
      if (answer->status != 500) {
        pause = retry_after(*answer, clock_).value_or(pause);
      }
    } else if (answer.error().is(kOwnSide)) {
      return failure(answer.error().message());
    } else if (answer.error().is(kCutShort)) {
      return answer;
    }
    const bool last = done >= tries_max || (!answer && answer.error().is(kTooManyRedirects)) ||
                      (!answer && answer.error().is(kBadScheme));
    if (last) {
      return give_up(done, why(answer));
    }
    before = std::move(answer);
    wait(pause);
    backoff = std::min(backoff * 2, config_.retry_wait_max);
  }
}

void Session::wait(std::chrono::nanoseconds duration) {
  block_on(loops_.next(), [](std::chrono::nanoseconds length) -> Task<void> {
    Context forever;
    (void)co_await sleep_for(forever, length);
  }(duration));
}

void Session::pause(std::size_t tries, const RetryPolicy& policy) {
  SystemRng rng;
  wait(policy.delay(tries, rng));
}

Task<void> Session::attempt(const Call* call, std::optional<Result<Answer>>* out) {
  Result<Answer> answer = co_await follow(call);
  out->emplace(std::move(answer));
}

http::Request Session::request_for(const Call& call, const Url& url, bool same_host) const {
  http::Request request;
  request.method = call.method;
  request.target = url.target.empty() ? "/" : url.target;
  request.headers = call.headers;
  request.headers.set("User-Agent", "lakectl/" TARN_VERSION "/linux/unknown/unknown");
  if (call.authorized && same_host) {
    request.headers.set("Authorization", authorization_);
  }
  return request;
}

Task<Result<Answer>> Session::follow(const Call* call) {
  Url url = call->url;
  bool with_body = static_cast<bool>(call->body);
  std::string method = call->method;
  for (int redirects = 0;; ++redirects) {
    const bool same_host = url.scheme == call->url.scheme && url.authority == call->url.authority;
    http::Request request = request_for(*call, url, same_host);
    request.method = method;
    if (with_body) {
      std::unique_ptr<ByteSource> body = call->body();
      if (!body) {
        co_return Error(kSpent);
      }
      request.body = std::make_unique<OwnBody>(std::move(body));
    } else {
      request.headers.erase("Content-Type");
    }
    Context ctx;
    const std::string base = url.base();
    TARN_CO_TRY(http::ClientResponse response,
                co_await client_->send(ctx, base, std::move(request)));
    const std::string location(response.headers.get("Location"));
    if (!is_redirect(response.status) || location.empty()) {
      co_return co_await read(std::move(response), call);
    }
    if (redirects == kRedirectsMax) {
      co_return Error(kTooManyRedirects);
    }
    if (response.status < 304 && method != "GET" && method != "HEAD") {
      method = "GET";
      with_body = false;
    }
    url = resolve_url(url, location);
    if (url.scheme != "http" && url.scheme != "https") {
      co_return Error(kBadScheme).append(fmt::format(" \"{}\"", url.scheme));
    }
  }
}

Task<Result<Answer>> Session::read(http::ClientResponse response, const Call* call) {
  Answer out;
  out.status = response.status;
  out.status_line = fmt::format("{} {}", response.status, response.reason);
  out.headers = std::move(response.headers);
  Context ctx;
  if (!call->sink || response.status / 100 != 2) {
    TARN_CO_TRY(out.body, co_await read_all(ctx, *response.body, kAnswerBytesMax));
    co_return out;
  }
  for (;;) {
    Result<Bytes> chunk = co_await response.body->read(ctx, kStreamChunkBytes);
    if (!chunk) {
      // What the sink has taken cannot be taken back, so starting over is the caller's decision.
      co_return Error::with_message(kCutShort, chunk.error().message());
    }
    if (chunk->empty()) {
      co_return out;
    }
    const Result<void> taken = call->sink(*chunk);
    if (!taken) {
      co_return Error::with_message(kOwnSide, taken.error().message());
    }
  }
}

Result<void> Session::check_status(const Answer& answer, unsigned expected) {
  if (answer.status >= 400) {
    return api_error(answer.status, server_message(answer), answer.status_line);
  }
  if (answer.status != expected) {
    return failure(
        fmt::format("got unexpected status code: {}, expected: {}", answer.status, expected));
  }
  return {};
}

std::string Session::server_message(const Answer& answer) {
  const Result<api::dto::Error> error = api::decode_response<api::dto::Error>(answer.body);
  return error ? error->message : "";
}

}  // namespace tarn::ctl
