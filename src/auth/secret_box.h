#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/rng.h"
#include "base/secret.h"

#include <string>
#include <string_view>

namespace tarn::auth {

/// Encryption of secrets at rest: NaCl secretbox (XSalsa20-Poly1305) under a key that scrypt
/// derives from the configured one.
///
/// | part   | size | what                                                              |
/// |--------|------|-------------------------------------------------------------------|
/// | salt   | 8    | random; key = scrypt(password, salt, N=512, r=8, p=1, 32 bytes)   |
/// | nonce  | 24   | random                                                            |
/// | tag    | 16   | Poly1305                                                          |
/// | cipher | n    | as long as the text                                               |
///
/// Each call derives a key, which costs most of a millisecond: call on a pool, cache results.
/// Source: docs/security.md. Thread-safe.
class SecretBox {
 public:
  explicit SecretBox(Secret password) : password_(std::move(password)) {}

  Bytes seal(Rng& rng, std::string_view plain) const;
  /// The same with a given salt (8 bytes) and nonce (24 bytes).
  Bytes seal_with(std::string_view salt, std::string_view nonce, std::string_view plain) const;
  /// Errors kWrongSecretKey.
  Result<Secret> open(ByteView sealed) const;

 private:
  Secret derive(std::string_view salt) const;

  Secret password_;
};

}  // namespace tarn::auth
