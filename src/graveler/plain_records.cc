#include "graveler/plain_records.h"

#include "base/encoding.h"
#include "base/varint.h"

#include <algorithm>
#include <string_view>

namespace tarn::graveler {
namespace {

// Numbers and wire types as records.proto has them: a field's tag is its number * 8 + 0 for
// varints,
// + 2 for what has a length.
constexpr char kEntryAddress = 0x0a;
constexpr char kEntryLastModified = 0x12;
constexpr char kEntrySize = 0x18;
constexpr char kEntryETag = 0x22;
constexpr char kEntryMetadata = 0x2a;
constexpr char kEntryAddressType = 0x30;
constexpr char kEntryContentType = 0x3a;
constexpr char kTimeSeconds = 0x08;
constexpr char kTimeNanos = 0x10;
constexpr char kMapKey = 0x0a;
constexpr char kMapValue = 0x12;
constexpr char kRangeMinKey = 0x0a;
constexpr char kRangeMaxKey = 0x12;
constexpr char kRangeSize = 0x18;
constexpr char kRangeCount = 0x20;

/// Takes fields from the front of a message. After a field that is not as it should be, `ok` stays
/// false.
class Fields {
 public:
  explicit Fields(ByteView bytes) : rest_(bytes) {}

  bool take(char tag) {
    if (rest_.empty() || rest_.front() != tag) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }
  std::uint64_t varint() {
    std::uint64_t out = 0;
    ok_ = take_uvarint(rest_, out) && ok_;
    return out;
  }
  ByteView bytes() {
    const std::uint64_t size = varint();
    if (!ok_ || size > rest_.size()) {
      ok_ = false;
      return {};
    }
    const ByteView out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  ByteView text() {
    const ByteView out = bytes();
    ok_ = ok_ && is_valid_utf8(out);
    return out;
  }
  bool ok() const { return ok_; }
  /// The whole message was as it should be.
  bool done() const { return ok_ && rest_.empty(); }

 private:
  ByteView rest_;
  bool ok_ = true;
};

/// False where protobuf is to decide.
bool read_time(ByteView bytes, WallTime& out) {
  Fields fields(bytes);
  const std::uint64_t seconds = fields.take(kTimeSeconds) ? fields.varint() : 0;
  const std::uint64_t nanos = fields.take(kTimeNanos) ? fields.varint() : 0;
  // What a wall time holds.
  constexpr std::uint64_t kSecondsMax = 9'000'000'000;
  if (!fields.done() || seconds > kSecondsMax || nanos >= 1'000'000'000) {
    return false;
  }
  out = from_unix_seconds(static_cast<std::int64_t>(seconds), static_cast<std::int64_t>(nanos));
  return true;
}

bool read_metadata(ByteView bytes, Metadata& out) {
  Fields fields(bytes);
  const ByteView key = fields.take(kMapKey) ? fields.text() : ByteView();
  const ByteView value = fields.take(kMapValue) ? fields.text() : ByteView();
  if (!fields.done()) {
    return false;
  }
  out.insert_or_assign(std::string(key), std::string(value));
  return true;
}

/// Fields of no value are not written.
void append_number(char tag, std::int64_t value, Bytes& out) {
  if (value != 0) {
    out.push_back(tag);
    append_uvarint(static_cast<std::uint64_t>(value), out);
  }
}

void append_bytes(char tag, ByteView value, Bytes& out) {
  out.push_back(tag);
  append_uvarint(value.size(), out);
  out.append(value);
}

void append_text(char tag, ByteView value, Bytes& out) {
  if (!value.empty()) {
    append_bytes(tag, value, out);
  }
}

}  // namespace

Bytes encode_plain(const Entry& entry) {
  Bytes out;
  out.reserve(48 + entry.address.size() + entry.etag.size() + entry.content_type.size());
  append_text(kEntryAddress, entry.address, out);
  const std::int64_t seconds = unix_seconds(entry.last_modified);
  Bytes part;
  append_number(kTimeSeconds, seconds, part);
  append_number(kTimeNanos, (entry.last_modified - from_unix_seconds(seconds)).count(), part);
  append_bytes(kEntryLastModified, part, out);
  append_number(kEntrySize, entry.size_bytes, out);
  append_text(kEntryETag, entry.etag, out);
  for (const auto& [key, value] : entry.metadata) {
    // A map's items have both fields, whatever their value.
    part.clear();
    append_bytes(kMapKey, key, part);
    append_bytes(kMapValue, value, part);
    append_bytes(kEntryMetadata, part, out);
  }
  append_number(kEntryAddressType, static_cast<std::int64_t>(entry.address_type), out);
  append_text(kEntryContentType, entry.content_type, out);
  return out;
}

std::optional<Entry> read_plain_entry(ByteView bytes) {
  std::optional<Entry> out(std::in_place);
  Entry& entry = *out;
  Fields fields(bytes);
  bool plain = true;
  if (fields.take(kEntryAddress)) {
    entry.address = fields.text();
  }
  if (fields.take(kEntryLastModified)) {
    plain = read_time(fields.bytes(), entry.last_modified);
  }
  if (fields.take(kEntrySize)) {
    entry.size_bytes = static_cast<std::int64_t>(fields.varint());
  }
  if (fields.take(kEntryETag)) {
    entry.etag = fields.text();
  }
  while (plain && fields.take(kEntryMetadata)) {
    plain = read_metadata(fields.bytes(), entry.metadata);
  }
  entry.address_type = block::AddressType{};
  if (fields.take(kEntryAddressType)) {
    const std::uint64_t type = fields.varint();
    plain = plain && type <= static_cast<std::uint64_t>(block::AddressType::kFull);
    entry.address_type = static_cast<block::AddressType>(type);
  }
  if (fields.take(kEntryContentType)) {
    entry.content_type = fields.text();
  }
  if (!plain || !fields.done()) {
    out.reset();
  }
  return out;
}

std::optional<RangeInfo> read_plain_range(ByteView bytes) {
  std::optional<RangeInfo> out(std::in_place);
  Fields fields(bytes);
  if (fields.take(kRangeMinKey)) {
    out->min_key = fields.bytes();
  }
  if (fields.take(kRangeMaxKey)) {
    out->max_key = fields.bytes();
  }
  if (fields.take(kRangeSize)) {
    out->estimated_size_bytes = fields.varint();
  }
  if (fields.take(kRangeCount)) {
    out->count = static_cast<std::int64_t>(fields.varint());
  }
  if (!fields.done()) {
    out.reset();
  }
  return out;
}

}  // namespace tarn::graveler
