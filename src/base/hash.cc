#include "base/hash.h"

#include "base/assert.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <zlib.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace tarn {
namespace {

const EVP_MD* message_digest(Hasher::Algorithm algorithm) {
  // Fetched once: the implicit fetch inside EVP_DigestInit takes a lock and a lookup each time.
  static const EVP_MD* const md5_digest = EVP_MD_fetch(nullptr, "MD5", nullptr);
  static const EVP_MD* const sha1_digest = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  static const EVP_MD* const sha256_digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  switch (algorithm) {
    case Hasher::Algorithm::kMd5:
      return md5_digest;
    case Hasher::Algorithm::kSha1:
      return sha1_digest;
    case Hasher::Algorithm::kSha256:
      return sha256_digest;
  }
  TARN_ASSERT(false, "a digest outside its enumeration");
}

std::string digest(Hasher::Algorithm algorithm, std::string_view bytes) {
  Hasher hasher(algorithm);
  hasher.update(bytes);
  return hasher.finish();
}

std::string hmac(Hasher::Algorithm algorithm, std::string_view key, std::string_view message) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(message_digest(algorithm), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), out, &size);
  return {reinterpret_cast<char*>(out), size};
}

std::array<std::uint32_t, 256> make_crc32c_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0);
    }
    table[i] = crc;
  }
  return table;
}

std::uint32_t crc32c_table(std::string_view bytes, std::uint32_t crc) {
  static const std::array<std::uint32_t, 256> table = make_crc32c_table();
  for (const char c : bytes) {
    crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
  }
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(std::string_view bytes,
                                                             std::uint32_t crc) {
  std::uint64_t wide = crc;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    __builtin_memcpy(&word, bytes.data() + at, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  auto narrow = static_cast<std::uint32_t>(wide);
  for (; at < bytes.size(); ++at) {
    narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(bytes[at]));
  }
  return narrow;
}
#endif

/// `table[k][b]`: what byte `b` does to the register when `k` more bytes follow it. Eight bytes are
/// then eight independent lookups instead of a chain ("slicing by 8").
using Crc64Tables = std::array<std::array<std::uint64_t, 256>, 8>;

Crc64Tables make_crc64nvme_tables() {
  Crc64Tables tables{};
  for (std::uint64_t i = 0; i < 256; ++i) {
    std::uint64_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x9a6c9329ac4bc9b5ULL : 0);
    }
    tables[0][i] = crc;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint64_t before = tables[k - 1][i];
      tables[k][i] = tables[0][before & 0xff] ^ (before >> 8);
    }
  }
  return tables;
}

}  // namespace

struct Hasher::Impl {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~Impl() { EVP_MD_CTX_free(context); }
};

Hasher::Hasher(Algorithm algorithm) : impl_(std::make_unique<Impl>()) {
  const int ok = EVP_DigestInit_ex(impl_->context, message_digest(algorithm), nullptr);
  TARN_ASSERT(ok == 1, "OpenSSL has no such digest");
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(std::string_view bytes) {
  const int ok = EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size());
  TARN_ASSERT(ok == 1, "a digest takes any bytes");
}

std::string Hasher::finish() {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const int ok = EVP_DigestFinal_ex(impl_->context, out, &size);
  TARN_ASSERT(ok == 1, "a digest finishes once");
  return {reinterpret_cast<char*>(out), size};
}

std::string sha256(std::string_view bytes) { return digest(Hasher::Algorithm::kSha256, bytes); }
std::string md5(std::string_view bytes) { return digest(Hasher::Algorithm::kMd5, bytes); }
std::string sha1(std::string_view bytes) { return digest(Hasher::Algorithm::kSha1, bytes); }

std::string hmac_sha256(std::string_view key, std::string_view message) {
  return hmac(Hasher::Algorithm::kSha256, key, message);
}
std::string hmac_sha1(std::string_view key, std::string_view message) {
  return hmac(Hasher::Algorithm::kSha1, key, message);
}

std::uint32_t crc32(std::string_view bytes, std::uint32_t crc) {
  return static_cast<std::uint32_t>(
      crc32_z(crc, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc) {
  crc = ~crc;
#if defined(__x86_64__)
  static const bool has_sse42 = __builtin_cpu_supports("sse4.2") != 0;
  if (has_sse42) {
    return ~crc32c_sse42(bytes, crc);
  }
#endif
  return ~crc32c_table(bytes, crc);
}

std::uint64_t crc64nvme(std::string_view bytes, std::uint64_t crc) {
  static const Crc64Tables tables = make_crc64nvme_tables();
  crc = ~crc;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    for (std::size_t k = 0; k < 8; ++k) {
      crc ^= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + k])) << (8 * k);
    }
    std::uint64_t next = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      next ^= tables[7 - k][(crc >> (8 * k)) & 0xff];
    }
    crc = next;
  }
  for (; at < bytes.size(); ++at) {
    crc = tables[0][(crc ^ static_cast<unsigned char>(bytes[at])) & 0xff] ^ (crc >> 8);
  }
  return ~crc;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tarn
