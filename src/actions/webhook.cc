// Hooks of type `webhook`: the event as JSON by POST to a URL; an answer of 200 to 299 is a yes.
#include "actions/hook.h"
#include "actions/hook_http.h"
#include "base/time_text.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace tarn::actions {
namespace {

/// Of the answer's body, into the log.
constexpr std::size_t kAnswerBytesMax = kMiB;

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
    OutgoingRequest request = make_request(body);
    Result<http::ClientResponse> answer =
        co_await send_following(ctx, services_.http, std::move(request));
    Result<Bytes> text = Bytes();
    if (answer) {
      text = co_await read_start(ctx, *answer->body, kAnswerBytesMax);
    }
    const auto taken = services_.clock.steady_now() - begin;
    log.text.append(fmt::format("\nRequest duration: {}\n", format_duration(taken)));
    if (!answer || !text) {
      const Error& error = answer ? text.error() : answer.error();
      co_return Error::with_message(kHookFailed, transport_error("POST", url, error));
    }
    log_answer(log.text, *answer, *text);
    if (answer->status < 200 || answer->status > 299) {
      co_return Error::with_message(
          kHookFailed, fmt::format("webhook request failed (status code: {})", answer->status));
    }
    co_return Result<void>();
  }

 private:
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

  OutgoingRequest make_request(const std::string& body) const {
    OutgoingRequest request;
    request.url = url;
    request.method = "POST";
    for (const auto& [name, values] : query) {
      for (const Shown& value : values) {
        request.url.add_query(name, value.value);
      }
    }
    for (const auto& [name, value] : headers) {
      request.headers.set(name, value.value);
    }
    request.headers.set("Content-Type", "application/json");
    request.body = body;
    return request;
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
