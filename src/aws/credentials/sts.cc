#include "aws/credentials/sts.h"

#include "aws/credentials/profile_file.h"
#include "aws/sigv4.h"
#include "aws/xml.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/time_text.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace tarn::aws::detail {
namespace {

void add_parameter(std::string& form, std::string_view name, std::string_view value) {
  if (!value.empty()) {
    form.append("&").append(name).append("=").append(percent_encode(value));
  }
}

std::string form_of(std::string_view action, const RoleRequest& role, const Lookup& lookup) {
  std::string session = role.session_name;
  if (session.empty()) {
    session = lookup.environment.get_or("AWS_ROLE_SESSION_NAME", "");
  }
  if (session.empty()) {
    session = fmt::format("tarn-{}", unix_seconds(lookup.services.clock.now()));
  }
  std::string form = fmt::format("Action={}&Version=2011-06-15", action);
  add_parameter(form, "RoleArn", role.role_arn);
  add_parameter(form, "RoleSessionName", session);
  add_parameter(form, "ExternalId", role.external_id);
  add_parameter(form, "DurationSeconds", role.duration);
  return form;
}

/// `<…Response><…Result><Credentials>…`, or `<ErrorResponse><Error>…`.
Result<Credentials> parse_answer(const SmallAnswer& answer, std::string_view action) {
  const Result<XmlDocument> document = parse_xml(answer.body);
  const XmlElement root = document ? document->root() : XmlElement();
  if (answer.status != 200) {
    const XmlElement error = root.child("Error");
    const bool may_pass = answer.status >= 500 || answer.status == 429;
    return Error::with_message(may_pass ? kUnavailable : kNoCredentials,
                               fmt::format("STS {}: status {}, {}: {}", action, answer.status,
                                           error.child_text("Code"), error.child_text("Message")));
  }
  const XmlElement found = root.child(fmt::format("{}Result", action)).child("Credentials");
  Credentials out{.access_key_id = found.child_text("AccessKeyId"),
                  .secret_access_key = Secret(found.child_text("SecretAccessKey")),
                  .session_token = Secret(found.child_text("SessionToken"))};
  const Result<WallTime> expires = parse_rfc3339(found.child_text("Expiration"));
  if (out.access_key_id.empty() || out.secret_access_key.empty() || !expires) {
    return Error::with_message(kUnavailable,
                               fmt::format("STS {}: the answer has no credentials", action));
  }
  out.expires_at = *expires;
  return out;
}

std::string host_of(std::string_view base_url) {
  return std::string(base_url.substr(base_url.find("://") + 3));
}

Task<Result<Credentials>> call_sts(Context ctx, LookupPtr lookup, std::string action,
                                   std::string form, std::string region,
                                   std::optional<Credentials> keys) {
  const Environment& environment = lookup->environment;
  region = resolve_region(environment, region);
  TARN_CO_TRY(const Endpoint endpoint, resolve_endpoint(environment, "sts", region, ""));
  SmallCall call{
      .method = "POST", .url = endpoint.base_url + "/", .timeout = std::chrono::seconds(10)};
  call.headers.add("Host", host_of(endpoint.base_url));
  call.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  if (keys) {
    http::Request request;
    request.method = call.method;
    request.target = "/";
    request.headers = call.headers;
    const SigningScope scope{.region = region, .service = "sts"};
    sign(request, *keys, scope, lookup->services.clock.now(), hex_encode(sha256(form)));
    call.headers = std::move(request.headers);
  }
  call.body = std::move(form);
  Result<SmallAnswer> answer = co_await small_call(ctx, lookup, std::move(call));
  if (!answer) {
    co_return std::move(answer).error().wrap(
        fmt::format("STS {} at {}", action, endpoint.base_url));
  }
  co_return parse_answer(*answer, action);
}

}  // namespace

Task<Result<Credentials>> assume_role(Context ctx, LookupPtr lookup, RoleRequest role,
                                      Credentials keys) {
  std::string form = form_of("AssumeRole", role, *lookup);
  std::optional<Credentials> signing_keys(std::move(keys));
  co_return co_await call_sts(ctx, lookup, "AssumeRole", std::move(form), role.region,
                              std::move(signing_keys));
}

Task<Result<Credentials>> assume_role_with_web_identity(Context ctx, LookupPtr lookup,
                                                        RoleRequest role, std::string token_file) {
  Result<std::string> token = read_small_file(token_file);
  if (!token) {
    co_return Error::with_message(kNoCredentials, "web identity token: " + token.error().message());
  }
  while (!token->empty() && (token->back() == '\n' || token->back() == '\r')) {
    token->pop_back();
  }
  std::string form = form_of("AssumeRoleWithWebIdentity", role, *lookup);
  add_parameter(form, "WebIdentityToken", *token);
  std::optional<Credentials> nobody;
  co_return co_await call_sts(ctx, lookup, "AssumeRoleWithWebIdentity", std::move(form),
                              role.region, std::move(nobody));
}

Task<Result<Found>> from_web_identity(Context ctx, LookupPtr lookup) {
  const Environment& environment = lookup->environment;
  const std::optional<std::string_view> file = environment.get("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!file) {
    co_return Found::none("web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set");
  }
  RoleRequest role{.role_arn = environment.get_or("AWS_ROLE_ARN", "")};
  if (role.role_arn.empty()) {
    co_return Error::with_message(
        kNoCredentials,
        "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
  }
  std::string path(*file);
  TARN_CO_TRY(Credentials found, co_await assume_role_with_web_identity(
                                     ctx, lookup, std::move(role), std::move(path)));
  co_return Found::with(std::move(found));
}

}  // namespace tarn::aws::detail
