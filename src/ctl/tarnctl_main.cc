// The command line client: `tarnctl`, and `lakectl`, which is the same program.
#include "ctl/cli.h"

#include <unistd.h>

#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

tarn::Environment process_environment() {
  tarn::Environment::Map variables;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view line = *at;
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) {
      variables.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  return tarn::Environment(std::move(variables));
}

}  // namespace

int main(int argc, char** argv) {
  ::tzset();
  const tarn::SystemClock clock;
  tarn::ctl::Console console(STDOUT_FILENO, STDERR_FILENO);
  return tarn::ctl::run_cli(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc),
                            process_environment(), console, clock);
}
