#include "sstable/writer.h"

#include "base/assert.h"
#include "sstable/detail/block_builder.h"
#include "sstable/detail/format.h"
#include "sstable/errors.h"

#include <fmt/format.h>
#include <snappy.h>

#include <limits>
#include <utility>
#include <vector>

namespace tarn::sstable {

using detail::BlockBuilder;
using detail::BlockHandle;

namespace {

constexpr std::size_t kBlockSize = 4096;
constexpr std::size_t kDataRestartInterval = 16;
constexpr std::size_t kIndexRestartInterval = 1;
constexpr std::size_t kNoRestarts = std::numeric_limits<std::size_t>::max();
// What an index entry's value is taken to need when an index block is ended: two varints of 64
// bits. Other writers assume the same, so that index blocks end at the same entry.
constexpr std::size_t kHandleSizeGuess = 20;

constexpr std::size_t kKeyBytesMax = 1024 * 1024;
constexpr std::size_t kStoredValueBytesMax = 2 * kValuePartBytesMax + 16;

std::string uvarint(std::uint64_t value) {
  std::string out;
  append_uvarint(value, out);
  return out;
}

std::string fixed_u32(std::uint32_t value) {
  std::string out;
  detail::append_u32(value, out);
  return out;
}

// A finished index block that waits until all data is written.
struct IndexPartition {
  std::string last_key;
  std::string block;
  std::size_t entry_count;
};

}  // namespace

struct Writer::Impl {
  Sink& sink;
  Metadata metadata;
  TableIdHasher id;

  BlockBuilder data{kDataRestartInterval};
  BlockBuilder index{kIndexRestartInterval};
  std::vector<IndexPartition> partitions;

  std::uint64_t offset = 0;
  std::string last_key;  // with its trailer
  std::string min_key;
  std::uint64_t count = 0;
  std::uint64_t raw_key_bytes = 0;
  std::uint64_t raw_value_bytes = 0;
  std::uint64_t data_block_count = 0;
  bool finished = false;

  // Reused from call to call.
  std::string key_scratch;
  std::string value_scratch;
  std::string separator_scratch;
  std::string stored;  // the block being written, as it goes to the file
  std::string joined_value;

  Impl(Sink& s, Metadata m) : sink(s), metadata(std::move(m)) {}

  std::string_view last_user_key() const {
    return std::string_view(last_key).substr(0, last_key.size() - detail::kKeyTrailerSize);
  }

  std::uint64_t estimated_size() const {
    return offset + data.estimated_size() + index.estimated_size();
  }

  Result<BlockHandle> write_block(std::string_view block, bool compress) {
    auto type = detail::Compression::kNone;
    if (compress && compress_block(block)) {
      type = detail::Compression::kSnappy;
    } else {
      stored.assign(block);
    }
    stored.push_back(static_cast<char>(type));
    detail::append_u32(detail::block_checksum(detail::ChecksumType::kCrc32c, stored), stored);
    TARN_CHECK_OK(sink.append(stored));
    const BlockHandle handle{.offset = offset, .size = stored.size() - detail::kBlockTrailerSize};
    offset += stored.size();
    return handle;
  }

  // Compresses into `stored`. False if that saves less than an eighth, which is not worth the
  // decompression.
  bool compress_block(std::string_view block) {
    stored.resize(snappy::MaxCompressedLength(block.size()));
    std::size_t size = 0;
    snappy::RawCompress(block.data(), block.size(), stored.data(), &size);
    stored.resize(size);
    return size < block.size() - block.size() / 8;
  }

  // Ends the data block. `next_key` is the user key that comes after it, or none at the end of the
  // table.
  Result<void> flush_data(const std::string_view* next_key) {
    TARN_TRY(const BlockHandle handle, write_block(data.finish(), true));
    data.reset();
    ++data_block_count;

    // The index key may be any text from the block's last key to before the next one; shorter is
    // better.
    std::string separator;
    if (count == 0) {
      separator = detail::kNoKeyTrailer;
    } else {
      const std::string_view last = last_user_key();
      const std::string_view shorter =
          next_key != nullptr ? detail::shortest_separator(last, *next_key, separator_scratch)
                              : detail::short_successor(last, separator_scratch);
      if (shorter.size() <= last.size() && shorter > last) {
        separator.append(shorter).append(detail::kSeparatorTrailer);
      } else {
        separator = last_key;
      }
    }
    if (index.is_full_for(separator.size(), kHandleSizeGuess, kBlockSize)) {
      finish_index_partition();
    }
    value_scratch.clear();
    detail::append_handle(handle, value_scratch);
    index.add(separator, value_scratch);
    return {};
  }

  void finish_index_partition() {
    IndexPartition partition{
        .last_key = index.last_key(), .block = {}, .entry_count = index.entry_count()};
    partition.block = index.release();
    partitions.push_back(std::move(partition));
  }

  // Writes the index blocks; `properties` gets what is to be said about them.
  Result<BlockHandle> write_index(Metadata& properties) {
    const auto set_type = [&properties](detail::IndexType type) {
      properties.emplace(detail::kIndexTypeProperty, fixed_u32(static_cast<std::uint32_t>(type)));
    };
    if (partitions.empty()) {
      set_type(detail::IndexType::kBinarySearch);
      properties.emplace("rocksdb.index.size",
                         uvarint(index.estimated_size() + detail::kBlockTrailerSize));
      return write_block(index.finish(), true);
    }
    finish_index_partition();
    BlockBuilder top(kIndexRestartInterval);
    std::uint64_t index_size = 0;
    for (const IndexPartition& partition : partitions) {
      TARN_TRY(const BlockHandle handle, write_block(partition.block, true));
      value_scratch.clear();
      detail::append_handle(handle, value_scratch);
      top.add(partition.last_key, value_scratch);
      index_size += partition.block.size();
    }
    set_type(detail::IndexType::kTwoLevel);
    properties.emplace("rocksdb.index.partitions", uvarint(partitions.size()));
    properties.emplace("rocksdb.top-level.index.size", uvarint(top.estimated_size()));
    properties.emplace("rocksdb.index.size",
                       uvarint(index_size + top.estimated_size() + detail::kBlockTrailerSize));
    return write_block(top.finish(), true);
  }

  // What other readers of the format expect to find; constants describe features we do not use.
  void add_standard_properties(Metadata& properties, std::uint64_t data_size) const {
    const std::string zero(1, '\0');
    properties.emplace("rocksdb.block.based.table.prefix.filtering", "0");
    properties.emplace("rocksdb.block.based.table.whole.key.filtering", "0");
    properties.emplace("rocksdb.column.family.id", uvarint(2147483647));
    properties.emplace(detail::kComparatorProperty, detail::kComparatorName);
    properties.emplace("rocksdb.compression", "Snappy");
    properties.emplace("rocksdb.compression_options",
                       "window_bits=-14; level=32767; strategy=0; max_dict_bytes=0; "
                       "zstd_max_train_bytes=0; enabled=0; ");
    properties.emplace("rocksdb.creation.time", zero);
    properties.emplace("rocksdb.data.size", uvarint(data_size));
    properties.emplace("rocksdb.deleted.keys", zero);
    properties.emplace("rocksdb.external_sst_file.global_seqno", std::string(8, '\0'));
    properties.emplace("rocksdb.external_sst_file.version", fixed_u32(2));
    properties.emplace("rocksdb.filter.size", zero);
    properties.emplace("rocksdb.fixed.key.length", zero);
    properties.emplace("rocksdb.format.version", zero);
    properties.emplace(detail::kIndexKeyIsUserKeyProperty, zero);
    properties.emplace(detail::kIndexValueIsDeltaProperty, zero);
    properties.emplace("rocksdb.merge.operands", zero);
    properties.emplace("rocksdb.merge.operator", "pebble.concatenate");
    properties.emplace("rocksdb.num.data.blocks", uvarint(data_block_count));
    properties.emplace(detail::kNumEntriesProperty, uvarint(count));
    properties.emplace("rocksdb.num.range-deletions", zero);
    properties.emplace("rocksdb.oldest.key.time", zero);
    properties.emplace("rocksdb.prefix.extractor.name", "nullptr");
    properties.emplace("rocksdb.property.collectors", "[static]");
    properties.emplace("rocksdb.raw.key.size", uvarint(raw_key_bytes));
    properties.emplace("rocksdb.raw.value.size", uvarint(raw_value_bytes));
  }

  Result<TableInfo> finish() {
    TableInfo info{.id = id.finish(metadata),
                   .min_key = std::move(min_key),
                   .max_key = count == 0 ? std::string() : std::string(last_user_key()),
                   .count = count,
                   .estimated_size_bytes = estimated_size(),
                   .file_size_bytes = 0};
    if (data.entry_count() > 0 || count == 0) {
      TARN_CHECK_OK(flush_data(nullptr));
    }
    Metadata properties = metadata;
    add_standard_properties(properties, offset);
    TARN_TRY(const BlockHandle index_handle, write_index(properties));
    properties.insert_or_assign(std::string(detail::kCountProperty), std::to_string(info.count));
    properties.insert_or_assign(std::string(detail::kEstimatedSizeProperty),
                                std::to_string(info.estimated_size_bytes));
    properties.insert_or_assign(std::string(detail::kMinKeyProperty), info.min_key);
    properties.insert_or_assign(std::string(detail::kMaxKeyProperty), info.max_key);

    BlockBuilder block(kNoRestarts);
    for (const auto& [name, value] : properties) {
      block.add(name, value);
    }
    TARN_TRY(const BlockHandle properties_handle, write_block(block.finish(), false));
    BlockBuilder metaindex(kIndexRestartInterval);
    value_scratch.clear();
    detail::append_handle(properties_handle, value_scratch);
    metaindex.add(detail::kPropertiesBlockName, value_scratch);
    TARN_TRY(const BlockHandle metaindex_handle, write_block(metaindex.finish(), false));

    const std::string footer = detail::encode_footer({.checksum = detail::ChecksumType::kCrc32c,
                                                      .metaindex = metaindex_handle,
                                                      .index = index_handle});
    TARN_CHECK_OK(sink.append(footer));
    info.file_size_bytes = offset + footer.size();
    return info;
  }
};

Writer::Writer(Sink& sink, Metadata metadata)
    : impl_(std::make_unique<Impl>(sink, std::move(metadata))) {}
Writer::~Writer() = default;
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;

Result<void> Writer::add(std::string_view key, std::string_view value) {
  Impl& w = *impl_;
  TARN_ASSERT(!w.finished, "a record for a finished table");
  if (key.size() > kKeyBytesMax || value.size() > kStoredValueBytesMax) {
    return Error(kRecordTooLarge);
  }
  if (w.count > 0 && key <= w.last_user_key()) {
    return Error(kKeysOutOfOrder);
  }
  if (w.data.is_full_for(key.size() + detail::kKeyTrailerSize, value.size(), kBlockSize)) {
    TARN_CHECK_OK(w.flush_data(&key));
  }
  if (w.count == 0) {
    w.min_key = key;
  }
  w.key_scratch.assign(key).append(detail::kSetTrailer);
  w.data.add(w.key_scratch, value);
  w.id.add(key, value);
  w.raw_key_bytes += w.key_scratch.size();
  w.raw_value_bytes += value.size();
  std::swap(w.last_key, w.key_scratch);
  ++w.count;
  return {};
}

Result<void> Writer::add(std::string_view key, const Value& value) {
  std::string& joined = impl_->joined_value;
  joined.clear();
  TARN_CHECK_OK(append_value(value, joined));
  return add(key, joined);
}

std::uint64_t Writer::estimated_size_bytes() const { return impl_->estimated_size(); }
std::uint64_t Writer::count() const { return impl_->count; }

Result<TableInfo> Writer::finish() {
  TARN_ASSERT(!impl_->finished, "a table finished twice");
  impl_->finished = true;
  return impl_->finish();
}

}  // namespace tarn::sstable
