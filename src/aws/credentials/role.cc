#include "aws/config.h"
#include "aws/credentials/kept.h"
#include "aws/credentials/sts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tarn::aws {
namespace {

constexpr std::size_t kArnMax = 2048;
constexpr std::size_t kSessionNameMin = 2;
constexpr std::size_t kSessionNameMax = 64;
constexpr std::size_t kExternalIdMin = 2;
constexpr std::size_t kExternalIdMax = 1224;

bool is_word(std::string_view text, std::string_view others) {
  return std::ranges::all_of(text, [others](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

bool has_size(std::string_view text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most;
}

/// What an assumed role asks with.
struct Asking {
  detail::LookupPtr lookup;
  detail::RoleRequest role;
  std::shared_ptr<CredentialsProvider> base;
};

Task<Result<detail::Found>> fetch(Context ctx, std::shared_ptr<const Asking> asking) {
  TARN_CO_TRY(const CredentialsPtr keys, co_await asking->base->credentials(ctx));
  detail::RoleRequest role = asking->role;
  Result<Credentials> found =
      co_await detail::assume_role(ctx, asking->lookup, std::move(role), *keys);
  if (!found) {
    co_return std::move(found).error().wrap(fmt::format("role {}", asking->role.role_arn));
  }
  co_return detail::Found::with(*std::move(found));
}

}  // namespace

Result<void> check_role(const Role& role) {
  // arn:aws:iam::123456789012:role/path/name
  const bool is_arn = role.arn.starts_with("arn:") && role.arn.size() <= kArnMax &&
                      role.arn.find(":role/") != std::string::npos &&
                      is_word(role.arn, ":/+=,.@_-");
  if (!is_arn) {
    return Error::with_message(
        kInvalid,
        fmt::format("`{}` is no ARN of a role, such as arn:aws:iam::123456789012:role/name",
                    role.arn));
  }
  if (!role.session_name.empty() &&
      (!has_size(role.session_name, kSessionNameMin, kSessionNameMax) ||
       !is_word(role.session_name, "_+=,.@-"))) {
    return Error::with_message(
        kInvalid, fmt::format("`{}` is no name of a session: 2 to 64 letters, digits and `_+=,.@-`",
                              role.session_name));
  }
  if (!role.external_id.empty() && (!has_size(role.external_id, kExternalIdMin, kExternalIdMax) ||
                                    !is_word(role.external_id, "_+=,.@:/-"))) {
    return Error::with_message(
        kInvalid, "the external id is none: 2 to 1224 letters, digits and `_+=,.@:/-`");
  }
  return {};
}

std::unique_ptr<CredentialsProvider> assumed_role(const Environment& environment, Role role,
                                                  std::string region,
                                                  std::shared_ptr<CredentialsProvider> base,
                                                  Services services) {
  auto asking = std::make_shared<const Asking>(
      Asking{.lookup = std::make_shared<const detail::Lookup>(
                 detail::Lookup{.environment = environment, .options = {}, .services = services}),
             .role = {.role_arn = std::move(role.arn),
                      .session_name = std::move(role.session_name),
                      .external_id = std::move(role.external_id),
                      .duration = {},
                      .region = std::move(region)},
             .base = std::move(base)});
  return detail::keep_credentials(services, [asking = std::move(asking)](Context ctx) {
    return fetch(std::move(ctx), asking);
  });
}

}  // namespace tarn::aws
