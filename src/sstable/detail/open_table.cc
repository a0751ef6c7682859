#include "sstable/detail/open_table.h"

#include <fmt/format.h>
#include <snappy.h>

#include <charconv>
#include <optional>
#include <utility>

namespace tarn::sstable::detail {
namespace {

// A Snappy element of three bytes stands for 64 at most, so a stream cannot grow more. Checked
// before memory is taken.
constexpr std::size_t kSnappyGrowthMax = 22;

// A block with range deletions; its records would hide some of ours.
constexpr std::string_view kRangeDeletionsBlockName = "rocksdb.range_del";

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint64_t> parse_uvarint(std::string_view bytes) {
  std::uint64_t value = 0;
  if (!take_uvarint(bytes, value) || !bytes.empty()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::string_view display_name(std::string_view name) { return name.empty() ? "table" : name; }

Error OpenTable::damage(const BlockHandle& handle, std::string_view what) const {
  return Error(kCorruption,
               fmt::format("{}: block at {}: {}", display_name(name), handle.offset, what));
}

Error OpenTable::damage(const BlockHandle& handle, const BlockCursor& cursor) const {
  return damage(handle, fmt::format("{} at byte {}", cursor.damage(), cursor.damage_offset()));
}

Result<std::string> OpenTable::read_block(const BlockHandle& handle) const {
  if (handle.size > blocks_end || handle.offset > blocks_end - handle.size ||
      blocks_end - handle.size - handle.offset < kBlockTrailerSize) {
    return damage(handle, fmt::format("{} bytes reach beyond the blocks", handle.size));
  }
  std::string scratch;
  TARN_TRY(const std::string_view stored,
           source->read(handle.offset, handle.size + kBlockTrailerSize, scratch));
  const std::string_view content = stored.substr(0, handle.size);
  if (block_checksum(checksum, stored.substr(0, handle.size + 1)) !=
      load_u32(stored.data() + handle.size + 1)) {
    return damage(handle, "wrong checksum");
  }
  const auto compression = static_cast<std::uint8_t>(stored[handle.size]);
  if (compression == static_cast<std::uint8_t>(Compression::kNone)) {
    return std::string(content);
  }
  if (compression != static_cast<std::uint8_t>(Compression::kSnappy)) {
    return Error(kUnsupported, fmt::format("{}: block at {}: compression {}", display_name(name),
                                           handle.offset, compression));
  }
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(content.data(), content.size(), &size) ||
      size / kSnappyGrowthMax > content.size()) {
    return damage(handle, "impossible uncompressed size");
  }
  std::string block(size, '\0');
  if (!snappy::RawUncompress(content.data(), content.size(), block.data())) {
    return damage(handle, "cannot be uncompressed");
  }
  return block;
}

Result<BlockCache::Block> OpenTable::block(const BlockHandle& handle) const {
  if (cache != nullptr) {
    if (BlockCache::Block cached = cache->find(file_id, handle.offset)) {
      return cached;
    }
  }
  TARN_TRY(std::string bytes, read_block(handle));
  BlockCache::Block block = std::make_shared<const std::string>(std::move(bytes));
  if (cache != nullptr) {
    return cache->insert(file_id, handle.offset, std::move(block));
  }
  return block;
}

Result<void> OpenTable::read_properties(const BlockHandle& metaindex) {
  BlockCursor cursor;
  TARN_TRY(const std::string directory, read_block(metaindex));
  std::optional<BlockHandle> handle;
  if (!cursor.reset(directory, KeyForm::kPlain)) {
    return damage(metaindex, cursor);
  }
  Step at = cursor.seek_first();
  for (; at == Step::kEntry; at = cursor.next()) {
    if (cursor.key() == kRangeDeletionsBlockName) {
      return Error(kUnsupported, fmt::format("{}: range deletions", display_name(name)));
    }
    if (cursor.key() == kPropertiesBlockName) {
      std::string_view value = cursor.value();
      if (!take_handle(value, handle.emplace())) {
        return damage(metaindex, "bad handle of the properties");
      }
    }
  }
  if (at == Step::kDamaged) {
    return damage(metaindex, cursor);
  }
  if (!handle) {
    return damage(metaindex, "names no properties");
  }
  TARN_TRY(const std::string block, read_block(*handle));
  if (!cursor.reset(block, KeyForm::kPlain)) {
    return damage(*handle, cursor);
  }
  for (at = cursor.seek_first(); at == Step::kEntry; at = cursor.next()) {
    properties.all.emplace(cursor.key(), cursor.value());
  }
  if (at == Step::kDamaged) {
    return damage(*handle, cursor);
  }
  return {};
}

Result<void> OpenTable::check_properties() {
  const auto find = [this](std::string_view property) -> std::optional<std::string> {
    const auto found = properties.all.find(std::string(property));
    return found == properties.all.end() ? std::nullopt : std::optional(found->second);
  };
  const auto bad = [this](const ErrorId& id, std::string_view property) {
    return Error(id, fmt::format("{}: property {}", display_name(name), property));
  };

  const std::optional<std::string> type = find(kIndexTypeProperty);
  if (!type || type->size() != 4) {
    return bad(kCorruption, kIndexTypeProperty);
  }
  index_type = static_cast<IndexType>(load_u32(type->data()));
  if (index_type != IndexType::kBinarySearch && index_type != IndexType::kTwoLevel) {
    return bad(kUnsupported, kIndexTypeProperty);
  }
  if (find(kComparatorProperty).value_or(std::string(kComparatorName)) != kComparatorName) {
    return bad(kUnsupported, kComparatorProperty);
  }
  // Both change how index blocks are read.
  for (const std::string_view property : {kIndexKeyIsUserKeyProperty, kIndexValueIsDeltaProperty}) {
    if (parse_uvarint(find(property).value_or(std::string(1, '\0'))) != 0U) {
      return bad(kUnsupported, property);
    }
  }
  const std::optional<std::uint64_t> entries =
      parse_uvarint(find(kNumEntriesProperty).value_or(std::string()));
  if (!entries) {
    return bad(kCorruption, kNumEntriesProperty);
  }
  properties.count = *entries;
  if (const std::optional<std::string> text = find(kCountProperty);
      text && parse_decimal(*text) != properties.count) {
    return bad(kCorruption, kCountProperty);
  }
  if (const std::optional<std::string> text = find(kEstimatedSizeProperty)) {
    properties.estimated_size_bytes = parse_decimal(*text);
    if (!properties.estimated_size_bytes) {
      return bad(kCorruption, kEstimatedSizeProperty);
    }
  }
  properties.type = find(kTypeProperty).value_or(std::string());
  properties.min_key = find(kMinKeyProperty);
  properties.max_key = find(kMaxKeyProperty);
  return {};
}

Result<OpenTable> OpenTable::open(std::shared_ptr<const RandomAccess> source,
                                  ReaderOptions options) {
  OpenTable table;
  table.name = std::move(options.name);
  table.source = std::move(source);
  const std::uint64_t size = table.source->size();
  if (size < kFooterSize) {
    return Error(kCorruption,
                 fmt::format("{}: {} bytes have no footer", display_name(table.name), size));
  }
  table.blocks_end = size - kFooterSize;
  std::string scratch;
  TARN_TRY(const std::string_view footer_bytes,
           table.source->read(table.blocks_end, kFooterSize, scratch));
  Result<Footer> footer = decode_footer(footer_bytes);
  if (!footer) {
    return std::move(footer).error().wrap(display_name(table.name));
  }
  table.checksum = footer->checksum;
  table.index_handle = footer->index;
  table.properties.file_size_bytes = size;
  TARN_CHECK_OK(table.read_properties(footer->metaindex));
  TARN_CHECK_OK(table.check_properties());
  TARN_TRY(std::string index_bytes, table.read_block(table.index_handle));
  table.index = std::make_shared<const std::string>(std::move(index_bytes));
  BlockCursor cursor;
  if (!cursor.reset(*table.index, KeyForm::kIndex)) {
    return table.damage(table.index_handle, cursor);
  }
  if (options.cache != nullptr) {
    table.file_id = options.cache->new_file_id();
    table.cache = std::move(options.cache);
  }
  return table;
}

}  // namespace tarn::sstable::detail
