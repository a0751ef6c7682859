#include "kv/rocksdb/row_key.h"

#include <gtest/gtest.h>

namespace tarn::kv {
namespace {

using namespace std::string_literals;

TEST(RowKey, HasTheDocumentedBytes) {
  EXPECT_EQ(row_key("graveler", "repos/a"), "graveler\0\x01repos/a"s);
  EXPECT_EQ(row_key("a\0b"s, "k"),
            "a\0\xff"
            "b\0\x01k"s);
  EXPECT_EQ(partition_prefix("\0"s), "\0\xff\0\x01"s);
}

// No partition's prefix may start with another's: else its rows would turn up in the other's scans.
TEST(RowKey, NoPartitionPrefixStartsAnother) {
  const std::string parts[] = {"a"s,     "a\0"s, "a\0\0"s, "a\0\x01"s, "a\0\x01k"s, "a\0\xff"s,
                               "a\x01"s, "ab"s,  "\0"s,    "\0\x01"s,  "\xff"s,     "\xff\xff"s};
  for (const std::string& a : parts) {
    for (const std::string& b : parts) {
      if (a != b) {
        EXPECT_FALSE(partition_prefix(a).starts_with(partition_prefix(b)));
      }
    }
  }
}

TEST(RowKey, EndOfPrefixSkipsAllOfIt) {
  EXPECT_EQ(end_of_prefix("ab"), "ac");
  EXPECT_EQ(end_of_prefix("a\xff\xff"), "b");
  EXPECT_EQ(end_of_prefix(partition_prefix("p")), "p\0\x02"s);
}

}  // namespace
}  // namespace tarn::kv
