#pragma once

#include <fmt/format.h>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

/// Log lines are events with fields: `log::info("commit created", {{"repo", repo}, {"commit",
/// id}})`. error = someone must act, warn = degraded, info = state changes, debug = decisions.
/// Thread-safe.
namespace tarn::log {

enum class Level : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kOff };

struct Field {
  std::string_view name;
  std::string value;

  template <class T>
  Field(std::string_view field_name, const T& field_value) : name(field_name) {
    if constexpr (std::convertible_to<const T&, std::string_view>) {
      value = std::string_view(field_value);
    } else {
      value = fmt::to_string(field_value);
    }
  }
};

struct Config {
  Level level = Level::kInfo;
  bool json = false;
  /// `-` stdout, `=` stderr, otherwise a file that is appended to.
  std::string output = "-";
};

/// Replaces where and how lines are written; before the first call lines of kWarn and above go to
/// stderr.
void configure(const Config& config);
/// Changes the level alone, at any time.
void set_level(Level level);
bool enabled(Level level);
/// Names as in configuration files: trace, debug, info, warn(ing), error, panic/fatal (as error),
/// off/none. False if unknown.
bool parse_level(std::string_view text, Level& out);

void write(Level level, std::string_view event, std::initializer_list<Field> fields);

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  if (enabled(Level::kDebug)) {
    write(Level::kDebug, event, fields);
  }
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kInfo, event, fields);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kWarn, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::kError, event, fields);
}

}  // namespace tarn::log
