#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::sstable::detail {

/// Builds the content of one block:
///
/// | part     | content                                                              |
/// |----------|----------------------------------------------------------------------|
/// | entries  | uvarint shared, uvarint unshared, uvarint value size, key end, value |
/// | restarts | u32 offset of every n-th entry; it shares nothing                    |
/// | count    | u32 number of restarts, at least one                                 |
///
/// `shared` bytes are taken from the key before; "key end" is the rest of the key.
/// Keys are opaque here and must come in the order wanted.
class BlockBuilder {
 public:
  explicit BlockBuilder(std::size_t restart_interval) : restart_interval_(restart_interval) {}

  void add(std::string_view key, std::string_view value);

  /// Size of the finished block, except that restarts of an empty one are not counted.
  std::size_t estimated_size() const { return bytes_.size() + 4 * restarts_.size() + 4; }
  std::size_t entry_count() const { return entry_count_; }
  const std::string& last_key() const { return last_key_; }

  /// Whether a block should be ended before the entry is added to it, given a target size.
  bool is_full_for(std::size_t key_size, std::size_t value_size, std::size_t target_size) const;

  /// The finished block; valid until `reset`.
  std::string_view finish();
  /// Finishes and gives the block away; the builder is empty afterwards.
  std::string release();
  void reset();

 private:
  std::size_t restart_interval_;
  std::string bytes_;
  std::vector<std::uint32_t> restarts_;
  std::string last_key_;
  std::size_t entry_count_ = 0;
};

}  // namespace tarn::sstable::detail
