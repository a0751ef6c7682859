#include "ctl/proto_fields.h"

#include "ctl/errors.h"

#include <cstddef>

namespace tarn::ctl {
namespace {

// Wire types of the protobuf encoding (protobuf.dev, "Encoding").
enum Wire : std::uint8_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

Error damaged() { return failure("a record that is no protobuf message"); }

Result<std::uint64_t> take_varint(std::string_view& rest) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64 && !rest.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(rest.front());
    rest.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      return value;
    }
  }
  return damaged();
}

Result<std::string_view> take(std::string_view& rest, std::uint64_t size_bytes) {
  if (size_bytes > rest.size()) {
    return damaged();
  }
  const std::string_view out = rest.substr(0, static_cast<std::size_t>(size_bytes));
  rest.remove_prefix(out.size());
  return out;
}

}  // namespace

Result<ProtoFields> ProtoFields::parse(std::string_view message) {
  ProtoFields out;
  while (!message.empty()) {
    TARN_TRY(const std::uint64_t tag, take_varint(message));
    Field field{.number = static_cast<std::uint32_t>(tag >> 3)};
    switch (tag & 7) {
      case kVarint: {
        TARN_TRY(field.varint, take_varint(message));
        break;
      }
      case kLength: {
        TARN_TRY(const std::uint64_t size_bytes, take_varint(message));
        TARN_TRY(field.bytes, take(message, size_bytes));
        field.is_bytes = true;
        break;
      }
      case kFixed64:
      case kFixed32: {
        // None of the records has such a field; newer ones may.
        TARN_CHECK_OK(take(message, (tag & 7) == kFixed64 ? 8 : 4));
        continue;
      }
      default:
        return damaged();
    }
    out.fields_.push_back(field);
  }
  return out;
}

std::string_view ProtoFields::bytes(std::uint32_t number) const {
  std::string_view out;
  for (const Field& field : fields_) {
    if (field.number == number && field.is_bytes) {
      out = field.bytes;
    }
  }
  return out;
}

std::uint64_t ProtoFields::varint(std::uint32_t number) const {
  std::uint64_t out = 0;
  for (const Field& field : fields_) {
    if (field.number == number && !field.is_bytes) {
      out = field.varint;
    }
  }
  return out;
}

std::vector<std::string> ProtoFields::strings(std::uint32_t number) const {
  std::vector<std::string> out;
  for (const Field& field : fields_) {
    if (field.number == number && field.is_bytes) {
      out.emplace_back(field.bytes);
    }
  }
  return out;
}

Result<std::map<std::string, std::string>> ProtoFields::map(std::uint32_t number) const {
  std::map<std::string, std::string> out;
  for (const Field& field : fields_) {
    if (field.number == number && field.is_bytes) {
      TARN_TRY(const ProtoFields pair, parse(field.bytes));
      out[std::string(pair.bytes(1))] = pair.bytes(2);
    }
  }
  return out;
}

Result<WallTime> ProtoFields::time(std::uint32_t number) const {
  TARN_TRY(const ProtoFields timestamp, parse(bytes(number)));
  // What a WallTime can count: the years 1678 to 2261.
  const std::int64_t seconds = timestamp.integer(1);
  const std::int64_t nanos = timestamp.integer(2);
  constexpr std::int64_t seconds_max = 9'223'372'035;
  if (seconds < -seconds_max || seconds > seconds_max || nanos < 0 || nanos > 999'999'999) {
    return failure("a time that is out of range");
  }
  return from_unix_seconds(seconds, nanos);
}

}  // namespace tarn::ctl
