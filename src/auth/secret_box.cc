#include "auth/secret_box.h"

#include "auth/errors.h"
#include "base/assert.h"

#include <sodium.h>

namespace tarn::auth {
namespace {

constexpr std::size_t kSaltBytes = 8;
constexpr std::size_t kNonceBytes = crypto_secretbox_NONCEBYTES;
constexpr std::size_t kTagBytes = crypto_secretbox_MACBYTES;
constexpr std::uint64_t kScryptN = 512;
constexpr std::uint32_t kScryptR = 8;
constexpr std::uint32_t kScryptP = 1;

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

Secret SecretBox::derive(std::string_view salt) const {
  std::string key(crypto_secretbox_KEYBYTES, '\0');
  const int failed = crypto_pwhash_scryptsalsa208sha256_ll(
      raw(password_.reveal()), password_.reveal().size(), raw(salt), salt.size(), kScryptN,
      kScryptR, kScryptP, raw(key), key.size());
  TARN_ASSERT(failed == 0, "scrypt with fixed parameters needs half a megabyte");
  return Secret(std::move(key));
}

Bytes SecretBox::seal(Rng& rng, std::string_view plain) const {
  return seal_with(rng.bytes(kSaltBytes), rng.bytes(kNonceBytes), plain);
}

Bytes SecretBox::seal_with(std::string_view salt, std::string_view nonce,
                           std::string_view plain) const {
  TARN_ASSERT(salt.size() == kSaltBytes && nonce.size() == kNonceBytes,
              "salt and nonce have fixed sizes");
  const Secret key = derive(salt);
  Bytes cipher(plain.size() + kTagBytes, '\0');
  crypto_secretbox_easy(raw(cipher), raw(plain), plain.size(), raw(nonce), raw(key.reveal()));
  Bytes out(salt);
  return out.append(nonce).append(cipher);
}

Result<Secret> SecretBox::open(ByteView sealed) const {
  if (sealed.size() < kSaltBytes + kNonceBytes + kTagBytes) {
    return Error(kWrongSecretKey);
  }
  const ByteView salt = sealed.substr(0, kSaltBytes);
  const ByteView nonce = sealed.substr(kSaltBytes, kNonceBytes);
  const ByteView cipher = sealed.substr(kSaltBytes + kNonceBytes);
  const Secret key = derive(salt);
  std::string plain(cipher.size() - kTagBytes, '\0');
  if (crypto_secretbox_open_easy(raw(plain), raw(cipher), cipher.size(), raw(nonce),
                                 raw(key.reveal())) != 0) {
    return Error(kWrongSecretKey);
  }
  return Secret(std::move(plain));
}

}  // namespace tarn::auth
