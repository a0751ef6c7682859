#include "graveler/plain_records.h"

#include "base/rng.h"
#include "graveler/records.pb.h"
#include "kv/row_codec.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

namespace tarn::graveler {
namespace {

pb::Entry message_of(const Entry& entry) {
  pb::Entry data;
  data.set_address(entry.address);
  kv::set_time(*data.mutable_last_modified(), entry.last_modified);
  data.set_size(entry.size_bytes);
  data.set_e_tag(entry.etag);
  data.mutable_metadata()->insert(entry.metadata.begin(), entry.metadata.end());
  data.set_address_type(static_cast<pb::Entry::AddressType>(entry.address_type));
  data.set_content_type(entry.content_type);
  return data;
}

Bytes serialized(const pb::Entry& message) {
  Bytes out;
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return out;
}

Entry small_entry() {
  Entry entry;
  entry.address = "data/x";
  entry.size_bytes = 300;
  entry.etag = "0123";
  entry.last_modified = from_unix_seconds(1'780'000'000, 7);
  entry.metadata = {{"", "empty"}, {"a", ""}, {"k\u00e4se", "v"}};
  entry.content_type = "t/p";
  return entry;
}

std::string random_text(SeededRng& rng) {
  std::string out(rng.below(4) == 0 ? rng.below(300) : rng.below(12), 'x');
  for (char& c : out) {
    c = static_cast<char>('a' + rng.below(26));
  }
  return rng.below(8) == 0 ? out + "\u00fc\u20ac" : out;
}

/// A field is at its zero value about every second time.
Entry random_entry(SeededRng& rng) {
  const auto often = [&rng] { return rng.below(2) == 0; };
  Entry entry;
  entry.address = random_text(rng);
  entry.etag = often() ? random_text(rng) : "";
  entry.content_type = often() ? random_text(rng) : "";
  entry.size_bytes = static_cast<std::int64_t>(often() ? rng.below(1ULL << rng.below(63)) : 0);
  if (often()) {
    entry.last_modified =
        from_unix_seconds(static_cast<std::int64_t>(rng.below(4'000'000'000)) - 2'000'000'000,
                          static_cast<std::int64_t>(often() ? rng.below(1'000'000'000) : 0));
  }
  for (std::uint64_t i = often() ? rng.below(4) : 0; i > 0; --i) {
    entry.metadata[random_text(rng)] = often() ? random_text(rng) : "";
  }
  entry.address_type = static_cast<block::AddressType>(rng.below(3));
  return entry;
}

void expect_equal(const Entry& found, const Entry& expected) {
  EXPECT_EQ(found.address, expected.address);
  EXPECT_EQ(found.address_type, expected.address_type);
  EXPECT_EQ(found.size_bytes, expected.size_bytes);
  EXPECT_EQ(found.etag, expected.etag);
  EXPECT_EQ(found.last_modified, expected.last_modified);
  EXPECT_EQ(found.metadata, expected.metadata);
  EXPECT_EQ(found.content_type, expected.content_type);
}

/// What protobuf says of the same bytes is what decode_entry says.
void expect_as_protobuf(const Bytes& bytes) {
  pb::Entry data;
  const bool readable = data.ParseFromString(bytes);
  const Result<Entry> found = decode_entry(bytes);
  ASSERT_EQ(found.has_value(), readable) << ::testing::PrintToString(bytes);
  if (!readable) {
    EXPECT_TRUE(found.error().is(kCorruption));
    return;
  }
  Entry expected;
  expected.address = data.address();
  expected.address_type = static_cast<block::AddressType>(data.address_type());
  expected.size_bytes = data.size();
  expected.etag = data.e_tag();
  expected.last_modified = kv::get_time(data.last_modified());
  expected.metadata = Metadata(data.metadata().begin(), data.metadata().end());
  expected.content_type = data.content_type();
  expect_equal(*found, expected);
}

TEST(PlainRecords, WriteWhatProtobufWrites) {
  SeededRng rng(3);
  for (int i = 0; i < 20'000; ++i) {
    const Entry entry = random_entry(rng);
    const Bytes bytes = encode_plain(entry);
    ASSERT_EQ(bytes, serialized(message_of(entry))) << "entry " << i;
    const Result<Entry> back = decode_entry(bytes);
    ASSERT_TRUE(back);
    expect_equal(*back, entry);
  }
}

TEST(PlainRecords, AreReadWithoutProtobuf) {
  const Entry entry = small_entry();
  const std::optional<Entry> found = read_plain_entry(encode_plain(entry));
  ASSERT_TRUE(found);
  expect_equal(*found, entry);
  // Before 1970 protobuf decides, and an entry of nothing is one.
  Entry old = entry;
  old.last_modified = from_unix_seconds(-1);
  EXPECT_FALSE(read_plain_entry(encode_plain(old)));
  EXPECT_TRUE(read_plain_entry(""));
}

// Goal: bytes mean what they mean to protobuf, also damaged ones and those of later versions.
// Method: every prefix and random changes of a record with additions of every wire type.
TEST(PlainRecords, AgreeWithProtobufOnAnyBytes) {
  const google::protobuf::LogSilencer quiet;
  const Bytes entry = encode_plain(small_entry());
  const std::vector<Bytes> additions{
      "",
      Bytes("\x48\x96\x01", 3),                                // 9: a field of a later version
      Bytes("\x3a\3new", 5),                                   // 7 again: the last one counts
      Bytes("\x0a\3new", 5),                                   // 1 behind 7
      Bytes("\x12\2\x08\1", 4),                                // 2 again: both are merged
      Bytes("\x2a\6\x12\1v\x0a\1k", 8),                        // 5 with its value first
      Bytes("\x2a\6\x0a\1a\x12\1z", 8),                        // 5 of a key that was there
      Bytes("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 11)  // 3 below nought
  };
  for (const Bytes& addition : additions) {
    const Bytes whole = entry + addition;
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      expect_as_protobuf(whole.substr(0, size));
    }
  }
  SeededRng rng(5);
  for (int i = 0; i < 40'000; ++i) {
    Bytes bytes = entry + additions[rng.below(additions.size())];
    for (std::uint64_t changes = 1 + rng.below(3); changes > 0; --changes) {
      bytes[rng.below(bytes.size())] = static_cast<char>(rng.below(256));
    }
    expect_as_protobuf(bytes);
    if (HasFailure()) {
      return;
    }
  }
}

TEST(PlainRecords, RangesAgreeWithProtobufOnAnyBytes) {
  RangeInfo info;
  info.min_key = "a/\xff";
  info.max_key = "b";
  info.estimated_size_bytes = 1 << 20;
  info.count = 4711;
  const Bytes plain = encode_range_data(info);
  ASSERT_TRUE(read_plain_range(plain));
  SeededRng rng(6);
  for (int i = 0; i < 40'000; ++i) {
    Bytes bytes = plain;
    if (i > 0) {
      bytes[rng.below(bytes.size())] = static_cast<char>(rng.below(256));
      bytes.resize(rng.below(4) == 0 ? rng.below(bytes.size() + 1) : bytes.size());
    }
    pb::RangeData data;
    const bool readable = data.ParseFromString(bytes);
    const Result<RangeInfo> found = decode_range("id", bytes);
    ASSERT_EQ(found.has_value(), readable) << ::testing::PrintToString(bytes);
    if (readable) {
      EXPECT_EQ(found->id.str(), "id");
      EXPECT_EQ(found->min_key, data.min_key());
      EXPECT_EQ(found->max_key, data.max_key());
      EXPECT_EQ(found->estimated_size_bytes, data.estimated_size());
      EXPECT_EQ(found->count, data.count());
    }
  }
}

}  // namespace
}  // namespace tarn::graveler
