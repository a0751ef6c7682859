#pragma once

#include "base/varint.h"

#include <cstdint>
#include <string>

namespace tarn::sstable::detail {

/// Little-endian numbers of fixed width.
inline void append_u32(std::uint32_t value, std::string& out) {
  for (int shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}
inline void append_u64(std::uint64_t value, std::string& out) {
  for (int shift = 0; shift < 64; shift += 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}
inline std::uint32_t load_u32(const char* at) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) {
    value = value << 8 | static_cast<unsigned char>(at[i]);
  }
  return value;
}
inline std::uint64_t load_u64(const char* at) {
  return load_u32(at) | static_cast<std::uint64_t>(load_u32(at + 4)) << 32;
}

}  // namespace tarn::sstable::detail
