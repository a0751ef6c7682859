#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tarn {
namespace {

Json parsed(std::string_view text) {
  Result<Json> json = parse_json(text);
  EXPECT_TRUE(json.has_value()) << text;
  return json ? *std::move(json) : Json();
}

std::string refusal(std::string_view text, const JsonLimits& limits = {}) {
  Result<Json> json = parse_json(text, limits);
  EXPECT_FALSE(json.has_value()) << text;
  return json ? "" : json.error().message();
}

TEST(Json, KeepsTypesAndTheOrderOfKeys) {
  const std::string text = R"({"z":1,"a":[true,null,1.5,"x"],"m":{"k":-9223372036854775808}})";
  const Json json = parsed(text);
  EXPECT_EQ(json.dump(), text);
  EXPECT_EQ(json.find("a")->items()[2].type(), Json::Type::kDouble);
  EXPECT_EQ(json.find_path({"m", "k"})->as_int(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(json.find_path({"m", "none"}), nullptr);
  EXPECT_EQ(json.find_path({"z", "none"}), nullptr);
}

TEST(Json, IntegersBeyond64BitsSignedBecomeDoubles) {
  const Json json = parsed("18446744073709551615");
  EXPECT_EQ(json.type(), Json::Type::kDouble);
  EXPECT_FALSE(json.as_int().has_value());
}

TEST(Json, WholeDoublesReadAsIntegers) {
  EXPECT_EQ(parsed("2.0").as_int(), 2);
  EXPECT_FALSE(parsed("2.5").as_int().has_value());
  EXPECT_EQ(parsed("2").as_double(), 2.0);
  EXPECT_EQ(parsed("[1]"), parsed("[1.0]"));
}

TEST(Json, TheLastOfEqualKeysCounts) { EXPECT_EQ(parsed(R"({"a":1,"a":2})").int_or("a", 0), 2); }

TEST(Json, RequiredMembersExplainWhatIsWrong) {
  const Json json = parsed(R"({"n":"text","s":1})");
  EXPECT_EQ(json.get_string("absent").error().message(), "property \"absent\" is missing");
  EXPECT_EQ(json.get_string("s").error().message(), "property \"s\" must be a string");
  EXPECT_EQ(json.get_int("n").error().message(), "property \"n\" must be an integer");
  EXPECT_EQ(*json.get_string("n"), "text");
  EXPECT_EQ(*json.get_int("s"), 1);
  EXPECT_EQ(*json.get_double("s"), 1.0);
  EXPECT_FALSE(json.get_bool("s").has_value());
  EXPECT_EQ(json.string_or("s", "fallback"), "fallback");
}

TEST(Json, BuildsDocuments) {
  Json json;
  json.set("name", "x").set("list", Json::array({1, "two", nullptr, false})).set("name", "y");
  json.set("inner", Json::object({{"f", 0.5}}));
  EXPECT_EQ(json.dump(), R"({"name":"y","list":[1,"two",null,false],"inner":{"f":0.5}})");
  EXPECT_EQ(json.size(), 3U);
  EXPECT_EQ(Json().push_back(true).dump(), "[true]");
  EXPECT_EQ(Json::object().dump(), "{}");
}

TEST(Json, Indents) {
  EXPECT_EQ(parsed(R"({"a":[1,2],"b":{},"c":[]})").dump(2),
            "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}");
}

TEST(ParseJson, NamesTheByteOfASyntaxError) {
  EXPECT_EQ(refusal(R"({"a":tru})"), "invalid JSON: unexpected character at byte 8");
  EXPECT_EQ(refusal(R"({"a":1)"), "invalid JSON: unexpected end at byte 6");
  EXPECT_EQ(refusal(""), "invalid JSON: unexpected end at byte 0");
  EXPECT_EQ(refusal("[1,]"), "invalid JSON: unexpected character at byte 3");
  EXPECT_EQ(refusal("[1] 2"), "invalid JSON: unexpected character at byte 4");
  EXPECT_EQ(refusal("[01]"), "invalid JSON: unexpected character at byte 2");
  EXPECT_EQ(refusal("\"a\xff\""), "invalid JSON: unexpected character at byte 2");
  EXPECT_EQ(refusal("\"a\nb\""), "invalid JSON: unexpected character at byte 2");
  EXPECT_EQ(refusal(R"("\ud800x")"), "invalid JSON: unexpected character at byte 1");
  EXPECT_EQ(refusal("[100000000000000000000]"), "invalid JSON: number out of range");
  EXPECT_EQ(refusal("1e999"), "invalid JSON: number out of range");
  EXPECT_EQ(refusal("{a:1}"), "invalid JSON: unexpected character at byte 1");
}

TEST(ParseJson, HoldsItsLimits) {
  EXPECT_TRUE(parse_json("[[1]]", {.depth_max = 2}).has_value());
  EXPECT_TRUE(parse_json("[[]]", {.depth_max = 2}).has_value());
  EXPECT_EQ(refusal("[[[1]]]", {.depth_max = 2}), "JSON text is nested deeper than 2 levels");
  EXPECT_EQ(refusal("[1,2]", {.size_bytes_max = 4}), "JSON text is longer than 4 bytes");
  EXPECT_EQ(refusal(std::string(1 << 20, '[') + std::string(1 << 20, ']')),
            "JSON text is nested deeper than 128 levels");
}

TEST(FindJsonError, AcceptsWhatTheParserAccepts) {
  for (const std::string_view text :
       {"{}", "[]", "0", "-0.5e+3", "\"\\u00e9\\ud83d\\ude00\\n\"", " [ true , false , null ] ",
        "\"\xc3\xa9\"", "{\"a\":{\"b\":[1,2,{}]}}"}) {
    EXPECT_FALSE(find_json_error(text).has_value()) << text;
    EXPECT_TRUE(parse_json(text).has_value()) << text;
  }
}

TEST(AppendJsonString, EscapesWhatJsonRequiresAndNothingElse) {
  const auto quoted = [](std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
  };
  EXPECT_EQ(quoted(""), "\"\"");
  EXPECT_EQ(quoted("a/b&<c>"), "\"a/b&<c>\"");
  EXPECT_EQ(quoted("say \"hi\"\\\n\t\r\x01"), R"("say \"hi\"\\\n\t\r\u0001")");
  EXPECT_EQ(quoted("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x9f"),
            "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x9f\"");
  EXPECT_EQ(quoted("bad\xff\xc3"), R"("bad\ufffd\ufffd")");
  // Every position of an eight-byte step.
  for (std::size_t at = 0; at < 17; ++at) {
    for (const char c : {'"', '\\', '\x1f', '\x7f', '\0', ' ', '!', '#', '[', ']'}) {
      std::string text(17, 'x');
      text[at] = c;
      Result<Json> back = parse_json(quoted(text));
      ASSERT_TRUE(back.has_value());
      EXPECT_EQ(*back->as_string(), text);
    }
  }
}

TEST(AppendJsonDouble, ReadsBackTheSame) {
  const auto text = [](double value) {
    std::string out;
    append_json_double(out, value);
    return out;
  };
  EXPECT_EQ(text(0.1), "0.1");
  EXPECT_EQ(text(1), "1");
  EXPECT_EQ(text(1e18), "1000000000000000000");
  EXPECT_EQ(text(1e20), "1e+20");
  EXPECT_EQ(text(9223372036854775808.0), "9.223372036854776e+18");
  EXPECT_EQ(text(-0.0), "-0.0");
  EXPECT_EQ(text(1e-7), "1e-7");
  EXPECT_EQ(text(-2.5e-10), "-2.5e-10");
  EXPECT_EQ(text(-1.5e300), "-1.5e+300");
  EXPECT_EQ(text(std::nan("")), "null");
  EXPECT_EQ(text(-std::numeric_limits<double>::infinity()), "null");
}

TEST(JsonWriter, PlacesCommas) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object()
      .member("a", 1)
      .key("b")
      .begin_array()
      .value("x")
      .value(true)
      .null()
      .begin_object()
      .end_object();
  writer.end_array()
      .member("c", std::string("y"))
      .key("d")
      .raw("[1]")
      .member("e", 2.5)
      .member("f", Json::array({1}));
  writer.end_object();
  EXPECT_EQ(out, R"({"a":1,"b":["x",true,null,{}],"c":"y","d":[1],"e":2.5,"f":[1]})");
}

}  // namespace
}  // namespace tarn
