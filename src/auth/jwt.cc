#include "auth/jwt.h"

#include "auth/errors.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/json.h"

#include <fmt/format.h>

namespace tarn::auth {
namespace {

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::string_view kAudience = "login";
constexpr std::size_t kTokenBytesMax = 8192;

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

std::string sign_login_token(const Secret& key, const LoginClaims& claims) {
  const std::string body = fmt::format(
      R"({{"jti":{},"iss":"auth","sub":{},"aud":"{}","iat":{},"exp":{}}})", quoted(claims.id),
      quoted(claims.subject), kAudience, claims.issued_at_s, claims.expires_at_s);
  std::string token = base64url_encode(kHeader) + "." + base64url_encode(body);
  const std::string signature = base64url_encode(hmac_sha256(key.reveal(), token));
  return token.append(".").append(signature);
}

Result<LoginClaims> verify_login_token(const Secret& key, std::string_view token, WallTime now) {
  const Error refused(kUnauthenticated);
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.size() > kTokenBytesMax) {
    return refused;
  }
  const std::string_view signed_part = token.substr(0, second);
  const Result<std::string> signature = base64url_decode(token.substr(second + 1));
  if (!signature || !equal_constant_time(*signature, hmac_sha256(key.reveal(), signed_part))) {
    return refused;
  }
  const Result<std::string> header = base64url_decode(token.substr(0, first));
  const Result<std::string> body = base64url_decode(token.substr(first + 1, second - first - 1));
  if (!header || !body) {
    return refused;
  }
  const Result<Json> head = parse_json(*header);
  const Result<Json> claims = parse_json(*body);
  if (!head || !claims || !head->is_object() || !claims->is_object()) {
    return refused;
  }
  const auto text = [](const Json& object, std::string_view name) {
    const Json* found = object.find(name);
    const std::string* value = found == nullptr ? nullptr : found->as_string();
    return value == nullptr ? std::string() : *value;
  };
  const auto number = [](const Json& object, std::string_view name) -> std::optional<std::int64_t> {
    const Json* found = object.find(name);
    return found == nullptr ? std::nullopt : found->as_int();
  };
  const Json* audience = claims->find("aud");
  const std::string* audience_text = audience == nullptr ? nullptr : audience->as_string();
  const bool for_login =
      audience == nullptr ||
      (audience_text != nullptr && (*audience_text == kAudience || audience_text->empty()));
  const std::optional<std::int64_t> expires = number(*claims, "exp");
  LoginClaims out;
  out.id = text(*claims, "jti");
  out.subject = text(*claims, "sub");
  if (text(*head, "alg") != "HS256" || !for_login || !expires || *expires <= unix_seconds(now) ||
      out.subject.empty()) {
    return refused;
  }
  out.expires_at_s = *expires;
  out.issued_at_s = number(*claims, "iat").value_or(0);
  return out;
}

}  // namespace tarn::auth
