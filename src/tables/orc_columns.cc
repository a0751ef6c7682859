#include "tables/orc_columns.h"

#include "base/deflate.h"
#include "base/text.h"
#include "tables/hive_types.h"
#include "tables/orc.pb.h"

#include <fmt/format.h>
#include <snappy.h>

#include <lz4.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::size_t kFooterBytesMax = 16 * kMiB;
/// Of a chunk; writers use 256 KiB, and the format's header of three bytes ends at 8 MiB.
constexpr std::size_t kChunkBytesMax = 8 * kMiB;
constexpr std::size_t kChunkHeaderBytes = 3;
constexpr int kDepthMax = 64;
/// Of all columns.
constexpr std::size_t kTypesBytesMax = 4 * kMiB;

enum class Compression : std::uint32_t { kNone, kZlib, kSnappy, kLzo, kLz4, kZstd };

enum class Kind : std::uint32_t {
  kList = 10,
  kMap = 11,
  kStruct = 12,
  kUnion = 13,
  kDecimal = 14,
  kVarchar = 16,
  kChar = 17,
};
/// By the number of the kind; empty for those that have parts or parameters.
constexpr std::array<std::string_view, 19> kWords = {
    "boolean", "tinyint", "smallint",  "int", "bigint",   "float", "double",
    "string",  "binary",  "timestamp", "",    "",         "",      "",
    "",        "date",    "",          "",    "timestamp"};

Error bad(std::string_view what) {
  return Error::with_message(kBadOrc, fmt::format("{}: {}", kBadOrc.text, what));
}

std::optional<Bytes> unpack(Compression kind, ByteView chunk, std::size_t bytes_max) {
  Bytes out;
  switch (kind) {
    case Compression::kZlib: {
      Result<Bytes> content = inflate(chunk, DeflateForm::kRaw, bytes_max);
      return content ? std::optional<Bytes>(*std::move(content)) : std::nullopt;
    }
    case Compression::kSnappy: {
      std::size_t size = 0;
      if (!snappy::GetUncompressedLength(chunk.data(), chunk.size(), &size) || size > bytes_max) {
        return std::nullopt;
      }
      out.resize(size);
      return snappy::RawUncompress(chunk.data(), chunk.size(), out.data())
                 ? std::optional<Bytes>(std::move(out))
                 : std::nullopt;
    }
    case Compression::kLz4: {
      out.resize(bytes_max);
      const int size = LZ4_decompress_safe(chunk.data(), out.data(), static_cast<int>(chunk.size()),
                                           static_cast<int>(bytes_max));
      if (size < 0) {
        return std::nullopt;
      }
      out.resize(static_cast<std::size_t>(size));
      return out;
    }
    case Compression::kZstd: {
      out.resize(bytes_max);
      const std::size_t size = ZSTD_decompress(out.data(), out.size(), chunk.data(), chunk.size());
      if (ZSTD_isError(size) != 0) {
        return std::nullopt;
      }
      out.resize(size);
      return out;
    }
    case Compression::kNone:
    case Compression::kLzo:
      break;
  }
  return std::nullopt;
}

/// A stream of chunks: three bytes little-endian, the length times two, plus one where the chunk is
/// not compressed.
Result<Bytes> unpack_all(const orc::PostScript& script, ByteView bytes) {
  const auto kind = static_cast<Compression>(script.compression());
  if (kind == Compression::kNone) {
    return Bytes(bytes);
  }
  if (kind == Compression::kLzo || kind > Compression::kZstd) {
    return bad(fmt::format("its compression {}{} is not read", script.compression(),
                           kind == Compression::kLzo ? " (LZO)" : ""));
  }
  const std::uint64_t chunk_max =
      std::min<std::uint64_t>(script.compression_block_size(), kChunkBytesMax);
  Bytes out;
  while (!bytes.empty()) {
    if (bytes.size() < kChunkHeaderBytes) {
      return bad("its footer is cut off");
    }
    std::size_t header = 0;
    for (std::size_t i = kChunkHeaderBytes; i-- > 0;) {
      header = header << 8U | static_cast<std::uint8_t>(bytes[i]);
    }
    bytes.remove_prefix(kChunkHeaderBytes);
    const std::size_t size = header >> 1U;
    if (size > bytes.size()) {
      return bad("its footer is cut off");
    }
    const ByteView chunk = bytes.substr(0, size);
    bytes.remove_prefix(size);
    if ((header & 1U) != 0) {
      out.append(chunk);
    } else {
      std::optional<Bytes> content = unpack(kind, chunk, static_cast<std::size_t>(chunk_max));
      if (!content) {
        return bad("its footer does not decompress");
      }
      out.append(*content);
    }
    if (out.size() > kFooterBytesMax) {
      return bad(fmt::format("its footer has more than {} MiB", kFooterBytesMax / kMiB));
    }
  }
  return out;
}

Result<orc::PostScript> read_post_script(ByteView tail) {
  if (tail.empty()) {
    return bad("it is empty");
  }
  const auto size = static_cast<std::uint8_t>(tail.back());
  tail.remove_suffix(1);
  orc::PostScript script;
  if (size == 0 || size > tail.size() ||
      !script.ParseFromArray(tail.data() + (tail.size() - size), size) || script.magic() != "ORC") {
    return bad("it does not end as one");
  }
  if (script.footer_length() > kFooterBytesMax) {
    return bad(fmt::format("its footer has more than {} MiB", kFooterBytesMax / kMiB));
  }
  return script;
}

/// Of the footer and all behind it.
std::size_t end_bytes(const orc::PostScript& script, ByteView tail) {
  return static_cast<std::size_t>(script.footer_length()) + static_cast<std::uint8_t>(tail.back()) +
         1;
}

class Types {
 public:
  explicit Types(const orc::Footer& footer) : footer_(footer) {}

  Result<std::vector<TableField>> columns() const {
    if (footer_.types_size() == 0 || kind_of(footer_.types(0)) != Kind::kStruct ||
        footer_.types(0).subtypes_size() == 0) {
      return bad("there are no columns");
    }
    const orc::Type& row = footer_.types(0);
    std::vector<TableField> fields;
    std::size_t bytes = 0;
    for (int i = 0; i < row.subtypes_size(); ++i) {
      TARN_TRY(const std::string_view name, name_of(row, i));
      TableField field;
      field.name = ascii_lower(name);
      TARN_TRY(field.type, type(row.subtypes(i), 0, 0));
      bytes += field.type.size();
      if (bytes > kTypesBytesMax) {
        return bad(fmt::format("types of more than {} MiB", kTypesBytesMax / kMiB));
      }
      fields.push_back(std::move(field));
    }
    const bool nameless = std::ranges::all_of(fields, [](const TableField& field) {
      return field.name.starts_with("_col") &&
             std::ranges::all_of(field.name.substr(4),
                                 [](unsigned char c) { return std::isdigit(c) != 0; });
    });
    if (nameless) {
      return bad("its columns have no names, as in files of old versions of Hive");
    }
    return fields;
  }

 private:
  static Kind kind_of(const orc::Type& type) { return static_cast<Kind>(type.kind()); }
  static Result<std::string_view> name_of(const orc::Type& record, int index) {
    if (index >= record.field_names_size()) {
      return bad("a column without a name");
    }
    return std::string_view(record.field_names(index));
  }

  /// A type stands behind the one that it is part of.
  Result<std::string> type(std::uint32_t index, std::uint32_t parent, int depth) const {
    if (index <= parent || index >= static_cast<std::uint32_t>(footer_.types_size()) ||
        depth > kDepthMax) {
      return bad(depth > kDepthMax ? "columns are nested too deep" : "its columns are no tree");
    }
    const orc::Type& of = footer_.types(static_cast<int>(index));
    TARN_TRY(std::string made, any(of, index, depth));
    if (made.size() > kHiveTypeBytesMax) {
      return bad(fmt::format("a type of more than {} bytes", kHiveTypeBytesMax));
    }
    return made;
  }

  Result<std::string> any(const orc::Type& of, std::uint32_t index, int depth) const {
    if (of.kind() < kWords.size() && !kWords[of.kind()].empty()) {
      return std::string(kWords[of.kind()]);
    }
    switch (kind_of(of)) {
      case Kind::kDecimal:
        // Those of Hive 0.11 have no limit, which became 38 and 18.
        return of.precision() == 0 ? std::string("decimal(38,18)")
                                   : fmt::format("decimal({},{})", of.precision(), of.scale());
      case Kind::kVarchar:
        return fmt::format("varchar({})", of.maximum_length());
      case Kind::kChar:
        return fmt::format("char({})", of.maximum_length());
      case Kind::kList:
        return parts("array", 1, of, index, depth);
      case Kind::kMap:
        return parts("map", 2, of, index, depth);
      case Kind::kUnion:
        return parts("uniontype", 0, of, index, depth);
      case Kind::kStruct:
        return parts("struct", 0, of, index, depth);
    }
    return bad(fmt::format("a column of type {}, which is unknown", of.kind()));
  }

  /// `count` of them, or any number if it is zero.
  Result<std::string> parts(std::string_view word, int count, const orc::Type& of,
                            std::uint32_t index, int depth) const {
    if (of.subtypes_size() == 0 || (count != 0 && of.subtypes_size() != count)) {
      return bad(fmt::format("a column of type {} with {} parts", word, of.subtypes_size()));
    }
    std::string made = fmt::format("{}<", word);
    for (int i = 0; i < of.subtypes_size(); ++i) {
      made.append(i == 0 ? "" : ",");
      if (kind_of(of) == Kind::kStruct) {
        TARN_TRY(const std::string_view name, name_of(of, i));
        made.append(ascii_lower(name)).append(":");
      }
      TARN_TRY(const std::string part, type(of.subtypes(i), index, depth + 1));
      made.append(part);
    }
    made.push_back('>');
    return made;
  }

  const orc::Footer& footer_;
};

}  // namespace

Result<std::size_t> orc_footer_bytes(ByteView tail) {
  TARN_TRY(const orc::PostScript script, read_post_script(tail));
  return static_cast<std::size_t>(script.footer_length()) + static_cast<std::uint8_t>(tail.back()) +
         1;
}

Result<std::vector<TableField>> orc_columns(ByteView end) {
  TARN_TRY(const orc::PostScript script, read_post_script(end));
  const std::size_t bytes = end_bytes(script, end);
  if (bytes > end.size()) {
    return bad("its footer is cut off");
  }
  end.remove_prefix(end.size() - bytes);
  TARN_TRY(const Bytes content,
           unpack_all(script, end.substr(0, static_cast<std::size_t>(script.footer_length()))));
  orc::Footer footer;
  if (!footer.ParseFromString(content)) {
    return bad("its footer is damaged");
  }
  return Types(footer).columns();
}

}  // namespace tarn::tables
