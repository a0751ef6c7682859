#include "actions/action.h"

#include "actions/condition.h"
#include "actions/substitution.h"
#include "graveler/hooks.h"

#include <gtest/gtest.h>

namespace tarn::actions {
namespace {

TEST(ActionEvents, AreThoseOfTheVersionStore) {
  for (const std::string_view name : action_file::event_names()) {
    const auto event = graveler::event_from_string(name);
    ASSERT_TRUE(event) << name;
    EXPECT_EQ(graveler::to_string(*event), name);
  }
  EXPECT_EQ(action_file::event_names().size(),
            static_cast<std::size_t>(graveler::Event::kPostCherryPick) + 1);
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

TEST_F(SubstitutionTest, KeepsTheServersOwnSecretsWhateverThePrefix) {
  for (const char* name : {"LAKEFS_AUTH_ENCRYPT_SECRET_KEY", "TARN_DATABASE_LOCAL_PATH",
                           "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}) {
    EXPECT_EQ(apply(std::string("x{{ ENV.") + name + " }}"), "secret x") << name;
    config_.prefix = std::string(name).substr(0, 6);
    EXPECT_EQ(apply(std::string("x{{ ENV.") + name + " }}"), "secret x") << name;
    config_.prefix = "";
  }
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
