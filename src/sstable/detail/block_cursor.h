#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tarn::sstable::detail {

/// Where a move of a cursor ended.
enum class Step : std::uint8_t { kEntry, kEnd, kDamaged };

/// How the keys of a block are written.
enum class KeyForm : std::uint8_t {
  /// As they are: metaindex and properties.
  kPlain,
  /// Followed by a trailer of any kind: index blocks.
  kIndex,
  /// Followed by the trailer of a put: data blocks.
  kRecord,
};

/// Walks the entries of one block (layout in block_builder.h) and trusts none of its bytes: a
/// damaged block ends in kDamaged, never in a read outside of it, and keys that do not ascend are
/// damage. Allocates only when a key outgrows every key before it.
class BlockCursor {
 public:
  BlockCursor() = default;
  // A copied key would point into the other cursor's buffer.
  BlockCursor(const BlockCursor&) = delete;
  BlockCursor& operator=(const BlockCursor&) = delete;

  /// Takes another block, which must outlive its use. The cursor is unpositioned. False if the
  /// restarts cannot be right.
  bool reset(std::string_view block, KeyForm form);

  Step seek_first();
  /// To the first entry whose key (without trailer) is at or after `target`.
  Step seek_ge(std::string_view target);
  /// Needs a cursor on an entry.
  Step next();

  /// Without the trailer. Valid until the cursor moves.
  std::string_view key() const { return key_.substr(0, key_.size() - trailer_size_); }
  /// Valid as long as the block.
  std::string_view value() const { return value_; }

  /// After kDamaged: what is wrong, and at which byte of the block.
  std::string_view damage() const { return damage_; }
  std::size_t damage_offset() const { return offset_; }

 private:
  struct Entry {
    std::uint32_t shared;
    std::string_view unshared;
    std::string_view value;
    std::size_t end;
  };

  std::uint32_t restart_offset(std::uint32_t restart) const;
  bool decode(std::size_t offset, Entry& out);
  /// The key at a restart, without its trailer.
  bool restart_key(std::uint32_t restart, std::string_view& out);
  Step start_at(std::size_t offset);
  Step step();
  Step damaged(std::string_view why) {
    damage_ = why;
    return Step::kDamaged;
  }

  std::string_view entries_;
  const char* restarts_ = nullptr;
  std::uint32_t restart_count_ = 0;
  KeyForm form_ = KeyForm::kPlain;
  std::size_t trailer_size_ = 0;

  std::size_t offset_ = 0;  // of the entry the cursor is on, or was about to read
  std::size_t next_offset_ = 0;
  bool has_previous_ = false;
  // Points into the block where nothing is shared, else into key_buffer_.
  std::string_view key_;
  std::string key_buffer_;
  std::string_view value_;
  std::string_view damage_;
};

}  // namespace tarn::sstable::detail
