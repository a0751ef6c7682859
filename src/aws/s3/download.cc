#include "aws/s3/download.h"

#include "aws/errors.h"
#include "base/log.h"
#include "http/client.h"
#include "runtime/timer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace tarn::aws {
namespace {

class Download final : public ByteSource {
 public:
  Download(S3Exchange& exchange, S3Stretch stretch, std::unique_ptr<ByteSource> body)
      : exchange_(exchange), rest_(std::move(stretch)), body_(std::move(body)) {}

  Task<Result<Bytes>> read(Context ctx, std::size_t max_bytes) override {
    for (;;) {
      if (rest_.offset == rest_.end) {
        body_.reset();
        co_return Bytes();
      }
      Result<Bytes> chunk = Error(http::kConnectionLost);
      if (body_) {
        chunk = co_await body_->read(ctx, max_bytes);
      }
      if (chunk && !chunk->empty()) {
        if (chunk->size() > rest_.end - rest_.offset) {
          co_return Error::with_message(kServiceFailed, "S3 sent more than it announced");
        }
        rest_.offset += chunk->size();
        failures_ = 0;
        if (rest_.offset == rest_.end) {
          co_await finish(ctx);
        }
        co_return chunk;
      }
      body_.reset();
      const Error error = chunk ? Error(http::kConnectionLost) : std::move(chunk).error();
      const bool broken =
          error.is(http::kConnectionLost) || error.is(http::kBadResponse) || error.is(kTimeout);
      const Clock& clock = exchange_.services().clock;
      TARN_CO_CHECK_OK(ctx.check(clock));
      if (!broken || rest_.etag.empty() || ++failures_ >= exchange_.config().retry.tries_max) {
        co_return Error::with_message(
            broken ? kServiceFailed : error.id(),
            fmt::format("object is cut at byte {}: {}", rest_.offset, error.message()));
      }
      log::debug("S3 body was cut, asking for the rest",
                 {{"bucket", rest_.bucket}, {"offset", rest_.offset}});
      TARN_CO_CHECK_OK(co_await sleep_for(
          ctx, exchange_.config().retry.delay(failures_, exchange_.services().rng)));
      TARN_CO_CHECK_OK(co_await resume(ctx));
    }
  }
  std::optional<std::uint64_t> remaining() const override { return rest_.end - rest_.offset; }

 private:
  /// The connection goes back to its pool when the end of the body was seen.
  Task<void> finish(Context ctx) {
    if (body_->remaining().value_or(1) != 0) {
      (void)co_await body_->read(std::move(ctx), 1);
    }
    body_.reset();
  }

  Task<Result<void>> resume(Context ctx) {
    S3Call call;
    call.operation = "GetObject";
    call.method = "GET";
    call.bucket = rest_.bucket;
    call.key = rest_.key;
    call.answer = S3Call::Answer::kStream;
    call.headers.add("Range", range_header(rest_.offset, rest_.end - rest_.offset));
    call.headers.add("If-Match", rest_.etag);
    Result<S3Answer> answer = co_await exchange_.run(std::move(ctx), std::move(call));
    if (!answer && (answer.error().is(kPreconditionFailed) || answer.error().is(kNotFound))) {
      co_return Error::with_message(kServiceFailed, "object was replaced while it was read");
    }
    if (!answer) {
      co_return std::move(answer).error();
    }
    const std::optional<ContentRange> range =
        parse_content_range(answer->headers.get("Content-Range"));
    if (answer->status != 206 || !range || range->first != rest_.offset ||
        range->last + 1 != rest_.end || answer->headers.get("ETag") != rest_.etag) {
      co_return Error::with_message(kServiceFailed, "S3 did not send the range that was asked for");
    }
    body_ = std::move(answer->body);
    co_return Result<void>();
  }

  S3Exchange& exchange_;
  S3Stretch rest_;
  std::unique_ptr<ByteSource> body_;
  /// Without a byte between them.
  std::size_t failures_ = 0;
};

}  // namespace

std::unique_ptr<ByteSource> s3_download(S3Exchange& exchange, S3Stretch stretch,
                                        std::unique_ptr<ByteSource> body) {
  return std::make_unique<Download>(exchange, std::move(stretch), std::move(body));
}

std::string range_header(std::uint64_t offset, std::uint64_t size_bytes) {
  const std::uint64_t room = std::numeric_limits<std::int64_t>::max() - offset;
  return fmt::format("bytes={}-{}", offset, offset + std::min(size_bytes, room) - 1);
}

std::optional<ContentRange> parse_content_range(std::string_view value) {
  if (!value.starts_with("bytes ")) {
    return std::nullopt;
  }
  ContentRange out;
  const char* at = value.data() + 6;
  const char* end = value.data() + value.size();
  const auto number = [&at, end](std::uint64_t& into, char behind) {
    const auto [next, failure] = std::from_chars(at, end, into);
    if (failure != std::errc() || (behind != 0 ? next == end || *next != behind : next != end)) {
      return false;
    }
    at = next + (behind != 0 ? 1 : 0);
    return true;
  };
  if (!number(out.first, '-') || !number(out.last, '/') || !number(out.total, 0) ||
      out.last < out.first || out.last >= out.total) {
    return std::nullopt;
  }
  return out;
}

}  // namespace tarn::aws
