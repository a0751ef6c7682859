#include "aws/s3/exchange.h"

#include "aws/client/tries.h"
#include "aws/s3/failure.h"
#include "aws/sigv4.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/log.h"

#include <fmt/format.h>

#include <chrono>

namespace tarn::aws {
namespace {

/// A refusal costs no upload from this size on.
constexpr std::uint64_t kExpectBytesMin = 256 * kKiB;
/// A body that moves slower than this is given up.
constexpr std::uint64_t kSendBytesPerSecondMin = 256 * kKiB;
constexpr std::size_t kErrorBytesMax = kMiB;
constexpr std::size_t kDocumentBytesMax = 16 * kMiB;
constexpr std::size_t kDrainBytesMax = 64 * kKiB;

/// The bucket's region is known now: the call is to be sent again.
constexpr ErrorId kOtherRegion{ErrorKind::kUnavailable, "bucket is in another region"};

http::Request make_request(const S3Call& call, const S3Place& place) {
  http::Request request;
  request.method = call.method;
  request.target = place.target;
  request.headers = call.headers;
  request.headers.set("Host", place.host);
  if (call.body && call.body->size_bytes() > 0) {
    request.content_length = call.body->size_bytes();
    request.body = call.body->lend();
    if (call.body->size_bytes() >= kExpectBytesMin) {
      request.headers.set("Expect", "100-continue");
    }
  } else if (!call.document.empty()) {
    request.content_length = call.document.size();
    request.body = memory_source(call.document);
  }
  return request;
}

/// Streams are not hashed before they are sent; TLS protects them, and over plain HTTP they have to
/// be trusted as the connection is.
std::string payload_hash(const S3Call& call) {
  if (call.body && call.body->size_bytes() > 0) {
    return call.body->sha256_hex().value_or(std::string(kUnsignedPayload));
  }
  return hex_encode(sha256(call.document));
}

}  // namespace

S3Exchange::S3Exchange(S3Config config, std::shared_ptr<CredentialsProvider> credentials,
                       Services services, Metrics* metrics)
    : config_(std::move(config)),
      credentials_(std::move(credentials)),
      services_(services),
      addressing_(config_),
      meter_(metrics, "s3") {}

Task<Result<S3Answer>> S3Exchange::run(Context ctx, S3Call call, std::shared_ptr<bool> reply_lost) {
  const SteadyTime start = services_.clock.steady_now();
  const std::string_view operation = call.operation;
  auto repetitions = std::make_shared<std::size_t>(0);
  if (!reply_lost) {
    reply_lost = std::make_shared<bool>(false);
  }
  auto shared = std::make_shared<const S3Call>(std::move(call));
  Result<S3Answer> answer =
      co_await repeat(std::move(ctx), std::move(shared), reply_lost, repetitions);
  meter_.count(operation, answer ? nullptr : &answer.error(), *repetitions,
               services_.clock.steady_now() - start);
  if (answer) {
    answer->reply_lost = *reply_lost;
  }
  co_return answer;
}

Task<Result<S3Answer>> S3Exchange::repeat(Context ctx, std::shared_ptr<const S3Call> call,
                                          std::shared_ptr<bool> reply_lost,
                                          std::shared_ptr<std::size_t> repetitions) {
  TARN_CO_CHECK_OK(ctx.check(services_.clock));
  Tries::Rules rules;
  rules.retry = config_.retry;
  rules.is_write = call->is_write();
  rules.conflicts_pass = true;
  Tries tries(ctx, std::move(rules), services_.clock, services_.rng);
  for (bool redirected = false;;) {
    TARN_CO_TRY(CredentialsPtr credentials, co_await credentials_->credentials(ctx));
    Result<S3Answer> answer = co_await try_once(ctx, call, std::move(credentials));
    if (answer) {
      co_return answer;
    }
    Error error = std::move(answer).error();
    if (error.is(kOtherRegion)) {
      if (!redirected && (!call->body || call->body->restart())) {
        redirected = true;
        continue;
      }
      co_return Error::with_message(kServiceFailed, error.message());
    }
    log::debug(
        "S3 call failed",
        {{"operation", call->operation}, {"bucket", call->bucket}, {"error", error.message()}});
    std::optional<Error> final = co_await tries.failed(std::move(error), call->body);
    *reply_lost = tries.reply_lost();
    if (final) {
      co_return *std::move(final);
    }
    *repetitions = tries.count();
  }
}

Task<Result<S3Answer>> S3Exchange::try_once(Context ctx, std::shared_ptr<const S3Call> call,
                                            CredentialsPtr credentials) {
  const S3Place place = addressing_.place(call->bucket, call->key, call->query);
  http::Request request = make_request(*call, place);
  SigningScope scope;
  scope.region = place.region;
  scope.service = "s3";
  sign(request, *credentials, scope, services_.clock.now(),
       addressing_.is_tls() && call->body ? std::string(kUnsignedPayload) : payload_hash(*call));
  std::chrono::milliseconds limit = config_.try_timeout;
  if (call->body) {
    limit += std::chrono::seconds(call->body->size_bytes() / kSendBytesPerSecondMin);
  }
  const Context try_ctx = ctx.with_timeout(services_.clock, limit);
  TARN_CO_TRY(http::ClientResponse response,
              co_await services_.http.send(try_ctx, place.base_url, std::move(request)));
  S3Answer answer;
  answer.status = response.status;
  answer.headers = std::move(response.headers);
  const bool refused = answer.status < 200 || answer.status >= 300;
  if (!refused && call->answer == S3Call::Answer::kStream) {
    answer.body = std::move(response.body);
    co_return answer;
  }
  if (!refused && call->answer == S3Call::Answer::kNothing) {
    // The connection is used again once this is read; what it says does not matter.
    (void)co_await read_all(try_ctx, *response.body, kDrainBytesMax);
    co_return answer;
  }
  Result<Bytes> text =
      co_await read_all(try_ctx, *response.body, refused ? kErrorBytesMax : kDocumentBytesMax);
  if (!refused) {
    if (!text) {
      co_return text.error().is(kInvalid)
          ? Error::with_message(http::kBadResponse, "S3's answer is too large")
          : std::move(text).error();
    }
    Result<XmlDocument> document = parse_xml(*text);
    if (!document) {
      co_return Error::with_message(
          http::kBadResponse,
          "S3's answer to " + std::string(call->operation) + ": " + document.error().message());
    }
    if (document->root().name() != "Error") {
      answer.document = *std::move(document);
      co_return answer;
    }
  }
  const S3Failure failure =
      read_failure(answer.status, answer.headers, text ? std::string_view(*text) : "");
  TARN_CO_CHECK_OK(check_region(*call, place.region, failure.status, failure.region));
  co_return to_error(failure);
}

/// An error when the refusal was about the region.
Result<void> S3Exchange::check_region(const S3Call& call, const std::string& used, unsigned status,
                                      const std::string& told) {
  if (told.empty() || told == used || (status != 301 && status != 307 && status != 400)) {
    return {};
  }
  const std::string text = fmt::format("bucket \"{}\" is in region {}, and was looked for in {}",
                                       call.bucket, told, used);
  if (!config_.discover_region) {
    return Error::with_message(kInvalidRequest, "PermanentRedirect: " + text);
  }
  addressing_.learn(call.bucket, told);
  return Error::with_message(kOtherRegion, "PermanentRedirect: " + text);
}

Task<Result<void>> S3Exchange::find_region(Context ctx, std::string bucket) {
  if (!config_.discover_region || config_.endpoint.custom || addressing_.knows_region_of(bucket)) {
    co_return Result<void>();
  }
  S3Call call;
  call.operation = "HeadBucket";
  call.method = "HEAD";
  call.bucket = bucket;
  const Result<S3Answer> answer = co_await run(std::move(ctx), std::move(call));
  if (answer) {
    const std::string_view told = answer->headers.get("x-amz-bucket-region");
    addressing_.learn(bucket, told.empty() ? addressing_.region_of(bucket) : std::string(told));
  } else if (answer.error().kind() == ErrorKind::kUnavailable ||
             answer.error().kind() == ErrorKind::kTimeout) {
    co_return answer.error();
  }
  // Who may not look at the bucket may still use its objects: in the region that we have.
  co_return Result<void>();
}

}  // namespace tarn::aws
