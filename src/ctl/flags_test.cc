#include "ctl/flags.h"

#include "ctl/command.h"
#include "ctl/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace tarn::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr FlagSpec kSpecs[] = {
    {.name = "amount", .kind = FlagKind::kInt, .fallback = "100"},
    {.name = "yes", .letter = 'y', .kind = FlagKind::kBool},
    {.name = "recursive", .letter = 'r', .kind = FlagKind::kBool},
    {.name = "pre-sign", .kind = FlagKind::kBool, .fallback = "true"},
    {.name = "source", .letter = 's'},
    {.name = "meta", .kind = FlagKind::kStrings},
    {.name = "timeout", .kind = FlagKind::kDuration, .fallback = "1h"},
    {.name = "parallelism", .letter = 'p', .kind = FlagKind::kInt, .fallback = "25"},
};

Flags flags() {
  std::vector<const FlagSpec*> specs;
  for (const FlagSpec& spec : kSpecs) {
    specs.push_back(&spec);
  }
  return Flags(std::move(specs));
}

TEST(Flags, MixWithArgumentsUntilTheDashes) {
  Flags read = flags();
  const std::vector<std::string> words{"a", "--amount",         "5",  "-rys",     "file", "b",
                                       "-", "--pre-sign=false", "--", "--amount", "c"};
  const auto arguments = parse_flags(words, read);
  ASSERT_TRUE(arguments) << arguments.error().message();
  EXPECT_THAT(*arguments, ElementsAre("a", "b", "-", "--amount", "c"));
  EXPECT_EQ(read.integer("amount"), 5);
  EXPECT_TRUE(read.boolean("yes"));
  EXPECT_TRUE(read.boolean("recursive"));
  EXPECT_FALSE(read.boolean("pre-sign"));
  EXPECT_EQ(read.text("source"), "file");
  EXPECT_FALSE(read.is_set("meta"));
}

TEST(Flags, HaveDefaults) {
  const Flags read = flags();
  EXPECT_EQ(read.integer("amount"), 100);
  EXPECT_FALSE(read.boolean("yes"));
  EXPECT_TRUE(read.boolean("pre-sign"));
  EXPECT_EQ(read.text("source"), "");
  EXPECT_EQ(read.duration("timeout"), std::chrono::hours(1));
  EXPECT_THAT(read.list("meta"), IsEmpty());
}

TEST(Flags, TakeShortValuesInEveryForm) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"-p7"}, {"-p=7"}, {"-p", "7"}, {"-rp7"}, {"-ry", "-p", "0x7"}}) {
    Flags read = flags();
    ASSERT_TRUE(parse_flags(words, read));
    EXPECT_EQ(read.integer("parallelism"), 7);
  }
}

TEST(Flags, SplitListsAtCommasWithQuotes) {
  Flags read = flags();
  const std::vector<std::string> words{"--meta", "a=1,\"b=2,3\"", "--meta=c=\"\"", "--meta", "d="};
  // A quote inside an unquoted value is an error, as in CSV.
  EXPECT_FALSE(parse_flags(words, read));
  Flags again = flags();
  const std::vector<std::string> good{"--meta", "a=1,\"b=2,\"\"3\"", "--meta", "d="};
  ASSERT_TRUE(parse_flags(good, again));
  EXPECT_THAT(again.list("meta"), ElementsAre("a=1", "b=2,\"3", "d="));
}

TEST(Flags, ComplainInTheWordsOfLakectl) {
  struct {
    std::vector<std::string> words;
    std::string text;
  } const cases[] = {
      {{"--foo"}, "unknown flag: --foo"},
      {{"--foo=1"}, "unknown flag: --foo"},
      {{"-x"}, "unknown shorthand flag: 'x' in -x"},
      {{"-rx"}, "unknown shorthand flag: 'x' in -x"},
      {{"--amount"}, "flag needs an argument: --amount"},
      {{"-s"}, "flag needs an argument: 's' in -s"},
      {{"--=x"}, "bad flag syntax: --=x"},
      {{"--amount", "abc"},
       "invalid argument \"abc\" for \"--amount\" flag: strconv.ParseInt: parsing \"abc\": invalid "
       "syntax"},
      {{"--amount", "9223372036854775808"},
       "invalid argument \"9223372036854775808\" for \"--amount\" flag: strconv.ParseInt: parsing "
       "\"9223372036854775808\": value out of range"},
      {{"-p", ""},
       "invalid argument \"\" for \"-p, --parallelism\" flag: strconv.ParseInt: parsing \"\": "
       "invalid syntax"},
      {{"--pre-sign=maybe"},
       "invalid argument \"maybe\" for \"--pre-sign\" flag: strconv.ParseBool: parsing \"maybe\": "
       "invalid syntax"},
      {{"--timeout", "5"},
       "invalid argument \"5\" for \"--timeout\" flag: time: missing unit in duration \"5\""},
      {{"--timeout", "x"},
       "invalid argument \"x\" for \"--timeout\" flag: time: invalid duration \"x\""},
  };
  for (const auto& expected : cases) {
    Flags read = flags();
    const auto arguments = parse_flags(expected.words, read);
    ASSERT_FALSE(arguments) << expected.text;
    EXPECT_TRUE(arguments.error().is(kUsage));
    EXPECT_EQ(arguments.error().message(), expected.text);
  }
}

TEST(GoInt, TakesPrefixesAndUnderscores) {
  struct {
    std::string text;
    std::optional<std::int64_t> value;
  } const cases[] = {
      {"0", 0},
      {"-1", -1},
      {"+5", 5},
      {"0x1F", 31},
      {"0b101", 5},
      {"0o17", 15},
      {"017", 15},
      {"1_000", 1000},
      {"0x_f", 15},
      {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
      {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
      {"", {}},
      {"-", {}},
      {"1__0", {}},
      {"_1", {}},
      {"1_", {}},
      {"08", {}},
      {"0x", {}},
      {"1.5", {}},
      {" 1", {}},
      {"--1", {}},
      {"-9223372036854775809", {}},
  };
  for (const auto& expected : cases) {
    const Result<std::int64_t> read = parse_go_int(expected.text);
    ASSERT_EQ(read.has_value(), expected.value.has_value()) << expected.text;
    if (read) {
      EXPECT_EQ(*read, *expected.value) << expected.text;
    }
  }
}

TEST(FindCommand, SkipsGlobalFlagsAndTheirValues) {
  const Found found =
      find_command({"--base-uri", "fs", "-c", "x", "fs", "--no-color", "ls", "p", "-r"});
  ASSERT_NE(found.command, nullptr);
  EXPECT_EQ(found.command->words, "fs ls");
  EXPECT_THAT(found.words, ElementsAre("--base-uri", "fs", "-c", "x", "--no-color", "p", "-r"));
}

TEST(FindCommand, StopsAtTheFirstUnknownWord) {
  EXPECT_EQ(find_command({"fs", "nope"}).command->words, "fs");
  EXPECT_EQ(find_command({"nope", "fs"}).command->words, "");
  EXPECT_EQ(find_command({"--", "fs"}).command->words, "");
}

TEST(Commands, AreConsistent) {
  std::set<std::string_view> groups;
  for (const Command& command : commands()) {
    if (command.run == nullptr) {
      groups.insert(command.words);
    }
  }
  std::set<std::string_view> seen;
  for (const Command& command : commands()) {
    EXPECT_TRUE(seen.insert(command.words).second) << command.words << " is there twice";
    const std::size_t space = command.words.rfind(' ');
    if (space != std::string_view::npos) {
      EXPECT_TRUE(groups.contains(command.words.substr(0, space))) << command.words;
    }
    EXPECT_FALSE(command.summary.empty()) << command.words;
    std::set<char> letters;
    for (const FlagSpec* flag : all_flags(command)) {
      EXPECT_TRUE(flag->letter == 0 || letters.insert(flag->letter).second)
          << command.words << " has -" << flag->letter << " twice";
    }
  }
}

}  // namespace
}  // namespace tarn::ctl
