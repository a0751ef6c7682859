#pragma once

#include "base/error.h"
#include "base/hash.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tarn::aws::detail {

enum class ChecksumAlgorithm : std::uint8_t { kCrc32, kCrc32c, kCrc64Nvme, kSha1, kSha256, kMd5 };

struct ChecksumKind {
  ChecksumAlgorithm algorithm;
  /// Header or trailer that holds it, in base64: CRCs big-endian, digests raw.
  std::string_view header;
  /// As S3's messages name it.
  std::string_view label;
  std::size_t size_bytes;
};

/// What S3 takes as `x-amz-checksum-…`.
inline constexpr std::array<ChecksumKind, 5> kChecksumKinds = {{
    {ChecksumAlgorithm::kCrc32, "x-amz-checksum-crc32", "CRC32", 4},
    {ChecksumAlgorithm::kCrc32c, "x-amz-checksum-crc32c", "CRC32C", 4},
    {ChecksumAlgorithm::kCrc64Nvme, "x-amz-checksum-crc64nvme", "CRC64NVME", 8},
    {ChecksumAlgorithm::kSha1, "x-amz-checksum-sha1", "SHA1", 20},
    {ChecksumAlgorithm::kSha256, "x-amz-checksum-sha256", "SHA256", 32},
}};

/// Compares without case; null for any other name.
const ChecksumKind* find_checksum(std::string_view header);

/// kBadDigest in S3's words.
Error checksum_mismatch(const ChecksumKind& kind);

/// A running checksum.
class Checksum {
 public:
  explicit Checksum(ChecksumAlgorithm algorithm);

  void update(std::string_view bytes);
  /// The raw bytes; spent afterwards.
  std::string finish();

 private:
  ChecksumAlgorithm algorithm_;
  std::uint64_t crc_ = 0;
  std::optional<Hasher> hasher_;
};

}  // namespace tarn::aws::detail
