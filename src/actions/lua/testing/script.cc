#include "actions/lua/testing/script.h"

namespace tarn::actions::lua::testing {

std::string Outcome::raised() const {
  std::string line = error.substr(0, error.find('\n'));
  constexpr std::string_view kPrefix = "runtime error: ";
  if (line.starts_with(kPrefix)) {
    line.erase(0, kPrefix.size());
  }
  constexpr std::string_view kChunk = "[string \"lua\"]:";
  if (line.starts_with(kChunk)) {
    line.erase(0, line.find(": ") + 2);
  }
  return line;
}

std::string Outcome::printed() const {
  if (!error.empty()) {
    return "error: " + raised();
  }
  return output.substr(0, output.size() - (output.ends_with('\n') ? 1 : 0));
}

Limits test_limits() {
  Limits limits;
  limits.instructions = 50'000'000;
  limits.memory_bytes = 64 * kMiB;
  limits.output_bytes = kMiB;
  limits.pattern_steps = 10'000'000;
  return limits;
}

Outcome run_script(std::string_view script, const Limits& limits, const Clock* clock) {
  const SystemClock system_clock;
  SeededRng rng(1);
  Outcome outcome;
  State state(limits,
              {.clock = clock == nullptr ? system_clock : *clock,
               .rng = rng,
               .output = [&outcome](std::string_view text) { outcome.output.append(text); }});
  Result<void> ran = state.run(script, "lua");
  if (!ran) {
    outcome.error = ran.error().message();
  }
  outcome.limit = state.limit_reached();
  return outcome;
}

std::string print_script(std::string_view expression) {
  return std::string("print(").append(expression).append(")");
}

std::string eval(std::string_view expression) {
  return run_script(print_script(expression)).printed();
}

}  // namespace tarn::actions::lua::testing
