#include "tables/glue_table.h"

#include "tables/glue_input.h"

#include <gtest/gtest.h>

namespace tarn::tables {
namespace {

constexpr std::string_view kFile = "_lakefs_tables/animals.yaml";

constexpr std::string_view kDescriptor = R"(
name: animals
type: hive
path: tables/animals
partition_columns: [type, weight]
schema:
  fields:
    - {name: type, type: string}
    - {name: weight, type: integer}
    - {name: name, type: string, comment: direct comment, parameters: {a: b}}
    - {name: born, type: long, metadata: {comment: year}}
)";

constexpr std::string_view kInput =
    R"({"Name":"mine","Parameters":{"classification":"csv","skip.header.line.count":"1"},)"
    R"("StorageDescriptor":{"InputFormat":"org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat",)"
    R"("OutputFormat":"org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",)"
    R"("SerdeInfo":{"Parameters":{"separatorChar":","},)"
    R"("SerializationLibrary":"org.apache.hadoop.hive.serde2.OpenCSVSerde"},"Location":"x"}})";

Result<Json> make(std::string_view descriptor, std::string_view input) {
  const Result<TableDescriptor> read = parse_descriptor(descriptor, kFile);
  EXPECT_TRUE(read) << read.error().message();
  const GlueTable table{.name = "animals_catalogs_main_9255e5",
                        .location = "s3://bucket/ns/_lakefs/exported/main/9255e5/animals"};
  return make_table_input(*read, kFile, table, parse_json(input).value());
}

TEST(GlueTable, FillsInTheTable) {
  const Result<Json> made = make(kDescriptor, kInput);
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(
      made->dump(),
      R"({"Name":"animals_catalogs_main_9255e5","Parameters":{"classification":"csv","skip.header.line.count":"1"},)"
      R"("StorageDescriptor":{"InputFormat":"org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat","OutputFormat":"org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",)"
      R"("SerdeInfo":{"Parameters":{"separatorChar":","},"SerializationLibrary":"org.apache.hadoop.hive.serde2.OpenCSVSerde"},)"
      R"("Location":"s3://bucket/ns/_lakefs/exported/main/9255e5/animals",)"
      R"("Columns":[{"Comment":"direct comment","Name":"name","Parameters":{"a":"b"},"Type":"string"},{"Comment":"year","Name":"born","Type":"bigint"}]},)"
      R"("PartitionKeys":[{"Name":"type","Type":"string"},{"Name":"weight","Type":"int"}],"TableType":"EXTERNAL_TABLE"})");
}

TEST(GlueTable, PartitionKeysFollowTheFoldersNotTheSchema) {
  const Result<Json> made = make(
      "{name: t, type: hive, path: t, partition_columns: [b, a], schema: {fields: [{name: a, type: "
      "int}, {name: b, type: int}]}}",
      R"({"StorageDescriptor":{}})");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->find("PartitionKeys")->dump(),
            R"([{"Name":"b","Type":"int"},{"Name":"a","Type":"int"}])");
  EXPECT_EQ(made->find_path({"StorageDescriptor", "Columns"})->dump(), "[]");
  const Result<Json> plain = make("{name: t, type: hive, path: t}", R"({"StorageDescriptor":{}})");
  EXPECT_EQ(plain->find("PartitionKeys")->dump(), "[]");
}

TEST(GlueTable, AvroFilesBringTheirSchemaUnlessAnotherIsNamed) {
  TableDescriptor descriptor;
  descriptor.name = "t";
  descriptor.type = "hive";
  descriptor.avro_schema = R"({"type":"record"})";
  const auto serde = [&](std::string_view storage) {
    const Result<Json> made = make_table_input(descriptor, kFile, {}, parse_json(storage).value());
    EXPECT_TRUE(made);
    return made->find_path({"StorageDescriptor", "SerdeInfo"})->dump();
  };
  EXPECT_EQ(serde(R"({"StorageDescriptor":{"SerdeInfo":{"Name":"x","Parameters":{"a":"b"}}}})"),
            R"({"Name":"x","Parameters":{"a":"b","avro.schema.literal":"{\"type\":\"record\"}"}})");
  EXPECT_EQ(serde(R"({"StorageDescriptor":{}})"),
            R"({"Parameters":{"avro.schema.literal":"{\"type\":\"record\"}"}})");
  for (const std::string_view own : {"literal", "url"}) {
    const std::string given =
        R"({"Parameters":{"avro.schema.)" + std::string(own) + R"(":"mine"}})";
    EXPECT_EQ(serde(R"({"StorageDescriptor":{"SerdeInfo":)" + given + "}}"), given);
  }
}

TEST(GlueTable, SaysWhatIsWrong) {
  const std::tuple<std::string_view, std::string_view, std::string_view> rows[] = {
      {"{name: t, type: delta, path: t}", R"({"StorageDescriptor":{}})",
       "table delta in path _lakefs_tables/animals.yaml not supported"},
      {"{name: t, type: hive, path: t, partition_columns: [day]}", R"({"StorageDescriptor":{}})",
       "_lakefs_tables/animals.yaml: partition name `day` not found in table `t`"},
      {"{name: t, type: hive, path: t, schema: {fields: [{name: a, type: int}, {name: b, type: "
       "'array<text>'}]}}",
       R"({"StorageDescriptor":{}})",
       "_lakefs_tables/animals.yaml: schema.fields[1].type of `b`: type `array<text>`: `text` is "
       "no "
       "type of Hive"},
      {"{name: t, type: hive, path: t}", "{}", "create_table_input: StorageDescriptor is missing"},
      {"{name: t, type: hive, path: t}", R"({"StorageDescriptor":"x"})",
       "create_table_input: StorageDescriptor must be an object, is string"},
      {"{name: t, type: hive, path: t}", "[1]",
       "create_table_input: it must be an object, is array"},
  };
  for (const auto& [descriptor, input, message] : rows) {
    const Result<Json> made = make(descriptor, input);
    ASSERT_FALSE(made) << input;
    EXPECT_EQ(made.error().message(), message);
  }
}

TEST(GlueInput, SpellsNamesAsGlueDoes) {
  const Result<Json> normal = normalize_table_input(
      parse_json(
          R"({"name":"t","PARAMETERS":{"Kept":"as is","gone":null},"unknown":1,"retention":3,)"
          R"("lastAccessTime":"2023-10-29T15:17:50Z","LastAnalyzedTime":7,"Owner":null,)"
          R"("storagedescriptor":{"columns":[{"name":"a","type":"int","x":1}],"serdeinfo":{"name":"s"},)"
          R"("compressed":false,"sortColumns":[{"column":"a","sortOrder":1}],"bucketColumns":{}},)"
          R"("partitionKeys":{}})")
          .value());
  ASSERT_TRUE(normal) << normal.error().message();
  EXPECT_EQ(
      normal->dump(),
      R"({"Name":"t","Parameters":{"Kept":"as is"},"Retention":3,"LastAccessTime":1698592670,"LastAnalyzedTime":7,)"
      R"("StorageDescriptor":{"Columns":[{"Name":"a","Type":"int"}],"SerdeInfo":{"Name":"s"},"Compressed":false,)"
      R"("SortColumns":[{"Column":"a","SortOrder":1}],"BucketColumns":[]},"PartitionKeys":[]})");
}

TEST(GlueInput, NamesTheMember) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"[]", "TableInput must be an object"},
      {R"({"Name":1})", "TableInput.Name must be a string"},
      {R"({"parameters":{"a":1}})", "TableInput.Parameters.a must be a string"},
      {R"({"Parameters":[]})", "TableInput.Parameters must be an object"},
      {R"({"PartitionKeys":{"a":1}})", "TableInput.PartitionKeys must be a list"},
      {R"({"PartitionKeys":["a"]})", "TableInput.PartitionKeys[0] must be an object"},
      {R"({"StorageDescriptor":{"Columns":[{},{"Type":1}]}})",
       "TableInput.StorageDescriptor.Columns[1].Type must be a string"},
      {R"({"StorageDescriptor":{"BucketColumns":[1]}})",
       "TableInput.StorageDescriptor.BucketColumns[0] must be a string"},
      {R"({"StorageDescriptor":{"Compressed":"yes"}})",
       "TableInput.StorageDescriptor.Compressed must be a boolean"},
      {R"({"Retention":1.5})", "TableInput.Retention must be a whole number"},
      {R"({"LastAccessTime":"today"})",
       "TableInput.LastAccessTime must be a time such as 2023-10-29T15:17:50Z"},
  };
  for (const auto& [input, message] : rows) {
    const Result<Json> normal = normalize_table_input(parse_json(input).value());
    ASSERT_FALSE(normal) << input;
    EXPECT_TRUE(normal.error().is(kBadTableInput));
    EXPECT_EQ(normal.error().message(), message);
  }
  EXPECT_EQ(normalize_create_database(
                parse_json(R"({"databaseinput":{"name":"d","x":1},"tags":{"a":"b"}})").value())
                ->dump(),
            R"({"DatabaseInput":{"Name":"d"},"Tags":{"a":"b"}})");
  EXPECT_FALSE(normalize_create_database(parse_json(R"({"DatabaseInput":"d"})").value()));
}

}  // namespace
}  // namespace tarn::tables
