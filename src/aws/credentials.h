#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <memory>
#include <optional>
#include <string>

namespace tarn::aws {

/// No source of the chain has credentials; the message lists what was looked at.
inline constexpr ErrorId kNoCredentials{ErrorKind::kUnauthenticated, "no AWS credentials found"};

struct Credentials {
  std::string access_key_id;
  Secret secret_access_key;
  /// Empty for long-lived keys.
  Secret session_token = {};
  /// Temporary credentials are renewed before this.
  std::optional<WallTime> expires_at = {};
};
using CredentialsPtr = std::shared_ptr<const Credentials>;

/// Where requests get the keys they are signed with. Thread-safe.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;
  /// Usable now and for at least a few more minutes where the source allows. Errors:
  /// kNoCredentials, kUnavailable, kTimeout.
  virtual Task<Result<CredentialsPtr>> credentials(Context ctx) = 0;
};

/// Always these.
std::unique_ptr<CredentialsProvider> static_credentials(Credentials credentials);

}  // namespace tarn::aws
