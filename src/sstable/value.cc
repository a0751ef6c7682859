#include "sstable/value.h"

#include "sstable/detail/numbers.h"
#include "sstable/errors.h"

namespace tarn::sstable {
namespace {

bool take_part(std::string_view& bytes, std::string_view& out) {
  std::uint64_t zigzag = 0;
  // The lowest bit is the sign.
  if (!take_uvarint(bytes, zigzag) || (zigzag & 1) != 0) {
    return false;
  }
  const std::uint64_t size = zigzag >> 1;
  if (size > kValuePartBytesMax || size > bytes.size()) {
    return false;
  }
  out = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return true;
}

void append_part(std::string_view part, std::string& out) {
  append_uvarint(static_cast<std::uint64_t>(part.size()) << 1, out);
  out.append(part);
}

}  // namespace

Result<Value> decode_value(std::string_view bytes) {
  Value value;
  if (!take_part(bytes, value.identity)) {
    return Error(kCorruption, "stored value: bad length of identity");
  }
  if (!take_part(bytes, value.data)) {
    return Error(kCorruption, "stored value: bad length of data");
  }
  return value;
}

Result<void> append_value(const Value& value, std::string& out) {
  if (value.identity.size() > kValuePartBytesMax || value.data.size() > kValuePartBytesMax) {
    return Error(kRecordTooLarge, "stored value");
  }
  append_part(value.identity, out);
  append_part(value.data, out);
  return {};
}

}  // namespace tarn::sstable
