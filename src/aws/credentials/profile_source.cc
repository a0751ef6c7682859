#include "aws/credentials/lookup.h"
#include "aws/credentials/profile_file.h"
#include "aws/credentials/sts.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace tarn::aws::detail {
namespace {

using ProfilesPtr = std::shared_ptr<const Profiles>;

Error refused(std::string_view profile, std::string_view why) {
  return Error::with_message(kNoCredentials, fmt::format("profile \"{}\": {}", profile, why));
}

std::optional<Credentials> static_keys(const Profile& profile) {
  Credentials out{
      .access_key_id = std::string(setting(profile, "aws_access_key_id")),
      .secret_access_key = Secret(std::string(setting(profile, "aws_secret_access_key"))),
      .session_token = Secret(std::string(setting(profile, "aws_session_token")))};
  if (out.access_key_id.empty() || out.secret_access_key.empty()) {
    return std::nullopt;
  }
  return out;
}

RoleRequest role_of(const Profile& profile) {
  return {.role_arn = std::string(setting(profile, "role_arn")),
          .session_name = std::string(setting(profile, "role_session_name")),
          .external_id = std::string(setting(profile, "external_id")),
          .duration = std::string(setting(profile, "duration_seconds")),
          .region = std::string(setting(profile, "region"))};
}

/// What a profile may say and we cannot do; silence would send the search on to other keys.
Result<void> check_supported(std::string_view name, const Profile& profile) {
  for (const std::string_view key :
       {"credential_process", "sso_session", "sso_start_url", "mfa_serial", "login_session"}) {
    if (!setting(profile, key).empty()) {
      return refused(name, fmt::format("{} is not supported", key));
    }
  }
  return {};
}

Task<Result<Found>> from_credential_source(Context ctx, LookupPtr lookup, std::string source) {
  if (source == "Environment") {
    co_return from_environment(lookup->environment);
  }
  if (source == "EcsContainer") {
    co_return co_await from_container(ctx, lookup);
  }
  if (source == "Ec2InstanceMetadata") {
    co_return co_await from_instance(ctx, lookup);
  }
  co_return Found::none(fmt::format("credential_source \"{}\" is none", source));
}

/// The credentials of `name`, which must have some. `seen` are the profiles that start from it.
Task<Result<Credentials>> resolve(Context ctx, LookupPtr lookup, ProfilesPtr profiles,
                                  std::string name, std::vector<std::string> seen) {
  const auto at = profiles->find(name);
  if (at == profiles->end()) {
    co_return refused(name, "there is no such profile");
  }
  const Profile& profile = at->second;
  TARN_CO_CHECK_OK(check_supported(name, profile));
  std::optional<Credentials> keys = static_keys(profile);
  RoleRequest role = role_of(profile);
  // A role that names its own profile as the source means the keys beside it.
  const bool is_own_source = !seen.empty() && seen.back() == name;
  if (role.role_arn.empty() || is_own_source) {
    if (!keys) {
      co_return refused(name, "it has no aws_access_key_id with aws_secret_access_key");
    }
    co_return *std::move(keys);
  }
  std::string token_file(setting(profile, "web_identity_token_file"));
  if (!token_file.empty()) {
    co_return co_await assume_role_with_web_identity(ctx, lookup, std::move(role),
                                                     std::move(token_file));
  }
  std::string source(setting(profile, "source_profile"));
  Credentials from;
  if (!source.empty()) {
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      co_return refused(name, "source_profile leads back to it");
    }
    seen.push_back(name);
    TARN_CO_TRY(from, co_await resolve(ctx, lookup, profiles, std::move(source), std::move(seen)));
  } else {
    std::string place(setting(profile, "credential_source"));
    if (place.empty()) {
      co_return refused(name,
                        "role_arn needs source_profile, credential_source or "
                        "web_identity_token_file");
    }
    TARN_CO_TRY(Found found, co_await from_credential_source(ctx, lookup, std::move(place)));
    if (!found.credentials) {
      co_return refused(name, found.why_not);
    }
    from = *std::move(found.credentials);
  }
  co_return co_await assume_role(ctx, lookup, std::move(role), std::move(from));
}

}  // namespace

Task<Result<Found>> from_profile(Context ctx, LookupPtr lookup) {
  const Environment& environment = lookup->environment;
  const ChainOptions& options = lookup->options;
  const std::string name = profile_name(environment, options.profile);
  const bool is_asked_for = !options.profile.empty() || environment.get("AWS_PROFILE").has_value();
  const ProfilePaths paths = profile_paths(environment, options.credentials_file);
  Result<Profiles> loaded = load_profiles(paths);
  if (!loaded) {
    co_return Error::with_message(kNoCredentials, loaded.error().message());
  }
  const auto at = loaded->find(name);
  const auto has = [&](std::string_view key) {
    return at != loaded->end() && !setting(at->second, key).empty();
  };
  const bool is_any = has("aws_access_key_id") || has("aws_secret_access_key") || has("role_arn");
  if (!is_any) {
    if (at != loaded->end()) {
      TARN_CO_CHECK_OK(check_supported(name, at->second));
    }
    std::string why =
        paths.credentials.empty()
            ? std::string("there is no HOME to look in")
            : fmt::format("{} in {} and {}", at == loaded->end() ? "not" : "without credentials",
                          paths.credentials, paths.config);
    if (is_asked_for) {
      co_return refused(name, why);
    }
    co_return Found::none(fmt::format("profile \"{}\": {}", name, why));
  }
  const auto profiles = std::make_shared<const Profiles>(*std::move(loaded));
  std::vector<std::string> nobody;
  TARN_CO_TRY(Credentials found, co_await resolve(ctx, lookup, profiles, name, std::move(nobody)));
  co_return Found::with(std::move(found));
}

}  // namespace tarn::aws::detail
