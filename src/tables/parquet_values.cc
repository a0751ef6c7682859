#include "tables/parquet_values.h"

#include "tables/parquet_bits.h"

#include <fmt/format.h>

#include <string_view>

namespace tarn::tables {
namespace {

// Encoding of parquet.thrift.
constexpr std::int64_t kPlain = 0;
constexpr std::int64_t kPlainDictionary = 2;
constexpr std::int64_t kRle = 3;
constexpr std::int64_t kDeltaBinaryPacked = 5;
constexpr std::int64_t kDeltaLengthByteArray = 6;
constexpr std::int64_t kDeltaByteArray = 7;
constexpr std::int64_t kRleDictionary = 8;

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kIntBytes = 4;
constexpr std::size_t kLongBytes = 8;
constexpr unsigned kByteBits = 8;

Error bad(std::string_view what) {
  return Error::with_message(kBadParquet, fmt::format("{}: {}", kBadParquet.text, what));
}
Error cut_off() { return bad("the values of a page are damaged or cut off"); }

/// The values of a page that are numbers of those in a dictionary.
template <class Value, class Sink>
Result<void> from_dictionary(const ParquetPage& page, const std::vector<Value>& dictionary,
                             const Sink& sink) {
  ByteView content = page.content();
  if (content.empty()) {
    return cut_off();
  }
  const auto width = static_cast<std::uint8_t>(content.front());
  detail::RunReader numbers(content.substr(1), width);
  for (std::uint64_t i = 0; i < page.present; ++i) {
    std::uint32_t number = 0;
    if (!numbers.next(number) || number >= dictionary.size()) {
      return cut_off();
    }
    TARN_CHECK_OK(sink(dictionary[number]));
  }
  return {};
}

/// Lengths, then texts of them.
class LengthsThenTexts {
 public:
  bool begin(ByteView bytes, std::uint64_t count) {
    detail::DeltaReader scan;
    return scan.begin(bytes, count) && scan.skip_all(rest_) && lengths_.begin(bytes, count);
  }
  bool next(ByteView& text) {
    std::int64_t length = 0;
    if (!lengths_.next(length) || length < 0 || static_cast<std::uint64_t>(length) > rest_.size()) {
      return false;
    }
    text = rest_.substr(0, static_cast<std::size_t>(length));
    rest_.remove_prefix(text.size());
    return true;
  }

 private:
  detail::DeltaReader lengths_;
  ByteView rest_;
};

Result<void> plain_texts(const ParquetPage& page, const TextSink& sink) {
  ByteView rest = page.content();
  for (std::uint64_t i = 0; i < page.present; ++i) {
    if (rest.size() < kLengthBytes) {
      return cut_off();
    }
    const std::uint64_t length = little_endian(rest, kLengthBytes);
    rest.remove_prefix(kLengthBytes);
    if (length > rest.size()) {
      return cut_off();
    }
    TARN_CHECK_OK(sink(rest.substr(0, length)));
    rest.remove_prefix(length);
  }
  return {};
}

Result<void> delta_length_texts(const ParquetPage& page, const TextSink& sink) {
  LengthsThenTexts texts;
  if (!texts.begin(page.content(), page.present)) {
    return cut_off();
  }
  for (std::uint64_t i = 0; i < page.present; ++i) {
    ByteView text;
    if (!texts.next(text)) {
      return cut_off();
    }
    TARN_CHECK_OK(sink(text));
  }
  return {};
}

/// Each begins as the one before, for so many bytes.
Result<void> delta_texts(const ParquetPage& page, const TextSink& sink) {
  detail::DeltaReader scan;
  detail::DeltaReader prefixes;
  LengthsThenTexts suffixes;
  ByteView behind;
  if (!scan.begin(page.content(), page.present) || !scan.skip_all(behind) ||
      !prefixes.begin(page.content(), page.present) || !suffixes.begin(behind, page.present)) {
    return cut_off();
  }
  Bytes text;
  for (std::uint64_t i = 0; i < page.present; ++i) {
    std::int64_t prefix = 0;
    ByteView suffix;
    if (!prefixes.next(prefix) || !suffixes.next(suffix) || prefix < 0 ||
        static_cast<std::uint64_t>(prefix) > text.size()) {
      return cut_off();
    }
    text.resize(static_cast<std::size_t>(prefix));
    if (suffix.size() > kParquetTextBytesMax - text.size()) {
      return bad(fmt::format("a text of more than {} bytes", kParquetTextBytesMax));
    }
    text.append(suffix);
    TARN_CHECK_OK(sink(text));
  }
  return {};
}

Error unknown(const ParquetPage& page) {
  return bad(fmt::format("values in encoding {} are not read", page.encoding));
}

}  // namespace

std::uint64_t little_endian(ByteView bytes, std::size_t size_bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = size_bytes; i > 0; --i) {
    number = number << 8U | static_cast<std::uint8_t>(bytes[i - 1]);
  }
  return number;
}

bool all_present(ByteView levels, std::uint64_t values) {
  detail::RunReader reader(levels, 1);
  std::uint32_t level = 1;
  for (std::uint64_t i = 0; i < values; ++i) {
    if (!reader.next(level) || level != 1) {
      return false;
    }
  }
  return true;
}

namespace {

/// What is stored in four bytes is that modulo 2^32.
std::int64_t narrow(std::int64_t number, std::size_t size_bytes) {
  return size_bytes == kIntBytes ? static_cast<std::int32_t>(number) : number;
}

/// Of `size_bytes` each.
Result<void> read_numbers(const ParquetPage& page, std::size_t size_bytes,
                          const std::vector<std::int64_t>& dictionary, const LongSink& sink) {
  if (page.present == 0) {
    return {};
  }
  if (page.encoding == kPlain || (page.dictionary && page.encoding == kPlainDictionary)) {
    const ByteView content = page.content();
    if (page.present > content.size() / size_bytes) {
      return cut_off();
    }
    for (std::uint64_t i = 0; i < page.present; ++i) {
      const std::uint64_t raw = little_endian(content.substr(i * size_bytes), size_bytes);
      TARN_CHECK_OK(sink(narrow(static_cast<std::int64_t>(raw), size_bytes)));
    }
    return {};
  }
  if (page.dictionary) {
    return unknown(page);
  }
  if (page.encoding == kPlainDictionary || page.encoding == kRleDictionary) {
    return from_dictionary(page, dictionary, sink);
  }
  if (page.encoding != kDeltaBinaryPacked) {
    return unknown(page);
  }
  detail::DeltaReader reader;
  if (!reader.begin(page.content(), page.present)) {
    return cut_off();
  }
  for (std::uint64_t i = 0; i < page.present; ++i) {
    std::int64_t number = 0;
    if (!reader.next(number)) {
      return cut_off();
    }
    TARN_CHECK_OK(sink(narrow(number, size_bytes)));
  }
  return {};
}

}  // namespace

Result<void> read_longs(const ParquetPage& page, const std::vector<std::int64_t>& dictionary,
                        const LongSink& sink) {
  return read_numbers(page, kLongBytes, dictionary, sink);
}

Result<void> read_ints(const ParquetPage& page, const std::vector<std::int64_t>& dictionary,
                       const LongSink& sink) {
  return read_numbers(page, kIntBytes, dictionary, sink);
}

Result<void> read_flags(const ParquetPage& page, const LongSink& sink) {
  if (page.present == 0) {
    return {};
  }
  ByteView content = page.content();
  if (page.dictionary || (page.encoding != kPlain && page.encoding != kRle)) {
    return unknown(page);
  }
  if (page.encoding == kPlain) {
    if (page.present > content.size() * kByteBits) {
      return cut_off();
    }
    for (std::uint64_t i = 0; i < page.present; ++i) {
      const auto byte = static_cast<std::uint8_t>(content[i / kByteBits]);
      TARN_CHECK_OK(sink(byte >> (i % kByteBits) & 1U));
    }
    return {};
  }
  // Runs, with their length before them.
  if (content.size() < kLengthBytes) {
    return cut_off();
  }
  detail::RunReader runs(content.substr(kLengthBytes, little_endian(content, kLengthBytes)), 1);
  for (std::uint64_t i = 0; i < page.present; ++i) {
    std::uint32_t flag = 0;
    if (!runs.next(flag) || flag > 1) {
      return cut_off();
    }
    TARN_CHECK_OK(sink(flag));
  }
  return {};
}

Result<void> read_texts(const ParquetPage& page, const std::vector<ByteView>& dictionary,
                        const TextSink& sink) {
  if (page.present == 0) {
    return {};
  }
  if (page.encoding == kPlain || (page.dictionary && page.encoding == kPlainDictionary)) {
    return plain_texts(page, sink);
  }
  if (page.dictionary) {
    return unknown(page);
  }
  switch (page.encoding) {
    case kPlainDictionary:
    case kRleDictionary:
      return from_dictionary(page, dictionary, sink);
    case kDeltaLengthByteArray:
      return delta_length_texts(page, sink);
    case kDeltaByteArray:
      return delta_texts(page, sink);
    default:
      return unknown(page);
  }
}

}  // namespace tarn::tables
