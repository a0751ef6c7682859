#include "actions/lua/testing/script.h"

#include <gtest/gtest.h>

namespace tarn::actions::lua {
namespace {

using testing::eval;
using testing::run_script;

std::string marshal(const std::string& args) {
  return eval("require('encoding/yaml').marshal(" + args + ")");
}

TEST(LuaYaml, MarshalWritesBlockStyleWithSortedKeys) {
  EXPECT_EQ(marshal("{b=1, a={x=true, z='t'}, c=array({1, 2})}"),
            "a:\n    x: true\n    z: t\nb: 1\nc:\n    - 1\n    - 2\n");
}

TEST(LuaYaml, MarshalNestsListsAndMaps) {
  EXPECT_EQ(marshal("array({array({1,2}), {a=1, b=array({'x'})}})"),
            "- - 1\n  - 2\n- a: 1\n  b:\n      - x\n");
  EXPECT_EQ(marshal("{}"), "{}\n");
  EXPECT_EQ(marshal("{e={}, l=array({})}"), "e: {}\nl: []\n");
}

TEST(LuaYaml, MarshalQuotesWhatWouldReadAsSomethingElse) {
  EXPECT_EQ(marshal("{a='5'}"), "a: \"5\"\n");
  EXPECT_EQ(marshal("{a='yes'}"), "a: \"yes\"\n");
  EXPECT_EQ(marshal("{a='x: y'}"), "a: 'x: y'\n");
  EXPECT_EQ(marshal("{a=''}"), "a: \"\"\n");
  EXPECT_EQ(marshal("{a='null', b='~', c='true', d='0x1f', e='1e3', f='2020-01-02', g='1:30'}"),
            "a: \"null\"\nb: \"~\"\nc: \"true\"\nd: \"0x1f\"\ne: \"1e3\"\nf: \"2020-01-02\"\ng: "
            "\"1:30\"\n");
  EXPECT_EQ(marshal("{a=' x', b='# c', c='-', d='it\\'s', e='- x', f='\\t'}"),
            "a: ' x'\nb: '# c'\nc: '-'\nd: it's\ne: '- x'\nf: \"\\t\"\n");
}

TEST(LuaYaml, MarshalWritesLinesAsALiteralBlock) {
  EXPECT_EQ(marshal("{a='one\\ntwo'}"), "a: |-\n    one\n    two\n");
  EXPECT_EQ(marshal("{a='one\\n\\ntwo\\n'}"), "a: |\n    one\n\n    two\n");
}

TEST(LuaYaml, WhatWasMarshalledReadsBack) {
  for (const char* text :
       {"plain", "x: y", "'",  "\"",  "a\\nb", "a\\nb\\n", "a\\n\\n", "\\n",      " lead", "trail ",
        "# no",  "a #b", "a:", "?",   "? x",   "%x",       "@x",      "`",        "\\x01", "no",
        "0o17",  ".5",   "-",  "---", "[a]",   "{",        "a, b",    "\xc3\xa9", "1_000", "<<"}) {
    const std::string script =
        std::string("local y = require('encoding/yaml') local s = '") +
        (std::string(text) == "'" ? "\\'" : text) +
        "' local back = y.unmarshal(y.marshal({k=s, [s]=1, l=array({s})}))\n"
        "print(back.k == s and back[s] == 1 and back.l[1] == s or y.marshal({k=s}))";
    EXPECT_EQ(run_script(script).output, "true\n") << text << "\n" << run_script(script).error;
  }
}

TEST(LuaYaml, UnmarshalKnowsTheScalars) {
  const auto value = [](const std::string& text) {
    return eval("require('encoding/yaml').unmarshal('" + text + "')");
  };
  EXPECT_EQ(value("yes"), "yes");
  EXPECT_EQ(value("true"), "true");
  EXPECT_EQ(value("0x1f"), "31");
  EXPECT_EQ(value("0o17"), "15");
  EXPECT_EQ(value("1e3"), "1000");
  EXPECT_EQ(value("\"5\""), "5");
  EXPECT_EQ(value(""), "nil");
  EXPECT_EQ(eval("type(require('encoding/yaml').unmarshal('\"5\"'))"), "string");
  EXPECT_EQ(eval("require('encoding/yaml').unmarshal('1: one')[1]"), "one");
}

TEST(LuaYaml, UnmarshalMarksLists) {
  EXPECT_EQ(eval("require('encoding/json').marshal(require('encoding/yaml').unmarshal('a: []\\nb: "
                 "{}\\nc: [x, {y: 1}]'))"),
            "{\"a\":[],\"b\":{},\"c\":[\"x\",{\"y\":1}]}\n");
}

TEST(LuaYaml, UnmarshalNamesTheLine) {
  EXPECT_EQ(eval("require('encoding/yaml').unmarshal('a: 1\\nb: [')").substr(0, 18),
            "error: yaml: line ");
}

TEST(LuaYaml, UnmarshalRefusesDeepDocuments) {
  EXPECT_NE(run_script("require('encoding/yaml').unmarshal(('['):rep(100000))").error, "");
}

TEST(LuaYaml, RepeatedAliasesEndAtALimit) {
  Limits limits = testing::test_limits();
  limits.memory_bytes = 2 * kMiB;
  EXPECT_TRUE(run_script("local t = 'a0: &a0 [x,x,x,x,x,x,x,x,x,x]\\n' for i = 1, 12 do\n"
                         "t = t .. string.format('a%d: &a%d [', i, i) .. ('*a' .. (i-1) .. "
                         "','):rep(10) .. ']\\n'\n"
                         "end require('encoding/yaml').unmarshal(t)",
                         limits)
                  .limit.has_value());
}

}  // namespace
}  // namespace tarn::actions::lua
