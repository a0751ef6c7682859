#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace tarn::tables {

/// A UUID in ZeroMQ's base 85 (rfc.zeromq.org/spec/32), and what stands before it, as Delta logs
/// name files of deletion vectors.
struct Z85Uuid {
  std::string before;
  std::string uuid;
};
/// Errors kInvalid, saying what is wrong.
Result<Z85Uuid> decode_z85_uuid(std::string_view text);

}  // namespace tarn::tables
