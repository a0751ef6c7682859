#include "actions/lua/testing/script.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tarn::actions::lua {
namespace {

// Each script of testdata/hostile tries to outrun, exhaust or leave its State. Its first line says
// how it must end:
//   -- stopped by: instructions | memory | pattern | output | deadline | any
//   -- raises: <the error, from its beginning>
//   -- prints: <everything, escapes \t and \n>
// However it ends, a State made afterwards works.

const std::filesystem::path kCorpus =
    std::filesystem::path(TARN_TEST_DATA).parent_path() / "lua/testdata/hostile";

std::vector<std::string> corpus() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus)) {
    if (entry.path().extension() == ".lua") {
      names.push_back(entry.path().stem());
    }
  }
  std::ranges::sort(names);
  return names;
}

std::string_view limit_name(const testing::Outcome& outcome) {
  if (!outcome.limit) {
    return "nothing";
  }
  switch (*outcome.limit) {
    case LimitKind::kInstructions:
      return "instructions";
    case LimitKind::kMemory:
      return "memory";
    case LimitKind::kDeadline:
      return "deadline";
    case LimitKind::kOutput:
      return "output";
    case LimitKind::kPatternSteps:
      return "pattern";
    case LimitKind::kCancelled:
      return "cancelled";
  }
  return "?";
}

class HostileScript : public ::testing::TestWithParam<std::string> {};

TEST_P(HostileScript, EndsAsItsFirstLineSays) {
  std::ifstream file(kCorpus / (GetParam() + ".lua"));
  std::ostringstream text;
  text << file.rdbuf();
  const std::string script = text.str();
  const std::string first = script.substr(0, script.find('\n'));

  Limits limits;
  limits.instructions = 5'000'000;
  limits.memory_bytes = 16 * kMiB;
  limits.pattern_steps = 2'000'000;
  limits.output_bytes = 64 * kKiB;
  // A minute only so that a broken limit fails the test instead of hanging it.
  const bool by_deadline = first == "-- stopped by: deadline";
  limits.deadline =
      SystemClock().steady_now() + std::chrono::milliseconds(by_deadline ? 100 : 60'000);
  const testing::Outcome outcome = testing::run_script(script, limits);

  constexpr std::string_view kStopped = "-- stopped by: ";
  constexpr std::string_view kRaises = "-- raises: ";
  constexpr std::string_view kPrints = "-- prints: ";
  if (first.starts_with(kStopped)) {
    const std::string expected = first.substr(kStopped.size());
    ASSERT_TRUE(outcome.limit) << outcome.error << outcome.output;
    if (expected == "any") {
      EXPECT_NE(*outcome.limit, LimitKind::kDeadline) << outcome.error;
    } else {
      EXPECT_EQ(limit_name(outcome), expected) << outcome.error;
    }
    EXPECT_NE(outcome.error.find(" limit "), std::string::npos) << outcome.error;
  } else if (first.starts_with(kRaises)) {
    EXPECT_EQ(limit_name(outcome), "nothing") << outcome.error;
    EXPECT_TRUE(outcome.raised().find(first.substr(kRaises.size())) != std::string::npos)
        << "output: " << outcome.output << "\nerror: " << outcome.error;
  } else {
    ASSERT_TRUE(first.starts_with(kPrints)) << first;
    std::string expected = first.substr(kPrints.size()) + "\n";
    for (std::size_t at = 0; (at = expected.find("\\t", at)) != std::string::npos;) {
      expected.replace(at, 2, "\t");
    }
    EXPECT_EQ(outcome.error, "");
    EXPECT_EQ(outcome.output, expected);
  }

  EXPECT_EQ(testing::eval("'still ' .. string.upper('working')"), "still WORKING");
}

INSTANTIATE_TEST_SUITE_P(Corpus, HostileScript, ::testing::ValuesIn(corpus()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tarn::actions::lua
