#include "tables/partition.h"

#include <gtest/gtest.h>

namespace tarn::tables {
namespace {

using Kind = PartitionLayout::Kind;

struct Row {
  std::string_view table;
  std::vector<std::string> columns;
  std::string_view path;
  Kind kind;
  std::string_view partition;
  std::uint64_t size_bytes = 10;
};

TEST(PartitionLayout, PlacesObjects) {
  const Row rows[] = {
      {"", {"a"}, "a=1/x", Kind::kData, "a=1/"},
      {"t", {"a", "b"}, "t/a=1/b=2/x", Kind::kData, "a=1/b=2/"},
      {"t", {"a", "b"}, "t/b=2/a=1/x", Kind::kStray, ""},
      {"t", {"a", "b"}, "t/a=1/z/b=2/x", Kind::kData, "a=1/z/b=2/"},
      {"t", {"a"}, "t/a=1/s/x", Kind::kData, "a=1/"},
      {"t", {"a"}, "t/s/a=1/x", Kind::kData, "s/a=1/"},
      {"t", {"a"}, "t/xa=1/y", Kind::kStray, ""},
      {"t", {"a"}, "t/a=/x", Kind::kStray, ""},
      {"t", {"a"}, "t/a=1", Kind::kStray, ""},
      {"t", {"a"}, "t/A=1/f", Kind::kStray, ""},
      {"t", {"a"}, "t/stray.csv", Kind::kStray, ""},
      {"t", {"a"}, "t/a=x=y/f", Kind::kData, "a=x=y/"},
      {"types", {"ty"}, "types/zty=1/f", Kind::kStray, ""},
      {"t", {"event-date"}, "t/event-date=2020-01-01/f", Kind::kData, "event-date=2020-01-01/"},
      {"t",
       {"d"},
       "t/d=__HIVE_DEFAULT_PARTITION__/f",
       Kind::kData,
       "d=__HIVE_DEFAULT_PARTITION__/"},
      // Anchored at the table: what its own path holds is no partition.
      {"a=1/t", {"a"}, "a=1/t/x", Kind::kStray, ""},
      {"a=1/t", {"a"}, "a=1/t/a=2/x", Kind::kData, "a=2/"},
      {"a", {"a"}, "a/a=1/x", Kind::kData, "a=1/"},
      // However the path is written.
      {"/tables/animals/", {"a"}, "tables/animals/a=1/x", Kind::kData, "a=1/"},
      {"/", {"a"}, "a=1/x", Kind::kData, "a=1/"},
      // Neighbours.
      {"tables/animals", {"a"}, "tables/animals2/a=1/x", Kind::kStray, ""},
      {"tables/animals", {}, "tables/animals2/x", Kind::kStray, ""},
      {"tables/animals", {}, "tables/animals", Kind::kStray, ""},
      {"tables/animals", {}, "tables/animals/x", Kind::kData, ""},
      {"tables/animals", {}, "tables/animals/deep/er/x", Kind::kData, ""},
      {"", {}, "x", Kind::kData, ""},
      // Values are anything.
      {"t", {"a"}, "t/a=50%/x", Kind::kData, "a=50%/"},
      {"t", {"a"}, "t/a=1%2F2/x", Kind::kData, "a=1%2F2/"},
      {"t", {"a"}, "t/a=12:30 \"'ü/x", Kind::kData, "a=12:30 \"'ü/"},
      // Hidden names, below the table only.
      {"t", {"a"}, "t/a=1/_SUCCESS", Kind::kHidden, ""},
      {"t", {"a"}, "t/_temporary/a=1/x", Kind::kHidden, ""},
      {"t", {"a"}, "t/a=1/.part-0.crc", Kind::kHidden, ""},
      {"t", {"a"}, "t/a=1/_tmp/deep/x", Kind::kHidden, ""},
      {"t", {"a"}, "t/a=_x/f", Kind::kData, "a=_x/"},
      {"_private/.t", {"a"}, "_private/.t/a=1/f", Kind::kData, "a=1/"},
      {"", {}, "_lakefs_tables/animals.yaml", Kind::kHidden, ""},
      // Folders.
      {"t", {"a"}, "t/", Kind::kMarker, "", 0},
      {"t", {}, "t/", Kind::kMarker, "", 0},
      {"t", {"a"}, "t/a=1/", Kind::kMarker, "", 0},
      {"t", {"a"}, "t/a=1", Kind::kMarker, "", 0},
      {"t", {"a", "b"}, "t/a=1/b=2", Kind::kMarker, "", 0},
      {"t", {"a"}, "t/a=1_$folder$", Kind::kMarker, "", 0},
      {"t", {"a"}, "t/a=1/sub_$folder$", Kind::kMarker, "", 0},
      {"t", {}, "t/sub/", Kind::kMarker, "", 0},
      // An empty file is a file, and a folder's name with bytes behind it is one, too.
      {"t", {"a"}, "t/a=1/empty.csv", Kind::kData, "a=1/", 0},
      {"t", {"a"}, "t/a=1/sub_$folder$", Kind::kData, "a=1/", 1},
      {"t", {"a"}, "t/a=1/a=2", Kind::kData, "a=1/", 1},
  };
  for (const Row& row : rows) {
    const PartitionLayout layout(row.table, row.columns);
    const PartitionLayout::Place place = layout.place(row.path, row.size_bytes);
    EXPECT_EQ(place.kind, row.kind) << row.table << " " << row.path;
    EXPECT_EQ(place.partition, row.partition) << row.table << " " << row.path;
  }
}

TEST(PartitionLayout, ValuesAreWhatHiveMeans) {
  const struct {
    std::vector<std::string> columns;
    std::string_view partition;
    std::vector<std::string> values;
  } rows[] = {
      {{}, "", {}},
      {{"type", "weight"}, "type=cat/weight=5/", {"cat", "5"}},
      {{"a"}, "s/a=1/", {"1"}},
      {{"a", "b"}, "a=1/z/b=2/", {"1", "2"}},
      {{"a"}, "a=x=y/", {"x=y"}},
      {{"a"}, "a=12%3A30/", {"12:30"}},
      {{"a"}, "a=12:30/", {"12:30"}},
      {{"a"}, "a=a%2fb%2F/", {"a/b/"}},
      {{"a"}, "a=100%25/", {"100%"}},
      // What is no escape.
      {{"a"}, "a=50%/", {"50%"}},
      {{"a"}, "a=%4/", {"%4"}},
      {{"a"}, "a=%zz%4g%41/", {"%zz%4gA"}},
      {{"a"}, "a=%%41/", {"%A"}},
      {{"a"}, "a=a+b \"'\u00fc/", {"a+b \"'\u00fc"}},
      {{"a"}, "a=__HIVE_DEFAULT_PARTITION__/", {"__HIVE_DEFAULT_PARTITION__"}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(PartitionLayout("t", row.columns).values(row.partition), row.values) << row.partition;
  }
}

TEST(PartitionLayout, ListsOnlyBelowTheTable) {
  EXPECT_EQ(PartitionLayout("", {}).prefix(), "");
  EXPECT_EQ(PartitionLayout("/", {}).prefix(), "");
  EXPECT_EQ(PartitionLayout("tables/animals", {}).prefix(), "tables/animals/");
  EXPECT_EQ(PartitionLayout("//tables/animals//", {}).prefix(), "tables/animals/");
}

}  // namespace
}  // namespace tarn::tables
