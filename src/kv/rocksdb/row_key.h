#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tarn::kv {

// Physical key of a row in RocksDB (docs/formats/kv.md):
//
//   escaped partition | 00 01 | key
//
// Escaping writes each 00 byte of the partition as 00 FF. No escaped partition followed by 00 01 is
// a prefix of another one, so rows of one partition are contiguous, in the order of their keys, and
// never mix with those of a partition that starts alike.

/// What all physical keys of a partition start with.
std::string partition_prefix(std::string_view partition);
std::string row_key(std::string_view partition, std::string_view key);
/// The smallest text greater than every text that starts with `prefix`. `prefix` begins with a
/// partition_prefix.
std::string end_of_prefix(std::string prefix);

}  // namespace tarn::kv
