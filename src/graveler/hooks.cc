#include "graveler/hooks.h"

#include <array>

namespace tarn::graveler {
namespace {

constexpr std::array<std::string_view, 17> kNames{
    "prepare-commit",     "pre-commit",        "post-commit",        "pre-merge",
    "post-merge",         "pre-create-tag",    "post-create-tag",    "pre-delete-tag",
    "post-delete-tag",    "pre-create-branch", "post-create-branch", "pre-delete-branch",
    "post-delete-branch", "pre-revert",        "post-revert",        "pre-cherry-pick",
    "post-cherry-pick"};
static_assert(kNames.size() == static_cast<std::size_t>(Event::kPostCherryPick) + 1);

}  // namespace

std::string_view to_string(Event event) { return kNames[static_cast<std::size_t>(event)]; }

std::optional<Event> event_from_string(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) {
      return static_cast<Event>(i);
    }
  }
  return std::nullopt;
}

bool is_pre(Event event) { return to_string(event).starts_with("pre"); }

}  // namespace tarn::graveler
