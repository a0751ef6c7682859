#include "actions/lua/testing/script.h"

#include <gtest/gtest.h>

namespace tarn::actions::lua {
namespace {

using testing::eval;
using testing::run_script;

std::string regexp(const std::string& call) { return eval("require('regexp')." + call); }
std::string listed(const std::string& call) {
  return eval("table.concat(require('regexp')." + call + ", '|')");
}

TEST(LuaRegexp, MatchIsUnanchored) {
  EXPECT_EQ(regexp("match('b+', 'abbc')"), "true");
  EXPECT_EQ(regexp("match('^b+', 'abbc')"), "false");
}

TEST(LuaRegexp, QuoteMetaEscapesOnlyWhatMeansSomething) {
  EXPECT_EQ(regexp("quote_meta('a.b*c-[d] e')"), "a\\.b\\*c-\\[d\\] e");
}

TEST(LuaRegexp, FindGivesTheFirstMatchOrNothing) {
  EXPECT_EQ(regexp("compile('[0-9]+').find('ab12cd345')"), "12");
  EXPECT_EQ(regexp("compile('x').find('abc')"), "");
}

TEST(LuaRegexp, FindAllTakesACount) {
  EXPECT_EQ(listed("compile('[0-9]+').find_all('1 22 333', -1)"), "1|22|333");
  EXPECT_EQ(listed("compile('[0-9]+').find_all('1 22 333', 2)"), "1|22");
  EXPECT_EQ(eval("#require('regexp').compile('x').find_all('abc', -1)"), "0");
  EXPECT_NE(regexp("compile('x').find_all('abc')").find("number expected"), std::string::npos);
}

TEST(LuaRegexp, EmptyMatchesDoNotFollowOtherMatches) {
  EXPECT_EQ(listed("compile('a*').find_all('baac', -1)"), "|aa|");
}

TEST(LuaRegexp, SubmatchesOfSkippedGroupsAreEmpty) {
  EXPECT_EQ(listed("compile('(a)|(b)').find_submatch('b')"), "b||b");
  EXPECT_EQ(eval("#require('regexp').compile('(a)').find_submatch('x')"), "0");
  EXPECT_EQ(eval("require('regexp').compile('(.)=(.)').find_all_submatch('a=1 b=2', -1)[2][3]"),
            "2");
}

TEST(LuaRegexp, ErrorsReadAsInGo) {
  EXPECT_EQ(regexp("compile('(')"), "error: error parsing regexp: missing closing ): `(`");
  EXPECT_EQ(regexp("match('a**', 'x')"),
            "error: error parsing regexp: invalid nested repetition operator: `**`");
}

TEST(LuaRegexp, LongSearchesCountAsPatternSteps) {
  Limits limits = testing::test_limits();
  limits.pattern_steps = 1'000'000;
  EXPECT_EQ(
      run_script("local r = require('regexp').compile('(a|aa)+$') local s = ('a'):rep(1000000) "
                 "r.find_submatch(s .. 'b')",
                 limits)
          .limit,
      LimitKind::kPatternSteps);
}

TEST(LuaRegexp, GreatExpressionsAreRefused) {
  EXPECT_NE(regexp("compile('((((((a{100}){100}){100}){100}){100}){100})')").find("error: "),
            std::string::npos);
}

}  // namespace
}  // namespace tarn::actions::lua
