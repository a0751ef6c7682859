#include "sstable/detail/format.h"

#include "base/assert.h"
#include "base/hash.h"

#include <fmt/format.h>

#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tarn::sstable::detail {

std::uint32_t block_checksum(ChecksumType type, std::string_view block_and_type) {
  switch (type) {
    case ChecksumType::kCrc32c: {
      // Masked, because a file may hold checksums of bytes that contain checksums.
      const std::uint32_t crc = crc32c(block_and_type);
      return (crc >> 15 | crc << 17) + 0xa282ead8U;
    }
    case ChecksumType::kXxHash64:
      return static_cast<std::uint32_t>(XXH64(block_and_type.data(), block_and_type.size(), 0));
  }
  TARN_ASSERT(false, "a checksum type outside its enumeration");
}

std::string encode_footer(const Footer& footer) {
  std::string out;
  out.push_back(static_cast<char>(footer.checksum));
  append_handle(footer.metaindex, out);
  append_handle(footer.index, out);
  out.resize(kFooterHandlesEnd, '\0');
  append_u32(kFooterVersion, out);
  out.append(kMagic);
  return out;
}

Result<Footer> decode_footer(std::string_view bytes) {
  if (bytes.size() != kFooterSize) {
    return Error(kCorruption, fmt::format("footer of {} bytes", bytes.size()));
  }
  if (bytes.substr(kFooterSize - kMagic.size()) != kMagic) {
    return Error(kCorruption, "footer: wrong magic");
  }
  const std::uint32_t version = load_u32(bytes.data() + kFooterHandlesEnd);
  if (version != kFooterVersion) {
    return Error(kUnsupported, fmt::format("footer: format version {}", version));
  }
  Footer footer;
  const auto checksum = static_cast<std::uint8_t>(bytes[0]);
  if (checksum != static_cast<std::uint8_t>(ChecksumType::kCrc32c) &&
      checksum != static_cast<std::uint8_t>(ChecksumType::kXxHash64)) {
    return Error(kUnsupported, fmt::format("footer: checksum type {}", checksum));
  }
  footer.checksum = static_cast<ChecksumType>(checksum);
  std::string_view handles = bytes.substr(1, kFooterHandlesEnd - 1);
  if (!take_handle(handles, footer.metaindex) || !take_handle(handles, footer.index)) {
    return Error(kCorruption, "footer: bad block handle");
  }
  return footer;
}

// Both follow LevelDB's bytewise comparator, so that our index keys equal those of other writers.

std::string_view shortest_separator(std::string_view a, std::string_view b, std::string& scratch) {
  const std::size_t both = std::min(a.size(), b.size());
  std::size_t at = 0;
  while (at < both && a[at] == b[at]) {
    ++at;
  }
  const auto byte = [](std::string_view text, std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  if (at >= both || byte(a, at) >= byte(b, at)) {
    return a;
  }
  if (at + 1 == b.size() && byte(a, at) + 1 >= byte(b, at)) {
    // Raising this byte would reach b; a later one that can be raised still stays below.
    do {
      ++at;
    } while (at < a.size() && byte(a, at) == 0xff);
    if (at >= a.size()) {
      return a;
    }
  }
  scratch.assign(a.substr(0, at + 1));
  ++scratch.back();
  return scratch;
}

std::string_view short_successor(std::string_view a, std::string& scratch) {
  const std::size_t at = a.find_first_not_of('\xff');
  if (at == std::string_view::npos) {
    return a;
  }
  scratch.assign(a.substr(0, at + 1));
  ++scratch.back();
  return scratch;
}

}  // namespace tarn::sstable::detail
