#include "action_file/action.h"

#include "action_file/errors.h"
#include "action_file/path_match.h"

#include <gtest/gtest.h>

namespace tarn::action_file {
namespace {

std::string error_of(std::string_view text) {
  const Result<Action> action = parse_action(text);
  return action ? "" : action.error().message();
}

/// A valid file whose hooks are `hooks`.
std::string with_hooks(std::string_view hooks) {
  return std::string("name: my action\non:\n  pre-commit:\nhooks:\n").append(hooks);
}

TEST(ParseAction, ReadsEverything) {
  const Result<Action> action = parse_action(
      "name: Good files\n"
      "description: looks\n"
      "unknown: ignored\n"
      "on:\n"
      "  pre-merge:\n"
      "    branches: [main, 'release-*']\n"
      "    tags: [ignored]\n"
      "  post-create-tag:\n"
      "  prepare-commit: {}\n"
      "hooks:\n"
      "  - id: first\n"
      "    type: lua\n"
      "    if: true\n"
      "    description: d\n"
      "    properties:\n"
      "      script: print(1)\n"
      "  - id: _2\n"
      "    type: webhook\n"
      "    properties: {url: 'http://h'}\n");
  ASSERT_TRUE(action) << action.error().message();
  EXPECT_EQ(action->name, "Good files");
  EXPECT_EQ(action->description, "looks");
  ASSERT_EQ(action->triggers.size(), 3U);
  EXPECT_EQ(action->triggers[0].event, "pre-merge");
  EXPECT_EQ(action->triggers[0].branches, (std::vector<std::string>{"main", "release-*"}));
  ASSERT_EQ(action->hooks.size(), 2U);
  EXPECT_EQ(action->hooks[0].condition, "true");
  EXPECT_EQ(action->hooks[0].properties.find("script")->text(), "print(1)");
  EXPECT_EQ(action->hooks[1].type, HookType::kWebhook);
  EXPECT_EQ(action->hooks[1].id, "_2");
}

TEST(ParseAction, TakesScalarsAsStringsAndMayHaveNoHooks) {
  const Result<Action> action = parse_action("name: 12\non: {pre-commit: ~}\nhooks:\n");
  ASSERT_TRUE(action) << action.error().message();
  EXPECT_EQ(action->name, "12");
  EXPECT_TRUE(action->hooks.empty());
}

TEST(ParseAction, SaysWhatIsWrong) {
  const std::pair<std::string, std::string_view> cases[] = {
      {"", "'name' is required: invalid action"},
      {"on:\n  pre-commit:\n", "'name' is required: invalid action"},
      {"name: ''\non: {pre-commit: }\n", "'name' is required: invalid action"},
      {"name: x\non: {pre-commit: }\n", "'name' is invalid: invalid action"},
      {"name: -ab\non: {pre-commit: }\n", "'name' is invalid: invalid action"},
      {"name: a/b\non: {pre-commit: }\n", "'name' is invalid: invalid action"},
      {"name: ab\n", "'on' is required: invalid action"},
      {"name: ab\non:\n", "'on' is required: invalid action"},
      {"name: ab\non: {}\n", "'on' is required: invalid action"},
      {"name: ab\non: {pre-comit: }\n", "event 'pre-comit' is not supported: invalid action"},
      {"name: ab\non: {pre-create-tag: {branches: [a]}}\n",
       "'branches' is not supported in tag event types. invalid event parameter"},
      {with_hooks("  - type: lua\n"), "hook[0] missing ID: invalid action"},
      {with_hooks("  - \n"), "hook[0] missing ID: invalid action"},
      {with_hooks("  - id: x\n"), "hook[0] missing ID: invalid action"},
      {with_hooks("  - id: 1a\n"), "hook[0] missing ID: invalid action"},
      {with_hooks("  - id: " + std::string(257, 'a') + "\n"), "hook[0] missing ID: invalid action"},
      {with_hooks("  - id: h1\n    type: lua\n    properties: {script: a}\n  - id: h1\n"),
       "hook[1] duplicate ID 'h1': invalid action"},
      {with_hooks("  - id: h1\n    type: bash\n"), "hook[0] type 'h1' unknown: invalid action"},
      {with_hooks("  - id: h1\n    type: lua\n"),
       "hook[0] type 'lua': missing hook properties: invalid action"},
      {with_hooks("  - id: h1\n    type: lua\n    properties: {args: {}}\n"),
       "hook[0] type 'lua': 'script' or 'script_path' must be supplied in properties: invalid "
       "action"},
      {with_hooks("  - id: h1\n    type: webhook\n    properties: {timeout: 1s}\n"),
       "hook[0] type 'webhook': 'url' must be supplied in properties: invalid action"},
      {with_hooks("  - id: h1\n    type: airflow\n    properties: {dag_id: d}\n"),
       "hook[0] type 'airflow': 'url' must be supplied in properties: invalid action"},
      {with_hooks("  - id: h1\n    type: airflow\n    properties: {url: u, dag_id: d}\n"),
       "hook[0] type 'airflow': 'username' must be supplied in properties: invalid action"},
      {with_hooks("  - id: h1\n    type: catalog_export\n    properties: {format: csv}\n"),
       "hook[0] type 'catalog_export': 'tables' must be supplied in properties: invalid action"},
      {"name: ab\non: [pre-commit]\n",
       "yaml: unmarshal errors:\n  line 2: cannot unmarshal !!seq into map of events"},
      {"name: ab\non:\n  pre-commit:\n    branches: main\n",
       "yaml: unmarshal errors:\n  line 4: cannot unmarshal !!str `main` into []string"},
      {"name: [1]\non: 7\n",
       "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into string\n"
       "  line 2: cannot unmarshal !!int `7` into map of events"},
      {"- name: ab\n", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into action"},
      {"name: ab\nname: cd\n", "yaml: line 2: duplicate key \"name\""},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(error_of(text), expected) << text;
    EXPECT_TRUE(parse_action(text).error().is(kInvalidAction)) << text;
  }
  EXPECT_TRUE(error_of("name: [").starts_with("yaml: line 1: ")) << error_of("name: [");
}

TEST(ParseAction, ChecksNothingBehindTheFirstFailure) {
  EXPECT_EQ(error_of("name: x\non: {nope: }\n"), "'name' is invalid: invalid action");
  EXPECT_EQ(error_of(with_hooks("  - id: h1\n    type: lua\n  - id: h1\n")),
            "hook[0] type 'lua': missing hook properties: invalid action");
}

TEST(ActionMatches, ByEventAndBranch) {
  const Action action =
      parse_action("name: ab\non:\n  pre-commit: {branches: [main, 'f-*']}\n  post-commit:\n")
          .value();
  const Action::Trigger* before = action.trigger("pre-commit");
  ASSERT_NE(before, nullptr);
  EXPECT_TRUE(before->admits("main", "").value());
  EXPECT_TRUE(before->admits("f-1", "").value());
  EXPECT_FALSE(before->admits("dev", "").value());
  EXPECT_TRUE(action.trigger("post-commit")->admits("dev", "").value());
  EXPECT_EQ(action.trigger("pre-merge"), nullptr);
  const Action bad = parse_action("name: ab\non:\n  pre-commit: {branches: ['[']}\n").value();
  EXPECT_EQ(bad.trigger("pre-commit")->admits("main", "").error().message(),
            "syntax error in pattern");
}

TEST(ActionMatches, TagsOfTagEvents) {
  const Action action =
      parse_action("name: ab\non:\n  post-create-tag: {tags: ['v*']}\n  pre-create-tag:\n").value();
  EXPECT_TRUE(action.trigger("post-create-tag")->admits("", "v1").value());
  EXPECT_FALSE(action.trigger("post-create-tag")->admits("", "w").value());
  EXPECT_TRUE(action.trigger("pre-create-tag")->admits("", "w").value());
}

TEST(ParseAction, ReadsRetryAndPaths) {
  const Action action =
      parse_action(
          "name: ab\non:\n  post-commit: {paths: [a/, '**/*.csv']}\nhooks:\n"
          "  - {id: h1, type: lua, properties: {script: a}, retry: {attempts: 3, delay: "
          "2s, max_delay: 1m}}\n"
          "  - {id: h2, type: lua, properties: {script: a}, retry: {attempts: 2, delay: "
          "10m}}\n"
          "  - {id: h3, type: lua, properties: {script: a}}\n")
          .value();
  EXPECT_EQ(action.triggers[0].paths, (std::vector<std::string>{"a/", "**/*.csv"}));
  EXPECT_EQ(action.hooks[0].retry.attempts, 3);
  EXPECT_EQ(action.hooks[0].retry.delay, std::chrono::seconds(2));
  EXPECT_EQ(action.hooks[0].retry.delay_max, std::chrono::minutes(1));
  EXPECT_EQ(action.hooks[1].retry.delay_max, std::chrono::minutes(10));
  EXPECT_EQ(action.hooks[2].retry.attempts, 1);
}

TEST(ParseAction, SaysWhatIsWrongWithOurOwnKeys) {
  const auto with_retry = [](std::string_view retry) {
    return with_hooks(
        "  - {id: h1, type: lua, properties: {script: a}, retry: " + std::string(retry) + "}\n");
  };
  const std::pair<std::string, std::string_view> cases[] = {
      {with_retry("{}"), "hook[0] 'retry': 'attempts' should be a number from 1 to 10: "},
      {with_retry("{attempts: 0}"), "hook[0] 'retry': 'attempts' should be a number from 1 to 10"},
      {with_retry("{attempts: 11}"), "hook[0] 'retry': 'attempts' should be a number from 1 to 10"},
      {with_retry("{attempts: many}"), "hook[0] 'retry': 'attempts' should be a number"},
      {with_retry("{attempts: 2, delay: 2h}"), "hook[0] 'retry': 'delay' should be a duration of"},
      {with_retry("{attempts: 2, max_delay: -1s}"), "hook[0] 'retry': 'max_delay' should be a"},
      {with_retry("{attempts: 2, wait: 1s}"), "hook[0] 'retry': 'wait' is unknown"},
      {with_retry("3"), "yaml: unmarshal errors:\n  line 5: cannot unmarshal !!int `3` into retry"},
      {"name: ab\non: {pre-commit: {paths: ['a/[']}}\n",
       "event 'pre-commit': 'paths': 'a/[' is no pattern: invalid action"},
      {"name: ab\non: {pre-commit: {paths: ['']}}\n", "event 'pre-commit': 'paths': '' is no"},
      {"name: ab\non: {pre-create-branch: {paths: [a]}}\n",
       "'paths' is not supported in event 'pre-create-branch': invalid action"},
      {"name: ab\non: {pre-create-tag: {tags: v1}}\n",
       "yaml: unmarshal errors:\n  line 2: cannot unmarshal !!str `v1` into []string"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(error_of(text).substr(0, expected.size()), expected) << text;
  }
}

TEST(ParseAction, TellsTheEventsOfWrongFiles) {
  const auto seen = [](std::string_view text) {
    FileTriggers triggers;
    EXPECT_FALSE(parse_action(text, &triggers)) << text;
    std::string out = triggers.known ? "" : "unknown";
    for (const Action::Trigger& one : triggers.triggers) {
      out.append(" ").append(one.event);
    }
    return out;
  };
  EXPECT_EQ(seen("name: ["), "unknown");
  EXPECT_EQ(seen("name: ab\n"), "unknown");
  EXPECT_EQ(seen("on: {pre-commit: }\n"), " pre-commit");
  EXPECT_EQ(seen("name: [1]\non: {pre-merge: , post-merge: }\n"), " pre-merge post-merge");
  EXPECT_EQ(seen("name: ab\non: {pre-comit: , post-merge: }\n"), "unknown post-merge");
  EXPECT_EQ(seen("name: ab\non: {pre-commit: {branches: main}}\n"), "unknown pre-commit");
  EXPECT_EQ(seen("name: ab\non: {pre-commit: }\nhooks: 7\n"), " pre-commit");
}

TEST(PathGlob, CrossesFoldersWithTwoStars) {
  struct Case {
    std::string_view pattern;
    std::string_view path;
    bool matches;
  };
  const Case cases[] = {
      {"a/b", "a/b", true},        {"a/b", "a/b/c", false},
      {"a/", "a/b", true},         {"a/", "a/b/c", true},
      {"a/", "a", false},          {"a/", "ab/c", false},
      {"a/*", "a/b", true},        {"a/*", "a/b/c", false},
      {"**", "a/b/c", true},       {"**/c", "c", true},
      {"**/c", "a/b/c", true},     {"**/c", "a/bc", false},
      {"a/**/c", "a/c", true},     {"a/**/c", "a/x/y/c", true},
      {"a/**/c", "b/c", false},    {"**/*.csv", "x/y.csv", true},
      {"**/*.csv", "y.csv", true}, {"**/*.csv", "y.csv/z", false},
      {"**/x/**", "a/x/b", true},  {"**/x/**", "x", true},
      {"a**", "ab", true},         {"a**", "a/b", false},
      {"t=[0-9]/", "t=1/f", true}, {"t=[0-9]/", "t=x/f", false},
      {"/a", "a", false},          {"/a", "/a", true},
      {"a//b", "a//b", true},
  };
  for (const Case& one : cases) {
    EXPECT_TRUE(is_path_glob(one.pattern)) << one.pattern;
    EXPECT_EQ(path_glob(one.pattern, one.path), one.matches) << one.pattern << " " << one.path;
    if (one.matches) {
      EXPECT_TRUE(one.path.starts_with(path_glob_prefix(one.pattern))) << one.pattern;
    }
  }
  for (const std::string_view bad : {"", "[", "a/[b", "a\\", "[a/b]"}) {
    EXPECT_FALSE(is_path_glob(bad)) << bad;
  }
  EXPECT_EQ(path_glob_prefix("a/b*"), "a/b");
  EXPECT_EQ(path_glob_prefix("**/x"), "");
}

TEST(PathMatch, FollowsGo) {
  struct Case {
    std::string_view pattern;
    std::string_view name;
    std::optional<bool> matches;  // nothing: a bad pattern
  };
  // Most rows are from the tests of Go's path package.
  const Case cases[] = {
      {"abc", "abc", true},
      {"*", "abc", true},
      {"*c", "abc", true},
      {"a*", "a", true},
      {"a*", "abc", true},
      {"a*", "ab/c", false},
      {"a*/b", "abc/b", true},
      {"a*/b", "a/c/b", false},
      {"a*b*c*d*e*/f", "axbxcxdxe/f", true},
      {"a*b*c*d*e*/f", "axbxcxdxexxx/f", true},
      {"a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false},
      {"a*b*c*d*e*/f", "axbxcxdxexxx/fff", false},
      {"a*b?c*x", "abxbbxdbxebxczzx", true},
      {"a*b?c*x", "abxbbxdbxebxczzy", false},
      {"ab[c]", "abc", true},
      {"ab[b-d]", "abc", true},
      {"ab[e-g]", "abc", false},
      {"ab[^c]", "abc", false},
      {"ab[^b-d]", "abc", false},
      {"ab[^e-g]", "abc", true},
      {"a\\*b", "a*b", true},
      {"a\\*b", "ab", false},
      {"a?b", "a/b", false},
      {"a*b", "a/b", false},
      {"[\\]a]", "]", true},
      {"[\\-]", "-", true},
      {"[x\\-]", "x", true},
      {"[x\\-]", "z", false},
      {"[\\-x]", "a", false},
      {"*x", "xxx", true},
      {"[]a]", "]", std::nullopt},
      {"[-]", "-", std::nullopt},
      {"[x-]", "x", std::nullopt},
      {"[-x]", "x", std::nullopt},
      {"[a-b-c]", "a", std::nullopt},
      {"[", "a", std::nullopt},
      {"[^", "a", std::nullopt},
      {"[^bc", "a", std::nullopt},
      {"a[", "a", std::nullopt},
      {"a[", "ab", std::nullopt},
      {"a[", "x", std::nullopt},
      {"a/b[", "x", std::nullopt},
      {"\\", "a", std::nullopt},
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"feature-*", "feature-1", true},
      {"a/*", "a/b", true},
      {"**", "a/b", false},
      {"{a,b}", "a", false},
      {"[^a]*", "main", true},
  };
  for (const Case& c : cases) {
    const Result<bool> got = path_match(c.pattern, c.name);
    EXPECT_EQ(got.has_value(), c.matches.has_value()) << c.pattern << " " << c.name;
    if (got && c.matches) {
      EXPECT_EQ(*got, *c.matches) << c.pattern << " " << c.name;
    }
  }
}

TEST(PathMatch, StarsDoNotExplode) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) {
    pattern += "*a";
  }
  EXPECT_FALSE(path_match(pattern + "b", std::string(5000, 'a')).value());
}

}  // namespace
}  // namespace tarn::action_file
