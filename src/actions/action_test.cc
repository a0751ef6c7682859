#include "actions/action.h"

#include "actions/condition.h"
#include "actions/path_match.h"
#include "actions/substitution.h"

#include <gtest/gtest.h>

namespace tarn::actions {
namespace {

using graveler::Event;

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
  EXPECT_EQ(action->triggers[0].event, Event::kPreMerge);
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
  EXPECT_TRUE(action.matches(Event::kPreCommit, "main").value());
  EXPECT_TRUE(action.matches(Event::kPreCommit, "f-1").value());
  EXPECT_FALSE(action.matches(Event::kPreCommit, "dev").value());
  EXPECT_TRUE(action.matches(Event::kPostCommit, "dev").value());
  EXPECT_FALSE(action.matches(Event::kPreMerge, "main").value());
  const Action bad = parse_action("name: ab\non:\n  pre-commit: {branches: ['[']}\n").value();
  EXPECT_EQ(bad.matches(Event::kPreCommit, "main").error().message(), "syntax error in pattern");
  EXPECT_FALSE(bad.matches(Event::kPostCommit, "main").value());
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

TEST(Condition, DecidesByHowTheActionWent) {
  for (const char* text : {"",
                           "true",
                           "success()",
                           "!failure()",
                           "success() && true",
                           "success() or failure()",
                           "1 == 1",
                           "true ? success() : false",
                           "len('abc') == 3",
                           "not failure()",
                           "(success())",
                           "2 < 10 and 'a' < 'b'",
                           "1.5 >= 1.5",
                           "\"x\" != 'y'",
                           "nil == nil",
                           "nope == nil",
                           "!!success()",
                           "false || !false",
                           "true || nofn()",
                           "failure() ? nofn() : true",
                           "not (1 > 2)",
                           "failure() && len(1) == 2 or true"}) {
    EXPECT_EQ(evaluate_condition(text, false).value_or(false), true) << text;
  }
  for (const char* text : {"false", "failure()", "not success()", "success() and failure()",
                           "1 == '1'", "2 != 2", "success() ? false : true"}) {
    EXPECT_EQ(evaluate_condition(text, false).value_or(true), false) << text;
  }
  EXPECT_FALSE(evaluate_condition("", true).value());
  EXPECT_FALSE(evaluate_condition("success()", true).value());
  EXPECT_TRUE(evaluate_condition("failure()", true).value());
  EXPECT_TRUE(evaluate_condition("true", true).value());
}

TEST(Condition, ErrorsSayWhatAndWhere) {
  for (const char* text : {"looks_bad", "1", "\"a\"", "success", "nil", "success() ? 1 : 2"}) {
    EXPECT_EQ(evaluate_condition(text, false).error().message(),
              "hook 'if' expression should evaluate to a boolean")
        << text;
  }
  const std::pair<const char*, const char*> cases[] = {
      {"bad(", "unexpected end at character 5"},
      {"nofn()", "unknown function `nofn` at character 1"},
      {"true true", "unexpected `t` at character 6"},
      {"true &&", "unexpected end at character 8"},
      {"true ? true", "unexpected end at character 12"},
      {"'abc", "unexpected end at character 5"},
      {"1 + 1", "unexpected `+` at character 3"},
      {"1 && true", "and of a number at character 5"},
      {"!1", "not of a number at character 3"},
      {"1 < 'a'", "number < string at character 8"},
      {"success(1)", "`success` takes no argument at character 1"},
      {"len(1) == 1", "`len` takes a string at character 1"},
      {"failure() && nofn(", "unexpected end"},
  };
  for (const auto& [text, expected] : cases) {
    const Result<bool> got = evaluate_condition(text, false);
    ASSERT_FALSE(got) << text;
    EXPECT_NE(got.error().message().find(expected), std::string::npos) << got.error().message();
    EXPECT_TRUE(got.error().is(kConditionFailed));
  }
  const std::string deep = std::string(1000, '(') + "true" + std::string(1000, ')');
  EXPECT_NE(evaluate_condition(deep, false).error().message().find("too deep"), std::string::npos);
  EXPECT_NE(evaluate_condition(std::string(5000, ' '), false).error().message().find("longer"),
            std::string::npos);
}

class SubstitutionTest : public ::testing::Test {
 protected:
  std::string apply(std::string_view text) {
    const Substitution substitution(environment_, config_);
    const Result<Substitution::Text> got = substitution.apply(text, secrets_);
    return got ? (got->secret ? "secret " : "") + got->value : got.error().message();
  }

  Environment environment_{Environment::Map{{"FIRST", "one-value"},
                                            {"SECOND", "two"},
                                            {"LAKEFS_AUTH_ENCRYPT_SECRET_KEY", "k"},
                                            {"E", ""}}};
  EnvironmentConfig config_{.enabled = true, .prefix = ""};
  Secrets secrets_;
};

TEST_F(SubstitutionTest, ReplacesReferences) {
  EXPECT_EQ(apply("{{ ENV.FIRST }}"), "secret one-value");
  EXPECT_EQ(apply("{{ENV.FIRST}}"), "secret one-value");
  EXPECT_EQ(apply("n: {{ ENV.FIRST }}, {{ENV.SECOND}}!"), "secret n: one-value, two!");
  EXPECT_EQ(apply("{{{ENV.SECOND}}}"), "secret {two}");
  EXPECT_EQ(apply("{{ ENV.E }}"), "secret ");
  for (const char* literal :
       {"{{ NV.FIRST }}", "{{  ENV.FIRST }}", "{{ ENV.FIRST", "{ENV.FIRST}", "", "{{ ENV.A\n}}"}) {
    EXPECT_EQ(apply(literal), literal);
  }
  EXPECT_EQ(apply("{{ ENV.NOPE }}"), "NOPE not found: missing env var");
  EXPECT_EQ(apply("{{ ENV.FIRST  }}"), "FIRST  not found: missing env var");
}

TEST_F(SubstitutionTest, KeepsOtherVariablesOut) {
  config_.prefix = "LAKEFSACTION_";
  EXPECT_EQ(apply("x{{ ENV.LAKEFS_AUTH_ENCRYPT_SECRET_KEY }}"), "secret x");
  EXPECT_EQ(apply("x{{ ENV.FIRST }}"), "secret x");
  config_.enabled = false;
  config_.prefix = "";
  EXPECT_EQ(apply("x{{ ENV.FIRST }}"), "secret x");
}

TEST_F(SubstitutionTest, GoesThroughWholeValues) {
  const Substitution substitution(environment_, config_);
  const YamlNode node =
      parse_yaml("a: ['{{ ENV.SECOND }}', 5, ~]\n'{{ ENV.FIRST }}': x{{ENV.FIRST}}\n").value();
  const YamlNode out = substitution.apply(node, secrets_).value();
  EXPECT_EQ(out.find("a")->items()[0].text(), "two");
  EXPECT_FALSE(out.find("a")->items()[0].plain());
  EXPECT_EQ(out.find("a")->items()[1].as_int(), 5);
  EXPECT_TRUE(out.find("a")->items()[2].is_null());
  EXPECT_EQ(out.find("{{ ENV.FIRST }}")->text(), "xone-value");
  // Also an error that is not in the last item of a list.
  const YamlNode bad = parse_yaml("['{{ ENV.NOPE }}', ok]").value();
  EXPECT_EQ(substitution.apply(bad, secrets_).error().message(), "NOPE not found: missing env var");
}

TEST_F(SubstitutionTest, SecretsAreMasked) {
  apply("{{ ENV.FIRST }} {{ ENV.SECOND }}");
  EXPECT_EQ(secrets_.mask("a one-value b one-valueone-value two"),
            "a ******* b ************** two");
  secrets_.add("one-value-longer");
  EXPECT_EQ(secrets_.mask("one-value-longer"), "*******");
  EXPECT_EQ(Secrets().mask("one-value"), "one-value");
}

}  // namespace
}  // namespace tarn::actions
