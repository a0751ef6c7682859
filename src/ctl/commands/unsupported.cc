// What lakectl has and we do not, so that its users are told instead of misunderstood.
#include "ctl/commands/all.h"

namespace tarn::ctl {
namespace {

struct Row {
  std::string_view words;
  std::string_view summary;
};

// A group here stands for everything below it. Hidden from help, all of them.
constexpr Row kRows[] = {
    {"abuse", "Load generators"},
    {"gc check-async", "Say how far the preparation of a garbage collection is"},
    {"gc prepare-async", "Prepare a garbage collection"},
    {"local", "Synchronize a folder with a path"},
    {"usage", "Report usage"},
};

}  // namespace

std::vector<Command> unsupported_commands() {
  std::vector<Command> out;
  for (const Row& row : kRows) {
    out.push_back({.words = row.words, .summary = row.summary, .hidden = true, .supported = false});
  }
  return out;
}

}  // namespace tarn::ctl
