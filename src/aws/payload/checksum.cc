#include "aws/payload/checksum.h"

#include "aws/payload.h"

#include <fmt/format.h>

namespace tarn::aws::detail {
namespace {

std::optional<Hasher> hasher_of(ChecksumAlgorithm algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::kSha1:
      return Hasher(Hasher::Algorithm::kSha1);
    case ChecksumAlgorithm::kSha256:
      return Hasher(Hasher::Algorithm::kSha256);
    case ChecksumAlgorithm::kMd5:
      return Hasher(Hasher::Algorithm::kMd5);
    default:
      return std::nullopt;
  }
}

std::string big_endian(std::uint64_t value, std::size_t bytes) {
  std::string out;
  for (std::size_t i = bytes; i > 0; --i) {
    out.push_back(static_cast<char>(value >> (8 * (i - 1))));
  }
  return out;
}

}  // namespace

const ChecksumKind* find_checksum(std::string_view header) {
  for (const ChecksumKind& kind : kChecksumKinds) {
    if (http::equals_ignore_case(kind.header, header)) {
      return &kind;
    }
  }
  return nullptr;
}

Error checksum_mismatch(const ChecksumKind& kind) {
  return Error::with_message(
      kBadDigest,
      fmt::format("The {} you specified did not match the calculated checksum.", kind.label));
}

Checksum::Checksum(ChecksumAlgorithm algorithm)
    : algorithm_(algorithm), hasher_(hasher_of(algorithm)) {}

void Checksum::update(std::string_view bytes) {
  if (hasher_) {
    hasher_->update(bytes);
  } else if (algorithm_ == ChecksumAlgorithm::kCrc32) {
    crc_ = crc32(bytes, static_cast<std::uint32_t>(crc_));
  } else if (algorithm_ == ChecksumAlgorithm::kCrc32c) {
    crc_ = crc32c(bytes, static_cast<std::uint32_t>(crc_));
  } else {
    crc_ = crc64nvme(bytes, crc_);
  }
}

std::string Checksum::finish() {
  if (hasher_) {
    return hasher_->finish();
  }
  return big_endian(crc_, algorithm_ == ChecksumAlgorithm::kCrc64Nvme ? 8 : 4);
}

}  // namespace tarn::aws::detail
