#include "tables/delta_checkpoint_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tarn::tables {
namespace {

TEST(DeltaCheckpointName, SaysWhatAFileHolds) {
  const auto name = [](std::string_view text) { return parse_delta_checkpoint_name(text); };
  EXPECT_EQ(name("00000000000000000012.checkpoint.parquet"), (DeltaCheckpointName{.version = 12}));
  EXPECT_EQ(name("00000000000000000012.checkpoint.0000000002.0000000003.parquet"),
            (DeltaCheckpointName{.version = 12, .part = 2, .parts = 3}));
  const std::string uuid = "80a083e8-7026-4e79-81be-64bd76c43a11";
  for (const std::string& end : {std::string(".parquet"), std::string(".json")}) {
    EXPECT_EQ(name("00000000000000000012.checkpoint." + uuid + end),
              (DeltaCheckpointName{.version = 12, .uuid = uuid}));
  }
  EXPECT_EQ(delta_checkpoint_name(12), "00000000000000000012.checkpoint.parquet");
  for (const char* other :
       {"", "_last_checkpoint", "00000000000000000012.json", "12.checkpoint.parquet",
        "0000000000000000001x.checkpoint.parquet", "00000000000000000012.checkpoint.crc",
        "00000000000000000012.checkpoint.parquet.crc", "00000000000000000012.checkpoint.",
        "00000000000000000012.checkpoint.0000000000.0000000003.parquet",
        "00000000000000000012.checkpoint.0000000004.0000000003.parquet",
        "00000000000000000012.checkpoint.0000000001.9000000003.parquet",
        "00000000000000000012.checkpoint.0000000001.0000000003.json",
        "99999999999999999999.checkpoint.parquet", "09999999999999999999.checkpoint.parquet"}) {
    EXPECT_FALSE(name(other)) << other;
  }
}

std::vector<std::string> whole(const std::vector<std::string>& names) {
  DeltaCheckpoints found;
  for (const std::string& name : names) {
    found.add(parse_delta_checkpoint_name(name).value(), "log/" + name);
  }
  std::vector<std::string> text;
  for (const DeltaCheckpoint& checkpoint : found.whole()) {
    std::string& line = text.emplace_back(std::to_string(checkpoint.version) + ":");
    for (const std::string& path : checkpoint.paths) {
      line += " " + path.substr(4 + 20 + std::string_view(".checkpoint.").size());
    }
  }
  if (const auto hole = found.hole()) {
    text.push_back(hole->there + " " + hole->missing);
  }
  return text;
}

TEST(DeltaCheckpointName, OnlyWholeOnesCount) {
  const std::string nine = "00000000000000000009.checkpoint.";
  const std::string ten = "00000000000000000010.checkpoint.";
  EXPECT_EQ(whole({}), std::vector<std::string>());
  EXPECT_EQ(
      whole({nine + "parquet", ten + "0000000001.0000000003.parquet",
             ten + "0000000003.0000000003.parquet"}),
      (std::vector<std::string>{"9: parquet", "log/" + ten + "0000000001.0000000003.parquet log/" +
                                                  ten + "0000000002.0000000003.parquet"}));
  // Two attempts at one version: parts of one say nothing of the other.
  EXPECT_EQ(
      whole({ten + "0000000001.0000000002.parquet", ten + "0000000001.0000000003.parquet",
             ten + "0000000002.0000000003.parquet", ten + "0000000003.0000000003.parquet"}),
      (std::vector<std::string>{"10: 0000000001.0000000003.parquet 0000000002.0000000003.parquet "
                                "0000000003.0000000003.parquet",
                                "log/" + ten + "0000000001.0000000002.parquet log/" + ten +
                                    "0000000002.0000000002.parquet"}));
  EXPECT_EQ(whole({ten + "80a083e8-7026-4e79-81be-64bd76c43a11.json", ten + "parquet",
                   ten + "0000000001.0000000001.parquet", nine + "parquet"}),
            (std::vector<std::string>{"10: parquet", "9: parquet"}));
}

}  // namespace
}  // namespace tarn::tables
