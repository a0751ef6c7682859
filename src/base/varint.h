#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tarn {

/// Base-128 varint, least significant group first.
inline void append_uvarint(std::uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

constexpr std::size_t uvarint_size(std::uint64_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) {
    ++size;
  }
  return size;
}

/// Reads a varint at the front of `bytes` and removes it. False if it is cut or does not fit 64
/// bits.
inline bool take_uvarint(std::string_view& bytes, std::uint64_t& out) {
  std::uint64_t value = 0;
  for (std::size_t at = 0; at < bytes.size() && at < 10; ++at) {
    const auto group = static_cast<unsigned char>(bytes[at]);
    if (at == 9 && group > 1) {
      return false;
    }
    value |= static_cast<std::uint64_t>(group & 0x7f) << (7 * at);
    if (group < 0x80) {
      bytes.remove_prefix(at + 1);
      out = value;
      return true;
    }
  }
  return false;
}

/// The same for a number that must fit 32 bits.
inline bool take_uvarint32(std::string_view& bytes, std::uint32_t& out) {
  if (!bytes.empty() && static_cast<unsigned char>(bytes[0]) < 0x80) [[likely]] {
    out = static_cast<unsigned char>(bytes[0]);
    bytes.remove_prefix(1);
    return true;
  }
  std::uint64_t wide = 0;
  if (!take_uvarint(bytes, wide) || wide > 0xffffffffU) {
    return false;
  }
  out = static_cast<std::uint32_t>(wide);
  return true;
}

}  // namespace tarn
