#include "tables/parquet_records.h"

#include "base/varint.h"
#include "tables/parquet_codec.h"
#include "tables/parquet_column_buffer.h"
#include "tables/record_plan.h"
#include "tables/thrift_compact_writer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

// Shapes of columns that pyarrow does not write: files are put together level by level. How levels
// say what a value belongs to is in https://parquet.apache.org/docs/file-format/nestedencoding/.

namespace tarn::tables {
namespace {

using Field = RecordField;
constexpr auto kRequired = ParquetRepetition::kRequired;
constexpr auto kOptional = ParquetRepetition::kOptional;
constexpr auto kRepeated = ParquetRepetition::kRepeated;

ParquetField part(std::string name, ParquetRepetition repetition,
                  std::vector<ParquetField> children = {}) {
  return {.name = std::move(name), .repetition = repetition, .children = std::move(children)};
}

/// A value with its levels; without a text it is not there.
struct Level {
  unsigned repetition = 0;
  unsigned definition = 0;
  std::string text = {};
};

/// A file of one group of rows, whose columns are texts.
class Shape {
 public:
  explicit Shape(std::vector<ParquetField> columns) {
    file_.schema.children = std::move(columns);
    place(file_.schema, "");
  }

  /// The rows of the columns, in their order.
  Result<std::string> read(const Field& schema, std::size_t rows,
                           const std::vector<std::vector<Level>>& columns) {
    bytes_.clear();
    std::vector<ParquetColumnBuffer::Chunk> chunks;
    for (std::size_t at = 0; at < columns.size(); ++at) {
      const ParquetColumn& column = file_.columns[at];
      ParquetColumnBuffer buffer({column.name}, column.type, column.definition_max,
                                 column.repetition_max);
      for (const Level& level : columns[at]) {
        if (level.definition == column.definition_max) {
          buffer.add_text(level.repetition, level.text);
        } else {
          buffer.add_absent(level.repetition, level.definition);
        }
      }
      chunks.push_back(buffer.flush(bytes_));
    }
    ParquetRowGroup group{.rows = rows, .chunks = {}};
    for (const ParquetColumnBuffer::Chunk& chunk : chunks) {
      group.chunks.push_back(
          {.codec = static_cast<std::int64_t>(ParquetCodec::kZstd),
           .values = static_cast<std::uint64_t>(chunk.values),
           .pages = ByteView(bytes_).substr(static_cast<std::size_t>(chunk.offset),
                                            static_cast<std::size_t>(chunk.stored_bytes))});
    }
    file_.row_groups = {group};
    TARN_TRY(ParquetRecords records, ParquetRecords::open(file_, schema));
    std::string out;
    while (true) {
      TARN_TRY(const bool more, records.next(out));
      if (!more) {
        return out;
      }
      out += ' ';
    }
  }

  const ParquetFile& file() const { return file_; }

 private:
  void place(ParquetField& parent, const std::string& path) {
    for (ParquetField& field : parent.children) {
      field.definition = parent.definition + (field.repetition == kRequired ? 0 : 1);
      field.repeats = parent.repeats + (field.repetition == kRepeated ? 1 : 0);
      if (field.children.empty()) {
        field.column = file_.columns.size();
        file_.columns.push_back({.name = path + field.name,
                                 .field_id = {},
                                 .type = ParquetType::kBytes,
                                 .definition_max = field.definition,
                                 .repetition_max = field.repeats});
      }
      place(field, path + field.name + ".");
    }
  }

  ParquetFile file_;
  Bytes bytes_;
};

Field list_of(Field element) { return Field::group("", {Field::list("l", std::move(element))}); }

TEST(ParquetRecords, ListsHaveManyForms) {
  const Field schema = list_of(Field::text("x"));
  // [a, null, b], [], none, [null], [c].
  const std::vector<Level> three = {{0, 3, "a"}, {1, 2}, {1, 3, "b"}, {0, 1},
                                    {0, 0},      {0, 2}, {0, 3, "c"}};
  for (const std::string& middle : {std::string("list"), std::string("bag")}) {
    Shape shape({part("l", kOptional, {part(middle, kRepeated, {part("element", kOptional)})})});
    EXPECT_EQ(shape.read(schema, 5, {three}).value(),
              R"({"l":["a",null,"b"]} {"l":[]} {} {"l":[null]} {"l":["c"]} )");
  }
  // Elements that are all there; two levels.
  for (ParquetField& repeated : std::vector{part("list", kRepeated, {part("element", kRequired)}),
                                            part("array", kRepeated)}) {
    Shape shape({part("l", kOptional, {std::move(repeated)})});
    EXPECT_EQ(shape.read(schema, 3, {{{0, 2, "a"}, {1, 2, "b"}, {0, 1}, {0, 0}}}).value(),
              R"({"l":["a","b"]} {"l":[]} {} )");
  }
  // Without a group around it.
  Shape bare({part("l", kRepeated)});
  EXPECT_EQ(bare.read(schema, 3, {{{0, 1, "a"}, {1, 1, "b"}, {0, 0}, {0, 1, "c"}}}).value(),
            R"({"l":["a","b"]} {"l":[]} {"l":["c"]} )");
  Shape required({part("l", kRequired, {part("list", kRepeated, {part("element", kRequired)})})});
  EXPECT_EQ(required.read(schema, 2, {{{0, 0}, {0, 1, "a"}}}).value(), R"({"l":[]} {"l":["a"]} )");
}

TEST(ParquetRecords, GroupsMayBeElements) {
  const Field schema = list_of(Field::group("", {Field::text("x"), Field::text("y")}));
  // Two members, or a name of old: what repeats is the element.
  Shape two({part("l", kOptional,
                  {part("list", kRepeated, {part("x", kOptional), part("y", kOptional)})})});
  EXPECT_EQ(two.read(schema, 2, {{{0, 3, "a"}, {1, 2}, {0, 1}}, {{0, 3, "b"}, {1, 3, "c"}, {0, 1}}})
                .value(),
            R"({"l":[{"x":"a","y":"b"},{"y":"c"}]} {"l":[]} )");
  for (const std::string& name : {std::string("array"), std::string("l_tuple")}) {
    Shape one({part("l", kOptional, {part(name, kRepeated, {part("x", kRequired)})})});
    EXPECT_EQ(one.read(schema, 1, {{{0, 2, "a"}, {1, 2, "b"}}}).value(),
              R"({"l":[{"x":"a"},{"x":"b"}]} )");
  }
  Shape standard(
      {part("l", kOptional,
            {part("list", kRepeated, {part("element", kOptional, {part("x", kOptional)})})})});
  EXPECT_EQ(standard.read(schema, 1, {{{0, 4, "a"}, {1, 3}, {1, 2}}}).value(),
            R"({"l":[{"x":"a"},{},null]} )");
}

TEST(ParquetRecords, ListsMayBeInLists) {
  const Field schema = list_of(Field::list("", Field::text("x")));
  Shape shape({part("l", kOptional,
                    {part("list", kRepeated,
                          {part("element", kOptional,
                                {part("list", kRepeated, {part("element", kOptional)})})})})});
  EXPECT_EQ(shape
                .read(schema, 3,
                      {{{0, 5, "a"}, {2, 5, "b"}, {1, 5, "c"}, {0, 3}, {1, 2}, {1, 4}, {0, 1}}})
                .value(),
            R"({"l":[["a","b"],["c"]]} {"l":[[],null,[null]]} {"l":[]} )");
}

TEST(ParquetRecords, MapsHaveManyNames) {
  const Field schema = Field::group("", {Field::map("m", Field::text("v"))});
  for (const auto& [pair, key, value] :
       {std::tuple("key_value", "key", "value"), std::tuple("map", "key", "value"),
        std::tuple("entries", "keys", "values")}) {
    Shape shape({part("m", kOptional,
                      {part(pair, kRepeated, {part(key, kRequired), part(value, kOptional)})})});
    EXPECT_EQ(shape
                  .read(schema, 3,
                        {{{0, 2, "a"}, {1, 2, "b"}, {0, 1}, {0, 0}},
                         {{0, 3, "1"}, {1, 2}, {0, 1}, {0, 0}}})
                  .value(),
              R"({"m":{"a":"1","b":null}} {"m":{}} {} )");
  }
  // Keys that may be absent and are not; values that are all there.
  Shape odd({part("m", kOptional,
                  {part("map", kRepeated, {part("key", kOptional), part("value", kRequired)})})});
  EXPECT_EQ(odd.read(schema, 1, {{{0, 3, "a"}}, {{0, 2, "1"}}}).value(), R"({"m":{"a":"1"}} )");
  EXPECT_EQ(odd.read(schema, 1, {{{0, 2}}, {{0, 2, "1"}}}).error().message(),
            "invalid Parquet file: its column `m.map.key` lacks a key");
}

TEST(ParquetRecords, WhatTheFileHasNotIsNotThere) {
  const Field schema = Field::group(
      "", {Field::text("a"), Field::group("g", {Field::text("b"), Field::text("none")}),
           Field::group("h", {Field::text("none")}), Field::text("none")});
  Shape shape({part("other", kOptional), part("g", kOptional, {part("b", kOptional)}),
               part("h", kOptional, {part("x", kOptional)}), part("a", kRequired)});
  EXPECT_EQ(shape
                .read(schema, 3,
                      {{}, {{0, 2, "x"}, {0, 1}, {0, 0}}, {}, {{0, 0, "1"}, {0, 0, "2"}, {0, 0}}})
                .value(),
            R"({"a":"1","g":{"b":"x"}} {"a":"2","g":{}} {"a":""} )");
}

TEST(ParquetRecords, OtherShapesAreRefused) {
  const auto message = [](std::vector<ParquetField> columns, const Field& schema) {
    const Shape shape(std::move(columns));
    const auto plan = plan_record(schema, shape.file());
    return plan ? std::string("read") : std::string(plan.error().message());
  };
  const Field list = list_of(Field::text("x"));
  const Field map = Field::group("", {Field::map("m", Field::text("v"))});
  const Field text = Field::group("", {Field::text("t")});
  const std::string no_list = "invalid Parquet file: its column `l` is no list, and is not read";
  EXPECT_EQ(message({part("l", kOptional)}, list), no_list);
  EXPECT_EQ(message({part("l", kOptional, {part("x", kOptional)})}, list), no_list);
  EXPECT_EQ(message({part("l", kOptional, {part("x", kRepeated), part("y", kRepeated)})}, list),
            no_list);
  const std::string no_map = "invalid Parquet file: its column `m` is no map, and is not read";
  EXPECT_EQ(message({part("m", kOptional)}, map), no_map);
  EXPECT_EQ(
      message({part("m", kRepeated, {part("key", kRequired), part("value", kOptional)})}, map),
      no_map);
  EXPECT_EQ(
      message({part("m", kOptional, {part("key_value", kRepeated, {part("key", kRequired)})})},
              map),
      no_map);
  EXPECT_EQ(message({part("m", kOptional,
                          {part("key_value", kRepeated,
                                {part("key", kRequired, {part("x", kRequired)}),
                                 part("value", kOptional)})})},
                    map),
            "invalid Parquet file: its column `m` is no map of texts, and is not read");
  const std::string no_text = "invalid Parquet file: its column `t` is no text, and is not read";
  EXPECT_EQ(message({part("t", kRepeated)}, text), no_text);
  EXPECT_EQ(message({part("t", kOptional, {part("x", kOptional)})}, text), no_text);
  EXPECT_EQ(message({part("t", kOptional)}, text), "read");
}

/// A page that is not compressed, with its header: 0 of data, 2 a dictionary.
Bytes page(std::int64_t type, std::int64_t values, std::int64_t encoding, const Bytes& content) {
  CompactWriter header;
  header.i32(1, type);
  header.i32(2, static_cast<std::int64_t>(content.size()));
  header.i32(3, static_cast<std::int64_t>(content.size()));
  header.begin_struct(type == 0 ? 5 : 7);
  header.i32(1, values);
  header.i32(2, encoding);
  header.end_struct();
  return header.finish() + content;
}

/// A few bytes that say that a long text is there many times, or that nothing is.
TEST(ParquetRecords, WhatRepeatsCountsEachTime) {
  const Field schema = Field::group("", {Field::text("t")});
  constexpr std::uint64_t kRows = 100'000;
  const auto read = [&](ParquetRepetition repetition, const Bytes& pages, std::uint64_t budget) {
    ParquetFile file = Shape({part("t", repetition)}).file();
    file.row_groups = {{.rows = kRows, .chunks = {{.codec = 0, .values = kRows, .pages = pages}}}};
    ParquetRecords records = ParquetRecords::open(file, schema, {.budget_bytes = budget}).value();
    std::string out;
    const Result<bool> more = records.next(out);
    return more ? out : std::string(more.error().message());
  };
  const std::string too_much =
      "column `t`: invalid Parquet file: its values become more than is read";
  Bytes dictionary;
  append_little_endian(1000, 4, dictionary);
  dictionary.append(1000, 'x');
  Bytes run = "\1";
  append_uvarint(kRows << 1U, run);
  run.push_back('\0');
  const Bytes texts = page(2, 1, 0, dictionary) + page(0, kRows, 8, run);
  EXPECT_EQ(read(kRequired, texts, 50'000'000), too_much);
  EXPECT_EQ(read(kRequired, texts, 200'000'000), R"({"t":")" + std::string(1000, 'x') + R"("})");

  Bytes levels;
  append_little_endian(run.size() - 1, 4, levels);
  const Bytes nulls = page(0, kRows, 0, levels + run.substr(1));
  EXPECT_EQ(read(kOptional, nulls, 50'000), too_much);
  EXPECT_EQ(read(kOptional, nulls, 200'000), "{}");
}

/// Columns that do not belong together are noticed, wherever they part.
TEST(ParquetRecords, ColumnsThatDisagreeAreRefused) {
  const Field schema = Field::group("", {Field::map("m", Field::text("v"))});
  Shape shape(
      {part("m", kOptional,
            {part("key_value", kRepeated, {part("key", kRequired), part("value", kOptional)})})});
  const std::vector<Level> keys = {{0, 2, "a"}, {1, 2, "b"}, {0, 2, "c"}};
  ASSERT_TRUE(shape.read(schema, 2, {keys, {{0, 3, "1"}, {1, 3, "2"}, {0, 3, "3"}}}));
  const std::string shorter =
      "invalid Parquet file: its column `m.key_value.value` is not as long "
      "as others";
  const std::pair<std::vector<Level>, std::string> rows[] = {
      {{{0, 3, "1"}, {0, 3, "2"}, {0, 3, "3"}}, shorter},
      {{{0, 3, "1"}, {1, 3, "2"}}, shorter},
      {{{1, 3, "1"}, {1, 3, "2"}, {0, 3, "3"}}, shorter},
      {{{0, 3, "1"}, {1, 3, "2"}, {1, 3, "3"}}, shorter},
      {{{0, 3, "1"}, {1, 3, "2"}, {0, 3, "3"}, {1, 3, "4"}},
       "invalid Parquet file: its column `m.key_value.value` has more values than there are rows"},
  };
  for (const auto& [values, message] : rows) {
    const Result<std::string> read = shape.read(schema, 2, {keys, values});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().message(), message);
  }
  EXPECT_FALSE(shape.read(schema, 3, {keys, keys})) << "a row too many";
  EXPECT_FALSE(shape.read(schema, 1, {keys, keys})) << "a row too few";
}

}  // namespace
}  // namespace tarn::tables
