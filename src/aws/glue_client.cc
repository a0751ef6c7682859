#include "aws/glue_client.h"

#include "aws/client/meter.h"
#include "aws/client/tries.h"
#include "aws/glue/failure.h"
#include "aws/sigv4.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/log.h"

#include <algorithm>
#include <utility>

namespace tarn::aws {
namespace {

/// A page of a thousand partitions with long descriptors stays far below this.
constexpr std::size_t kAnswerBytesMax = 32 * kMiB;

bool is_write(std::string_view operation) {
  constexpr std::string_view kReads[] = {"Get", "BatchGet", "List", "Search", "Query"};
  return std::none_of(std::begin(kReads), std::end(kReads),
                      [&](std::string_view prefix) { return operation.starts_with(prefix); });
}

std::string host_of(std::string_view base_url) {
  const bool tls = base_url.starts_with("https://");
  std::string_view host = base_url.substr(std::min(base_url.find("://") + 3, base_url.size()));
  while (host.ends_with('/')) {
    host.remove_suffix(1);
  }
  const std::string_view own_port = tls ? ":443" : ":80";
  if (host.ends_with(own_port)) {
    host.remove_suffix(own_port.size());
  }
  return std::string(host);
}

}  // namespace

struct GlueClient::Impl {
  Impl(GlueConfig c, std::shared_ptr<CredentialsProvider> p, Services s, Metrics* m)
      : config(std::move(c)),
        credentials(std::move(p)),
        services(s),
        host(host_of(config.endpoint.base_url)),
        meter(m, "glue") {}

  Task<Result<Json>> repeat(Context ctx, std::string operation, std::shared_ptr<const Bytes> body,
                            std::shared_ptr<std::size_t> repetitions) {
    TARN_CO_CHECK_OK(ctx.check(services.clock));
    Tries::Rules rules;
    rules.retry = config.retry;
    rules.is_write = is_write(operation);
    Tries tries(ctx, std::move(rules), services.clock, services.rng);
    for (;;) {
      TARN_CO_TRY(CredentialsPtr keys, co_await credentials->credentials(ctx));
      Result<Json> answer = co_await try_once(ctx, operation, body, std::move(keys));
      if (answer) {
        co_return answer;
      }
      log::debug("Glue call failed",
                 {{"operation", operation}, {"error", answer.error().message()}});
      const std::optional<Error> final = co_await tries.failed(std::move(answer).error(), nullptr);
      if (final) {
        co_return *final;
      }
      *repetitions = tries.count();
    }
  }

  Task<Result<Json>> try_once(Context ctx, std::string operation, std::shared_ptr<const Bytes> body,
                              CredentialsPtr keys) {
    http::Request request;
    request.method = "POST";
    request.target = "/";
    request.headers.set("Host", host);
    request.headers.set("Content-Type", "application/x-amz-json-1.1");
    request.headers.set("X-Amz-Target", "AWSGlue." + operation);
    request.content_length = body->size();
    SigningScope scope;
    scope.region = config.region;
    scope.service = "glue";
    sign(request, *keys, scope, services.clock.now(), hex_encode(sha256(*body)));
    request.body = memory_source(*body);
    const Context try_ctx = ctx.with_timeout(services.clock, config.try_timeout);
    TARN_CO_TRY(http::ClientResponse response,
                co_await services.http.send(try_ctx, config.endpoint.base_url, std::move(request)));
    Result<Bytes> text = co_await read_all(try_ctx, *response.body, kAnswerBytesMax);
    if (response.status != 200) {
      const GlueFailure failure =
          read_glue_failure(response.status, response.headers, text ? std::string_view(*text) : "");
      co_return to_error(failure, operation);
    }
    if (!text) {
      co_return text.error().is(kInvalid)
          ? Error::with_message(http::kBadResponse, "Glue's answer is too large")
          : std::move(text).error();
    }
    if (text->empty()) {
      co_return Json::object();
    }
    Result<Json> json = parse_json(*text);
    if (!json || !json->is_object()) {
      co_return Error::with_message(http::kBadResponse,
                                    "Glue's answer to " + operation + " is no JSON object");
    }
    co_return json;
  }

  const GlueConfig config;
  const std::shared_ptr<CredentialsProvider> credentials;
  const Services services;
  const std::string host;
  const ClientMeter meter;
};

GlueClient::GlueClient(GlueConfig config, std::shared_ptr<CredentialsProvider> credentials,
                       Services services, Metrics* metrics)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(credentials), services, metrics)) {}
GlueClient::~GlueClient() = default;

Task<Result<Json>> GlueClient::call(Context ctx, std::string operation, Json input) {
  const SteadyTime start = impl_->services.clock.steady_now();
  if (input.is_null()) {
    input = Json::object();
  }
  auto body = std::make_shared<const Bytes>(input.dump());
  auto repetitions = std::make_shared<std::size_t>(0);
  Result<Json> answer =
      co_await impl_->repeat(std::move(ctx), operation, std::move(body), repetitions);
  impl_->meter.count(operation, answer ? nullptr : &answer.error(), *repetitions,
                     impl_->services.clock.steady_now() - start);
  co_return answer;
}

}  // namespace tarn::aws
