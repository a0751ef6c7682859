// Invariants: any aws-chunked body is decoded to its end or refused; content and verdict do not
// depend on how the body arrives or how it is read; what passes has the announced length.
#include "aws/payload.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "runtime/testing/piecewise_source.h"
#include "runtime/testing/run.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace {

using namespace tarn;  // NOLINT(google-build-using-namespace): a program of one file

struct Outcome {
  Bytes content;
  bool passed = false;
};

Task<Outcome> drain(std::unique_ptr<ByteSource> source, std::size_t read_bytes) {
  Outcome out;
  Context ctx;
  for (;;) {
    Result<Bytes> piece = co_await source->read(ctx, read_bytes);
    if (!piece) {
      co_return out;
    }
    TARN_ASSERT(piece->size() <= read_bytes, "more than was asked for");
    if (piece->empty()) {
      TARN_ASSERT(source->remaining().value_or(0) == 0, "an end with bytes to come");
      out.passed = true;
      co_return out;
    }
    out.content += *piece;
  }
}

Outcome decode(const http::Headers& headers, const Bytes& body, std::size_t piece,
               std::size_t read_bytes) {
  aws::VerifiedSignature verified;
  verified.signing_key = Secret("key");
  verified.amz_date = "20130524T000000Z";
  verified.scope = "20130524/us-east-1/s3/aws4_request";
  verified.signature = std::string(64, '0');
  Result<std::unique_ptr<ByteSource>> source = aws::decode_payload(
      verified, headers, std::make_unique<testing::PiecewiseSource>(body, piece));
  TARN_ASSERT(source.has_value(), "these headers are well-formed");
  return tarn::testing::run(drain(*std::move(source), read_bytes));
}

}  // namespace

// The first two bytes choose the mode and the announced length, the rest is the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  constexpr const char* kModes[] = {"STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                                    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                                    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"};
  http::Headers headers;
  headers.add("x-amz-content-sha256", kModes[data[0] % 3]);
  headers.add("x-amz-trailer", "x-amz-checksum-crc32");
  const bool announced = data[1] < 200;
  if (announced) {
    headers.add("x-amz-decoded-content-length", std::to_string(data[1]));
  }
  const Bytes body(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Outcome whole = decode(headers, body, size, size);
  const Outcome bytewise = decode(headers, body, 1, 3);
  TARN_ASSERT(whole.passed == bytewise.passed, "the verdict depends on how a body arrives");
  if (whole.passed) {
    TARN_ASSERT(whole.content == bytewise.content, "content depends on how a body arrives");
    TARN_ASSERT(!announced || whole.content.size() == data[1], "another length than announced");
  }
  return 0;
}
