#pragma once

#include "runtime/byte_source.h"

#include <cstdint>
#include <memory>

namespace tarn::block::s3 {

/// `source` if it has exactly `size_bytes` bytes, else the error kBodyMismatch before the last of
/// them: nothing that is too long or too short is ever sent as a whole.
std::unique_ptr<ByteSource> exact_source(std::unique_ptr<ByteSource> source,
                                         std::uint64_t size_bytes);

}  // namespace tarn::block::s3
