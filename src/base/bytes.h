#pragma once

#include <string>
#include <string_view>

namespace tarn {

/// Opaque bytes. std::string, because that is what protobuf, RocksDB, OpenSSL and Asio exchange
/// without a copy.
using Bytes = std::string;
using ByteView = std::string_view;

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;
inline constexpr std::size_t kGiB = 1024 * kMiB;

}  // namespace tarn
