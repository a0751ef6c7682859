#include "auth/service.h"

#include "auth/builtin.h"
#include "auth/jwt.h"
#include "auth/records.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/time_text.h"
#include "kv/errors.h"
#include "kv/row_scan.h"

#include <algorithm>

namespace tarn::auth {
namespace {

constexpr std::string_view kPartition = "auth";
/// Where a lakeFS without access control keeps its one administrator, under a fixed key.
constexpr std::string_view kBasicPartition = "basicAuth";
constexpr std::string_view kBasicUserKey = "superAdmin";
constexpr std::string_view kUsers = "users/";
constexpr std::string_view kMetadata = "installation_metadata/";
constexpr std::string_view kInstallationId = "installation_id";
constexpr std::string_view kSetupTimestamp = "setup_timestamp";
constexpr std::string_view kCommPrefsSet = "comm_prefs_set";
constexpr std::string_view kSourceInternal = "internal";
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kKeyBytesMax = 128;

std::string join(std::string_view a, std::string_view b) { return std::string(a).append(b); }

std::string credentials_key(std::string_view user_key, std::string_view access_key_id) {
  return join("uCredentials/", user_key).append("/credentials/").append(access_key_id);
}

Result<void> check_user_name(std::string_view name) {
  if (name.empty()) {
    return Error::with_message(kInvalidName, "empty user display name");
  }
  // `/` separates key parts, `%` does not survive clients' URLs, `*` and `?` would be wildcards in
  // policies.
  if (name.find_first_of("/%*?") != std::string_view::npos || name.size() > kNameBytesMax ||
      !is_valid_utf8(name)) {
    return Error(kInvalidName, "user name must not contain / % * ? nor be longer than 256 bytes");
  }
  return {};
}

Result<void> check_key(const GivenKey& key) {
  const std::string& id = key.access_key_id;
  if (id.size() < 3 || id.size() > kKeyBytesMax || id.find('/') != std::string::npos ||
      key.secret_access_key.empty()) {
    return Error(
        kInvalidName,
        "access key id must have 3 to 128 characters without /, and the secret must not be empty");
  }
  return {};
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

GivenKey generate_key(Rng& rng) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  GivenKey key;
  key.access_key_id = "AKIAJ" + random_text(rng, alphabet, 14) + "Q";
  key.secret_access_key = Secret(base64_encode(rng.bytes(30)));
  return key;
}

}  // namespace

Service::Service(kv::Store& store, BlockingPool& crypto, const Clock& clock, Rng& rng,
                 ServiceConfig config)
    : store_(store),
      crypto_(crypto),
      clock_(clock),
      rng_(rng),
      config_(std::move(config)),
      box_(config_.secret_key),
      credentials_(config_.cache_enabled ? config_.cache_size : 0),
      unknown_keys_(config_.cache_enabled ? config_.cache_size : 0),
      users_(config_.cache_enabled ? config_.cache_size : 0),
      policies_(config_.cache_enabled ? config_.cache_size : 0),
      tokens_(config_.cache_enabled ? config_.cache_size : 0) {}

template <class T>
std::optional<T> Service::cached(Cache<T>& cache, const std::string& key) {
  std::optional<Cached<T>> found = cache.get(key);
  if (!found || clock_.steady_now() >= found->expires) {
    return std::nullopt;
  }
  return std::move(found->value);
}

template <class T>
void Service::remember(Cache<T>& cache, const std::string& key, T value) {
  const auto jitter =
      static_cast<std::int64_t>(static_cast<double>(config_.cache_jitter.count()) * rng_.unit());
  const auto ttl = config_.cache_ttl + std::chrono::nanoseconds(jitter);
  cache.put(key,
            Cached<T>{std::move(value),
                      clock_.steady_now() + std::chrono::duration_cast<SteadyTime::duration>(ttl)});
}

Task<Result<Bytes>> Service::read(Context ctx, std::string_view partition, std::string key) {
  kv::Key row{std::string(partition), std::move(key)};
  std::optional<Result<Bytes>> now = store_.get_now(row);
  if (now) {
    co_return *std::move(now);
  }
  co_return co_await store_.get(ctx, std::move(row));
}

Task<Result<std::vector<kv::Entry>>> Service::scan(Context ctx, std::string_view partition,
                                                   std::string prefix) {
  std::vector<kv::Entry> rows;
  kv::ScanOptions options;
  options.prefix = std::move(prefix);
  for (kv::RowScan scan(store_, std::string(partition), options); !scan.ended();) {
    TARN_CO_TRY(std::vector<kv::Entry> page, co_await scan.next(ctx));
    std::ranges::move(page, std::back_inserter(rows));
  }
  co_return rows;
}

// --- Installation ---

Task<Result<SetupState>> Service::setup_state(Context ctx) {
  SetupState state;
  const Result<Bytes> timestamp = co_await read(ctx, kPartition, join(kMetadata, kSetupTimestamp));
  if (!timestamp && !timestamp.error().is(kv::kKeyNotFound)) {
    co_return timestamp.error();
  }
  state.initialized = timestamp.has_value();
  const Result<Bytes> prefs = co_await read(ctx, kPartition, join(kMetadata, kCommPrefsSet));
  state.comm_prefs_missing = !prefs || *prefs != "true";
  co_return state;
}

Task<Result<void>> Service::set_metadata(Context ctx, std::string name, std::string value) {
  kv::Key key{std::string(kPartition), join(kMetadata, name)};
  co_return co_await store_.set(ctx, std::move(key), std::move(value));
}

Task<Result<std::string>> Service::installation_id(Context ctx) {
  const kv::Key key{std::string(kPartition), std::string(kInstallationId)};
  std::string fresh = uuid_v4(rng_);
  Result<Bytes> stored = co_await read(ctx, kPartition, std::string(kInstallationId));
  if (stored || !stored.error().is(kv::kKeyNotFound)) {
    co_return stored;
  }
  const Result<void> written = co_await store_.set_if(ctx, key, fresh, kv::Predicate::absent());
  if (!written && !written.error().is(kv::kPredicateFailed)) {
    co_return written.error();
  }
  co_return co_await store_.get(ctx, key);
}

Task<Result<void>> Service::set_comm_prefs(Context ctx, std::optional<std::string> email,
                                           bool feature_updates) {
  if (email) {
    TARN_CO_CHECK_OK(co_await set_metadata(ctx, "encoded_user_email", base64_encode(*email)));
  }
  TARN_CO_CHECK_OK(
      co_await set_metadata(ctx, "feature_updates", feature_updates ? "true" : "false"));
  co_return co_await set_metadata(ctx, std::string(kCommPrefsSet), "true");
}

Task<Result<void>> Service::create_builtin(Context ctx) {
  const WallTime now = clock_.now();
  std::vector<kv::Entry> rows;
  for (const BuiltinGroup& group : builtin_groups()) {
    rows.push_back({join("groups/", group.name), encode_group(group.name, now)});
    for (const std::string& policy : words(group.policies)) {
      const std::string primary = "policies/" + policy;
      rows.push_back(
          {join("gPolicies/", group.name).append("/").append(primary), encode_link(primary)});
    }
  }
  for (const BuiltinPolicy& builtin : builtin_policies()) {
    Statement statement;
    statement.actions = words(builtin.actions);
    statement.resource = builtin.resource;
    Policy policy;
    policy.name = builtin.name;
    policy.statements.push_back(std::move(statement));
    rows.push_back({join("policies/", builtin.name), encode(policy, now)});
  }
  co_return co_await store_.set_many(ctx, std::string(kPartition), std::move(rows));
}

Task<Result<CredentialsPtr>> Service::setup(Context ctx, std::string name,
                                            std::optional<GivenKey> key) {
  TARN_CO_TRY(const SetupState state, co_await setup_state(ctx));
  if (state.initialized) {
    co_return Error(kAlreadyInitialized);
  }
  TARN_CO_CHECK_OK(check_user_name(name));
  if (key) {
    TARN_CO_CHECK_OK(check_key(*key));
  }
  TARN_CO_CHECK_OK(co_await installation_id(ctx));
  // Everything but the time stamp can be written again: a setup that died is repeated.
  TARN_CO_CHECK_OK(co_await create_builtin(ctx));
  User user;
  user.name = name;
  user.created_at = clock_.now();
  const std::string user_key = join(kUsers, name);
  std::vector<kv::Entry> rows;
  rows.push_back({user_key, encode(user, kSourceInternal)});
  rows.push_back(
      {join("gUsers/", kAdminsGroup).append("/").append(user_key), encode_link(user_key)});
  TARN_CO_CHECK_OK(co_await store_.set_many(ctx, std::string(kPartition), std::move(rows)));
  TARN_CO_TRY(CredentialsPtr credentials, co_await create_credentials(ctx, name, std::move(key)));
  kv::Key stamp{std::string(kPartition), join(kMetadata, kSetupTimestamp)};
  const Result<void> stamped = co_await store_.set_if(
      ctx, std::move(stamp), format_rfc3339(clock_.now()), kv::Predicate::absent());
  if (!stamped) {
    // Two at once: the first one's administrator is the one.
    co_return stamped.error().is(kv::kPredicateFailed) ? Error(kAlreadyInitialized)
                                                       : stamped.error();
  }
  co_return credentials;
}

Task<Result<CredentialsPtr>> Service::create_credentials(Context ctx, std::string name,
                                                         std::optional<GivenKey> given) {
  TARN_CO_CHECK_OK(co_await user(ctx, name));
  GivenKey key = given ? *std::move(given) : generate_key(rng_);
  TARN_CO_CHECK_OK(check_key(key));
  auto seal = [this, &key]() -> Result<Bytes> {
    return box_.seal(rng_, key.secret_access_key.reveal());
  };
  CredentialsRow row;
  row.access_key_id = key.access_key_id;
  row.issued_at = clock_.now();
  row.user = name;
  TARN_CO_TRY(row.sealed_secret, co_await run_blocking(crypto_, seal));
  kv::Key where{std::string(kPartition), credentials_key(name, row.access_key_id)};
  TARN_CO_CHECK_OK(co_await store_.set(ctx, std::move(where), encode(row)));
  // In this order: a search that began before the row was written sees the count, or is undone.
  ++keys_created_;
  unknown_keys_.erase(row.access_key_id);
  auto out = std::make_shared<Credentials>();
  out->access_key_id = row.access_key_id;
  out->secret_access_key = std::move(key.secret_access_key);
  out->user = std::move(name);
  out->issued_at = row.issued_at;
  co_return out;
}

// --- Authentication ---

Task<Result<UserPtr>> Service::user(Context ctx, std::string name) {
  std::optional<UserPtr> known = cached(users_, name);
  if (known) {
    co_return *std::move(known);
  }
  if (name.empty() || name.find('/') != std::string::npos) {
    co_return Error(kUserNotFound);
  }
  Result<Bytes> row = co_await read(ctx, kPartition, join(kUsers, name));
  if (!row && row.error().is(kv::kKeyNotFound)) {
    row = co_await read(ctx, kBasicPartition, join(kUsers, kBasicUserKey));
  }
  if (!row) {
    co_return row.error().is(kv::kKeyNotFound) ? Error(kUserNotFound) : std::move(row).error();
  }
  TARN_CO_TRY(User decoded, decode_user(*row));
  if (decoded.name != name) {
    co_return Error(kUserNotFound);
  }
  UserPtr found = std::make_shared<const User>(std::move(decoded));
  remember(users_, name, found);
  co_return found;
}

Task<Result<std::optional<CredentialsPtr>>> Service::find_credentials(Context ctx,
                                                                      std::string_view partition,
                                                                      std::string user_key,
                                                                      std::string access_key_id) {
  std::optional<CredentialsPtr> out;
  const Result<Bytes> bytes =
      co_await read(ctx, partition, credentials_key(user_key, access_key_id));
  if (!bytes) {
    if (bytes.error().is(kv::kKeyNotFound)) {
      co_return out;
    }
    co_return bytes.error();
  }
  TARN_CO_TRY(const CredentialsRow row, decode_credentials(*bytes));
  auto open = [this, &row] { return box_.open(row.sealed_secret); };
  auto found = std::make_shared<Credentials>();
  TARN_CO_TRY(found->secret_access_key, co_await run_blocking(crypto_, open));
  found->access_key_id = row.access_key_id;
  found->user = row.user;
  found->issued_at = row.issued_at;
  out = std::move(found);
  co_return out;
}

Task<Result<CredentialsPtr>> Service::credentials(Context ctx, std::string access_key_id) {
  std::optional<CredentialsPtr> known = cached(credentials_, access_key_id);
  if (known) {
    co_return *std::move(known);
  }
  if (access_key_id.empty() || access_key_id.find('/') != std::string::npos) {
    co_return Error(kCredentialsNotFound);
  }
  const std::optional<SteadyTime> unknown_until = unknown_keys_.get(access_key_id);
  if (unknown_until && clock_.steady_now() < *unknown_until) {
    co_return Error(kCredentialsNotFound);
  }
  const std::uint64_t created_before = keys_created_;
  Result<CredentialsPtr> found = co_await search_credentials(ctx, access_key_id);
  if (found) {
    remember(credentials_, access_key_id, *found);
  } else if (found.error().is(kCredentialsNotFound) && access_key_id.size() <= kKeyBytesMax) {
    unknown_keys_.put(access_key_id, clock_.steady_now() + kUnknownKeyTtl);
    if (keys_created_ != created_before) {
      unknown_keys_.erase(access_key_id);
    }
  }
  co_return found;
}

Task<Result<CredentialsPtr>> Service::search_credentials(Context ctx, std::string access_key_id) {
  // Keys are stored below their users, so an unknown one is looked for with each.
  TARN_CO_TRY(const std::vector<kv::Entry> users,
              co_await scan(ctx, kPartition, std::string(kUsers)));
  std::optional<CredentialsPtr> found;
  for (const kv::Entry& row : users) {
    TARN_CO_TRY(found, co_await find_credentials(ctx, kPartition, row.key.substr(kUsers.size()),
                                                 access_key_id));
    if (found) {
      co_return *std::move(found);
    }
  }
  TARN_CO_TRY(found, co_await find_credentials(ctx, kBasicPartition, std::string(kBasicUserKey),
                                               access_key_id));
  if (!found) {
    co_return Error(kCredentialsNotFound);
  }
  co_return *std::move(found);
}

Task<Result<UserPtr>> Service::authenticate_key(Context ctx, std::string access_key_id,
                                                std::string secret_access_key) {
  const Result<CredentialsPtr> stored = co_await credentials(ctx, std::move(access_key_id));
  if (!stored) {
    co_return stored.error().is(kCredentialsNotFound) ? Error(kUnauthenticated) : stored.error();
  }
  if (!equal_constant_time((*stored)->secret_access_key.reveal(), secret_access_key)) {
    co_return Error(kUnauthenticated);
  }
  Result<UserPtr> found = co_await user(ctx, (*stored)->user);
  if (!found && found.error().is(kUserNotFound)) {
    co_return Error(kUnauthenticated);
  }
  co_return found;
}

Task<Result<UserPtr>> Service::authenticate_token(Context ctx, std::string token) {
  std::optional<std::string> name = cached(tokens_, token);
  if (!name) {
    TARN_CO_TRY(const LoginClaims claims,
                verify_login_token(config_.secret_key, token, clock_.now()));
    name = claims.subject;
    // Not past its expiry: a token about to end is verified each time.
    const std::int64_t left_s = claims.expires_at_s - unix_seconds(clock_.now());
    if (std::chrono::seconds(left_s) > config_.cache_ttl + config_.cache_jitter) {
      remember(tokens_, token, *name);
    }
  }
  Result<UserPtr> found = co_await user(ctx, *std::move(name));
  if (!found && found.error().is(kUserNotFound)) {
    co_return Error(kUnauthenticated);
  }
  co_return found;
}

Token Service::issue_login_token(const std::string& name) {
  LoginClaims claims;
  claims.id = uuid_v4(rng_);
  claims.subject = name;
  claims.issued_at_s = unix_seconds(clock_.now());
  claims.expires_at_s = claims.issued_at_s + config_.login_duration.count();
  return Token{sign_login_token(config_.secret_key, claims),
               from_unix_seconds(claims.expires_at_s)};
}

// --- Authorization ---

Task<Result<void>> Service::add_policies_of(Context ctx, std::string folder,
                                            std::vector<Policy>& out) {
  TARN_CO_TRY(const std::vector<kv::Entry> links,
              co_await scan(ctx, kPartition, std::move(folder)));
  for (const kv::Entry& link : links) {
    TARN_CO_TRY(std::string primary, decode_link(link.value));
    const Result<Bytes> bytes = co_await read(ctx, kPartition, std::move(primary));
    if (!bytes) {
      if (bytes.error().is(kv::kKeyNotFound)) {
        continue;
      }
      co_return bytes.error();
    }
    TARN_CO_TRY(Policy policy, decode_policy(*bytes));
    const bool known = std::any_of(out.begin(), out.end(),
                                   [&policy](const Policy& p) { return p.name == policy.name; });
    if (!known) {
      out.push_back(std::move(policy));
    }
  }
  co_return Result<void>();
}

Task<Result<Service::PoliciesPtr>> Service::effective_policies(Context ctx, std::string name) {
  std::optional<PoliciesPtr> known = cached(policies_, name);
  if (known) {
    co_return *std::move(known);
  }
  std::vector<Policy> out;
  const Result<Bytes> own = co_await read(ctx, kPartition, join(kUsers, name));
  if (own) {
    TARN_CO_CHECK_OK(co_await add_policies_of(ctx, "uPolicies/" + name + "/", out));
    TARN_CO_TRY(const std::vector<kv::Entry> groups, co_await scan(ctx, kPartition, "groups/"));
    for (const kv::Entry& row : groups) {
      const std::string group = row.key.substr(std::string_view("groups/").size());
      const Result<Bytes> member =
          co_await read(ctx, kPartition, "gUsers/" + group + "/users/" + name);
      if (member) {
        TARN_CO_CHECK_OK(co_await add_policies_of(ctx, "gPolicies/" + group + "/", out));
      } else if (!member.error().is(kv::kKeyNotFound)) {
        co_return member.error();
      }
    }
  } else if (own.error().is(kv::kKeyNotFound)) {
    // The one administrator of an installation without access control may do everything.
    TARN_CO_CHECK_OK(co_await user(ctx, name));
    Statement everything;
    everything.actions = {"*"};
    everything.resource = "*";
    Policy policy;
    policy.name = "superAdmin";
    policy.statements.push_back(std::move(everything));
    out.push_back(std::move(policy));
  } else {
    co_return own.error();
  }
  PoliciesPtr found = std::make_shared<const std::vector<Policy>>(std::move(out));
  remember(policies_, name, found);
  co_return found;
}

Task<Result<void>> Service::authorize(Context ctx, std::string name, std::vector<Permission> all_of,
                                      std::string source_ip) {
  if (name.empty()) {
    co_return Error(kUnauthenticated);
  }
  TARN_CO_TRY(const PoliciesPtr policies, co_await effective_policies(ctx, name));
  const RequestFacts facts{std::move(name), std::move(source_ip)};
  co_return evaluate(*policies, all_of, facts);
}

}  // namespace tarn::auth
