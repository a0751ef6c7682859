#pragma once

#include "base/environment.h"
#include "base/error.h"
#include "base/yaml.h"

#include <string>
#include <string_view>
#include <vector>

namespace tarn::actions {

struct EnvironmentConfig {
  /// Off, every reference is replaced by nothing.
  bool enabled = true;
  /// Other variables are replaced by nothing, and so are the server's own settings and keys.
  std::string prefix = "LAKEFSACTION_";
};

/// What logs show instead of a secret.
inline constexpr std::string_view kMask = "*******";

/// Values that came from the environment, to be kept out of logs and messages.
class Secrets {
 public:
  void add(std::string value);
  /// `text` with every secret of kMaskBytesMin bytes or more replaced by kMask.
  std::string mask(std::string text) const;
  /// Shorter values (`1`, `on`) would blot out half of a log, and hide nothing.
  static constexpr std::size_t kMaskBytesMin = 4;

 private:
  std::vector<std::string> values_;  // longest first
};

/// Replaces `{{ ENV.NAME }}` (at most one space inside each pair of braces) in texts of action
/// files by variables of the server's environment, one prefix for every kind of hook.
class Substitution {
 public:
  /// The references outlive this.
  Substitution(const Environment& environment, const EnvironmentConfig& config)
      : environment_(environment), config_(config) {}

  struct Text {
    std::string value;
    /// Something was replaced.
    bool secret = false;
  };
  /// Values found go to `secrets`. Errors: kMissingVariable, `<NAME> not found: missing env var`.
  Result<Text> apply(std::string_view text, Secrets& secrets) const;
  /// Every scalar inside `node`, not keys. What is replaced becomes a string.
  Result<YamlNode> apply(const YamlNode& node, Secrets& secrets) const;

 private:
  const Environment& environment_;
  const EnvironmentConfig& config_;
};

}  // namespace tarn::actions
