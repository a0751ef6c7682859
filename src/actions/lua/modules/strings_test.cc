#include "actions/lua/testing/script.h"

#include <gtest/gtest.h>

namespace tarn::actions::lua {
namespace {

using testing::eval;
using testing::run_script;

std::string joined(const std::string& call) {
  return eval("table.concat(require('strings')." + call + ", '|')");
}
std::string strings(const std::string& call) { return eval("require('strings')." + call); }

TEST(LuaStrings, SplitCutsAtTheSeparator) {
  EXPECT_EQ(joined("split('a,b,,c', ',')"), "a|b||c");
  EXPECT_EQ(joined("split('a--b', '--')"), "a|b");
  EXPECT_EQ(strings("split('', ',')[1] == '' and #require('strings').split('', ',')"), "1");
}

TEST(LuaStrings, SplitWithoutSeparatorGivesCharacters) {
  EXPECT_EQ(joined("split('h\xc3\xa9!', '')"), "h|\xc3\xa9|!");
  EXPECT_EQ(eval("#require('strings').split('', '')"), "0");
}

TEST(LuaStrings, SplitAnswersAMarkedArray) {
  EXPECT_EQ(eval("require('encoding/json').marshal(require('strings').split('a,b', ','))"),
            "[\"a\",\"b\"]\n");
}

TEST(LuaStrings, TrimTakesUnicodeSpaceFromBothEnds) {
  EXPECT_EQ(strings("trim(' \\t\\n a b \\r\\v\\f')"), "a b");
  EXPECT_EQ(strings("trim('\xc2\xa0\xe3\x80\x80x\xe2\x80\xa8\xc2\x85')"), "x");
  EXPECT_EQ(strings("trim('   ')"), "");
  EXPECT_EQ(strings("trim('\xc3\xa9 ')"), "\xc3\xa9");
}

TEST(LuaStrings, ReplaceCountsItsReplacements) {
  EXPECT_EQ(strings("replace('abc', '', '-', 2)"), "-a-bc");
  EXPECT_EQ(strings("replace('abc', '', '-', -1)"), "-a-b-c-");
  EXPECT_EQ(strings("replace('aaa', 'a', 'bb', 2)"), "bbbba");
  EXPECT_EQ(strings("replace('aaa', 'a', 'b', -1)"), "bbb");
  EXPECT_EQ(strings("replace('aaa', 'a', 'b', 0)"), "aaa");
  EXPECT_NE(strings("replace('aaa', 'a', 'b')").find("number expected"), std::string::npos);
}

TEST(LuaStrings, TestsPartsOfAText) {
  EXPECT_EQ(strings("has_prefix('abc', 'ab')"), "true");
  EXPECT_EQ(strings("has_prefix('abc', 'b')"), "false");
  EXPECT_EQ(strings("has_suffix('abc', 'bc')"), "true");
  EXPECT_EQ(strings("has_suffix('abc', 'b')"), "false");
  EXPECT_EQ(strings("contains('a.c', '.')"), "true");
  EXPECT_EQ(strings("contains('abc', '.')"), "false");
  EXPECT_EQ(strings("contains('abc', '')"), "true");
}

TEST(LuaStrings, ReplaceCannotOutgrowTheMemoryLimit) {
  const testing::Outcome outcome = run_script(
      "local s = ('a'):rep(1000000) local r = ('b'):rep(1000000) "
      "require('strings').replace(s, 'a', r, -1)");
  EXPECT_EQ(outcome.limit, LimitKind::kMemory);
}

std::string path(const std::string& call) { return eval("require('path')." + call); }
std::string parsed(const std::string& args) {
  return eval("require('path').parse(" + args + ").parent .. '|' .. require('path').parse(" + args +
              ").base_name");
}

TEST(LuaPath, ParseSeparatesTheLastComponent) {
  EXPECT_EQ(parsed("'a/b/c.csv'"), "a/b/|c.csv");
  EXPECT_EQ(parsed("'c.csv'"), "|c.csv");
  EXPECT_EQ(parsed("'a/b/'"), "a/|b");
  EXPECT_EQ(parsed("'/a'"), "/|a");
  EXPECT_EQ(parsed("'/'"), "|");
  EXPECT_EQ(parsed("'a::b', '::'"), "a::|b");
}

TEST(LuaPath, JoinTakesTheSeparatorFirst) {
  EXPECT_EQ(path("join('/', 'a/', '/b')"), "a/b");
  EXPECT_EQ(path("join('/', 'a', '', 'c')"), "a//c");
  EXPECT_EQ(path("join('/', 's3://b/p', 'x/')"), "s3://b/p/x/");
  EXPECT_EQ(path("join('/', 'a//', '//b')"), "a///b");
  EXPECT_EQ(path("join('/')"), "");
  EXPECT_EQ(path("join('/', '/a', 'b')"), "/a/b");
  EXPECT_EQ(path("join('/', 'a', nil)"), "error: invalid type, string expected");
}

TEST(LuaPath, IsHiddenLooksAtEveryComponent) {
  EXPECT_EQ(path("is_hidden('a/_b/c')"), "true");
  EXPECT_EQ(path("is_hidden('a/b/_c/')"), "true");
  EXPECT_EQ(path("is_hidden('a/.b')"), "false");
  EXPECT_EQ(path("is_hidden('t=_x/a')"), "false");
  EXPECT_EQ(path("is_hidden('a/.b', '/', '.')"), "true");
  EXPECT_EQ(path("is_hidden('_a')"), "true");
}

TEST(LuaPath, ExtractDirNameCleansThePath) {
  EXPECT_EQ(path("extract_dir_name('a/b/c')"), "a/b");
  EXPECT_EQ(path("extract_dir_name('a')"), ".");
  EXPECT_EQ(path("extract_dir_name('')"), ".");
  EXPECT_EQ(path("extract_dir_name('/a')"), "/");
  EXPECT_EQ(path("extract_dir_name('a//b/../c/d')"), "a/c");
  EXPECT_EQ(path("extract_dir_name('../../x')"), "../..");
}

TEST(LuaPath, LongSeparatorsAreRefused) {
  EXPECT_NE(path("parse(('a'):rep(1000), ('a'):rep(500))").find("separator must have"),
            std::string::npos);
}

TEST(LuaPath, DefaultSeparatorIsASlash) { EXPECT_EQ(path("default_separator()"), "/"); }

}  // namespace
}  // namespace tarn::actions::lua
