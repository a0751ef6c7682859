#include "http/fields.h"

#include <gtest/gtest.h>

namespace tarn::http {
namespace {

TEST(Headers, CompareNamesWithoutCaseAndKeepOrder) {
  Headers headers;
  headers.add("A", "1");
  headers.add("b", "2");
  headers.add("a", "3");
  EXPECT_EQ(headers.get("a"), "1");
  EXPECT_EQ(headers.count("A"), 2U);
  EXPECT_FALSE(headers.find("c"));
  headers.set("a", "4");
  EXPECT_EQ(headers.count("A"), 1U);
  EXPECT_EQ(headers.get("A"), "4");
  headers.set("c", "5");
  headers.erase("B");
  ASSERT_EQ(headers.size(), 2U);
  EXPECT_EQ(headers.begin()->name, "A");
}

TEST(Headers, KeepValuesInOneTrimmedLine) {
  Headers headers;
  headers.add("A", " \tx\r\nEvil: y\0z \t");
  EXPECT_EQ(headers.get("A"), "x  Evil: y");
  headers.set("B", "\n ");
  EXPECT_EQ(headers.get("B"), "");
}

TEST(Headers, FindTokensInLists) {
  EXPECT_TRUE(has_list_token("a, Close ,b", "close"));
  EXPECT_TRUE(has_list_token("close", "close"));
  EXPECT_FALSE(has_list_token("closed, xclose", "close"));
  EXPECT_FALSE(has_list_token("", "close"));
}

TEST(Query, DecodesOnceInOrder) {
  const Result<QueryPairs> pairs = parse_query("a=1&b=%2525+x&&c&a=&d=e=f");
  ASSERT_TRUE(pairs);
  const QueryPairs wanted = {{"a", "1"}, {"b", "%25 x"}, {"c", ""}, {"a", ""}, {"d", "e=f"}};
  EXPECT_EQ(*pairs, wanted);
  EXPECT_TRUE(parse_query("")->empty());
  for (const char* bad : {"a=%", "a=%4", "%zz=1"}) {
    const Result<QueryPairs> refused = parse_query(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_TRUE(refused.error().is(kInvalid));
  }
}

TEST(Fields, ReadParameters) {
  const Result<ParameterizedValue> value =
      parse_parameterized(R"(Form-Data ; Name="a \"b\"; c" ;filename=x.csv; x = "C:\dir\file" ;)");
  ASSERT_TRUE(value) << value.error().message();
  EXPECT_EQ(value->value, "form-data");
  EXPECT_EQ(value->find("name"), "a \"b\"; c");
  EXPECT_EQ(value->find("filename"), "x.csv");
  EXPECT_EQ(value->find("x"), "C:\\dir\\file");
  EXPECT_FALSE(value->find("y"));
  EXPECT_EQ(parse_parameterized("text/plain")->value, "text/plain");
  for (const char* bad : {"a; b", "a; b=\"c", "a; b=\"c\" d", "a; =c", "a; b=1; B=2", "a; b;c=d"}) {
    EXPECT_FALSE(parse_parameterized(bad)) << bad;
  }
}

TEST(Fields, WriteAndReadDispositions) {
  EXPECT_EQ(content_disposition("inline"), "inline");
  EXPECT_EQ(content_disposition("attachment", "a b.csv"), R"(attachment; filename="a b.csv")");
  for (const std::string& name :
       {std::string("plain"), std::string("quo\"te\\"), std::string("l\r\nX: y"),
        std::string("ünï.csv"), std::string("50%'s")}) {
    const std::string field = content_disposition("attachment", name);
    EXPECT_EQ(field.find('\n'), std::string::npos);
    const Result<ParameterizedValue> parsed = parse_parameterized(field);
    ASSERT_TRUE(parsed) << field;
    EXPECT_EQ(disposition_filename(*parsed), name) << field;
  }
  EXPECT_EQ(disposition_filename(*parse_parameterized("a; filename=x; filename*=latin1''y")), "x");
  EXPECT_EQ(disposition_filename(*parse_parameterized("a; filename*=UTF-8''%ff")), std::nullopt);
  EXPECT_EQ(disposition_filename(*parse_parameterized("a")), std::nullopt);
}

TEST(Fields, ReadCookies) {
  Headers headers;
  headers.add("Cookie", "a=1; b=\"two\"; bad; =x; c=d=e;");
  headers.add("cookie", "a=2");
  const std::vector<std::pair<std::string, std::string>> wanted = {
      {"a", "1"}, {"b", "two"}, {"c", "d=e"}, {"a", "2"}};
  EXPECT_EQ(parse_cookies(headers), wanted);
  EXPECT_EQ(find_cookie(headers, "a"), "1");
  EXPECT_EQ(find_cookie(headers, "A"), std::nullopt);
}

}  // namespace
}  // namespace tarn::http
