#include "graveler/testing/model_pair.h"

#include "runtime/testing/run.h"

#include <algorithm>

namespace tarn::graveler::testing {
namespace {

using tarn::testing::run;

struct ActionRow {
  const char* name;
  /// How often it is drawn.
  unsigned weight;
};
constexpr std::array<ActionRow, kActions> kRows{{
    {"put", 30},       {"delete", 12},       {"commit", 14},     {"refused-commit", 3},
    {"branch", 5},     {"delete-branch", 2}, {"tag", 3},         {"delete-tag", 2},
    {"merge", 11},     {"revert", 7},        {"cherry-pick", 7}, {"reset", 2},
    {"reset-path", 3}, {"reset-prefix", 3},  {"hard-reset", 3},  {"get", 6},
    {"list", 8},       {"diff", 9},          {"uncommitted", 3}, {"log", 6},
    {"merge-base", 2}, {"resolve", 5},
}};

StoreConfig config(std::uint64_t raggedness_entries) {
  StoreConfig out;
  out.split.raggedness_entries = raggedness_entries;
  out.tables.open_max =
      100'000;  // a list of steps makes a few thousand; opening them again is slow
  return out;
}

}  // namespace

const char* to_string(Action action) { return kRows[static_cast<std::size_t>(action)].name; }

std::uint64_t Draw::next() {
  // splitmix64
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t x = state_;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::vector<Step> draw_steps(std::uint64_t seed, std::size_t count) {
  unsigned weight_sum = 0;
  for (const ActionRow& row : kRows) {
    weight_sum += row.weight;
  }
  SeededRng rng(seed);
  std::vector<Step> steps(count);
  for (Step& step : steps) {
    std::uint64_t drawn = rng.below(weight_sum);
    std::size_t action = 0;
    while (drawn >= kRows[action].weight) {
      drawn -= kRows[action++].weight;
    }
    step.action = static_cast<Action>(action);
    step.seed = rng.next_u64();
  }
  return steps;
}

ModelPair::ModelPair(std::uint64_t raggedness_entries)
    : world_(config(raggedness_entries), &clock_) {
  store().set_hooks(hooks_);
  const auto head = run(store().resolve_commit(Context(), world_.repo, "main"));
  ModelCommit first;
  first.id = (*head)->id;
  first.commit = (*head)->commit;
  model_.commits.push_back(std::move(first));
  model_.branches["main"].head = 0;
}

// --- Choices ---

std::string ModelPair::pick_branch(Draw& draw) const {
  return std::next(model_.branches.begin(),
                   static_cast<std::ptrdiff_t>(draw.below(model_.branches.size())))
      ->first;
}

std::string ModelPair::pick_clean_branch(Draw& draw) const {
  std::vector<std::string> clean;
  for (const auto& [name, branch] : model_.branches) {
    if (!model_.dirty(branch)) {
      clean.push_back(name);
    }
  }
  return clean.empty() || draw.one_in(6) ? pick_branch(draw) : clean[draw.below(clean.size())];
}

std::size_t ModelPair::pick_commit(Draw& draw) const {
  // Mostly a recent one: those that operations can tell apart.
  const std::size_t count = model_.commits.size();
  return draw.one_in(3) ? draw.below(count)
                        : count - 1 - draw.below(std::min<std::size_t>(count, 6));
}

std::string ModelPair::pick_ref(Draw& draw) const {
  static constexpr std::array<const char*, 12> kModifiers{"~",  "~",   "~2", "~0", "^", "^2",
                                                          "^0", "~^2", "^^", "@",  "$", "@~"};
  std::string ref;
  switch (draw.below(16)) {
    case 0:
      ref = "nope";
      break;
    case 1:
      ref = "b" + std::to_string(draw.below(16));  // may be a branch, a tag, a beginning of an id
      break;
    case 2:
    case 3:
      ref = model_.tags.empty() ? "main" : model_.tags.begin()->first;
      break;
    case 4:
      ref = model_.commits[pick_commit(draw)].id.str().substr(0, 10);
      break;
    case 5:
    case 6:
    case 7:
      ref = model_.commits[pick_commit(draw)].id.str();
      break;
    default:
      ref = pick_branch(draw);
  }
  return draw.one_in(4) ? ref + draw.of(kModifiers) : ref;
}

ListRequest ModelPair::pick_page(Draw& draw) {
  static constexpr std::array<const char*, 6> kPrefixes{"", "", "a", "a/", "b/", "b/x"};
  static constexpr std::array<const char*, 5> kDelimiters{"", "", "/", "/", "x/"};
  static constexpr std::array<const char*, 9> kAfters{"",   "",    "",     "a",    "a/",
                                                      "b/", "b/x", "b/x/", "b/x/c"};
  ListRequest request;
  request.prefix = draw.of(kPrefixes);
  request.delimiter = draw.of(kDelimiters);
  request.after = draw.of(kAfters);
  request.amount = 1 + draw.below(7);
  tell("prefix '" + request.prefix + "' delimiter '" + request.delimiter + "' after '" +
           request.after + "' amount",
       request.amount);
  return request;
}

// --- Steps ---

std::optional<std::string> ModelPair::apply(const Step& step) {
  problem_.reset();
  told_ = to_string(step.action);
  Draw draw(step.seed);
  // Mostly later, sometimes at the same time: equal dates are ordered by id. Whole seconds, because
  // a commit's id does not tell finer times apart.
  clock_.advance(std::chrono::seconds(draw.below(4)));
  const bool wants_clean = step.action == Action::kMerge || step.action == Action::kRevert ||
                           step.action == Action::kCherryPick || step.action == Action::kHardReset;
  const std::string name = wants_clean ? pick_clean_branch(draw) : pick_branch(draw);
  static constexpr std::array<Operation, kActions> kOperations{
      &ModelPair::put,         &ModelPair::remove,        &ModelPair::commit,
      &ModelPair::refuse,      &ModelPair::create_branch, &ModelPair::delete_branch,
      &ModelPair::create_tag,  &ModelPair::delete_tag,    &ModelPair::merge,
      &ModelPair::revert,      &ModelPair::cherry_pick,   &ModelPair::reset,
      &ModelPair::reset_path,  &ModelPair::reset_prefix,  &ModelPair::hard_reset,
      &ModelPair::get,         &ModelPair::list,          &ModelPair::diff,
      &ModelPair::uncommitted, &ModelPair::log,           &ModelPair::merge_base,
      &ModelPair::resolve};
  const bool done = (this->*kOperations[static_cast<std::size_t>(step.action)])(name, draw);
  if (done && !problem_) {
    ++done_[static_cast<std::size_t>(step.action)];
  }
  if (!problem_) {
    check_branch(model_.branches.contains(name) ? name : "main");
    if (draw.one_in(4)) {
      check_branch(pick_branch(draw));  // nor has anything happened to another
    }
  }
  return problem_;
}

std::optional<std::string> ModelPair::check_all() {
  problem_.reset();
  for (const auto& [name, branch] : model_.branches) {
    check_branch(name);
    check_log(branch.head, LogRequest());
  }
  for (const auto& [name, commit] : model_.tags) {
    check_tag(name);
  }
  for (const ModelCommit& commit : model_.commits) {
    check_content(commit.id.str(), commit.content);
  }
  return problem_;
}

}  // namespace tarn::graveler::testing
