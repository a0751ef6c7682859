#pragma once

#include "base/bytes.h"

#include <cstddef>
#include <cstdint>

namespace tarn::block::s3 {

/// Sizes that decide how bytes travel; those of S3 itself are in
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html.
struct Limits {
  /// Larger bodies, and those of unknown length, go in parts.
  std::uint64_t single_put_bytes_max = 64 * kMiB;
  std::uint64_t part_bytes = 8 * kMiB;
  std::uint64_t parts_max = 10'000;
  /// With unknown length parts double in size after so many, up to `part_bytes_max`.
  std::uint64_t parts_per_size = 1000;
  std::uint64_t part_bytes_max = 512 * kMiB;
  /// Parts of one write that are held in memory at a time: `part_bytes` each.
  std::size_t parts_parallel = 3;
  /// Parts of all writes that are being sent at a time.
  std::size_t parts_in_flight_max = 24;
  /// A part of unknown length is held in memory.
  std::uint64_t unsized_part_bytes_max = 64 * kMiB;
  /// Larger copies go in parts of at least `copy_part_bytes`.
  std::uint64_t copy_bytes_max = 5 * kGiB;
  std::uint64_t copy_part_bytes = 512 * kMiB;
  std::size_t copy_parallel = 4;
};

}  // namespace tarn::block::s3
