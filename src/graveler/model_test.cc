// The version store against a model of ordered maps (testing/model.h). A seed gives a list of steps
// (testing/model_pair.h), of which any part is a list, too. After every step its outcome, and what
// the touched branch holds, has staged and logs, is compared; at the end of a list everything. A
// failing list is shrunk before it is reported: the smallest part that still fails is printed.
//
// Variables of the environment, for runs that CI has no time for (docs/testing.md):
//   TARN_MODEL_SEED=n   the first seed (1)
//   TARN_MODEL_RUNS=n   how many seeds (kRuns)
#include "graveler/testing/model_pair.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace tarn::graveler {
namespace {

using testing::Action;
using testing::kActions;
using testing::ModelPair;
using testing::Step;

constexpr std::uint64_t kRuns = 50;
constexpr std::size_t kStepsPerRun = 420;
/// Of one failing list; bounds the time until it is reported.
constexpr std::size_t kShrinkStepsMax = 25'000;

struct Failure {
  std::size_t step = 0;
  std::string what;
};
using Counts = std::array<std::size_t, kActions>;

/// Plays a list in new worlds. What the steps turned out to be is added to `story`, how many were
/// done to `done`.
std::optional<Failure> play(const std::vector<Step>& steps, std::uint64_t raggedness,
                            std::string* story, Counts* done) {
  ModelPair pair(raggedness);
  std::optional<Failure> failure;
  for (std::size_t at = 0; at < steps.size() && !failure; ++at) {
    std::optional<std::string> what = pair.apply(steps[at]);
    if (story != nullptr) {
      story->append("  ").append(pair.told()).append("\n");
    }
    if (what) {
      failure = Failure{at, *std::move(what)};
    }
  }
  if (!failure) {
    if (std::optional<std::string> what = pair.check_all()) {
      failure = Failure{steps.size(), "at the end: " + *what};
    }
  }
  for (std::size_t action = 0; done != nullptr && action < kActions; ++action) {
    (*done)[action] += pair.done(static_cast<Action>(action));
  }
  return failure;
}

/// Leaves out parts, the large ones first, as long as the rest still fails.
std::vector<Step> shrink(std::vector<Step> steps, std::uint64_t raggedness) {
  std::size_t spent = 0;
  for (std::size_t part = steps.size() / 2; part > 0; part /= 2) {
    for (std::size_t at = 0; at + part <= steps.size() && spent < kShrinkStepsMax;) {
      std::vector<Step> fewer = steps;
      const auto begin = fewer.begin() + static_cast<std::ptrdiff_t>(at);
      fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(part));
      spent += fewer.size();
      const std::optional<Failure> failure = play(fewer, raggedness, nullptr, nullptr);
      if (failure) {
        fewer.resize(std::min(fewer.size(), failure->step + 1));
        steps = std::move(fewer);
      } else {
        at += part;
      }
    }
  }
  return steps;
}

std::uint64_t variable(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);  // tidy: environment a flag of this test
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

TEST(VersionStoreModel, AnswersAsOrderedMapsDo) {
  Counts tried{};
  Counts done{};
  const std::uint64_t first = variable("TARN_MODEL_SEED", 1);
  const std::uint64_t runs = variable("TARN_MODEL_RUNS", kRuns);
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    std::vector<Step> steps = testing::draw_steps(seed, kStepsPerRun);
    const std::uint64_t raggedness = 1 + seed % 10;
    for (const Step& step : steps) {
      ++tried[static_cast<std::size_t>(step.action)];
    }
    std::optional<Failure> failure = play(steps, raggedness, nullptr, &done);
    if (!failure) {
      continue;
    }
    const std::size_t failed_at = failure->step;
    steps.resize(std::min(steps.size(), failed_at + 1));
    steps = shrink(std::move(steps), raggedness);
    std::string story;
    failure = play(steps, raggedness, &story, nullptr);
    FAIL() << "seed " << seed << ", step " << failed_at << ", raggedness " << raggedness << ", "
           << steps.size() << " steps are enough:\n"
           << story << (failure ? failure->what : std::string("not repeatable"));
  }
  // A shorter run is somebody looking for something.
  for (std::size_t action = 0; action < kActions && runs >= kRuns; ++action) {
    const char* name = testing::to_string(static_cast<Action>(action));
    EXPECT_GE(tried[action], 200u) << name;
    EXPECT_GE(done[action], 100u) << name << " mostly fails";
  }
}

}  // namespace
}  // namespace tarn::graveler
