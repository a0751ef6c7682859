#include "aws/payload/chunked_source.h"

#include "aws/signature/canonical.h"
#include "base/encoding.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace tarn::aws::detail {
namespace {

constexpr std::size_t kLineBytesMax = 4096;
constexpr std::size_t kSizeDigitsMax = 16;
constexpr std::size_t kTrailerBytesMax = 8 * kKiB;
/// Read at once for a line between two chunks. Small, because what is read too far is data that has
/// to be copied once more.
constexpr std::size_t kFramingReadBytes = 512;
constexpr std::string_view kChunkAlgorithm = "AWS4-HMAC-SHA256-PAYLOAD";
constexpr std::string_view kTrailerAlgorithm = "AWS4-HMAC-SHA256-TRAILER";
constexpr std::string_view kSignatureExtension = "chunk-signature=";
constexpr std::string_view kTrailerSignature = "x-amz-trailer-signature";
constexpr std::string_view kBlanks = " \t\r";

}  // namespace

bool ChunkSigner::accepts(std::string_view algorithm, std::string_view hashes,
                          std::string_view sent) {
  const std::string text = fmt::format("{}\n{}\n{}\n{}\n{}", algorithm, seed_.amz_date, seed_.scope,
                                       seed_.signature, hashes);
  seed_.signature = hex_encode(hmac_sha256(seed_.signing_key.reveal(), text));
  return equal_constant_time(seed_.signature, sent);
}

bool ChunkSigner::accepts_chunk(std::string_view data_hash, std::string_view sent) {
  return accepts(kChunkAlgorithm, fmt::format("{}\n{}", kEmptyHash, hex_encode(data_hash)), sent);
}

bool ChunkSigner::accepts_trailer(std::string_view lines, std::string_view sent) {
  return accepts(kTrailerAlgorithm, hex_encode(sha256(lines)), sent);
}

ChunkedSource::ChunkedSource(std::unique_ptr<ByteSource> inner, ChunkFormat format)
    : inner_(std::move(inner)), format_(std::move(format)) {
  if (format_.trailer != nullptr) {
    checksum_.emplace(format_.trailer->algorithm);
  }
}

std::optional<std::uint64_t> ChunkedSource::remaining() const {
  if (finished_) {
    return 0;
  }
  return format_.content_bytes ? std::optional(*format_.content_bytes - decoded_bytes_)
                               : std::nullopt;
}

Error ChunkedSource::malformed(std::string_view why) const {
  return Error::with_message(
      kMalformedChunk,
      fmt::format("{} After {} bytes of content: {}", kMalformedChunk.text, decoded_bytes_, why));
}

/// False at the end of the body.
Task<Result<bool>> ChunkedSource::fill(Context ctx) {
  TARN_CO_TRY(Bytes more, co_await inner_->read(ctx, kFramingReadBytes));
  buffer_ += more;
  co_return !more.empty();
}

/// Without its end.
Task<Result<Bytes>> ChunkedSource::read_line(Context ctx) {
  for (;;) {
    const std::size_t end = buffer_.find('\n');
    if (std::min(end, buffer_.size()) >= kLineBytesMax) {
      co_return malformed("the head of a chunk is too long");
    }
    if (end != Bytes::npos) {
      Bytes line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      if (line.ends_with('\r')) {
        line.pop_back();
      }
      co_return line;
    }
    TARN_CO_TRY(const bool more, co_await fill(ctx));
    if (!more) {
      co_return Error(kIncompleteBody);
    }
  }
}

Task<Result<Bytes>> ChunkedSource::read_data(Context ctx, std::size_t max_bytes) {
  Bytes piece;
  if (buffer_.empty()) {
    TARN_CO_TRY(piece, co_await inner_->read(ctx, max_bytes));
  } else {
    piece = buffer_.substr(0, max_bytes);
    buffer_.erase(0, piece.size());
  }
  if (piece.empty()) {
    co_return Error(kIncompleteBody);
  }
  co_return piece;
}

Result<void> ChunkedSource::check_signature() {
  if (!format_.signer) {
    return {};
  }
  const std::string hash = chunk_hash_->finish();
  chunk_hash_.reset();
  if (!format_.signer->accepts_chunk(hash, chunk_signature_)) {
    return Error(kSignatureDoesNotMatch);
  }
  return {};
}

/// `line` is the head of a chunk.
Result<void> ChunkedSource::start_data(std::string_view line) {
  const std::string_view digits = trim(line.substr(0, line.find(';')), kBlanks);
  const auto parsed =
      std::from_chars(digits.data(), digits.data() + digits.size(), chunk_left_, 16);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() ||
      digits.size() > kSizeDigitsMax) {
    return malformed("the size of a chunk is not 1 to 16 hexadecimal digits");
  }
  if (chunk_left_ > kChunkBytesMax) {
    return malformed(fmt::format("a chunk of {} bytes; at most {}", chunk_left_, kChunkBytesMax));
  }
  if (format_.content_bytes && chunk_left_ > *format_.content_bytes - decoded_bytes_) {
    return Error(kIncompleteBody);
  }
  if (format_.signer) {
    std::string_view extension = line.find(';') == std::string_view::npos
                                     ? std::string_view()
                                     : trim(line.substr(line.find(';') + 1), kBlanks);
    if (!extension.starts_with(kSignatureExtension)) {
      return Error(kSignatureDoesNotMatch);
    }
    chunk_signature_ = extension.substr(kSignatureExtension.size());
    chunk_hash_.emplace(Hasher::Algorithm::kSha256);
  }
  return {};
}

Task<Result<void>> ChunkedSource::begin_chunk(Context ctx) {
  TARN_CO_TRY(const Bytes line, co_await read_line(ctx));
  TARN_CO_CHECK_OK(start_data(line));
  if (chunk_left_ == 0) {
    TARN_CO_CHECK_OK(check_signature());
    co_return co_await finish(ctx);
  }
  co_return Result<void>();
}

Task<Result<void>> ChunkedSource::end_chunk(Context ctx) {
  TARN_CO_CHECK_OK(check_signature());
  while (buffer_.size() < 2) {
    TARN_CO_TRY(const bool more, co_await fill(ctx));
    if (!more) {
      co_return Error(kIncompleteBody);
    }
  }
  if (!buffer_.starts_with("\r\n")) {
    co_return malformed("no line break behind the data of a chunk");
  }
  buffer_.erase(0, 2);
  co_return Result<void>();
}

/// All that follows the head of the last chunk.
Task<Result<void>> ChunkedSource::finish(Context ctx) {
  for (bool more = true; more;) {
    TARN_CO_TRY(more, co_await fill(ctx));
    if (buffer_.size() > kTrailerBytesMax) {
      co_return Error(kMalformedTrailer);
    }
  }
  const Bytes rest = std::exchange(buffer_, Bytes());
  if (format_.content_bytes && decoded_bytes_ != *format_.content_bytes) {
    co_return Error(kIncompleteBody);
  }
  if (format_.trailer != nullptr) {
    TARN_CO_CHECK_OK(check_trailer(rest));
  } else if (!rest.empty() && rest != "\r\n") {
    co_return malformed("bytes behind the last chunk");
  }
  finished_ = true;
  co_return Result<void>();
}

Result<void> ChunkedSource::check_trailer(std::string_view rest) {
  std::optional<std::string> value;
  std::string signature;
  for (const std::string& line : split(rest, '\n')) {
    const std::string_view text = trim(line, kBlanks);
    if (text.empty()) {
      continue;
    }
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string_view name = trim(text.substr(0, colon), kBlanks);
    const std::string_view after = colon < text.size() ? trim(text.substr(colon + 1), kBlanks) : "";
    if (http::equals_ignore_case(name, format_.trailer->header) && !value) {
      value = after;
    } else if (format_.signer && http::equals_ignore_case(name, kTrailerSignature) &&
               signature.empty()) {
      signature = after;
    } else {
      return Error(kMalformedTrailer);
    }
  }
  if (!value) {
    return Error(kMalformedTrailer);
  }
  if (format_.signer) {
    const std::string lines = fmt::format("{}:{}\n", format_.trailer->header, *value);
    if (!format_.signer->accepts_trailer(lines, signature)) {
      return Error(kSignatureDoesNotMatch);
    }
  }
  const Result<std::string> expected = base64_decode(*value);
  if (!expected || expected->size() != format_.trailer->size_bytes) {
    return Error::with_message(
        kInvalidChecksum,
        fmt::format("Value for {} trailing header is invalid.", format_.trailer->header));
  }
  if (checksum_->finish() != *expected) {
    return checksum_mismatch(*format_.trailer);
  }
  return {};
}

Task<Result<Bytes>> ChunkedSource::read(Context ctx, std::size_t max_bytes) {
  if (!std::exchange(started_, true)) {
    TARN_CO_CHECK_OK(co_await begin_chunk(ctx));
  }
  if (finished_) {
    co_return Bytes();
  }
  const std::size_t wanted = std::min<std::uint64_t>(max_bytes, chunk_left_);
  TARN_CO_TRY(Bytes piece, co_await read_data(ctx, wanted));
  if (chunk_hash_) {
    chunk_hash_->update(piece);
  }
  if (checksum_) {
    checksum_->update(piece);
  }
  chunk_left_ -= piece.size();
  decoded_bytes_ += piece.size();
  if (chunk_left_ == 0) {
    TARN_CO_CHECK_OK(co_await end_chunk(ctx));
    TARN_CO_CHECK_OK(co_await begin_chunk(ctx));
  }
  co_return piece;
}

}  // namespace tarn::aws::detail
