#include "tables/avro_pairs.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

namespace tarn::tables {
namespace {

Bytes number(std::int64_t value) { return encode_avro_long(value); }
Bytes text(std::string_view value) { return encode_avro_text(value); }

AvroSchema schema_of(std::string_view items) {
  return parse_avro_schema(R"({"type":"record","name":"r","fields":[{"name":"l",)"
                           R"("type":{"type":"array","items":)" +
                           std::string(items) + "}}]}")
      .value();
}
std::size_t list_of(const AvroSchema& schema) { return schema.nodes[schema.root].fields[0].node; }
Result<Bytes> replace(std::string_view items, const Bytes& encoded,
                      const std::map<std::int64_t, Bytes>& values) {
  const AvroSchema schema = schema_of(items);
  return replace_in_avro_pairs(schema, list_of(schema), encoded, values);
}

constexpr std::string_view kBounds = R"({"type":"record","name":"kv","fields":[
    {"name":"key","type":"int"},{"name":"value","type":"bytes"}]})";
constexpr std::string_view kSizes = R"({"type":"record","name":"kv","fields":[
    {"name":"key","type":"int"},{"name":"value","type":"long"}]})";

TEST(AvroPairs, WhatIsGivenReplacesWhatIsThere) {
  const Bytes pairs = number(1) + text("a") + number(2'147'483'546) + text("path");
  // Two blocks, the first with its size.
  const Bytes blocks = number(-2) + number(static_cast<std::int64_t>(pairs.size())) + pairs +
                       number(1) + number(7) + text("z") + number(0);
  const Bytes after = number(3) + number(1) + text("a") + number(2'147'483'546) + text("other") +
                      number(7) + text("z") + number(0);
  const std::map<std::int64_t, Bytes> values = {{2'147'483'546, text("other")}, {9, text("no")}};
  EXPECT_EQ(replace(kBounds, blocks, values).value(), after);
  EXPECT_EQ(replace(kBounds, number(0), values).value(), number(0));
  EXPECT_EQ(
      replace(kSizes, number(1) + number(5) + number(-9) + number(0), {{5, number(77)}}).value(),
      number(1) + number(5) + number(77) + number(0));
}

TEST(AvroPairs, WhatIsNoneIsAnError) {
  const Bytes one = number(1) + number(5) + text("abc") + number(0);
  ASSERT_TRUE(replace(kBounds, one, {}));
  for (std::size_t size = 0; size < one.size(); ++size) {
    EXPECT_FALSE(replace(kBounds, one.substr(0, size), {})) << size;
  }
  EXPECT_FALSE(replace(R"("int")", one, {}));
  EXPECT_FALSE(replace(R"({"type":"record","name":"kv","fields":[
    {"name":"key","type":"int"},{"name":"value","type":["null","bytes"]}]})",
                       one, {}));
  EXPECT_FALSE(replace(R"({"type":"record","name":"kv","fields":[
    {"name":"key","type":"string"},{"name":"value","type":"bytes"}]})",
                       one, {}));
  EXPECT_FALSE(replace(kBounds, number(INT64_MIN) + number(0) + number(1), {}));
}

TEST(AvroPairs, LongsAreAList) {
  EXPECT_EQ(encode_avro_longs({4, -1}), number(2) + number(4) + number(-1) + number(0));
  EXPECT_EQ(encode_avro_longs({}), number(0));
}

}  // namespace
}  // namespace tarn::tables
