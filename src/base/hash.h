#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tarn {

/// 32 raw bytes.
std::string sha256(std::string_view bytes);
/// 16 raw bytes. For ETags only, never for security.
std::string md5(std::string_view bytes);
/// 20 raw bytes; for S3 checksums only.
std::string sha1(std::string_view bytes);
/// 32 raw bytes.
std::string hmac_sha256(std::string_view key, std::string_view message);
/// 20 raw bytes; for signatures of old clients only.
std::string hmac_sha1(std::string_view key, std::string_view message);

/// 64-bit FNV-1a; the range splitter's hash.
constexpr std::uint64_t fnv1a_64(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return hash;
}

/// CRC-32 (ISO HDLC, as in zip) and CRC-32C (Castagnoli), continuing from `crc` (0 to start).
std::uint32_t crc32(std::string_view bytes, std::uint32_t crc = 0);
std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc = 0);
/// CRC-64/NVME (reflected polynomial 0x9a6c9329ac4bc9b5), continuing from `crc` (0 to start).
std::uint64_t crc64nvme(std::string_view bytes, std::uint64_t crc = 0);

/// Compares without revealing by time where the texts differ. The lengths are not secret.
bool equal_constant_time(std::string_view a, std::string_view b);

/// A running digest over a stream. Not thread-safe.
class Hasher {
 public:
  enum class Algorithm : std::uint8_t { kMd5, kSha1, kSha256 };
  explicit Hasher(Algorithm algorithm);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void update(std::string_view bytes);
  /// The raw digest; the hasher is spent afterwards.
  std::string finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tarn
