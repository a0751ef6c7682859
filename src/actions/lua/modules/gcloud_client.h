#pragma once

#include "actions/lua/modules/cloud_http.h"
#include "base/clock.h"
#include "base/secret.h"

#include <string>
#include <string_view>

namespace tarn::actions::lua {

/// What Google refuses; the message has its words.
inline constexpr ErrorId kGoogleRefused{ErrorKind::kInvalid, "refused by Google"};

/// A file of credentials as Google's tools write it.
struct GoogleCredentials {
  enum class Type : std::uint8_t { kServiceAccount, kAuthorizedUser };
  Type type = Type::kServiceAccount;
  /// Where tokens come from.
  std::string token_url;
  // Of a service account:
  std::string client_email;
  std::string private_key_id;
  Secret private_key;
  // Of a user:
  std::string client_id;
  Secret client_secret;
  Secret refresh_token;
};
/// Errors kInvalid, which names what is missing, for types other than `service_account` and
/// `authorized_user`, too.
Result<GoogleCredentials> parse_google_credentials(std::string_view json);

/// A signed assertion of a service account (RFC 7523), good for an hour from `now`. Errors kInvalid
/// for a private key that cannot be used.
Result<std::string> google_assertion(const GoogleCredentials& credentials, WallTime now);

/// Objects of Google Cloud Storage. Thread-safe.
class GoogleStorageClient {
 public:
  /// `url` is `https://storage.googleapis.com`. `client`, `clock` and `rng` outlive it.
  GoogleStorageClient(http::Client& client, const Clock& clock, Rng& rng,
                      GoogleCredentials credentials, std::string url,
                      RetryPolicy retry = CloudHttp::kRetry);

  /// An empty object that gcsfuse shows as a symbolic link to `target`; replaces what is there.
  Task<Result<void>> put_symlink(Context ctx, std::string bucket, std::string object,
                                 std::string target);

 private:
  Task<Result<std::string>> fetch_token(Context ctx);

  http::Client& client_;
  const Clock& clock_;
  Rng& rng_;
  const GoogleCredentials credentials_;
  RetryPolicy retry_;
  CloudHttp storage_;
};

}  // namespace tarn::actions::lua
