#include "tables/table_format.h"

#include "tables/glue_input.h"

#include <gtest/gtest.h>

namespace tarn::tables {
namespace {

TEST(TableFormat, AWordIsEnough) {
  for (const char* word : {"csv", "tsv", "text", "json", "parquet", "orc", "avro"}) {
    const Result<Json> input = table_format(word);
    ASSERT_TRUE(input) << word;
    EXPECT_EQ(*input->find_path({"StorageDescriptor", "InputFormat"})->as_string(),
              "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat");
    EXPECT_NE(input->find_path({"StorageDescriptor", "SerdeInfo", "SerializationLibrary"}),
              nullptr);
    const Result<Json> normal = normalize_table_input(*input);
    ASSERT_TRUE(normal) << normal.error().message();
    EXPECT_EQ(normal->dump(), input->dump()) << "Glue knows no such member";
  }
  EXPECT_EQ(
      table_format("parquet")->find_path({"StorageDescriptor", "SerdeInfo"})->dump(),
      R"({"SerializationLibrary":"org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",)"
      R"("Parameters":{"serialization.format":"1"}})");
  EXPECT_EQ(table_format("excel").error().message(),
            "format `excel` is none of csv, tsv, text, json, parquet, orc, avro");
}

TEST(TableFormat, WhatTheUserSaysWins) {
  const Json over = parse_json(R"({"StorageDescriptor":{"SerdeInfo":{"Parameters":)"
                               R"({"separatorChar":";"}}},"Parameters":{"x":"y"},"Owner":"me"})")
                        .value();
  const Json merged = merge_json(table_format("csv").value(), over);
  EXPECT_EQ(merged.find_path({"StorageDescriptor", "SerdeInfo"})->dump(),
            R"({"SerializationLibrary":"org.apache.hadoop.hive.serde2.OpenCSVSerde",)"
            R"("Parameters":{"separatorChar":";","quoteChar":"\""}})");
  EXPECT_EQ(merged.find("Parameters")->string_or("x", ""), "y");
  EXPECT_EQ(merged.find("Parameters")->string_or("classification", ""), "csv");
  EXPECT_EQ(merged.string_or("Owner", ""), "me");
  EXPECT_EQ(merge_json(Json::object({{"a", 1}}), Json("x")).dump(), "\"x\"");
}

}  // namespace
}  // namespace tarn::tables
