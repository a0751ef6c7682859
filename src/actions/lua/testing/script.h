#pragma once

#include "actions/lua/state.h"
#include "base/clock.h"
#include "base/rng.h"

#include <optional>
#include <string>
#include <string_view>

namespace tarn::actions::lua::testing {

/// What a script did in a State of its own.
struct Outcome {
  /// What it printed.
  std::string output;
  /// Empty when it succeeded.
  std::string error;
  std::optional<LimitKind> limit;

  /// The first line of the error without `runtime error: [string "lua"]:N: `.
  std::string raised() const;
  /// What it printed, without the newline at the end; or `error: <raised>`.
  std::string printed() const;
};

/// Limits that every test script which is not about them fits in.
Limits test_limits();

/// Runs `script` as chunk `lua`, with SystemClock and a seeded Rng unless given.
Outcome run_script(std::string_view script, const Limits& limits = test_limits(),
                   const Clock* clock = nullptr);

/// `print(<expression>)`.
std::string print_script(std::string_view expression);
/// What that script prints: Outcome::printed().
std::string eval(std::string_view expression);

}  // namespace tarn::actions::lua::testing
