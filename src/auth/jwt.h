#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"

#include <string>
#include <string_view>

namespace tarn::auth {

/// What a login token says. Format: JWT, HS256, claims in the order jti, iss, sub, aud, iat, exp
/// (docs/security.md).
struct LoginClaims {
  std::string id;
  std::string subject;
  std::int64_t issued_at_s = 0;
  std::int64_t expires_at_s = 0;
};

std::string sign_login_token(const Secret& key, const LoginClaims& claims);
/// Accepts HS256, audience `login` or none, an expiry in the future. Errors kUnauthenticated.
Result<LoginClaims> verify_login_token(const Secret& key, std::string_view token, WallTime now);

}  // namespace tarn::auth
