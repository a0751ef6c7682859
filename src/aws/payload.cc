#include "aws/payload.h"

#include "aws/payload/checking_source.h"
#include "aws/payload/checksum.h"
#include "aws/payload/chunked_source.h"
#include "aws/sigv4.h"
#include "base/encoding.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::aws {
namespace {

using detail::Check;
using detail::Checksum;
using detail::ChecksumAlgorithm;
using detail::ChecksumKind;
using detail::ChunkFormat;

constexpr std::size_t kSha256Bytes = 32;
constexpr std::size_t kMd5Bytes = 16;

/// Values of x-amz-content-sha256 that mean an aws-chunked body.
struct StreamingMode {
  std::string_view name;
  bool is_signed;
  bool has_trailer;
};
constexpr std::array<StreamingMode, 3> kStreamingModes = {{
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", true, false},
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", true, true},
    {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", false, true},
}};

const StreamingMode* find_mode(std::string_view hash) {
  for (const StreamingMode& mode : kStreamingModes) {
    if (http::equals_ignore_case(mode.name, hash)) {
      return &mode;
    }
  }
  return nullptr;
}

Result<std::optional<std::uint64_t>> decoded_length(const http::Headers& headers) {
  const std::optional<std::string_view> text = headers.find("x-amz-decoded-content-length");
  if (!text) {
    return std::optional<std::uint64_t>();
  }
  if (text->empty()) {
    return Error(kMissingDecodedLength);
  }
  std::uint64_t bytes = 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), bytes);
  if (parsed.ec != std::errc() || parsed.ptr != text->data() + text->size()) {
    return Error(kInvalidDecodedLength);
  }
  return std::optional(bytes);
}

Result<ChunkFormat> chunk_format(const StreamingMode& mode, const VerifiedSignature& verified,
                                 const http::Headers& headers) {
  ChunkFormat format;
  if (mode.is_signed) {
    // A signature of Version 2 cannot be continued.
    if (verified.signing_key.empty()) {
      return Error(kInvalidPayloadHash);
    }
    format.signer.emplace(verified);
  }
  if (mode.has_trailer) {
    format.trailer = detail::find_checksum(headers.get("x-amz-trailer"));
    if (format.trailer == nullptr || headers.count("x-amz-trailer") > 1) {
      return Error(kInvalidTrailerHeader);
    }
  }
  TARN_TRY(format.content_bytes, decoded_length(headers));
  return format;
}

/// What the headers say of the content itself.
Result<std::vector<Check>> content_checks(const http::Headers& headers, PayloadOptions options) {
  std::vector<Check> checks;
  if (const std::optional<std::string_view> text = headers.find("Content-MD5")) {
    Result<std::string> digest = base64_decode(*text);
    if (!digest || digest->size() != kMd5Bytes) {
      return Error(kInvalidDigest);
    }
    checks.push_back(
        {.checksum = Checksum(ChecksumAlgorithm::kMd5),
         .expected = *std::move(digest),
         .mismatch = Error::with_message(
             kBadDigest, "The Content-MD5 you specified did not match what we received.")});
  }
  if (!options.checksums_cover_body) {
    return checks;
  }
  for (const ChecksumKind& kind : detail::kChecksumKinds) {
    const std::optional<std::string_view> text = headers.find(kind.header);
    if (!text) {
      continue;
    }
    Result<std::string> sum = base64_decode(*text);
    if (!sum || sum->size() != kind.size_bytes) {
      return Error::with_message(kInvalidChecksum,
                                 fmt::format("Value for {} header is invalid.", kind.header));
    }
    checks.push_back({.checksum = Checksum(kind.algorithm),
                      .expected = *std::move(sum),
                      .mismatch = detail::checksum_mismatch(kind)});
  }
  return checks;
}

}  // namespace

Result<std::unique_ptr<ByteSource>> decode_payload(const VerifiedSignature& verified,
                                                   const http::Headers& headers,
                                                   std::unique_ptr<ByteSource> body,
                                                   PayloadOptions options) {
  TARN_TRY(std::vector<Check> checks, content_checks(headers, options));
  const std::string_view hash = headers.find("x-amz-content-sha256").value_or(kUnsignedPayload);
  const StreamingMode* mode = find_mode(hash);
  if (mode != nullptr) {
    TARN_TRY(ChunkFormat format, chunk_format(*mode, verified, headers));
    body = std::make_unique<detail::ChunkedSource>(std::move(body), std::move(format));
  } else if (hash != kUnsignedPayload) {
    Result<std::string> digest = hex_decode(hash);
    if (!digest || digest->size() != kSha256Bytes) {
      return Error(kInvalidPayloadHash);
    }
    checks.push_back({.checksum = Checksum(ChecksumAlgorithm::kSha256),
                      .expected = *std::move(digest),
                      .mismatch = Error(kPayloadHashMismatch)});
  }
  if (checks.empty()) {
    return body;
  }
  auto checked = std::make_unique<detail::CheckingSource>(std::move(body), std::move(checks));
  if (mode == nullptr && checked->remaining() == 0) {
    TARN_CHECK_OK(checked->finish());
  }
  return std::unique_ptr<ByteSource>(std::move(checked));
}

}  // namespace tarn::aws
