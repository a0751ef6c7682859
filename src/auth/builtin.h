#pragma once

#include <span>
#include <string_view>

namespace tarn::auth {

/// Policies and groups that setup creates, as in docs/security.md. Every statement allows;
/// resources are `*` unless given.
struct BuiltinPolicy {
  std::string_view name;
  /// Separated by spaces.
  std::string_view actions;
  std::string_view resource = "*";
};
struct BuiltinGroup {
  std::string_view name;
  /// Separated by spaces.
  std::string_view policies;
};

std::span<const BuiltinPolicy> builtin_policies();
std::span<const BuiltinGroup> builtin_groups();
inline constexpr std::string_view kAdminsGroup = "Admins";

}  // namespace tarn::auth
