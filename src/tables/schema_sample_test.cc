#include "tables/schema_sample.h"

#include <gtest/gtest.h>

#include <string>

namespace tarn::tables {
namespace {

std::string text(const Result<std::vector<TableField>>& fields) {
  if (!fields) {
    return "! " + fields.error().message();
  }
  std::string out;
  for (const TableField& field : *fields) {
    out.append(out.empty() ? "" : ", ").append(field.name).append(" ").append(field.type);
  }
  return out;
}

TEST(SchemaSample, ReadsCsv) {
  EXPECT_EQ(
      text(csv_columns("Name,weight,height,tame,born\nTom,5,0.3,TRUE,2020-01-01\n", ',', true)),
      "name string, weight bigint, height double, tame boolean, born string");
  EXPECT_EQ(text(csv_columns("a,b\n1,2\n1.5,x\n", ',', true)), "a double, b string");
  EXPECT_EQ(text(csv_columns("a\tb\r\n1\t-2\r\n", '\t', true)), "a bigint, b bigint");
  EXPECT_EQ(text(csv_columns("\xef\xbb\xbf\"a\"\"x\",b\n\"1\n\",2\n", ',', true)),
            "a\"x string, b bigint");
  EXPECT_EQ(text(csv_columns("a,b\n", ',', true)), "a string, b string") << "no rows";
  EXPECT_EQ(text(csv_columns("a,b\n1,\n", ',', true)), "a bigint, b string")
      << "an empty value is no number for the SerDe";
  EXPECT_EQ(text(csv_columns("a,b\n1\n", ',', true)), "a bigint, b string") << "a short row";
  EXPECT_EQ(text(csv_columns("a\n1\n\n2\n", ',', true)), "a bigint");
  // What is cut off does not count.
  EXPECT_EQ(text(csv_columns("a,b\n1,2\n3,x", ',', false)), "a bigint, b bigint");
  EXPECT_EQ(text(csv_columns("a,b\n1,2\n3,\"x\n", ',', false)), "a bigint, b bigint");
  EXPECT_EQ(text(csv_columns("a,b", ',', true)), "a string, b string");
}

TEST(SchemaSample, SaysWhatIsWrongWithCsv) {
  EXPECT_EQ(text(csv_columns("", ',', true)), "! it has no whole header line");
  EXPECT_EQ(text(csv_columns("a,b", ',', false)), "! it has no whole header line");
  EXPECT_EQ(text(csv_columns("a,A\n", ',', true)), "! its header names column `A` twice");
  EXPECT_EQ(text(csv_columns("a,,b\n", ',', true)),
            "! its header has a column without a name, or of no UTF-8");
  EXPECT_EQ(text(csv_columns("a,\xff\n", ',', true)),
            "! its header has a column without a name, or of no UTF-8");
}

TEST(SchemaSample, ReadsJsonLines) {
  EXPECT_EQ(text(json_columns("{\"A\":1,\"b\":null}\n\n{\"a\":1.5,\"c\":[true]}\n", true)),
            "a double, b string, c array<boolean>");
  EXPECT_EQ(
      text(json_columns(R"({"o":{"X":1,"y":{"z":"t"}},"l":[],"m":[1,2.5],"n":[1,"x"]})", true)),
      "o struct<x:bigint,y:struct<z:string>>, l array<string>, m array<double>, "
      "n array<string>");
  EXPECT_EQ(text(json_columns(R"({"o":{"a b":1},"e":{},"w":1})"
                              "\n"
                              R"({"w":"x"})",
                              true)),
            "o string, e string, w string");
  EXPECT_EQ(text(json_columns("{\"a\":1}\n{\"a\":\"x", false)), "a bigint");
  EXPECT_EQ(text(json_columns("{\"a\":1}\n[1]\n", true)), "! its line 2 is no JSON object");
  EXPECT_EQ(text(json_columns("{\"a\":1", false)), "! it has no whole line with a JSON object");
  EXPECT_EQ(text(json_columns("", true)), "! it has no whole line with a JSON object");
}

TEST(SchemaSample, NamesTheDrift) {
  const TableDescriptor said = parse_descriptor(
                                   "{name: t, type: hive, path: t, partition_columns: [p], schema: "
                                   "{fields: [{name: p, type: "
                                   "string}, {name: Id, type: integer}, {name: name, type: "
                                   "string}, {name: at, type: date}]}}",
                                   "t.yaml")
                                   .value();
  const auto drift = [&said](std::string_view csv, bool by_position) {
    std::string out;
    for (const std::string& each :
         find_drift(said, csv_columns(csv, ',', true).value(), by_position)) {
      out.append(each).append("; ");
    }
    return out;
  };
  EXPECT_EQ(drift("id,name,at\n1,x,2020-01-01\n", true), "");
  EXPECT_EQ(drift("id,name\n1,x\n", true), "column `at` is not in the data; ");
  EXPECT_EQ(
      drift("name,id,at\nx,1,y\n", true),
      "column `Id` is number 1 of the descriptor and 2 of the data; column `name` is number 2 of "
      "the descriptor and 1 of the data; ");
  EXPECT_EQ(drift("name,id,at,more\nx,1,y,z\n", false), "") << "by name more columns do not matter";
  EXPECT_EQ(drift("id,name,at,more\n1,x,y,z\n", true),
            "the data has 4 columns, the descriptor 3; ");
  EXPECT_EQ(drift("id,name,at\nx,1,y\n", true),
            "column `Id` is `integer` in the descriptor and `string` in the data; ");
}

}  // namespace
}  // namespace tarn::tables
