#include "tables/avro_columns.h"

#include "runtime/testing/run.h"
#include "tables/avro_file.h"
#include "tables/hive_types.h"
#include "tables/table_sample.h"
#include "tables/testing/fake_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tarn::tables {
namespace {

/// A file without rows.
Bytes file(std::string_view schema) {
  Bytes out("Obj\x01", 4);
  out += encode_avro_long(1) + encode_avro_text("avro.schema") + encode_avro_text(schema);
  return out + encode_avro_long(0) + "0123456789abcdef";
}

std::string columns(std::string_view schema) {
  const auto read = avro_columns(file(schema));
  if (!read) {
    return read.error().message();
  }
  EXPECT_EQ(read->schema, schema);
  std::string text;
  for (const TableField& field : read->fields) {
    text += field.name + " " + field.type + "\n";
    EXPECT_TRUE(map_hive_type(field.type)) << field.type;
  }
  return text;
}

TEST(AvroColumns, OfEveryType) {
  EXPECT_EQ(columns(R"({"type":"record","name":"row","namespace":"a.b","fields":[
 {"name":"Nothing","type":"null"},
 {"name":"flag","type":"boolean"},
 {"name":"int","type":"int"},
 {"name":"long","type":["long","null"]},
 {"name":"float","type":{"type":"float"}},
 {"name":"double","type":"double"},
 {"name":"bytes","type":"bytes"},
 {"name":"text","type":["null","string"]},
 {"name":"fixed","type":{"type":"fixed","name":"four","size":4}},
 {"name":"again","type":"four"},
 {"name":"full","type":"a.b.four"},
 {"name":"enum","type":{"type":"enum","name":"color","symbols":["RED","BLUE"]}},
 {"name":"list","type":{"type":"array","items":["null","string"]}},
 {"name":"map","type":{"type":"map","values":"long"}},
 {"name":"choice","type":["null","string",{"type":"array","items":"int"}]},
 {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
 {"name":"cents","type":["null",{"type":"fixed","name":"p","size":8,"logicalType":"decimal","precision":18}]},
 {"name":"day","type":{"type":"int","logicalType":"date"}},
 {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
 {"name":"micros","type":{"type":"long","logicalType":"timestamp-micros"}},
 {"name":"code","type":{"type":"string","logicalType":"varchar","maxLength":7}},
 {"name":"id","type":{"type":"string","logicalType":"uuid"}},
 {"name":"inner","type":{"type":"record","name":"c.inner","fields":[
   {"name":"Path","type":["null","string"]},
   {"name":"sub","type":{"type":"record","name":"sub","fields":[{"name":"x","type":"int"}]}}]}},
 {"name":"other","type":["null",{"type":"map","values":"c.sub"}]}]})"),
            "nothing string\nflag boolean\nint int\nlong bigint\nfloat float\ndouble double\n"
            "bytes binary\ntext string\nfixed binary\nagain binary\nfull binary\nenum string\n"
            "list array<string>\nmap map<string,bigint>\n"
            "choice uniontype<string,array<int>>\nprice decimal(9,2)\ncents decimal(18,0)\n"
            "day date\nat timestamp\nmicros bigint\ncode varchar(7)\nid string\n"
            "inner struct<path:string,sub:struct<x:int>>\nother map<string,struct<x:int>>\n");
}

TEST(AvroColumns, SayWhyThereAreNone) {
  EXPECT_EQ(avro_columns("id,name\n").error().message(),
            "invalid Avro file: it does not begin with `Obj` 1");
  EXPECT_EQ(avro_columns(file(R"("string")")).error().message(),
            "invalid Avro file: its rows are no records");
  EXPECT_EQ(columns(R"({"type":"record","name":"r","fields":[]})"), "there are no columns");
  EXPECT_EQ(columns(R"({"type":"record","name":"r","fields":[
    {"name":"a","type":{"type":"record","name":"list","fields":[{"name":"next","type":["null","list"]}]}}]})"),
            "a: next: a record `list` that holds itself is no column");
  EXPECT_EQ(columns(R"({"type":"record","name":"r","fields":[{"name":"self","type":"r"}]})"),
            "self: a record `r` that holds itself is no column");
  const Bytes whole = file(R"({"type":"record","name":"r","fields":[{"name":"a","type":"int"}]})");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(avro_columns(ByteView(whole).substr(0, size)));
  }
}

/// Records that are named again and again would become longer than memory.
TEST(AvroColumns, AreOfBoundedLength) {
  std::string inner = R"("int")";
  for (int level = 0; level < 20; ++level) {
    inner = fmt::format(
        R"({{"type":"record","name":"r{0}","fields":[{{"name":"a","type":{1}}},{{"name":"b","type":"{2}"}}]}})",
        level, inner, level == 0 ? "int" : fmt::format("r{}", level - 1));
  }
  EXPECT_TRUE(
      columns(fmt::format(R"({{"type":"record","name":"t","fields":[{{"name":"c","type":{}}}]}})",
                          inner))
          .ends_with("its type has more than 131072 bytes"));
  std::string fields = R"({"name":"c","type":{"type":"record","name":"wide","fields":[)";
  for (int i = 0; i < 1000; ++i) {
    fields += fmt::format(R"({}{{"name":"member{}","type":"int"}})", i == 0 ? "" : ",", i);
  }
  fields += "]}}";
  for (int i = 0; i < 1000; ++i) {
    fields += fmt::format(R"(,{{"name":"c{}","type":"wide"}})", i);
  }
  EXPECT_EQ(columns(fmt::format(R"({{"type":"record","name":"t","fields":[{}]}})", fields)),
            "types of more than 4 MiB");
}

TEST(AvroColumns, BringTheirSchemaIntoTheTable) {
  testing::FakeReader reader;
  const std::string schema =
      R"({"type":"record","name":"r","fields":[{"name":"Id","type":"long"}]})";
  reader.set_content("t/a.avro", file(schema) + "rows");
  const auto sample =
      tarn::testing::run(sample_table({}, reader, PartitionLayout("t", {}), "avro"));
  ASSERT_TRUE(sample && *sample) << sample.error().message();
  TableDescriptor descriptor;
  adopt_sample(descriptor, **sample);
  ASSERT_EQ(descriptor.fields.size(), 1U);
  EXPECT_EQ(descriptor.fields[0].name, "id");
  EXPECT_EQ(descriptor.avro_schema, schema);
  reader.set_content("t/a.avro", "rows");
  const auto refused =
      tarn::testing::run(sample_table({}, reader, PartitionLayout("t", {}), "avro"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "t/a.avro: invalid Avro file: it does not begin with `Obj` 1");
}

}  // namespace
}  // namespace tarn::tables
