#include "actions/lua/testing/script.h"

#include <gtest/gtest.h>

namespace tarn::actions::lua {
namespace {

using testing::eval;

std::string url(const std::string& call) { return eval("require('net/url')." + call); }
std::string parsed(const std::string& text) {
  const std::string parts =
      testing::run_script(
          "local u = require('net/url').parse(" + text +
          ") print(table.concat({u.scheme, u.host, u.path, u.query, u.fragment}, '|'))")
          .output;
  return parts.substr(0, parts.find('\n'));
}

TEST(LuaUrl, ParseGivesTheParts) {
  EXPECT_EQ(parsed("'https://user:pw@example.com:80/a%20b/c?p1=a&b=c#section'"),
            "https|example.com:80|/a b/c|p1=a&b=c|section");
  EXPECT_EQ(parsed("'s3://bucket'"), "s3|bucket|||");
  EXPECT_EQ(parsed("'s3://bucket/key'"), "s3|bucket|/key||");
  EXPECT_EQ(parsed("'a/b/c'"), "||a/b/c||");
  EXPECT_EQ(parsed("'S3://B/%C3%A9'"), "s3|B|/\xc3\xa9||");
  EXPECT_EQ(parsed("''"), "||||");
}

TEST(LuaUrl, ParseRefusesBrokenUrls) {
  EXPECT_EQ(url("parse('%zz')"), "error: parse \"%zz\": invalid URL escape \"%zz\"");
  EXPECT_EQ(url("parse('http://h/%2')"), "error: parse \"http://h/%2\": invalid URL escape \"%2\"");
  EXPECT_EQ(url("parse('http://h:x/')"),
            "error: parse \"http://h:x/\": invalid port \":x\" after host");
  EXPECT_EQ(url("parse(':x')"), "error: parse \":x\": missing protocol scheme");
}

TEST(LuaUrl, QueryUnescapeTakesPlusForSpace) {
  EXPECT_EQ(url("query_unescape('a%20b+c')"), "a b c");
  EXPECT_EQ(url("query_unescape('%zz')"), "error: invalid URL escape \"%zz\"");
}

TEST(LuaUrl, PathEscapeEscapesOneSegment) {
  EXPECT_EQ(url("path_escape('a b/c+d?e')"), "a%20b%2Fc+d%3Fe");
}

TEST(LuaUrl, BuildUrlEscapesWhatEachPartNeeds) {
  EXPECT_EQ(url("build_url('s3', 'bucket', '/a b/c%d')"), "s3://bucket/a%20b/c%25d");
  EXPECT_EQ(url("build_url('s3', 'bucket', 'a')"), "s3://bucket/a");
  EXPECT_EQ(url("build_url('s3', 'bucket')"), "s3://bucket");
  EXPECT_EQ(url("build_url('s3', 'b', '/k:1,2@x=y')"), "s3://b/k:1,2@x=y");
  EXPECT_EQ(url("build_url('https', 'h', '/p', 'q=1')"), "https://h/p?q=1");
}

TEST(LuaUrl, BuildUrlUsesItsFragment) {
  EXPECT_EQ(url("build_url('https', 'h', '/p', 'q=1', 'part')"), "https://h/p?q=1#part");
}

}  // namespace
}  // namespace tarn::actions::lua
