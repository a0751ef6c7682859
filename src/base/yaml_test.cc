#include "base/yaml.h"

#include <gtest/gtest.h>

namespace tarn {
namespace {

YamlNode parsed(std::string_view text, const YamlLimits& limits = {}) {
  Result<YamlNode> node = parse_yaml(text, limits);
  EXPECT_TRUE(node) << (node ? "" : node.error().message());
  return node ? *node : YamlNode();
}

std::string refusal(std::string_view text, const YamlLimits& limits = {}) {
  Result<YamlNode> node = parse_yaml(text, limits);
  return node ? "accepted" : node.error().message();
}

TEST(Yaml, ReadsNestedMapsAndSequences) {
  const YamlNode root =
      parsed("name: animals\non:\n  post-commit:\n    branches: [main, 'dev*']\nempty:\n");
  EXPECT_EQ(root.find("name")->text(), "animals");
  const YamlNode* branches = root.find("on")->find("post-commit")->find("branches");
  ASSERT_EQ(branches->items().size(), 2U);
  EXPECT_EQ(branches->items()[1].text(), "dev*");
  EXPECT_EQ(branches->line(), 4);
  EXPECT_TRUE(root.find("empty")->is_null());
  EXPECT_EQ(root.find("missing"), nullptr);
}

TEST(Yaml, AnEmptyTextIsNull) {
  EXPECT_TRUE(parsed("").is_null());
  EXPECT_TRUE(parsed("# only a comment\n").is_null());
}

TEST(Yaml, KeepsQuotedScalarsAsText) {
  const YamlNode root = parsed("a: 12\nb: '12'\nc: !!str 12\nd: |\n  12\ne: ~\nf: '~'\ng: \"\"\n");
  EXPECT_EQ(root.find("a")->as_int(), 12);
  EXPECT_EQ(root.find("b")->as_int(), std::nullopt);
  EXPECT_EQ(root.find("c")->as_int(), std::nullopt);
  EXPECT_EQ(root.find("d")->as_int(), std::nullopt);
  EXPECT_TRUE(root.find("e")->is_null());
  EXPECT_EQ(root.find("f")->text(), "~");
  EXPECT_TRUE(root.find("g")->is_scalar());
}

TEST(Yaml, ReadsNumbersAndBooleans) {
  const YamlNode root =
      parsed("[-7, +7, 0x1f, 0o17, 1.5e3, true, False, yes, .inf, inf, 1_000, '']");
  const std::vector<YamlNode>& items = root.items();
  EXPECT_EQ(items[0].as_int(), -7);
  EXPECT_EQ(items[1].as_int(), 7);
  EXPECT_EQ(items[2].as_int(), 31);
  EXPECT_EQ(items[3].as_int(), 15);
  EXPECT_EQ(items[4].as_double(), 1500.0);
  EXPECT_EQ(items[4].as_int(), std::nullopt);
  EXPECT_EQ(items[5].as_bool(), true);
  EXPECT_EQ(items[6].as_bool(), false);
  EXPECT_EQ(items[7].as_bool(), std::nullopt);
  EXPECT_GT(items[8].as_double().value(), 1e308);
  EXPECT_EQ(items[9].as_double(), std::nullopt);
  EXPECT_EQ(items[10].as_int(), std::nullopt);
}

TEST(Yaml, RefusesDuplicateKeys) {
  EXPECT_EQ(refusal("a: 1\nb: 2\na: 3\n"), "line 3: duplicate key \"a\"");
  EXPECT_EQ(refusal("x:\n  a: 1\n  'a': 2\n"), "line 3: duplicate key \"a\"");
  EXPECT_EQ(refusal("x: {a: 1}\ny: {a: 1}\n"), "accepted");
  EXPECT_EQ(refusal("a: {b: {c: 1}, d: 1}\nb: 1\nc: 1\n"), "accepted");
}

TEST(Yaml, ResolvesAliases) {
  const YamlNode root = parsed("base: &b {k: v}\ncopy: *b\nlist: [&s one, *s]\n");
  EXPECT_EQ(root.find("copy")->find("k")->text(), "v");
  EXPECT_EQ(root.find("list")->items()[1].text(), "one");
}

TEST(Yaml, MergesMapsUnderTheirOwnKeys) {
  const YamlNode root = parsed(
      "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\nd: {<<: *a, '<<': "
      "quoted}\n");
  const YamlNode* merged = root.find("c");
  EXPECT_EQ(merged->find("x")->text(), "3");
  EXPECT_EQ(merged->find("y")->text(), "1");
  EXPECT_EQ(merged->find("z")->text(), "2");
  EXPECT_EQ(merged->find("<<"), nullptr);
  EXPECT_EQ(root.find("d")->find("<<")->text(), "quoted");
  EXPECT_EQ(refusal("a: {<<: 1}"), "line 1: a merge key (<<) takes a map or a list of maps");
}

TEST(Yaml, RefusesAliasBombs) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) {
      bomb += (k == 0 ? "" : ", ") + last;
    }
    bomb += "]\n";
  }
  EXPECT_NE(refusal(bomb).find("more than 200000 nodes"), std::string::npos) << refusal(bomb);
}

TEST(Yaml, RefusesDepthSizeAndSecondDocuments) {
  EXPECT_NE(refusal(std::string(100, '[') + std::string(100, ']')).find("deeper than 64 levels"),
            std::string::npos);
  std::string chain = "a0: &a0 [x]\n";
  for (int i = 1; i < 80; ++i) {
    chain += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
             "]\n";
  }
  EXPECT_NE(refusal(chain).find("deeper than 64 levels"), std::string::npos)
      << "aliases count with their depth";
  YamlLimits small;
  small.size_bytes_max = 3;
  EXPECT_EQ(refusal("abcd", small), "larger than 3 bytes");
  EXPECT_EQ(refusal("a: 1\n---\nb: 2\n"), "line 3: a second document");
}

TEST(Yaml, RefusesWhatIsNotYaml) {
  EXPECT_EQ(refusal("a: [1, 2\nb: 3").substr(0, 5), "line ");
  EXPECT_EQ(refusal("{a: b").substr(0, 5), "line ");
  EXPECT_EQ(refusal("a: *nowhere").substr(0, 6), "line 1");
  EXPECT_EQ(refusal("? [a, b]\n: c\n"), "line 1: a key must be a scalar");
  EXPECT_EQ(refusal("a: &x [*x]").substr(0, 6), "line 1");
  EXPECT_EQ(refusal("\t- a").substr(0, 5), "line ");
}

}  // namespace
}  // namespace tarn
