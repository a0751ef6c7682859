// Hooks of type `webhook`: the event as JSON by POST to a URL; an answer of 200 to 299 is a yes.
#include "actions/hook.h"
#include "base/encoding.h"
#include "base/time_text.h"
#include "http/message.h"
#include "runtime/byte_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace tarn::actions {
namespace {

constexpr int kRedirectsMax = 10;
/// Of the answer's body, into the log.
constexpr std::size_t kAnswerBytesMax = kMiB;

/// `http(s)://host[:port]` and what follows.
struct Url {
  std::string base;
  /// Path and query; starts with `/`.
  std::string target;

  std::string text() const { return base + target; }
};

std::optional<Url> split_url(std::string_view text) {
  text = text.substr(0, text.find('#'));
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos ||
      (text.substr(0, scheme) != "http" && text.substr(0, scheme) != "https")) {
    return std::nullopt;
  }
  const std::size_t end = std::min(text.find_first_of("/?", scheme + 3), text.size());
  Url url{std::string(text.substr(0, end)), std::string(text.substr(end))};
  if (!url.target.starts_with('/')) {
    url.target.insert(0, 1, '/');
  }
  return url;
}

/// Where a Location field points, seen from `from`.
std::optional<Url> resolve_location(const Url& from, std::string_view location) {
  if (location.starts_with("//")) {
    return split_url(from.base.substr(0, from.base.find(':') + 1).append(location));
  }
  if (location.starts_with('/')) {
    return Url{from.base, std::string(location.substr(0, location.find('#')))};
  }
  return split_url(location);
}

/// One part of a query in the encoding of forms.
std::string form_encode(std::string_view text) {
  std::string out = percent_encode(text, " ");
  std::ranges::replace(out, ' ', '+');
  return out;
}

/// What a header may hold; anything else could start a header of its own.
bool is_header_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}
bool is_header_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

/// A value with the text that logs show for it.
struct Shown {
  std::string value;
  std::string shown;
};

class Webhook final : public Hook {
 public:
  Webhook(HookServices services, HookRequest request)
      : services_(services), request_(std::move(request)) {}

  Url url;
  std::chrono::nanoseconds timeout = std::chrono::minutes(1);
  std::map<std::string, std::vector<Shown>> query;
  std::map<std::string, Shown> headers;

  Task<Result<void>> run(Context ctx, BlockingPool&, HookLog& log) override {
    const std::string body = webhook_event(request_.record, request_.names, services_.clock.now());
    log_request(log.text, body);
    const SteadyTime begin = services_.clock.steady_now();
    ctx = ctx.with_timeout(services_.clock, timeout);
    Result<http::ClientResponse> answer = co_await exchange(ctx, body);
    Result<Bytes> text = Bytes();
    if (answer) {
      text = co_await read_start(ctx, *answer->body);
    }
    const auto taken = services_.clock.steady_now() - begin;
    log.text.append(fmt::format("\nRequest duration: {}\n", format_duration(taken)));
    if (!answer || !text) {
      co_return transport_error(answer ? text.error() : answer.error());
    }
    log.text.append(fmt::format("\nResponse:\nHTTP/1.1 {} {}\r\n", answer->status,
                                http::reason_phrase(answer->status)));
    for (const http::Headers::Field& field : answer->headers) {
      log.text.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    log.text.append("\r\n").append(*text);
    if (!log.text.ends_with('\n')) {
      log.text.push_back('\n');
    }
    if (answer->status < 200 || answer->status > 299) {
      co_return Error::with_message(
          kHookFailed, fmt::format("webhook request failed (status code: {})", answer->status));
    }
    co_return Result<void>();
  }

 private:
  Error transport_error(const Error& error) const {
    const std::string what = error.kind() == ErrorKind::kTimeout
                                 ? "context deadline exceeded (Client.Timeout exceeded while "
                                   "awaiting headers)"
                                 : error.message();
    return Error::with_message(kHookFailed, fmt::format("Post \"{}\": {}", url.text(), what));
  }

  void log_request(std::string& log, const std::string& body) const {
    log.append("Request:\nPOST ").append(url.text()).append("\nQuery Params:\n");
    for (const auto& [name, values] : query) {
      for (const Shown& value : values) {
        log.append(name).append(": ").append(value.shown).append("\n");
      }
    }
    log.append("Headers:\n");
    for (const auto& [name, value] : headers) {
      log.append(name).append(": ").append(value.shown).append("\n");
    }
    log.append("Request Body:\n").append(body).append("\n\n");
  }

  http::Request make_request(const Url& to, bool first, const std::string* body) const {
    http::Request request;
    request.method = body == nullptr ? "GET" : "POST";
    request.target = to.target;
    if (first) {
      for (const auto& [name, values] : query) {
        for (const Shown& value : values) {
          request.target.push_back(request.target.find('?') == std::string::npos ? '?' : '&');
          request.target.append(form_encode(name)).append("=").append(form_encode(value.value));
        }
      }
    }
    // To another host goes nothing that the file's author meant for the first one.
    if (to.base == url.base) {
      for (const auto& [name, value] : headers) {
        request.headers.set(name, value.value);
      }
    }
    if (body != nullptr) {
      request.headers.set("Content-Type", "application/json");
      request.body = memory_source(*body);
      request.content_length = body->size();
    }
    return request;
  }

  /// Follows redirects as browsers and Go do: 301, 302 and 303 become a GET.
  Task<Result<http::ClientResponse>> exchange(Context ctx, std::string body) {
    Url to = url;
    const std::string* sent = &body;
    for (int hops = 0; hops <= kRedirectsMax; ++hops) {
      http::Request request = make_request(to, hops == 0, sent);
      TARN_CO_TRY(http::ClientResponse answer,
                  co_await services_.http.send(ctx, to.base, std::move(request)));
      const bool as_get = answer.status == 301 || answer.status == 302 || answer.status == 303;
      if (!as_get && answer.status != 307 && answer.status != 308) {
        co_return answer;
      }
      std::optional<Url> next = resolve_location(to, answer.headers.get("Location"));
      if (!next) {
        co_return answer;
      }
      to = *std::move(next);
      sent = as_get ? nullptr : sent;
    }
    co_return Error::with_message(kHookFailed,
                                  fmt::format("stopped after {} redirects", kRedirectsMax));
  }

  /// At most kAnswerBytesMax; the rest is left to the connection's end.
  static Task<Result<Bytes>> read_start(Context ctx, ByteSource& source) {
    Bytes all;
    while (all.size() < kAnswerBytesMax) {
      TARN_CO_TRY(
          const Bytes chunk,
          co_await source.read(ctx, std::min(kStreamChunkBytes, kAnswerBytesMax - all.size())));
      if (chunk.empty()) {
        break;
      }
      all.append(chunk);
    }
    co_return all;
  }

  const HookServices services_;
  const HookRequest request_;
};

Error wrong_format(std::string_view key) {
  return Error(kInvalidAction, fmt::format("'{}': webhook wrong format", key));
}

/// Reads the properties one by one.
class WebhookReader {
 public:
  WebhookReader(const HookServices& services, Secrets& secrets)
      : substitution_(services.environment, services.config.environment), secrets_(secrets) {}

  Result<void> read(const YamlNode& properties, Webhook& hook) {
    const YamlNode* url = properties.find("url");
    const std::optional<Url> split =
        url != nullptr && url->is_scalar() ? split_url(url->text()) : std::nullopt;
    if (!split) {
      return Error(kInvalidAction, "'url' should be an http or https URL: webhook wrong format");
    }
    hook.url = *split;
    const YamlNode* timeout = properties.find("timeout");
    if (timeout != nullptr && is_string(*timeout)) {
      Result<std::chrono::nanoseconds> read = parse_duration(timeout->text());
      if (!read || *read <= std::chrono::nanoseconds::zero()) {
        return Error(kInvalidAction,
                     fmt::format("webhook request duration: '{}' is no duration", timeout->text()));
      }
      hook.timeout = *read;
    }
    TARN_CHECK_OK(each(properties, "query_params",
                       [&](const YamlNode::Field& field) { return add_query(field, hook); }));
    return each(properties, "headers", [&](const YamlNode::Field& field) -> Result<void> {
      if (!field.value.is_scalar() || !is_header_name(field.key)) {
        return wrong_format("headers");
      }
      TARN_TRY(Shown value, shown(field.value.text()));
      if (!is_header_value(value.value)) {
        return wrong_format("headers");
      }
      hook.headers[field.key] = std::move(value);
      return {};
    });
  }

 private:
  static bool is_string(const YamlNode& node) {
    return node.is_scalar() && !node.as_int() && !node.as_double() && !node.as_bool();
  }

  template <class Take>
  static Result<void> each(const YamlNode& properties, std::string_view key, Take take) {
    const YamlNode* map = properties.find(key);
    if (map == nullptr || map->is_null()) {
      return {};
    }
    if (!map->is_map()) {
      return wrong_format(key);
    }
    for (const YamlNode::Field& field : map->fields()) {
      TARN_CHECK_OK(take(field));
    }
    return {};
  }

  Result<void> add_query(const YamlNode::Field& field, Webhook& hook) {
    std::vector<Shown>& values = hook.query[field.key];
    if (field.value.is_scalar()) {
      TARN_TRY(Shown value, shown(field.value.text()));
      values.push_back(std::move(value));
      return {};
    }
    if (!field.value.is_sequence()) {
      return wrong_format("query_params");
    }
    for (const YamlNode& item : field.value.items()) {
      if (!item.is_scalar()) {
        return wrong_format("query_params");
      }
      TARN_TRY(Shown value, shown(item.text()));
      values.push_back(std::move(value));
    }
    return {};
  }

  Result<Shown> shown(std::string_view text) {
    TARN_TRY(Substitution::Text replaced, substitution_.apply(text, secrets_));
    Shown out;
    out.shown = replaced.secret ? std::string(kMask) : replaced.value;
    out.value = std::move(replaced.value);
    return out;
  }

  const Substitution substitution_;
  Secrets& secrets_;
};

}  // namespace

Result<std::unique_ptr<Hook>> make_webhook(HookServices services, HookRequest request,
                                           Secrets& secrets) {
  auto hook = std::make_unique<Webhook>(services, request);
  TARN_CHECK_OK(WebhookReader(services, secrets).read(request.spec.properties, *hook));
  return std::unique_ptr<Hook>(std::move(hook));
}

}  // namespace tarn::actions
