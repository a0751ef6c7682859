#include "actions/lua/modules/modules.h"
#include "base/encoding.h"
#include "base/hash.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <memory>

namespace tarn::actions::lua {
namespace {

constexpr std::size_t kAesBlockBytes = 16;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

const EVP_CIPHER* cipher_for(Call& call, std::string_view key) {
  switch (key.size()) {
    case 16:
      return EVP_aes_128_cbc();
    case 24:
      return EVP_aes_192_cbc();
    case 32:
      return EVP_aes_256_cbc();
    default:
      call.fail(fmt::format("crypto/aes: invalid key size {}", key.size()));
  }
}

/// AES-CBC with PKCS#5 padding; nothing when the padding of a decrypted text is wrong.
std::optional<std::string> run_cipher(Call& call, bool encrypt, std::string_view key,
                                      std::string_view iv, std::string_view text) {
  const EVP_CIPHER* cipher = cipher_for(call, key);
  call.charge_bytes(text.size());
  call.engine().require_room(text.size() + kAesBlockBytes);
  if (text.size() > std::size_t{1} << 30) {
    call.fail("crypto/aes: text too long");
  }
  const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  if (!context) {
    throw std::bad_alloc();
  }
  std::string out(text.size() + kAesBlockBytes, '\0');
  int size = 0;
  int tail = 0;
  if (EVP_CipherInit_ex(context.get(), cipher, nullptr, bytes(key), bytes(iv), encrypt ? 1 : 0) !=
          1 ||
      EVP_CipherUpdate(context.get(), bytes(out), &size, bytes(text),
                       static_cast<int>(text.size())) != 1 ||
      EVP_CipherFinal_ex(context.get(), bytes(out) + size, &tail) != 1) {
    return std::nullopt;
  }
  out.resize(static_cast<std::size_t>(size + tail));
  return out;
}

int aes_encrypt(Call& call) {
  const std::string iv = call.rng().bytes(kAesBlockBytes);
  const std::optional<std::string> encrypted =
      run_cipher(call, true, call.string(1), iv, call.string(2));
  if (!encrypted) {
    call.fail("crypto/aes: encryption failed");
  }
  call.push(iv + *encrypted);
  return 1;
}

int aes_decrypt(Call& call) {
  const std::string_view data = call.string(2);
  if (data.size() < 2 * kAesBlockBytes || data.size() % kAesBlockBytes != 0) {
    call.fail("crypto/aes: input is not whole blocks after an initialization vector");
  }
  const std::optional<std::string> text = run_cipher(
      call, false, call.string(1), data.substr(0, kAesBlockBytes), data.substr(kAesBlockBytes));
  if (!text) {
    call.fail("crypto/aes: wrong key or damaged data");
  }
  call.push(*text);
  return 1;
}

int hmac_sign_sha256(Call& call) {
  call.charge_bytes(call.string(1).size());
  call.push(hmac_sha256(call.string(2), call.string(1)));
  return 1;
}

int hmac_sign_sha1(Call& call) {
  const std::string_view message = call.string(1);
  const std::string_view key = call.string(2);
  call.charge_bytes(message.size());
  std::array<unsigned char, 20> digest{};
  unsigned size = digest.size();
  if (HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), bytes(message), message.size(),
           digest.data(), &size) == nullptr) {
    call.fail("crypto/hmac: signing failed");
  }
  call.push(std::string_view(reinterpret_cast<const char*>(digest.data()), size));
  return 1;
}

int sha256_digest(Call& call) {
  call.charge_bytes(call.string(1).size());
  call.push(sha256(call.string(1)));
  return 1;
}

int md5_digest(Call& call) {
  call.charge_bytes(call.string(1).size());
  call.push(hex_encode(md5(call.string(1))));
  return 1;
}

}  // namespace

const Module& aes_module() {
  static const Module kModule = {"crypto/aes",
                                 {{"encryptCBC", aes_encrypt}, {"decryptCBC", aes_decrypt}}};
  return kModule;
}

const Module& hmac_module() {
  static const Module kModule = {
      "crypto/hmac", {{"sign_sha256", hmac_sign_sha256}, {"sign_sha1", hmac_sign_sha1}}};
  return kModule;
}

const Module& sha256_module() {
  static const Module kModule = {"crypto/sha256", {{"digest", sha256_digest}}};
  return kModule;
}

const Module& md5_module() {
  static const Module kModule = {"crypto/md5", {{"digest", md5_digest}}};
  return kModule;
}

}  // namespace tarn::actions::lua
