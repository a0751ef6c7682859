#include "aws/assumed_roles.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace tarn::aws {

std::shared_ptr<CredentialsProvider> AssumedRoles::find(const Environment& environment,
                                                        const Role& role, std::string region,
                                                        Services services) {
  // None of these can hold a blank (check_role()).
  const std::string key =
      fmt::format("{} {} {} {}", role.arn, role.external_id, role.session_name, region);
  if (std::optional<std::shared_ptr<CredentialsProvider>> known = roles_.get(key)) {
    return *std::move(known);
  }
  std::shared_ptr<CredentialsProvider> made = assumed_role(
      environment, role, std::move(region), default_chain(environment, {}, services), services);
  roles_.put(key, made);
  return made;
}

}  // namespace tarn::aws
