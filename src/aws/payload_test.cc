// Goal: a body is the content that its headers promise, or an error before its last byte.
// Method: the published examples, then bodies of our own with one thing wrong; each arrives whole,
// in pieces and bytewise.
#include "aws/payload.h"

#include "aws/testing/examples.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "runtime/testing/run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace tarn::aws {
namespace {

using testing::example_secret;
using testing::example_time;
using testing::make_request;
using testing::with_signature;

/// A connection: gives `piece` bytes at most, and knows its length only if told so.
class Wire final : public ByteSource {
 public:
  Wire(Bytes bytes, std::size_t piece, bool knows_length)
      : bytes_(std::move(bytes)), piece_(piece), knows_length_(knows_length) {}
  Task<Result<Bytes>> read(Context, std::size_t max_bytes) override {
    most_asked = std::max(most_asked, max_bytes);
    Bytes out = bytes_.substr(at_, std::min(piece_, max_bytes));
    at_ += out.size();
    co_return out;
  }
  std::optional<std::uint64_t> remaining() const override {
    return knows_length_ ? std::optional<std::uint64_t>(bytes_.size() - at_) : std::nullopt;
  }
  static inline std::size_t most_asked = 0;

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
  std::size_t piece_;
  bool knows_length_;
};

using Fields = std::vector<std::pair<std::string, std::string>>;

http::Headers headers_of(const Fields& fields) {
  http::Headers headers;
  for (const auto& [name, value] : fields) {
    headers.add(name, value);
  }
  return headers;
}

struct Outcome {
  Bytes content;
  std::optional<Error> error;
  /// remaining() before the first read.
  std::optional<std::uint64_t> announced;
};

Task<Outcome> drain(std::unique_ptr<ByteSource> source, std::size_t read_bytes) {
  Outcome out;
  out.announced = source->remaining();
  Context ctx;
  for (;;) {
    Result<Bytes> piece = co_await source->read(ctx, read_bytes);
    if (!piece) {
      out.error = piece.error();
      co_return out;
    }
    EXPECT_LE(piece->size(), read_bytes);
    if (piece->empty()) {
      co_return out;
    }
    out.content += *piece;
  }
}

Outcome decode_once(const VerifiedSignature& verified, const http::Headers& headers,
                    std::unique_ptr<ByteSource> body, std::size_t read_bytes,
                    PayloadOptions options) {
  Result<std::unique_ptr<ByteSource>> source =
      decode_payload(verified, headers, std::move(body), options);
  if (!source) {
    Outcome out;
    out.error = source.error();
    return out;
  }
  return tarn::testing::run(drain(*std::move(source), read_bytes));
}

/// Decodes in several ways, which must agree.
Outcome decode(const VerifiedSignature& verified, const http::Headers& headers, const Bytes& body,
               PayloadOptions options = {}) {
  Outcome whole = decode_once(verified, headers, memory_source(body), body.size() + 1, options);
  struct Way {
    std::size_t piece;
    std::size_t read;
    bool knows_length;
  };
  for (const Way& way :
       {Way{1000, 700, true}, Way{1000, 1 << 20, false},
        Way{body.size() < 1000 ? 1U : 97U, 61, false}, Way{1 << 20, 1000, false}}) {
    auto wire = std::make_unique<Wire>(body, way.piece, way.knows_length);
    const Outcome other = decode_once(verified, headers, std::move(wire), way.read, options);
    EXPECT_EQ(other.error.has_value(), whole.error.has_value());
    if (whole.error && other.error) {
      EXPECT_TRUE(other.error->is(whole.error->id()))
          << other.error->message() << " instead of " << whole.error->message();
    } else {
      EXPECT_TRUE(other.content == whole.content);
    }
  }
  return whole;
}

::testing::AssertionResult fails_with(const ErrorId& id, const Outcome& outcome) {
  if (!outcome.error) {
    return ::testing::AssertionFailure() << "it passed: " << outcome.content.size() << " bytes";
  }
  if (!outcome.error->is(id)) {
    return ::testing::AssertionFailure() << "another error: " << outcome.error->message();
  }
  return ::testing::AssertionSuccess();
}

std::string message(const Outcome& outcome) {
  return outcome.error ? outcome.error->message() : "";
}

const Bytes kLetters(66560, 'a');

VerifiedSignature verify_now(const http::Request& request) {
  const Result<Authorization> parsed = parse_authorization(request);
  EXPECT_TRUE(parsed.has_value());
  Result<VerifiedSignature> verified = verify(*parsed, request, example_secret(), example_time());
  EXPECT_TRUE(verified.has_value()) << verified.error().message();
  return *std::move(verified);
}

// The examples of "Signature calculations for chunked uploads".

http::Request published_put(std::string_view hash) {
  http::Request request = make_request("PUT", "/examplebucket/chunkObject.txt", "s3.amazonaws.com");
  request.headers.add("x-amz-date", testing::kExampleDate);
  request.headers.add("x-amz-storage-class", "REDUCED_REDUNDANCY");
  request.headers.add("x-amz-content-sha256", std::string(hash));
  request.headers.add("Content-Encoding", "aws-chunked");
  request.headers.add("x-amz-decoded-content-length", "66560");
  return request;
}

http::Request published_signed() {
  http::Request request = published_put("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  request.headers.add("Content-Length", "66824");
  return with_signature(std::move(request),
                        "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
                        "x-amz-decoded-content-length;x-amz-storage-class",
                        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
}

std::string published_signed_body() {
  return "10000;chunk-signature="
         "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" +
         Bytes(65536, 'a') +
         "\r\n400;chunk-signature="
         "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" +
         Bytes(1024, 'a') +
         "\r\n0;chunk-signature="
         "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";
}

http::Request published_trailing() {
  http::Request request = published_put("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER");
  request.headers.add("x-amz-trailer", "x-amz-checksum-crc32c");
  return with_signature(std::move(request),
                        "content-encoding;host;x-amz-content-sha256;x-amz-date;"
                        "x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
                        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
}

std::string published_trailing_body() {
  return "10000;chunk-signature="
         "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n" +
         Bytes(65536, 'a') +
         "\r\n400;chunk-signature="
         "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n" +
         Bytes(1024, 'a') +
         "\r\n0;chunk-signature="
         "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
         "x-amz-checksum-crc32c:sOO8/Q==\r\n"
         "x-amz-trailer-signature:"
         "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
}

std::string replace(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

TEST(SignedChunks, ThePublishedBodyPasses) {
  const http::Request request = published_signed();
  const std::string body = published_signed_body();
  ASSERT_EQ(body.size(), 66824U);
  const Outcome outcome = decode(verify_now(request), request.headers, body);
  EXPECT_EQ(message(outcome), "");
  EXPECT_TRUE(outcome.content == kLetters);
  EXPECT_EQ(outcome.announced, 66560U);
}

TEST(SignedChunks, ABadSignatureFailsBeforeTheLastByte) {
  const http::Request request = published_signed();
  const VerifiedSignature verified = verify_now(request);
  const std::string good = published_signed_body();
  // One bit of the first chunk, of the second, of each signature; chunks in another order, left
  // out, or without a signature.
  std::vector<std::string> bodies;
  for (const std::size_t at : {std::size_t{100}, std::size_t{65700}}) {
    bodies.push_back(good);
    bodies.back()[at] = 'b';
  }
  for (const char* signature : {"ad80c730a", "0055627c9", "b6c6ea8a5"}) {
    bodies.push_back(replace(good, signature, "000000000"));
  }
  bodies.push_back(replace(
      good, ";chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
      ""));
  bodies.push_back(replace(good, ";chunk-signature=", ";chunk-signatur="));
  bodies.push_back("10000\r\n" + Bytes(65536, 'a') + "\r\n400\r\n" + Bytes(1024, 'a') +
                   "\r\n0\r\n\r\n");
  for (const std::string& body : bodies) {
    const Outcome outcome = decode(verified, request.headers, body);
    EXPECT_TRUE(fails_with(kSignatureDoesNotMatch, outcome));
    EXPECT_LT(outcome.content.size(), kLetters.size());
  }
}

TEST(SignedChunks, AnotherKeyOrSeedFails) {
  const http::Request request = published_signed();
  VerifiedSignature seed = verify_now(request);
  seed.signature = std::string(64, '0');
  EXPECT_TRUE(
      fails_with(kSignatureDoesNotMatch, decode(seed, request.headers, published_signed_body())));
  VerifiedSignature key = verify_now(request);
  key.signing_key = Secret("other");
  EXPECT_TRUE(
      fails_with(kSignatureDoesNotMatch, decode(key, request.headers, published_signed_body())));
  // Version 2 has none to continue from.
  EXPECT_TRUE(
      fails_with(kInvalidPayloadHash, decode({}, request.headers, published_signed_body())));
}

TEST(SignedTrailer, ThePublishedBodyPasses) {
  const http::Request request = published_trailing();
  const std::string body = published_trailing_body();
  ASSERT_EQ(body.size(), 66946U);
  const Outcome outcome = decode(verify_now(request), request.headers, body);
  EXPECT_EQ(message(outcome), "");
  EXPECT_TRUE(outcome.content == kLetters);
}

TEST(SignedTrailer, ItsSignatureAndChecksumAreChecked) {
  const http::Request request = published_trailing();
  const VerifiedSignature verified = verify_now(request);
  const std::string good = published_trailing_body();
  const auto outcome = [&](std::string_view what, std::string_view with) {
    return decode(verified, request.headers, replace(good, what, with));
  };
  EXPECT_TRUE(fails_with(kSignatureDoesNotMatch, outcome("d81f82fc", "00000000")));
  EXPECT_TRUE(fails_with(kSignatureDoesNotMatch, outcome("sOO8/Q==", "sOO8/A==")));
  EXPECT_TRUE(fails_with(kSignatureDoesNotMatch,
                         outcome("x-amz-trailer-signature:"
                                 "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
                                 "\r\n",
                                 "")));
  EXPECT_TRUE(fails_with(kMalformedTrailer, outcome("x-amz-checksum-crc32c:sOO8/Q==\r\n", "")));
  EXPECT_TRUE(fails_with(kMalformedTrailer, outcome("-crc32c:", "-crc32:")));
}

// Bodies of our own.

struct Sum {
  std::string name;
  std::string of_digits;
};

/// Of `123456789`.
std::vector<Sum> sums() {
  const std::string digits = "123456789";
  return {{"crc32", "y/Q5Jg=="},
          {"crc32c", "4waSgw=="},
          {"crc64nvme", "rosUhgp5mIg="},
          {"sha1", base64_encode(sha1(digits))},
          {"sha256", base64_encode(sha256(digits))}};
}

http::Headers unsigned_trailer(std::string_view name, std::string_view length = "9") {
  return headers_of({{"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
                     {"x-amz-trailer", "x-amz-checksum-" + std::string(name)},
                     {"x-amz-decoded-content-length", std::string(length)}});
}

TEST(UnsignedTrailer, EveryChecksumIsVerified) {
  for (const Sum& sum : sums()) {
    const http::Headers headers = unsigned_trailer(sum.name);
    const std::string start = "4\r\n1234\r\n5\r\n56789\r\n0\r\nx-amz-checksum-" + sum.name + ":";
    const Outcome good = decode({}, headers, start + sum.of_digits + "\r\n\r\n");
    EXPECT_EQ(message(good), "") << sum.name;
    EXPECT_EQ(good.content, "123456789");

    std::string wrong = sum.of_digits;
    wrong[0] = wrong[0] == 'A' ? 'B' : 'A';
    const Outcome bad = decode({}, headers, start + wrong + "\r\n\r\n");
    EXPECT_TRUE(fails_with(kBadDigest, bad)) << sum.name;
    EXPECT_LT(bad.content.size(), 9U);

    for (const char* odd :
         {"", "****", "AAA=", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="}) {
      EXPECT_TRUE(fails_with(kInvalidChecksum, decode({}, headers, start + odd + "\r\n\r\n")))
          << sum.name << odd;
    }
  }
}

TEST(UnsignedTrailer, TakesTheFramingsOfAllClients) {
  const http::Headers headers = unsigned_trailer("crc32");
  const std::string trailer = "x-amz-checksum-crc32:y/Q5Jg==";
  for (const std::string& body : std::vector<std::string>{
           "9\r\n123456789\r\n0\r\n" + trailer + "\r\n\r\n",
           "9\r\n123456789\r\n0\r\n" + trailer + "\n\r\n\r\n",
           "9\r\n123456789\r\n0\r\n\r\n" + trailer + "\r\n\r\n",
           "9\n123456789\r\n0\n" + trailer + "\n\n",
           "0009\r\n123456789\r\n0\r\n" + trailer + "\r\n\r\n",
           "9;name=value\r\n123456789\r\n0\r\n" + trailer + "\r\n\r\n",
           "9 \r\n123456789\r\n0\r\nX-Amz-Checksum-CRC32 : y/Q5Jg== \r\n\r\n",
           "9\r\n123456789\r\n0\r\n" + trailer,
       }) {
    const Outcome outcome = decode({}, headers, body);
    EXPECT_EQ(message(outcome), "") << body;
    EXPECT_EQ(outcome.content, "123456789");
  }
}

TEST(UnsignedTrailer, TheHeaderNamesOneChecksum) {
  const std::string body = "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
  http::Headers headers = unsigned_trailer("crc32", "0");
  EXPECT_EQ(message(decode({}, headers, body)), "");
  for (const char* value :
       {"", "x-amz-checksum-md5", "x-amz-meta-a", "x-amz-checksum-crc32,x-amz-checksum-sha1"}) {
    headers.set("x-amz-trailer", value);
    EXPECT_TRUE(fails_with(kInvalidTrailerHeader, decode({}, headers, body))) << value;
  }
  headers.erase("x-amz-trailer");
  EXPECT_TRUE(fails_with(kInvalidTrailerHeader, decode({}, headers, body)));
}

TEST(UnsignedTrailer, OtherTrailersAreRefused) {
  const http::Headers headers = unsigned_trailer("crc32");
  const std::string start = "9\r\n123456789\r\n0\r\n";
  const std::string good = "x-amz-checksum-crc32:y/Q5Jg==\r\n";
  for (const std::string& trailer :
       {std::string(), std::string("\r\n"), good + good, good + "x-amz-meta-a:b\r\n",
        std::string("y/Q5Jg==\r\n"), good + "no colon\r\n", good + std::string(9000, '\n'),
        good + "x-amz-trailer-signature:00\r\n"}) {
    EXPECT_TRUE(fails_with(kMalformedTrailer, decode({}, headers, start + trailer + "\r\n")))
        << trailer;
  }
}

TEST(Chunks, BadFramingIsNamed) {
  const http::Headers headers = unsigned_trailer("crc32");
  const std::string end = "0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
  for (const std::string& body : std::vector<std::string>{
           "\r\n" + end,
           "g\r\n123456789\r\n" + end,
           "-9\r\n123456789\r\n" + end,
           "0x9\r\n123456789\r\n" + end,
           "00000000000000009\r\n123456789\r\n" + end,
           "9\r\n123456789" + end,
           "9\r\n123456789\n" + end,
           "9\r\n1234567890\r\n" + end,
           "9;" + std::string(5000, 'x') + "\r\n123456789\r\n" + end,
           std::string(5000, '9'),
           std::string("fffffffffffffffff\r\n"),
           std::string("140000001\r\n"),
       }) {
    EXPECT_TRUE(fails_with(kMalformedChunk, decode({}, headers, body))) << body.substr(0, 50);
  }
  const Outcome outcome = decode({}, headers, "4\r\n1234\r\nzz\r\n");
  EXPECT_EQ(message(outcome),
            "The request body is not well-formed aws-chunked data. After 4 bytes of content: the "
            "size of a chunk is not 1 to 16 hexadecimal digits");
}

TEST(Chunks, TheAnnouncedLengthIsEnforced) {
  const std::string body = "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
  EXPECT_TRUE(fails_with(kIncompleteBody, decode({}, unsigned_trailer("crc32", "8"), body)));
  EXPECT_TRUE(fails_with(kIncompleteBody, decode({}, unsigned_trailer("crc32", "10"), body)));
  EXPECT_TRUE(fails_with(kIncompleteBody, decode({}, unsigned_trailer("crc32", "0"), body)));
  EXPECT_TRUE(fails_with(kMissingDecodedLength, decode({}, unsigned_trailer("crc32", ""), body)));
  for (const char* odd : {"nine", "-9", "9 9", "0x9", "99999999999999999999"}) {
    EXPECT_TRUE(fails_with(kInvalidDecodedLength, decode({}, unsigned_trailer("crc32", odd), body)))
        << odd;
  }
  http::Headers none = unsigned_trailer("crc32");
  none.erase("x-amz-decoded-content-length");
  const Outcome outcome = decode({}, none, body);
  EXPECT_EQ(outcome.content, "123456789");
  EXPECT_EQ(outcome.announced, std::nullopt);
}

TEST(Chunks, EveryCutIsNoticed) {
  const http::Headers headers = unsigned_trailer("crc32");
  const std::string body = "4\r\n1234\r\n5\r\n56789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
  const std::size_t whole = body.size() - 4;  // the line breaks at the end may be missing
  for (std::size_t cut = 0; cut < whole; ++cut) {
    const Outcome outcome = decode({}, headers, body.substr(0, cut));
    EXPECT_TRUE(outcome.error.has_value()) << cut;
    EXPECT_LT(outcome.content.size(), 9U) << cut;
  }
}

TEST(Chunks, ALargeChunkIsNeverAskedForAtOnce) {
  Wire::most_asked = 0;
  const Bytes content(5 * kMiB, 'x');
  const std::string body = fmt::format("{:x}\r\n{}\r\n0\r\nx-amz-checksum-sha256:{}\r\n\r\n",
                                       content.size(), content, base64_encode(sha256(content)));
  const Outcome outcome =
      decode_once({}, unsigned_trailer("sha256", fmt::format("{}", content.size())),
                  std::make_unique<Wire>(body, 1 << 30, true), kStreamChunkBytes, {});
  EXPECT_EQ(message(outcome), "");
  EXPECT_TRUE(outcome.content == content);
  EXPECT_EQ(Wire::most_asked, kStreamChunkBytes);
}

TEST(PlainBody, ItsHashIsVerified) {
  const Bytes body = "Welcome to Amazon S3.";
  const std::string hash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
  const Outcome good = decode({}, headers_of({{"x-amz-content-sha256", hash}}), body);
  EXPECT_EQ(good.content, body);
  EXPECT_EQ(good.announced, body.size());
  const Outcome bad = decode({}, headers_of({{"x-amz-content-sha256", hash}}), "Welcome to Tarn.");
  EXPECT_TRUE(fails_with(kPayloadHashMismatch, bad));
  EXPECT_EQ(bad.content, "");
  // Nobody has to read an empty body for it to be noticed.
  const Result<std::unique_ptr<ByteSource>> empty =
      decode_payload({}, headers_of({{"x-amz-content-sha256", hash}}), memory_source(""));
  ASSERT_FALSE(empty.has_value());
  EXPECT_TRUE(empty.error().is(kPayloadHashMismatch));
}

TEST(PlainBody, WithoutAHashItPassesAsItIs) {
  for (const Fields& fields : {Fields{}, Fields{{"x-amz-content-sha256", "UNSIGNED-PAYLOAD"}}}) {
    const Outcome outcome = decode({}, headers_of(fields), "9\r\n123456789\r\n");
    EXPECT_EQ(outcome.content, "9\r\n123456789\r\n");
  }
}

TEST(PlainBody, AnyOtherHashIsRefused) {
  for (const char* hash : {"", "unsigned", "abcd", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
                           "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b07",
                           "zzce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"}) {
    EXPECT_TRUE(fails_with(kInvalidPayloadHash,
                           decode({}, headers_of({{"x-amz-content-sha256", hash}}), "x")))
        << hash;
  }
}

TEST(ContentChecks, Md5AndChecksumHeadersAreVerified) {
  const std::string md5_text = base64_encode(md5("123456789"));
  EXPECT_EQ(decode({}, headers_of({{"Content-MD5", md5_text}}), "123456789").content, "123456789");
  EXPECT_EQ(message(decode({}, headers_of({{"Content-MD5", md5_text}}), "12345678")),
            "The Content-MD5 you specified did not match what we received.");
  for (const char* odd : {"", "abc", "AAAA", "****"}) {
    EXPECT_TRUE(fails_with(kInvalidDigest, decode({}, headers_of({{"Content-MD5", odd}}), "x")));
  }
  for (const Sum& sum : sums()) {
    const http::Headers headers = headers_of(
        {{"x-amz-checksum-" + sum.name, sum.of_digits}, {"x-amz-checksum-mode", "ENABLED"}});
    EXPECT_EQ(decode({}, headers, "123456789").content, "123456789") << sum.name;
    EXPECT_TRUE(fails_with(kBadDigest, decode({}, headers, "123456780"))) << sum.name;
    EXPECT_TRUE(fails_with(kBadDigest, decode({}, headers, ""))) << sum.name;
    const Outcome of_object = decode({}, headers, "<Complete/>", {.checksums_cover_body = false});
    EXPECT_EQ(of_object.content, "<Complete/>");
    const http::Headers odd = headers_of({{"x-amz-checksum-" + sum.name, "AAA="}});
    EXPECT_EQ(message(decode({}, odd, "x")),
              "Value for x-amz-checksum-" + sum.name + " header is invalid.");
  }
}

TEST(ContentChecks, TheyCoverTheDecodedContent) {
  http::Headers headers = unsigned_trailer("crc32");
  const std::string body = "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
  headers.add("Content-MD5", base64_encode(md5("123456789")));
  EXPECT_EQ(decode({}, headers, body).content, "123456789");
  headers.set("Content-MD5", base64_encode(md5("12345678")));
  const Outcome outcome = decode({}, headers, body);
  EXPECT_TRUE(fails_with(kBadDigest, outcome));
  EXPECT_LT(outcome.content.size(), 9U);
}

}  // namespace
}  // namespace tarn::aws
