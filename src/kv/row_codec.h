#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

#include <google/protobuf/timestamp.pb.h>

#include <cstdint>

/// What the codecs of stored rows share: protobuf messages, and times in them. For the `.cc` files
/// of modules that own rows; includes protobuf.
namespace tarn::kv {

inline void set_time(google::protobuf::Timestamp& out, WallTime time) {
  const std::int64_t seconds = unix_seconds(time);
  out.set_seconds(seconds);
  out.set_nanos(static_cast<std::int32_t>((time - from_unix_seconds(seconds)).count()));
}

inline WallTime get_time(const google::protobuf::Timestamp& time) {
  return from_unix_seconds(time.seconds(), time.nanos());
}

/// Errors: kCorruption, which names `what`.
template <class Message>
Result<Message> parse_row(ByteView bytes, const char* what) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error(kCorruption, what);
  }
  return message;
}

}  // namespace tarn::kv
