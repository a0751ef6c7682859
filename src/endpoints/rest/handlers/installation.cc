// Setup, login, and what the server says about itself.
#include "base/time_text.h"
#include "endpoints/rest/authenticate.h"
#include "endpoints/rest/convert.h"
#include "endpoints/rest/handlers.h"

#include <fmt/format.h>

namespace tarn::endpoints::rest::handlers {

namespace {

constexpr int kSessionCookieAgeS = 30 * 24 * 3600;

api::dto::StorageConfig storage_config(Call call) {
  const block::Capabilities& store = call.objects().capabilities();
  const ServerInfo& info = call.services().info;
  api::dto::StorageConfig out;
  out.blockstore_type = store.type;
  out.blockstore_namespace_example = store.scheme + "://example-bucket/";
  out.blockstore_namespace_validity_regex = "^" + store.scheme + "://";
  out.default_namespace_prefix = info.default_namespace_prefix;
  out.pre_sign_support = store.presign;
  out.pre_sign_support_ui = false;
  out.import_support = info.import_support;
  out.import_validity_regex = out.blockstore_namespace_validity_regex;
  // The operations below staging/pmpu do not exist yet; clients upload through us instead.
  out.pre_sign_multipart_upload = false;
  out.blockstore_id = "";
  out.blockstore_description = "";
  return out;
}

api::dto::VersionConfig version_config(Call call) {
  api::dto::VersionConfig out;
  out.version = call.services().info.version;
  out.version_context = "lakeFS";
  return out;
}

/// `local@domain` without a display name; the part behind the @ has a dot.
bool is_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  return at != std::string_view::npos && at > 0 &&
         text.find_first_of(" <>\t\r\n,;") == std::string_view::npos &&
         text.find('.', at) != std::string_view::npos && !text.ends_with('.');
}

}  // namespace

Task<Result<api::dto::SetupState>> get_setup_state(Context ctx, Call call,
                                                   api::GetSetupStateRequest) {
  TARN_CO_TRY(const auth::SetupState state, co_await call.auth().setup_state(std::move(ctx)));
  const ServerInfo& info = call.services().info;
  api::dto::LoginConfig login;
  login.rbac = api::dto::RbacMode::kNone;
  login.login_url_method = api::dto::LoginConfigLoginUrlMethod::kNone;
  login.login_failed_message = info.login_failed_message;
  login.login_cookie_names = {std::string(kSessionCookie)};
  api::dto::SetupState out;
  out.state = state.initialized ? api::dto::SetupStateState::kInitialized
                                : api::dto::SetupStateState::kNotInitialized;
  out.comm_prefs_missing =
      info.comm_prefs_enabled && state.comm_prefs_missing && !state.initialized;
  out.login_config = std::move(login);
  co_return out;
}

Task<Result<api::dto::CredentialsWithSecret>> setup(Context ctx, Call call,
                                                    api::SetupRequest request) {
  if (request.body.email && !request.body.email->empty() && !is_email(*request.body.email)) {
    co_return Error::with_message(kInvalid, "invalid email address");
  }
  std::optional<auth::GivenKey> key;
  if (request.body.key) {
    key.emplace();
    key->access_key_id = std::move(request.body.key->access_key_id);
    key->secret_access_key = std::move(request.body.key->secret_access_key);
  }
  TARN_CO_TRY(const auth::CredentialsPtr made,
              co_await call.auth().setup(ctx, std::move(request.body.username), std::move(key)));
  if (request.body.email && !request.body.email->empty()) {
    const bool updates = request.body.feature_updates.value_or(false);
    TARN_CO_CHECK_OK(
        co_await call.auth().set_comm_prefs(ctx, std::move(request.body.email), updates));
  }
  api::dto::CredentialsWithSecret out;
  out.access_key_id = made->access_key_id;
  out.secret_access_key = made->secret_access_key;
  out.creation_date = unix_seconds(made->issued_at);
  co_return out;
}

Task<Result<api::NoContent>> setup_comm_prefs(Context ctx, Call call,
                                              api::SetupCommPrefsRequest request) {
  TARN_CO_TRY(const auth::SetupState state, co_await call.auth().setup_state(ctx));
  if (!state.initialized) {
    co_return Error(kNotInitialized);
  }
  if (!call.services().info.comm_prefs_enabled || !state.comm_prefs_missing) {
    co_return Error(kCommPrefsSet);
  }
  if (request.body.email && !request.body.email->empty() && !is_email(*request.body.email)) {
    co_return Error::with_message(kInvalid, "invalid email address");
  }
  TARN_CO_CHECK_OK(co_await call.auth().set_comm_prefs(ctx, std::move(request.body.email),
                                                       request.body.feature_updates));
  co_return api::NoContent();
}

Task<Result<api::dto::AuthenticationToken>> login(Context ctx, Call call,
                                                  api::LoginRequest request) {
  if (!request.body) {
    co_return Error(auth::kUnauthenticated);
  }
  TARN_CO_TRY(const auth::UserPtr user,
              co_await call.auth().authenticate_key(ctx, std::move(request.body->access_key_id),
                                                    request.body->secret_access_key.reveal()));
  auth::Token token = call.auth().issue_login_token(user->name);
  // The token is signed and expires by itself, so it is its own session.
  std::string cookie = fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax",
                                   kSessionCookie, token.text, kSessionCookieAgeS);
  if (call.services().info.tls) {
    cookie.append("; Secure");
  }
  call.response_headers().add("Set-Cookie", std::move(cookie));
  api::dto::AuthenticationToken out;
  out.token = Secret(std::move(token.text));
  out.token_expiration = unix_seconds(token.expires_at);
  co_return out;
}

Task<Result<api::dto::CurrentUser>> get_current_user(Context ctx, Call call,
                                                     api::GetCurrentUserRequest) {
  api::dto::CurrentUser out;
  if (!call.user().empty()) {
    TARN_CO_TRY(const auth::UserPtr user, co_await call.auth().user(std::move(ctx), call.user()));
    out.user.id = user->name;
    out.user.creation_date = unix_seconds(user->created_at);
    if (!user->friendly_name.empty()) {
      out.user.friendly_name = user->friendly_name;
    }
    if (!user->email.empty()) {
      out.user.email = user->email;
    }
  }
  co_return out;
}

Task<Result<api::dto::AuthCapabilities>> get_auth_capabilities(Context, Call,
                                                               api::GetAuthCapabilitiesRequest) {
  api::dto::AuthCapabilities out;
  out.invite_user = false;
  co_return out;
}

Task<Result<api::NoContent>> health_check(Context, Call, api::HealthCheckRequest) {
  co_return api::NoContent();
}

Task<Result<api::dto::Config>> get_config(Context, Call call, api::GetConfigRequest) {
  api::dto::Config out;
  out.version_config = version_config(call);
  out.storage_config = storage_config(call);
  out.storage_config_list.emplace();
  out.ui_config.emplace();
  out.capabilities_config = Json::object();
  co_return out;
}

Task<Result<api::dto::StorageConfig>> get_storage_config(Context ctx, Call call,
                                                         api::GetStorageConfigRequest) {
  TARN_CO_CHECK_OK(co_await call.require(std::move(ctx), auth::action::kReadConfig,
                                         std::string(auth::arn::kAll)));
  co_return storage_config(call);
}

Task<Result<api::dto::VersionConfig>> get_lake_fs_version(Context, Call call,
                                                          api::GetLakeFSVersionRequest) {
  co_return version_config(call);
}

Task<Result<api::NoContent>> post_stats_events(Context, Call, api::PostStatsEventsRequest) {
  // Accepted and dropped: this server sends no statistics anywhere.
  co_return api::NoContent();
}

}  // namespace tarn::endpoints::rest::handlers
