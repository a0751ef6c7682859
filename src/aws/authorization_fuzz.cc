// Invariants: no header or query makes the parser or the verifier do anything but answer; and
// whatever request our own signer signs, the verifier takes, unless its target cannot be decoded.
#include "aws/sigv4.h"
#include "aws/sigv4_verify.h"
#include "base/assert.h"
#include "base/encoding.h"
#include "base/time_text.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace tarn;  // NOLINT(google-build-using-namespace): a program of one file

constexpr std::string_view kDate = "20130524T000000Z";

http::Request request_to(std::string target) {
  http::Request request;
  request.method = "GET";
  request.target = std::move(target);
  request.headers.add("Host", "h");
  return request;
}

void answer(const http::Request& request) {
  const Secret secret("secret");
  const Result<aws::Authorization> parsed = aws::parse_authorization(request);
  if (parsed) {
    TARN_ASSERT(!parsed->access_key_id.empty(), "an authorization of nobody");
    const auto outcome =
        aws::verify(*parsed, request, secret, parse_iso8601_basic(kDate).value(), "bucket");
    TARN_ASSERT(!outcome || parsed->signature.size() >= 20, "it took what nobody signed");
  }
}

void check_signed(const http::Request& request, const Secret& secret, WallTime now) {
  const Result<aws::Authorization> parsed = aws::parse_authorization(request);
  if (!parsed) {
    TARN_ASSERT(parsed.error().is(aws::kInvalidUri), "our own signature does not parse");
    return;
  }
  const auto outcome = aws::verify(*parsed, request, secret, now);
  TARN_ASSERT(outcome || outcome.error().is(aws::kInvalidUri), "our own signature is refused");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);

  http::Request with_header = request_to("/x");
  with_header.headers.add("x-amz-date", std::string(kDate));
  with_header.headers.add("Authorization", text);
  answer(with_header);
  answer(request_to("/x?" + text));

  const aws::Credentials keys{.access_key_id = "AKIA", .secret_access_key = Secret("secret")};
  const aws::SigningScope scope{.region = "r", .service = "s3"};
  const WallTime now = parse_iso8601_basic(kDate).value();
  // A target holds no blanks and controls: they end it on the wire. Parameters of presigned URLs
  // would make it one.
  std::string target = "/" + text;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ') {
      return 0;
    }
  }
  const Result<std::string> decoded = percent_decode(text, true);
  if (!decoded || decoded->find("X-Amz-") != std::string::npos) {
    return 0;
  }
  http::Request own = request_to(target);
  own.headers.add("x-amz-meta-a", text);
  aws::sign(own, keys, scope, now, aws::kUnsignedPayload);
  check_signed(own, keys.secret_access_key, now);
  check_signed(
      request_to(aws::presign("GET", "h", target, keys, scope, now, std::chrono::hours(1))),
      keys.secret_access_key, now);
  return 0;
}
