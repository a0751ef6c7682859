#include "ctl/format.h"

#include "ctl/console.h"
#include "ctl/endpoint.h"
#include "ctl/help.h"
#include "ctl/table.h"
#include "ctl/transfer/progress.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace tarn::ctl {
namespace {

/// Dates are shown in the process's time zone.
class TimeZone {
 public:
  explicit TimeZone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~TimeZone() {
    ::unsetenv("TZ");
    ::tzset();
  }
};

TEST(FormatDate, NamesTheZone) {
  {
    const TimeZone zone("UTC");
    EXPECT_EQ(format_date(1700000000), "2023-11-14 22:13:20 +0000 UTC");
    EXPECT_EQ(format_date(from_unix_seconds(1700000000, 402334884)),
              "2023-11-14 22:13:20.402334884 +0000 UTC");
    EXPECT_EQ(format_date(from_unix_seconds(1700000000, 500000000)),
              "2023-11-14 22:13:20.5 +0000 UTC");
    EXPECT_EQ(format_date(from_unix_seconds(1700000000)), "2023-11-14 22:13:20 +0000 UTC");
  }
  const TimeZone zone("<-03>3");
  EXPECT_EQ(format_date(0), "1969-12-31 21:00:00 -0300 -03");
}

TEST(HumanSize, CountsInThousands) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(999), "999 B");
  EXPECT_EQ(human_size(1024), "1.0 kB");
  EXPECT_EQ(human_size(1767), "1.8 kB");
  EXPECT_EQ(human_size(20971520), "21.0 MB");
  EXPECT_EQ(human_size(999'999), "1.0 MB");
  EXPECT_EQ(human_size(UINT64_MAX), "18.4 EB");
}

TEST(Pad, CutsTrailingSpacesAndNothingElse) {
  EXPECT_EQ(pad("ab  ", 5), "ab   ");
  EXPECT_EQ(pad("common_prefix", 12), "common_prefix");
}

TEST(DisplayWidth, KnowsWideLettersAndColors) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("\x1b[1;92mabc\x1b[0m"), 3U);
  EXPECT_EQ(display_width("日本"), 4U);
  EXPECT_EQ(display_width("é"), 1U);
  EXPECT_EQ(display_width("\xff\xfe"), 2U);
}

TEST(BaseName, IsTheLastElement) {
  EXPECT_EQ(base_name("a/b.txt"), "b.txt");
  EXPECT_EQ(base_name("a/b/"), "b");
  EXPECT_EQ(base_name("b"), "b");
  EXPECT_EQ(base_name(""), ".");
  EXPECT_EQ(base_name("//"), "/");
}

TEST(Table, IsAGridOrTabs) {
  Table table({"Branch", "Commit ID"});
  EXPECT_EQ(table.render(false), "");
  EXPECT_EQ(table.render(true),
            "+--------+-----------+\n| BRANCH | COMMIT ID |\n+--------+-----------+\n"
            "+--------+-----------+\n");
  table.add({"main", "abc"});
  table.add({"日本語x", "a\tb"});
  EXPECT_EQ(table.render(false), "main\tabc\n日本語x\ta\tb\n");
  EXPECT_EQ(table.render(true),
            "+---------+-----------+\n"
            "| BRANCH  | COMMIT ID |\n"
            "+---------+-----------+\n"
            "| main    | abc       |\n"
            "| 日本語x | a    b    |\n"
            "+---------+-----------+\n");
}

TEST(MoreResults, AreHintedAtInteractively) {
  api::dto::Pagination page;
  page.has_more = true;
  page.next_offset = "b";
  Console console(-1, -1);
  EXPECT_EQ(more_results(console, page, 2), "\n");
  console.set_interactive(true);
  EXPECT_EQ(more_results(console, page, 2),
            "for more results run with \x1b[93m--amount 2 --after \"b\"\x1b[0m\n\n");
  EXPECT_EQ(more_results(console, page, -1), "\n");
}

TEST(Interactive, FollowsVariableThenTerminal) {
  const auto with = [](std::string value) {
    return Environment(Environment::Map{{"LAKECTL_INTERACTIVE", std::move(value)}});
  };
  EXPECT_TRUE(is_interactive(Environment(), false, true));
  EXPECT_FALSE(is_interactive(Environment(), false, false));
  EXPECT_FALSE(is_interactive(Environment(), true, true));
  EXPECT_FALSE(is_interactive(with("false"), false, true));
  EXPECT_TRUE(is_interactive(with("1"), false, false));
  EXPECT_TRUE(is_interactive(with("maybe"), false, false));
  EXPECT_FALSE(is_interactive(with("true"), true, true));
}

TEST(Endpoint, GetsTheBasePathUnlessItHasOne) {
  EXPECT_EQ(api_endpoint("http://h:8000").str(), "http://h:8000/api/v1");
  EXPECT_EQ(api_endpoint("http://h:8000//").str(), "http://h:8000/api/v1");
  EXPECT_EQ(api_endpoint("http://h:8000/api/v11").str(), "http://h:8000/api/v11");
  EXPECT_EQ(api_endpoint("HTTP://h").scheme, "http");
  EXPECT_EQ(api_endpoint("http://user:pw@h/x").base(), "http://h");
  EXPECT_EQ(api_endpoint("wrong_uri").str(), "/wrong_uri");
  EXPECT_EQ(api_endpoint("").str(), "/api/v1");
  EXPECT_EQ(api_endpoint("localhost:8000").scheme, "localhost");
}

TEST(ResolveUrl, FollowsLocations) {
  const Url from = split_url("http://h:1/a/b?c=d");
  EXPECT_EQ(resolve_url(from, "https://x/y?z#w").str(), "https://x/y?z");
  EXPECT_EQ(resolve_url(from, "https://x").str(), "https://x/");
  EXPECT_EQ(resolve_url(from, "//x/y").str(), "http://x/y");
  EXPECT_EQ(resolve_url(from, "/y").str(), "http://h:1/y");
  EXPECT_EQ(resolve_url(from, "y").str(), "http://h:1/a/y");
  EXPECT_EQ(resolve_url(from, "?q").str(), "http://h:1/a/b?q");
}

TEST(ProgressLabel, HasFortyColumns) {
  EXPECT_EQ(progress_label("upload x"), "upload x" + std::string(32, ' '));
  EXPECT_EQ(progress_label(std::string(40, 'a')), std::string(40, 'a'));
  EXPECT_EQ(progress_label(std::string(41, 'a')), std::string(39, 'a') + "~");
  const std::string wide = progress_label("upload " + std::string(40, 'x') + "é");
  EXPECT_EQ(wide, "upload " + std::string(32, 'x') + "~");
}

TEST(UnknownCommand, SuggestsNearOnes) {
  EXPECT_EQ(unknown_command("xyzzyx"),
            "unknown command \"xyzzyx\" for \"lakectl\"\nRun 'lakectl --help' for usage.");
  EXPECT_EQ(unknown_command("foo"),
            "unknown command \"foo\" for \"lakectl\"\n\nDid you mean this?\n\tfs\n\tlog\n\n"
            "Run 'lakectl --help' for usage.");
}

}  // namespace
}  // namespace tarn::ctl
