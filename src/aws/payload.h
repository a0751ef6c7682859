#pragma once

#include "aws/sigv4_verify.h"
#include "base/bytes.h"
#include "base/error.h"
#include "http/message.h"
#include "runtime/byte_source.h"

#include <cstdint>
#include <memory>

/// The body of a request to S3 as its headers say: plain or `aws-chunked`, with digests, checksums
/// and signatures that are checked while it streams.
namespace tarn::aws {

/// InvalidArgument, 400.
inline constexpr ErrorId kInvalidPayloadHash{
    ErrorKind::kInvalid,
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid "
    "sha256 value."};
/// XAmzContentSHA256Mismatch, 400.
inline constexpr ErrorId kPayloadHashMismatch{
    ErrorKind::kInvalid,
    "The provided 'x-amz-content-sha256' header does not match what was computed."};
/// BadDigest, 400: Content-MD5 or a checksum; each has its own message.
inline constexpr ErrorId kBadDigest{ErrorKind::kInvalid,
                                    "The digest you specified did not match what we received."};
/// InvalidDigest, 400: a Content-MD5 that is none.
inline constexpr ErrorId kInvalidDigest{ErrorKind::kInvalid,
                                        "The Content-MD5 you specified is not valid."};
/// InvalidRequest, 400: a checksum header or trailer that is none; each has its own message.
inline constexpr ErrorId kInvalidChecksum{ErrorKind::kInvalid, "The checksum is not valid."};
/// InvalidRequest, 400: x-amz-trailer is missing or names something else than one checksum.
inline constexpr ErrorId kInvalidTrailerHeader{
    ErrorKind::kInvalid, "The value specified in the x-amz-trailer header is not supported"};
/// MalformedTrailerError, 400.
inline constexpr ErrorId kMalformedTrailer{
    ErrorKind::kInvalid,
    "The request contained trailing data that was not well-formed or did not conform to our "
    "published schema."};
/// InvalidRequest, 400: the framing of an aws-chunked body; the message says what and where.
inline constexpr ErrorId kMalformedChunk{ErrorKind::kInvalid,
                                         "The request body is not well-formed aws-chunked data."};
/// IncompleteBody, 400: shorter or longer than announced.
inline constexpr ErrorId kIncompleteBody{
    ErrorKind::kInvalid,
    "You did not provide the number of bytes specified by the Content-Length HTTP header"};
/// MissingContentLength, 411: X-Amz-Decoded-Content-Length is there but empty.
inline constexpr ErrorId kMissingDecodedLength{ErrorKind::kInvalid,
                                               "You must provide the Content-Length HTTP header."};
/// InvalidArgument, 400: X-Amz-Decoded-Content-Length is no number.
inline constexpr ErrorId kInvalidDecodedLength{
    ErrorKind::kInvalid, "X-Amz-Decoded-Content-Length must be a non-negative number of bytes."};

/// What S3 takes in one request, and so what a chunk may announce.
inline constexpr std::uint64_t kChunkBytesMax = 5 * kGiB;

struct PayloadOptions {
  /// False where `x-amz-checksum-*` speaks of something else than this body
  /// (CompleteMultipartUpload: of the object).
  bool checksums_cover_body = true;
};

/// The decoded bytes of `body`. Its remaining() is the length of the content when the client has
/// said it, which is enforced. Everything is checked before the last byte is handed out, so a
/// reader that stops at the announced length misses nothing, as long as it reads once even where
/// that is 0; what it read before the last byte is not proven yet. Constant memory.
/// Errors, also of reading: those above, kSignatureDoesNotMatch for a chunk or trailer, and those
/// of `body`.
Result<std::unique_ptr<ByteSource>> decode_payload(const VerifiedSignature& verified,
                                                   const http::Headers& headers,
                                                   std::unique_ptr<ByteSource> body,
                                                   PayloadOptions options = {});

}  // namespace tarn::aws
