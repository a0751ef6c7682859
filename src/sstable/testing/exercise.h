#pragma once

#include "base/assert.h"
#include "sstable/detail/format.h"
#include "sstable/reader.h"
#include "sstable/writer.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Helpers for tests and fuzzers of this module.
namespace tarn::sstable::testing {

using Records = std::vector<std::pair<std::string, std::string>>;

/// A table of these records, which must ascend.
inline std::string write_table(const Records& records,
                               const Metadata& metadata = range_metadata()) {
  std::string file;
  StringSink sink(file);
  Writer writer(sink, metadata);
  for (const auto& [key, value] : records) {
    TARN_ASSERT(writer.add(key, value).has_value(), "records of a test ascend");
  }
  TARN_ASSERT(writer.finish().has_value(), "a string takes any bytes");
  return file;
}

/// Uses every operation of a reader on bytes from anywhere. Returns all records, or nothing if any
/// operation failed. Invariants checked here: no crash, keys strictly ascend, and `seek_ge` never
/// lands before its key.
inline std::optional<Records> exercise(std::string_view bytes) {
  Result<std::shared_ptr<const Reader>> reader = Reader::open(borrowed_source(bytes));
  if (!reader) {
    return std::nullopt;
  }
  bool failed = false;
  Records records;
  Iterator it = (*reader)->iterator();
  failed = !it.seek_first().has_value();
  while (!failed && it.valid()) {
    TARN_ASSERT(records.empty() || records.back().first < it.key(), "keys of an iterator ascend");
    records.emplace_back(it.key(), it.value());
    failed = !it.next().has_value();
  }
  const std::size_t step = records.size() / 8 + 1;
  for (std::size_t i = 0; i < records.size(); i += step) {
    // Not compared with the walk: in a forged block a restart may point into a value that looks
    // like an entry.
    failed |= !(*reader)->get(records[i].first).has_value();
    failed |= !it.seek_ge(records[i].first + "!").has_value();
    TARN_ASSERT(!it.valid() || it.key() > records[i].first, "seek_ge goes to or beyond its key");
  }
  failed |= !it.seek_ge("").has_value();
  failed |= !it.seek_ge("\xff\xff").has_value();
  failed |= !(*reader)->get("no such key").has_value();
  return failed ? std::nullopt : std::optional(std::move(records));
}

/// A file made of these blocks, uncompressed and with right checksums, whatever is in them: for
/// damage that checksums would hide. The properties are valid and say which kind of index it is.
inline std::string frame(const std::vector<std::string>& data_blocks, std::string_view index_block,
                         detail::IndexType index_type) {
  std::string file;
  const auto append = [&file](std::string_view block) {
    const detail::BlockHandle handle{.offset = file.size(), .size = block.size()};
    std::string stored(block);
    stored.push_back('\0');
    detail::append_u32(detail::block_checksum(detail::ChecksumType::kCrc32c, stored), stored);
    file.append(stored);
    return handle;
  };
  const auto entry = [](std::string_view key, std::string_view value) {
    std::string block;
    append_uvarint(0, block);
    append_uvarint(key.size(), block);
    append_uvarint(value.size(), block);
    return block.append(key).append(value);
  };
  const std::string restarts("\0\0\0\0\1\0\0\0", 8);
  for (const std::string& block : data_blocks) {
    append(block);
  }
  detail::Footer footer;
  footer.index = append(index_block);
  std::string type;
  detail::append_u32(static_cast<std::uint32_t>(index_type), type);
  const detail::BlockHandle properties =
      append(entry(detail::kIndexTypeProperty, type) +
             entry(detail::kNumEntriesProperty, std::string(1, '\0')) + restarts);
  std::string handle;
  detail::append_handle(properties, handle);
  footer.metaindex = append(entry(detail::kPropertiesBlockName, handle) + restarts);
  return file + detail::encode_footer(footer);
}

}  // namespace tarn::sstable::testing
