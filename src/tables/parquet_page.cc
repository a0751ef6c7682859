#include "tables/parquet_page.h"

#include "tables/parquet_codec.h"
#include "tables/parquet_values.h"
#include "tables/thrift_compact.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace tarn::tables {
namespace {

// PageType of parquet.thrift.
constexpr std::int64_t kData = 0;
constexpr std::int64_t kDictionary = 2;
constexpr std::int64_t kDataV2 = 3;

constexpr std::int64_t kRle = 3;
constexpr std::int64_t kPageBytesMax = 64 * kMiB;
constexpr std::size_t kLengthBytes = 4;

Error bad(std::string_view what) {
  return Error::with_message(kBadParquet, fmt::format("{}: {}", kBadParquet.text, what));
}

}  // namespace

struct ParquetPages::Header {
  std::int64_t type = -1;
  std::int64_t size_bytes = -1;
  std::int64_t stored_bytes = -1;
  std::int64_t values = -1;
  std::int64_t encoding = -1;
  // Version 1.
  std::int64_t definition_encoding = kRle;
  std::int64_t repetition_encoding = kRle;
  // Version 2.
  std::int64_t definition_bytes = 0;
  std::int64_t repetition_bytes = 0;
  bool compressed = true;

  bool read(CompactReader& in);

 private:
  bool read_data(CompactReader& in);
  bool read_data_v2(CompactReader& in);
  bool read_numbers(CompactReader& in, const CompactReader::Field& field, std::int64_t& to) {
    const bool number = field.type == Wire::kI32;
    const std::optional<std::int64_t> value = number ? in.integer() : std::nullopt;
    to = value.value_or(to);
    return number ? value.has_value() : in.skip(field.type);
  }
};

/// DataPageHeader, and DictionaryPageHeader, which begins in the same way.
bool ParquetPages::Header::read_data(CompactReader& in) {
  return read_struct(in, [&](const CompactReader::Field& field) {
    switch (field.id) {
      case 1:
        return read_numbers(in, field, values);
      case 2:
        return read_numbers(in, field, encoding);
      case 3:
        return read_numbers(in, field, definition_encoding);
      case 4:
        return read_numbers(in, field, repetition_encoding);
      default:
        return in.skip(field.type);
    }
  });
}

bool ParquetPages::Header::read_data_v2(CompactReader& in) {
  return read_struct(in, [&](const CompactReader::Field& field) {
    switch (field.id) {
      case 1:
        return read_numbers(in, field, values);
      case 4:
        return read_numbers(in, field, encoding);
      case 5:
        return read_numbers(in, field, definition_bytes);
      case 6:
        return read_numbers(in, field, repetition_bytes);
      case 7:
        compressed = field.type != Wire::kFalse;
        return in.skip(field.type);
      default:
        return in.skip(field.type);
    }
  });
}

bool ParquetPages::Header::read(CompactReader& in) {
  return read_struct(in, [&](const CompactReader::Field& field) {
    switch (field.id) {
      case 1:
        return read_numbers(in, field, type);
      case 2:
        return read_numbers(in, field, size_bytes);
      case 3:
        return read_numbers(in, field, stored_bytes);
      case 5:
      case 7:
        return field.type == Wire::kStruct ? read_data(in) : in.skip(field.type);
      case 8:
        return field.type == Wire::kStruct ? read_data_v2(in) : in.skip(field.type);
      default:
        return in.skip(field.type);
    }
  });
}

Result<bool> ParquetPages::next(ParquetPage& page) {
  while (!rest_.empty()) {
    CompactReader in(rest_);
    Header header;
    const bool read = header.read(in);
    const ByteView behind = in.rest();
    if (!read || header.size_bytes < 0 || header.stored_bytes < 0 ||
        header.stored_bytes > static_cast<std::int64_t>(behind.size())) {
      return bad("the header of a page is damaged");
    }
    const ByteView stored = behind.substr(0, static_cast<std::size_t>(header.stored_bytes));
    rest_ = behind.substr(stored.size());
    if (header.type != kData && header.type != kDataV2 && header.type != kDictionary) {
      continue;  // of an index
    }
    const auto values = static_cast<std::uint64_t>(header.values);
    if (header.values < 0) {
      return bad("the header of a page is damaged");
    }
    if (header.type != kDictionary) {
      if (values > values_left_) {
        return bad("a page holds more values than its column");
      }
      values_left_ -= values;
    }
    if (header.size_bytes > kPageBytesMax) {
      return bad(fmt::format("a page becomes more than {} bytes", kPageBytesMax));
    }
    if (static_cast<std::uint64_t>(header.size_bytes) > budget_bytes_) {
      return bad("its pages become more than is read");
    }
    budget_bytes_ -= static_cast<std::uint64_t>(header.size_bytes);
    TARN_CHECK_OK(take(header, stored, page));
    return true;
  }
  return false;
}

Result<void> ParquetPages::take_v1(const Header& header, ByteView stored, ParquetPage& page) const {
  TARN_TRY(page.bytes,
           parquet_decompress(codec_, stored, static_cast<std::size_t>(header.size_bytes)));
  std::size_t at = 0;
  const auto take_levels = [&](bool there, std::int64_t encoding,
                               ParquetPage::Part& to) -> Result<void> {
    if (!there) {
      return {};
    }
    const std::size_t rest = page.bytes.size() - at;
    if (encoding != kRle || rest < kLengthBytes) {
      return bad("the levels of a page are damaged or of an old encoding");
    }
    const std::uint64_t length = little_endian(ByteView(page.bytes).substr(at), kLengthBytes);
    if (length > rest - kLengthBytes) {
      return bad("the levels of a page are cut off");
    }
    to = {.begin = at + kLengthBytes, .size = length};
    at += kLengthBytes + length;
    return {};
  };
  if (!page.dictionary) {
    TARN_CHECK_OK(take_levels(repeats_, header.repetition_encoding, page.repetition));
    TARN_CHECK_OK(take_levels(defines_, header.definition_encoding, page.definition));
  }
  page.content_at = {.begin = at, .size = page.bytes.size() - at};
  return {};
}

Result<void> ParquetPages::take_v2(const Header& header, ByteView stored, ParquetPage& page) const {
  const std::int64_t least = std::min(header.stored_bytes, header.size_bytes);
  if (header.repetition_bytes < 0 || header.repetition_bytes > least ||
      header.definition_bytes < 0 || header.definition_bytes > least - header.repetition_bytes) {
    return bad("the levels of a page are damaged");
  }
  const auto repetition = static_cast<std::size_t>(header.repetition_bytes);
  const auto definition = static_cast<std::size_t>(header.definition_bytes);
  const ByteView levels = stored.substr(0, repetition + definition);
  stored.remove_prefix(levels.size());
  const std::size_t size = static_cast<std::size_t>(header.size_bytes) - levels.size();
  const std::int64_t codec =
      header.compressed ? codec_ : static_cast<std::int64_t>(ParquetCodec::kNone);
  // Where no value is there, nothing is compressed.
  TARN_TRY(page.bytes,
           size == 0 ? Result<Bytes>(Bytes()) : parquet_decompress(codec, stored, size));
  page.content_at = {.begin = 0, .size = size};
  page.repetition = {.begin = size, .size = repetition};
  page.definition = {.begin = size + repetition, .size = definition};
  page.bytes.append(levels);
  return {};
}

Result<void> ParquetPages::take(const Header& header, ByteView stored, ParquetPage& page) const {
  page = ParquetPage();
  page.dictionary = header.type == kDictionary;
  page.values = static_cast<std::uint64_t>(header.values);
  page.present = page.values;
  page.encoding = header.encoding;
  return header.type == kDataV2 ? take_v2(header, stored, page) : take_v1(header, stored, page);
}

ParquetPage make_parquet_page(Bytes values, std::uint64_t count, std::int64_t encoding) {
  ParquetPage page;
  page.values = count;
  page.present = count;
  page.encoding = encoding;
  page.bytes = std::move(values);
  page.content_at = {.begin = 0, .size = page.bytes.size()};
  return page;
}

}  // namespace tarn::tables
