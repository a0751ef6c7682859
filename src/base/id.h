#pragma once

#include "base/clock.h"
#include "base/rng.h"

#include <atomic>
#include <string>

namespace tarn {

/// Makes xids: 12 bytes {u32 seconds, 3 bytes machine, u16 process, u24 counter, all big-endian} as
/// 20 characters of lower-case base32hex; order-preserving. Source: docs/formats/identifiers.md.
/// Thread-safe.
class XidGenerator {
 public:
  XidGenerator(const Clock& clock, Rng& rng);

  /// Newer sorts last.
  std::string ascending();
  /// Newer sorts first: the seconds are counted down from `epoch_s` (Unix seconds), modulo 2^32.
  std::string descending(std::int64_t epoch_s);

  /// Year 4000: data partitions and garbage collection runs.
  static constexpr std::int64_t kEpochYear4000 = 64060588800;
  /// Year 3000: action runs and pull requests.
  static constexpr std::int64_t kEpochYear3000 = 32500915200;

  /// The text of one xid from its parts; `tail` is 8 bytes (machine, process, counter).
  static std::string encode(std::uint32_t seconds, std::string_view tail);

 private:
  std::string make(std::uint32_t seconds);

  const Clock& clock_;
  std::string machine_and_process_;  // 5 bytes
  std::atomic<std::uint32_t> counter_;
};

/// A random (version 4) UUID, lower case with dashes.
std::string uuid_v4(Rng& rng);

/// `length` characters of the nanoid alphabet `_-0-9a-zA-Z`.
std::string nanoid(Rng& rng, std::size_t length);

/// `length` characters drawn from `alphabet`.
std::string random_text(Rng& rng, std::string_view alphabet, std::size_t length);

}  // namespace tarn
