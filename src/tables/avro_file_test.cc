#include "tables/avro_file.h"

#include "base/deflate.h"
#include "tables/testing/iceberg_files.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tarn::tables {
namespace {

using testing::avro_file;

Bytes number(std::int64_t value) { return encode_avro_long(value); }
Bytes text(std::string_view value) { return encode_avro_text(value); }

/// Every type that there is, and a field to look at behind them.
constexpr std::string_view kEverything =
    R"({"type":"record","name":"row","namespace":"a.b","fields":[
 {"name":"null","type":"null"},
 {"name":"flag","type":"boolean"},
 {"name":"int","type":"int"},
 {"name":"float","type":"float"},
 {"name":"double","type":"double"},
 {"name":"bytes","type":"bytes"},
 {"name":"fixed","type":{"type":"fixed","name":"four","size":4}},
 {"name":"again","type":"four"},
 {"name":"full","type":"a.b.four"},
 {"name":"enum","type":{"type":"enum","name":"color","symbols":["RED","BLUE"]}},
 {"name":"list","type":{"type":"array","items":"string"}},
 {"name":"map","type":{"type":"map","values":"long"}},
 {"name":"choice","type":["null","string",{"type":"array","items":"int"}]},
 {"name":"decimal","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
 {"name":"self","type":["null","row"]},
 {"name":"inner","type":{"type":"record","name":"inner","fields":[{"name":"path","type":["null","string"]}]}},
 {"name":"size","type":"long"}]})";

Bytes everything(const Bytes& self, std::string_view path, std::int64_t size) {
  Bytes row = "\x01";                                       // flag
  row += number(-1) + "ffff" + "dddddddd" + text("bytes");  // int … bytes
  row += "1111222233334444";
  row.resize(row.size() - 4);
  row += number(1);  // enum
  // Two blocks, the second with its size.
  row += number(2) + text("x") + text("") + number(-1) + number(3) + text("yy") + number(0);
  row += number(1) + text("key") + number(9) + number(0);
  row += number(2) + number(1) + number(5) + number(0);
  row += text("\x01\x02");
  row += self;
  row += number(1) + text(path) + number(size);
  return row;
}

const std::vector<AvroPath> kWanted = {
    {{-1, "inner"}, {-1, "path"}}, {{-1, "size"}}, {{-1, "missing"}}, {{-1, "choice"}}};

TEST(AvroFile, FieldsAreFoundBehindEveryType) {
  const Bytes inner = everything(number(0), "of the inner row", 1);
  for (const std::string_view codec : {"null", "deflate"}) {
    const Bytes file =
        avro_file(kEverything,
                  {everything(number(1) + inner, "a/b", -77), everything(number(0), "", 5)}, codec);
    const Result<AvroFile> avro = AvroFile::parse(file);
    ASSERT_TRUE(avro) << avro.error().message();
    std::string seen;
    const Result<void> read = avro->each_row(kWanted, [&seen](const AvroRow& row) -> Result<void> {
      EXPECT_FALSE(row.cells[2]);
      EXPECT_FALSE(row.cells[3]) << "a list is neither text nor number";
      seen += fmt::format("{}:{} ", row.cells[0]->text, row.cells[1]->number);
      return {};
    });
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(seen, "a/b:-77 :5 ");
  }
}

TEST(AvroFile, OtherCellsAreAllThatChanges) {
  const Bytes first = everything(number(0), "a/b", 1);
  const Bytes second = everything(number(0), "c", 2);
  const std::string longer(100'000, 'p');
  for (const std::string_view codec : {"null", "deflate"}) {
    const Bytes file = avro_file(kEverything, {first, second, first}, codec);
    const AvroFile avro = AvroFile::parse(file).value();
    AvroWriter writer(avro);
    std::size_t at = 0;
    ASSERT_TRUE(avro.each_row(kWanted, [&](const AvroRow& row) -> Result<void> {
      std::vector<std::optional<Bytes>> values(kWanted.size());
      if (at++ == 1) {
        values[0] = text(longer);
        values[1] = number(1'000'000);
        values[2] = text("there is no such cell");
      }
      writer.add(row, values);
      return {};
    }));
    const Bytes written = writer.finish();
    const Result<AvroFile> again = AvroFile::parse(written);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(*again->metadata("format-version"), "2");
    EXPECT_EQ(*again->metadata("avro.schema"), kEverything);
    std::vector<Bytes> rows;
    ASSERT_TRUE(again->each_row({}, [&rows](const AvroRow& row) -> Result<void> {
      rows.emplace_back(row.bytes);
      return {};
    }));
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0], first);
    EXPECT_EQ(rows[1], everything(number(0), longer, 1'000'000));
    EXPECT_EQ(rows[2], first);
  }
}

TEST(AvroFile, ARestOfAChecksumBehindABlockIsIgnored) {
  // PyIceberg cuts one byte of zlib's checksum off, and leaves three.
  const Bytes row = everything(number(0), "a/b", 1);
  Bytes file = avro_file(kEverything, {}, "deflate");
  const Bytes marker = file.substr(file.size() - 16);
  file += number(1) + text(deflate(row, DeflateForm::kRaw) + "xyz") + marker;
  std::size_t rows = 0;
  const AvroFile avro = AvroFile::parse(file).value();
  ASSERT_TRUE(avro.each_row({}, [&](const AvroRow& each) -> Result<void> {
    rows += each.bytes == row ? 1 : 0;
    return {};
  }));
  EXPECT_EQ(rows, 1U);
}

Result<void> walk(ByteView file) {
  TARN_TRY(const AvroFile avro, AvroFile::parse(file));
  return avro.each_row(kWanted, [](const AvroRow&) -> Result<void> { return {}; });
}

TEST(AvroFile, DamageIsAnError) {
  const Bytes file = avro_file(kEverything, {everything(number(0), "a", 1)}, "null");
  ASSERT_TRUE(walk(file));
  const std::size_t whole_header = avro_file(kEverything, {}, "null").size();
  for (std::size_t size = 0; size < file.size(); ++size) {
    // A header without blocks is a file without rows.
    EXPECT_EQ(walk(file.substr(0, size)).has_value(), size == whole_header) << size;
  }
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (const char bit : {'\x01', '\x40', '\x80'}) {
      Bytes wrong = file;
      wrong[at] ^= bit;
      (void)walk(wrong);  // whatever it says, it ends
    }
  }
}

TEST(AvroFile, WhatIsWrongIsNamed) {
  const std::string_view list =
      R"({"type":"record","name":"r","fields":[{"name":"l","type":{"type":"array","items":"null"}}]})";
  const std::pair<Bytes, std::string_view> rows[] = {
      {"PAR1", "it does not begin with `Obj` 1"},
      {avro_file(kEverything, {}, "zstandard"),
       "codec `zstandard` is neither `null` nor `deflate`"},
      {avro_file(R"("string")", {}), "its rows are no records"},
      {avro_file(R"({"type":"record"})", {}), "a named type without a name"},
      {avro_file(R"({"type":"record","name":"r","fields":[{"name":"x","type":"y"}]})", {}),
       "type `y` is unknown"},
      {avro_file(R"({"type":"array"})", {}), "an array of nothing"},
      {avro_file(R"({"type":"fixed","name":"f"})", {}), "a fixed without a size"},
      {avro_file("{", {}), "Avro schema: "},
      // Items of no bytes, so many that nobody could count them.
      {avro_file(list, {number(INT64_MAX) + number(0)}), "row 0 of block 0 is not as the schema"},
      {avro_file(list, {number(0) + number(0)}), "block 0 holds more than its rows"},
      {avro_file(R"({"type":"record","name":"r","fields":[]})", {""}),
       "row 0 of block 0 is not as the schema"},
      {avro_file(R"({"type":"record","name":"r","fields":[{"name":"u","type":["null","int"]}]})",
                 {number(2)}),
       "row 0 of block 0 is not as the schema"},
      {avro_file(R"({"type":"record","name":"r","fields":[{"name":"r","type":"r"}]})", {"x"}),
       "row 0 of block 0 is not as the schema"},
  };
  for (const auto& [file, message] : rows) {
    const Result<void> read = walk(file);
    ASSERT_FALSE(read) << message;
    EXPECT_TRUE(read.error().is(kBadAvro));
    EXPECT_NE(read.error().message().find(message), std::string::npos) << read.error().message();
  }
}

}  // namespace
}  // namespace tarn::tables
