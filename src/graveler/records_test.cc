#include "graveler/records.h"

#include "base/rng.h"
#include "graveler/records.pb.h"

#include <gtest/gtest.h>

namespace tarn::graveler {
namespace {

/// What protobuf says of the same bytes; absent where it refuses them.
std::optional<Value> by_protobuf(const Bytes& bytes) {
  pb::StagedEntryData data;
  if (!data.ParseFromString(bytes)) {
    return std::nullopt;
  }
  return Value{data.identity(), data.data()};
}

void expect_the_same(const Bytes& bytes) {
  const std::optional<Value> expected = by_protobuf(bytes);
  const Result<sstable::Value> found = view_staged(bytes);
  ASSERT_EQ(found.has_value(), expected.has_value()) << ::testing::PrintToString(bytes);
  if (found) {
    EXPECT_EQ(found->identity, expected->identity);
    EXPECT_EQ(found->data, expected->data);
  } else {
    EXPECT_TRUE(found.error().is(kCorruption));
  }
}

TEST(ViewStaged, ReadsWhatIsEncoded) {
  const Bytes row = encode_staged("path", Value{"identity", "data"});
  const Result<sstable::Value> found = view_staged(row);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->identity, "identity");
  EXPECT_EQ(found->data, "data");
  // It points into the row.
  EXPECT_GE(found->data.data(), row.data());
  EXPECT_LE(found->data.data() + found->data.size(), row.data() + row.size());
  EXPECT_TRUE(view_staged(encode_staged("path", Value()))->identity.empty());
}

// Goal: bytes mean what they mean to protobuf, also damaged ones and those of later versions.
// Method: random changes of rows with every wire type, compared with the generated parser.
TEST(ViewStaged, AgreesWithProtobufOnAnyBytes) {
  const Bytes row = encode_staged("some/path", Value{Bytes(32, '\x7f'), "data of an entry"});
  const std::vector<Bytes> additions{
      "",
      Bytes("\x48\x96\x01", 3),                       // 9: varint
      Bytes("\x51\1\2\3\4\5\6\7\10", 9),              // 10: fixed 64
      Bytes("\x5d\1\2\3\4", 5),                       // 11: fixed 32
      Bytes("\x62\2hi", 4),                           // 12: text
      Bytes("\x1a\3new", 5),                          // 3 again: the last one counts
      Bytes("\x6b\x6c", 2),                           // 13: a group
      Bytes("\x10\1", 2),                             // 2 as a varint
      Bytes("\0\0", 2),                               // no field has the number nought
      Bytes("\x0a\xff\xff\xff\xff\x0f", 6),           // longer than can be
      Bytes("\x1a\x80\x80\x80\x80\x80\x80\x80\1", 9)  // a length of too many bytes
  };
  for (const Bytes& addition : additions) {
    const Bytes whole = row + addition;
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      expect_the_same(whole.substr(0, size));
    }
  }
  SeededRng rng(5);
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = row + additions[rng.below(additions.size())];
    for (std::uint64_t changes = 1 + rng.below(3); changes > 0; --changes) {
      bytes[rng.below(bytes.size())] = static_cast<char>(rng.below(256));
    }
    expect_the_same(bytes);
    if (HasFatalFailure()) {
      return;
    }
  }
}

}  // namespace
}  // namespace tarn::graveler
