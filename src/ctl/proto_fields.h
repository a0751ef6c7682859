#pragma once

#include "base/clock.h"
#include "base/error.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::ctl {

/// A serialised protobuf message taken apart by field number, for who looks at records of others
/// without their types. Views live as long as the message.
class ProtoFields {
 public:
  /// Errors kFailed: truncated, a length beyond the end, a group or an unknown wire type.
  static Result<ProtoFields> parse(std::string_view message);

  // Each takes the last value of the field, and the type's zero without one or with a value of
  // another wire type, as protobuf's own parsers do.
  std::string_view bytes(std::uint32_t number) const;
  std::uint64_t varint(std::uint32_t number) const;
  std::int64_t integer(std::uint32_t number) const {
    return static_cast<std::int64_t>(varint(number));
  }

  std::vector<std::string> strings(std::uint32_t number) const;
  /// Errors kFailed of the messages inside.
  Result<std::map<std::string, std::string>> map(std::uint32_t number) const;
  /// A google.protobuf.Timestamp, the epoch without one. Errors kFailed.
  Result<WallTime> time(std::uint32_t number) const;

 private:
  struct Field {
    std::uint32_t number = 0;
    bool is_bytes = false;
    std::uint64_t varint = 0;
    std::string_view bytes = {};
  };

  std::vector<Field> fields_;
};

}  // namespace tarn::ctl
