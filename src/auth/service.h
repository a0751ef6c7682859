#pragma once

#include "auth/errors.h"
#include "auth/policy.h"
#include "auth/secret_box.h"
#include "base/clock.h"
#include "base/lru.h"
#include "base/rng.h"
#include "base/secret.h"
#include "kv/store.h"
#include "runtime/blocking_pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::auth {

struct ServiceConfig {
  Secret secret_key;
  /// Bounds of everything kept in memory. What is revoked stays effective for at most ttl + jitter.
  bool cache_enabled = true;
  std::size_t cache_size = 1024;
  std::chrono::nanoseconds cache_ttl = std::chrono::seconds(20);
  std::chrono::nanoseconds cache_jitter = std::chrono::seconds(3);
  std::chrono::seconds login_duration = std::chrono::hours(168);
};

struct User {
  std::string name;
  std::string friendly_name;
  std::string email;
  WallTime created_at;

  /// Who a commit names: the e-mail address if there is one.
  const std::string& committer() const { return email.empty() ? name : email; }
};
using UserPtr = std::shared_ptr<const User>;

struct Credentials {
  std::string access_key_id;
  Secret secret_access_key;
  std::string user;
  WallTime issued_at;
};
using CredentialsPtr = std::shared_ptr<const Credentials>;

/// A key pair chosen by an operator instead of a generated one.
struct GivenKey {
  std::string access_key_id;
  Secret secret_access_key;
};

struct SetupState {
  bool initialized = false;
  bool comm_prefs_missing = true;
};

struct Token {
  std::string text;
  WallTime expires_at;
};

/// Users, their keys and their rights, in the KV store. Thread-safe. Rows and keys:
/// docs/security.md.
class Service {
 public:
  static constexpr std::chrono::seconds kUnknownKeyTtl{5};

  /// `crypto` runs key derivations. All outlive the service.
  Service(kv::Store& store, BlockingPool& crypto, const Clock& clock, Rng& rng,
          ServiceConfig config);

  // --- Installation ---
  Task<Result<SetupState>> setup_state(Context ctx);
  /// Creates the built-in groups and policies, the first administrator and a key, whose secret is
  /// shown only here. Errors: kAlreadyInitialized, kInvalidName.
  Task<Result<CredentialsPtr>> setup(Context ctx, std::string user, std::optional<GivenKey> key);
  /// The installation's UUID; made when first asked for.
  Task<Result<std::string>> installation_id(Context ctx);
  Task<Result<void>> set_comm_prefs(Context ctx, std::optional<std::string> email,
                                    bool feature_updates);

  // --- Who is it? All errors kUnauthenticated unless the store fails. ---
  Task<Result<UserPtr>> authenticate_key(Context ctx, std::string access_key_id,
                                         std::string secret_access_key);
  Task<Result<UserPtr>> authenticate_token(Context ctx, std::string token);
  /// For verifying signatures. Errors kCredentialsNotFound; a key that another server makes is
  /// found at most kUnknownKeyTtl after somebody tried it in vain here.
  Task<Result<CredentialsPtr>> credentials(Context ctx, std::string access_key_id);
  /// Errors kUserNotFound.
  Task<Result<UserPtr>> user(Context ctx, std::string name);
  Token issue_login_token(const std::string& user);

  // --- May it? ---
  /// Errors kInsufficientPermissions.
  Task<Result<void>> authorize(Context ctx, std::string user, std::vector<Permission> all_of,
                               std::string source_ip);
  /// The policies that apply to a user, its own and its groups'.
  using PoliciesPtr = std::shared_ptr<const std::vector<Policy>>;
  Task<Result<PoliciesPtr>> effective_policies(Context ctx, std::string user);

  Task<Result<CredentialsPtr>> create_credentials(Context ctx, std::string user,
                                                  std::optional<GivenKey> key);

 private:
  template <class T>
  struct Cached {
    T value;
    SteadyTime expires;
  };
  template <class T>
  using Cache = Lru<std::string, Cached<T>>;

  template <class T>
  std::optional<T> cached(Cache<T>& cache, const std::string& key);
  template <class T>
  void remember(Cache<T>& cache, const std::string& key, T value);

  Task<Result<Bytes>> read(Context ctx, std::string_view partition, std::string key);
  Task<Result<std::vector<kv::Entry>>> scan(Context ctx, std::string_view partition,
                                            std::string prefix);
  /// Looks through all users. Errors kCredentialsNotFound.
  Task<Result<CredentialsPtr>> search_credentials(Context ctx, std::string access_key_id);
  Task<Result<std::optional<CredentialsPtr>>> find_credentials(Context ctx,
                                                               std::string_view partition,
                                                               std::string user_key,
                                                               std::string access_key_id);
  Task<Result<void>> add_policies_of(Context ctx, std::string folder, std::vector<Policy>& out);
  Task<Result<void>> create_builtin(Context ctx);
  Task<Result<void>> set_metadata(Context ctx, std::string name, std::string value);

  kv::Store& store_;
  BlockingPool& crypto_;
  const Clock& clock_;
  Rng& rng_;
  const ServiceConfig config_;
  SecretBox box_;
  Cache<CredentialsPtr> credentials_;
  /// Keys that nobody had a moment ago, until when that is believed.
  Lru<std::string, SteadyTime> unknown_keys_;
  std::atomic<std::uint64_t> keys_created_ = 0;
  Cache<UserPtr> users_;
  Cache<PoliciesPtr> policies_;
  Cache<std::string> tokens_;
};

}  // namespace tarn::auth
