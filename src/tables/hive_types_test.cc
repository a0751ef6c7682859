#include "tables/hive_types.h"

#include <gtest/gtest.h>

namespace tarn::tables {
namespace {

TEST(HiveTypes, Maps) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"integer", "int"},
      {"int", "int"},
      {"long", "bigint"},
      {"short", "smallint"},
      {"byte", "tinyint"},
      {"STRING", "string"},
      {" Double  Precision ", "double"},
      {"timestamp with local time zone", "timestamp with local time zone"},
      {"decimal", "decimal"},
      {"numeric( 10 , 2 )", "decimal(10,2)"},
      {"decimal(38)", "decimal(38)"},
      {"varchar(65535)", "varchar(65535)"},
      {"char(1)", "char(1)"},
      {"array<long>", "array<bigint>"},
      {"array < array < byte > >", "array<array<tinyint>>"},
      {"map<string, integer>", "map<string,int>"},
      {"struct<Id:long, tags : array<string>, at:struct<x:decimal(10,2)>>",
       "struct<Id:bigint,tags:array<string>,at:struct<x:decimal(10,2)>>"},
      {"uniontype<integer,string>", "uniontype<int,string>"},
      {"map<varchar(10),map<date,short>>", "map<varchar(10),map<date,smallint>>"},
  };
  for (const auto& [written, hive] : rows) {
    const Result<std::string> mapped = map_hive_type(written);
    ASSERT_TRUE(mapped) << written << ": " << mapped.error().message();
    EXPECT_EQ(*mapped, hive) << written;
    EXPECT_EQ(map_hive_type(*mapped).value(), hive) << "not stable";
  }
}

TEST(HiveTypes, Refuses) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", "type ``: `` is no type of Hive"},
      {"text", "type `text`: `text` is no type of Hive"},
      {"int64", "type `int64`: `int64` is no type of Hive"},
      {"array", "type `array`: `array` is no type of Hive"},
      {"array<longs>", "type `array<longs>`: `longs` is no type of Hive"},
      {"array<int", "type `array<int`: `>` expected at byte 9"},
      {"array<int>>", "type `array<int>>`: `>` after the end"},
      {"array<int,int>", "type `array<int,int>`: 2 parts for array"},
      {"map<int>", "type `map<int>`: 1 parts for map"},
      {"map<array<int>,int>", "type `map<array<int>,int>`: the key of a map has no parts"},
      {"struct<int>", "type `struct<int>`: `name:type` expected at byte 7"},
      {"struct<:int>", "type `struct<:int>`: a name expected at byte 7"},
      {"list<int>", "type `list<int>`: `list` is no type of Hive that has parts"},
      {"int(3)", "type `int(3)`: `int` is no type of Hive that takes numbers"},
      {"decimal()", "type `decimal()`: a number expected at byte 8"},
      {"decimal(39)", "type `decimal(39)`: decimal takes 1 to 38"},
      {"decimal(2,3)", "type `decimal(2,3)`: the scale is greater than the precision"},
      {"decimal(1,2,3)", "type `decimal(1,2,3)`: too many numbers for decimal"},
      {"varchar(-1)", "type `varchar(-1)`: a number expected at byte 8"},
      {"varchar(99999999999999999999)",
       "type `varchar(99999999999999999999)`: a number expected at byte 8"},
      {"char(256)", "type `char(256)`: char takes 1 to 255"},
      {"int,int", "type `int,int`: `,int` after the end"},
  };
  for (const auto& [written, message] : rows) {
    const Result<std::string> mapped = map_hive_type(written);
    ASSERT_FALSE(mapped) << written << " became " << *mapped;
    EXPECT_EQ(mapped.error().message(), message);
  }
}

TEST(HiveTypes, BoundsNestingAndLength) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) {
    deep += "array<";
  }
  EXPECT_FALSE(map_hive_type(deep));
  EXPECT_NE(map_hive_type(deep.substr(0, 6 * 1000)).error().message().find("nested deeper than 64"),
            std::string::npos);
}

}  // namespace
}  // namespace tarn::tables
