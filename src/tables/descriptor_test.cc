#include "tables/descriptor.h"

#include <gtest/gtest.h>

namespace tarn::tables {
namespace {

constexpr std::string_view kFile = "_lakefs_tables/animals.yaml";

std::string refusal(std::string_view text) {
  const Result<TableDescriptor> descriptor = parse_descriptor(text, kFile);
  if (descriptor) {
    return "accepted";
  }
  EXPECT_TRUE(descriptor.error().is(kBadDescriptor));
  return descriptor.error().message();
}

TEST(Descriptor, ReadsEverything) {
  const Result<TableDescriptor> read = parse_descriptor(R"(
name: animals
type: hive
path: tables/animals
partition_columns: ['type', "weight"]
unknown: {field: [1]}
schema:
  type: struct
  fields:
    - {name: type, type: string, nullable: false}
    - {name: weight, type: integer, metadata: {comment: in kilograms}}
    - name: name
      type: string
      comment: direct
      metadata: {comment: other}
      parameters: {a: b, c: 1}
)",
                                                        kFile);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->name, "animals");
  EXPECT_EQ(read->type, "hive");
  EXPECT_EQ(read->path, "tables/animals");
  EXPECT_EQ(read->partition_columns, (std::vector<std::string>{"type", "weight"}));
  ASSERT_EQ(read->fields.size(), 3U);
  EXPECT_EQ(read->fields[0].comment, std::nullopt);
  EXPECT_EQ(read->fields[1].comment, "in kilograms");
  EXPECT_EQ(read->fields[2].comment, "direct");
  EXPECT_EQ(read->fields[2].parameters,
            (std::vector<std::pair<std::string, std::string>>{{"a", "b"}, {"c", "1"}}));
  EXPECT_EQ(read->catalog, std::nullopt);
  EXPECT_EQ(read->find_field("weight"), &read->fields[1]);
  EXPECT_EQ(read->find_field("Weight"), nullptr);
}

TEST(Descriptor, ReadsTheSmallest) {
  const Result<TableDescriptor> read =
      parse_descriptor("{name: 2023, type: delta, path: '', catalog: main}", kFile);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->name, "2023");
  EXPECT_EQ(read->path, "");
  EXPECT_TRUE(read->partition_columns.empty());
  EXPECT_TRUE(read->fields.empty());
  EXPECT_EQ(read->catalog, "main");
  EXPECT_TRUE(require_type(*read, "delta", kFile));
  EXPECT_EQ(require_type(*read, "hive", kFile).error().message(),
            "table delta in path _lakefs_tables/animals.yaml not supported");
}

TEST(Descriptor, NamesFileAndField) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", "must hold a map, is null"},
      {"[a]", "must hold a map, is a list"},
      {"type: hive\npath: t", "name is missing"},
      {"{name: '', type: hive, path: t}", "name is empty"},
      {"{name: ~, type: hive, path: t}", "name is missing"},
      {"{name: [a], type: hive, path: t}", "name must be text, is a list"},
      {"{name: a, path: t}", "type is missing"},
      {"{name: a, type: hive}", "path is missing"},
      {"{name: a, type: hive, path: {a: b}}", "path must be text, is a map"},
      {"{name: a, type: hive, path: t, partition_columns: day}",
       "partition_columns must be a list, is text"},
      {"{name: a, type: hive, path: t, partition_columns: [[a]]}",
       "partition_columns[0] must be text, is a list"},
      {"{name: a, type: hive, path: t, partition_columns: [a, b, a]}",
       "partition_columns[2] repeats `a`"},
      {"{name: a, type: hive, path: t, partition_columns: [a/b]}",
       "partition_columns[0] `a/b` is no column name"},
      {"{name: a, type: hive, path: t, schema: struct}", "schema must be a map, is text"},
      {"{name: a, type: hive, path: t, schema: {fields: {a: b}}}",
       "schema.fields must be a list, is a map"},
      {"{name: a, type: hive, path: t, schema: {fields: [x]}}",
       "schema.fields[0] must be a map, is text"},
      {"{name: a, type: hive, path: t, schema: {fields: [{name: x, type: int}, {type: int}]}}",
       "schema.fields[1].name is missing"},
      {"{name: a, type: hive, path: t, schema: {fields: [{name: x}]}}",
       "schema.fields[0].type is missing"},
      {"{name: a, type: hive, path: t, schema: {fields: [{name: x, type: {a: b}}]}}",
       "schema.fields[0].type must be text, is a map"},
      {"{name: a, type: hive, path: t, schema: {fields: [{name: x, type: int}, {name: x, type: "
       "int}]}}",
       "schema.fields[1].name repeats `x`"},
      {"{name: a, type: hive, path: t, schema: {fields: [{name: x, type: int, parameters: {p: "
       "[]}}]}}",
       "schema.fields[0].parameters.p must be text, is a list"},
      {"{name: a, type: hive, path: t, schema: {fields: [{name: x, type: int, metadata: {comment: "
       "[]}}]}}",
       "schema.fields[0].metadata.comment must be text, is a list"},
  };
  for (const auto& [text, what] : rows) {
    EXPECT_EQ(refusal(text), std::string(kFile) + ": " + std::string(what)) << text;
  }
  EXPECT_EQ(refusal("{name: a, type: hudi, path: t}"),
            "table hudi in path _lakefs_tables/animals.yaml not supported: type is none of hive, "
            "delta and iceberg");
  EXPECT_EQ(refusal("name: a\nname: b").substr(0, kFile.size() + 8),
            std::string(kFile) + ": line 2");
}

}  // namespace
}  // namespace tarn::tables
