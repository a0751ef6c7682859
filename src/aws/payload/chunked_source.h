#pragma once

#include "aws/payload.h"
#include "aws/payload/checksum.h"
#include "base/hash.h"
#include "base/secret.h"
#include "runtime/byte_source.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tarn::aws::detail {

/// The signatures inside a body, each of which continues the one before it.
class ChunkSigner {
 public:
  explicit ChunkSigner(VerifiedSignature seed) : seed_(std::move(seed)) {}

  /// `sent` is the signature of the next chunk, whose data has this raw SHA-256.
  bool accepts_chunk(std::string_view data_hash, std::string_view sent);
  /// `lines` are `name:value\n`, sorted.
  bool accepts_trailer(std::string_view lines, std::string_view sent);

 private:
  bool accepts(std::string_view algorithm, std::string_view hashes, std::string_view sent);

  VerifiedSignature seed_;
};

struct ChunkFormat {
  /// Present where chunks are signed.
  std::optional<ChunkSigner> signer;
  /// The checksum that follows the last chunk; null = no trailer.
  const ChecksumKind* trailer = nullptr;
  /// What the client says the content comes to.
  std::optional<std::uint64_t> content_bytes;
};

/// Decodes an `aws-chunked` body
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html):
///
///     chunk  =  hex size [;chunk-signature=64 hex] CRLF  data  CRLF
///     body   =  chunk*  0 [;chunk-signature=64 hex] CRLF  (name:value CRLF)*
///               [x-amz-trailer-signature:64 hex CRLF]  CRLF
///
/// As other servers do, it takes a bare LF at the end of a line and empty lines among the trailers.
/// The data of a chunk flows through before its signature is checked, so a chunk of any size costs
/// no memory; the last byte of the content waits for all checks.
class ChunkedSource final : public ByteSource {
 public:
  ChunkedSource(std::unique_ptr<ByteSource> inner, ChunkFormat format);

  Task<Result<Bytes>> read(Context ctx, std::size_t max_bytes) override;
  std::optional<std::uint64_t> remaining() const override;

 private:
  Task<Result<bool>> fill(Context ctx);
  Task<Result<Bytes>> read_line(Context ctx);
  Task<Result<Bytes>> read_data(Context ctx, std::size_t max_bytes);
  Task<Result<void>> end_chunk(Context ctx);
  Task<Result<void>> begin_chunk(Context ctx);
  Task<Result<void>> finish(Context ctx);
  Result<void> start_data(std::string_view line);
  Result<void> check_signature();
  Result<void> check_trailer(std::string_view rest);
  Error malformed(std::string_view why) const;

  const std::unique_ptr<ByteSource> inner_;
  ChunkFormat format_;
  std::optional<Checksum> checksum_;
  /// Read ahead of the framing.
  Bytes buffer_;
  /// Of the chunk under way.
  std::optional<Hasher> chunk_hash_;
  std::string chunk_signature_;
  std::uint64_t chunk_left_ = 0;
  std::uint64_t decoded_bytes_ = 0;
  bool started_ = false;
  bool finished_ = false;
};

}  // namespace tarn::aws::detail
