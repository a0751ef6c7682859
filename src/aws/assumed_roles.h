#pragma once

#include "aws/config.h"
#include "base/lru.h"

#include <memory>
#include <string>

namespace tarn::aws {

/// Roles that were taken on, for callers that come again: one request to STS serves them until
/// minutes before its credentials expire. Thread-safe.
class AssumedRoles {
 public:
  /// assumed_role() with the default chain's keys as the base.
  std::shared_ptr<CredentialsProvider> find(const Environment& environment, const Role& role,
                                            std::string region, Services services);

 private:
  static constexpr std::size_t kRolesMax = 64;
  Lru<std::string, std::shared_ptr<CredentialsProvider>> roles_{kRolesMax};
};

}  // namespace tarn::aws
