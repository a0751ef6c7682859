#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tarn {

/// Environment variables as a value. `server` and `ctl` make it from the process once and pass it
/// to whoever needs variables (settings, the AWS credential chain, actions); nobody else reads the
/// process's environment.
class Environment {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;

  Environment() = default;
  explicit Environment(Map variables) : variables_(std::move(variables)) {}

  /// A variable that is set to nothing counts as not set, as in AWS's and lakeFS's tools.
  std::optional<std::string_view> get(std::string_view name) const {
    const auto found = variables_.find(name);
    if (found == variables_.end() || found->second.empty()) {
      return std::nullopt;
    }
    return found->second;
  }
  std::string get_or(std::string_view name, std::string_view fallback) const {
    return std::string(get(name).value_or(fallback));
  }

  /// All variables by name, including empty ones.
  const Map& all() const { return variables_; }

 private:
  Map variables_;
};

}  // namespace tarn
