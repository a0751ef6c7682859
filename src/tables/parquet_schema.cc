#include "tables/parquet_schema.h"

#include "base/text.h"
#include "tables/thrift_compact.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

// Metadata is FileMetaData of
// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift in Thrift's
// compact protocol.

namespace tarn::tables {
namespace {

/// Of nested columns.
constexpr int kDepthMax = 32;
constexpr std::size_t kElementsMax = 100'000;

Error malformed(std::string_view what) {
  return Error::with_message(kInvalid, fmt::format("its Parquet metadata is malformed: {}", what));
}

enum class Physical : std::int64_t {
  kBoolean = 0,
  kInt32 = 1,
  kInt64 = 2,
  kInt96 = 3,
  kFloat = 4,
  kDouble = 5,
  kBytes = 6,
  kFixedBytes = 7,
};
/// What a value means, whether said by the old ConvertedType or the new LogicalType.
enum class Meaning : std::uint8_t {
  kNone,
  kText,
  kMap,
  kList,
  kDecimal,
  kDate,
  kTimestamp,
  /// Of nanoseconds, which Hive's SerDe does not know.
  kNanoseconds,
  kInt8,
  kInt16,
  kUnsigned32,
};

struct Element {
  std::optional<Physical> physical;
  bool repeated = false;
  std::string name;
  std::int64_t children = 0;
  Meaning meaning = Meaning::kNone;
  std::int64_t scale = 0;
  std::int64_t precision = 0;
};

Meaning converted(std::int64_t type) {
  switch (type) {
    case 0:   // UTF8
    case 4:   // ENUM
    case 19:  // JSON
      return Meaning::kText;
    case 1:  // MAP
    case 2:  // MAP_KEY_VALUE
      return Meaning::kMap;
    case 3:
      return Meaning::kList;
    case 5:
      return Meaning::kDecimal;
    case 6:
      return Meaning::kDate;
    case 9:   // milliseconds
    case 10:  // microseconds
      return Meaning::kTimestamp;
    case 13:  // UINT_32
      return Meaning::kUnsigned32;
    case 15:
      return Meaning::kInt8;
    case 16:
      return Meaning::kInt16;
    default:
      return Meaning::kNone;
  }
}

/// TIMESTAMP {isAdjustedToUTC, unit}; units are a union of millis, micros, nanos.
bool read_timestamp(CompactReader& in, Meaning& meaning) {
  meaning = Meaning::kTimestamp;
  return read_struct(in, [&](const CompactReader::Field& field) {
    if (field.id != 2 || field.type != Wire::kStruct) {
      return in.skip(field.type);
    }
    return read_struct(in, [&](const CompactReader::Field& unit) {
      meaning = unit.id == 3 ? Meaning::kNanoseconds : meaning;
      return in.skip(unit.type);
    });
  });
}

/// INTEGER {bitWidth, isSigned}.
bool read_integer(CompactReader& in, Meaning& meaning) {
  std::uint8_t width = 0;
  bool is_signed = true;
  const bool read = read_struct(in, [&](const CompactReader::Field& field) {
    if (field.id == 1 && field.type == Wire::kByte) {
      width = in.byte().value_or(0);
      return true;
    }
    if (field.id == 2) {
      is_signed = field.type == Wire::kTrue;
    }
    return in.skip(field.type);
  });
  if (is_signed) {
    meaning = width == 8 ? Meaning::kInt8 : width == 16 ? Meaning::kInt16 : meaning;
  } else if (width == 32) {
    meaning = Meaning::kUnsigned32;
  }
  return read;
}

bool read_logical_type(CompactReader& in, Meaning& meaning) {
  return read_struct(in, [&](const CompactReader::Field& kind) {
    if (kind.type != Wire::kStruct) {
      return in.skip(kind.type);
    }
    switch (kind.id) {
      case 1:   // STRING
      case 4:   // ENUM
      case 12:  // JSON
        meaning = Meaning::kText;
        break;
      case 2:
        meaning = Meaning::kMap;
        break;
      case 3:
        meaning = Meaning::kList;
        break;
      case 5:
        meaning = Meaning::kDecimal;
        break;
      case 6:
        meaning = Meaning::kDate;
        break;
      case 8:
        return read_timestamp(in, meaning);
      case 10:
        return read_integer(in, meaning);
      default:
        break;
    }
    return in.skip(kind.type);
  });
}

std::optional<Element> read_element(CompactReader& in) {
  Element element;
  const bool read = read_struct(in, [&](const CompactReader::Field& field) {
    if (field.id == 10 && field.type == Wire::kStruct) {
      return read_logical_type(in, element.meaning);
    }
    if (field.id == 4 && field.type == Wire::kBinary) {
      const std::optional<ByteView> name = in.binary();
      element.name = name.value_or(ByteView());
      return name.has_value();
    }
    if (field.type != Wire::kI32) {
      return in.skip(field.type);
    }
    const std::optional<std::int64_t> value = in.integer();
    const std::int64_t number = value.value_or(0);
    switch (field.id) {
      case 1:
        element.physical = static_cast<Physical>(number);
        break;
      case 3:
        element.repeated = number == 2;
        break;
      case 5:
        element.children = number;
        break;
      case 6:
        element.meaning = converted(number);
        break;
      case 7:
        element.scale = number;
        break;
      case 8:
        element.precision = number;
        break;
      default:
        break;
    }
    return value.has_value();
  });
  return read ? std::optional(std::move(element)) : std::nullopt;
}

std::string primitive(const Element& element) {
  if (element.meaning == Meaning::kDecimal) {
    return fmt::format("decimal({},{})", element.precision, element.scale);
  }
  switch (element.physical.value_or(Physical::kBytes)) {
    case Physical::kBoolean:
      return "boolean";
    case Physical::kInt32:
      switch (element.meaning) {
        case Meaning::kDate:
          return "date";
        case Meaning::kInt8:
          return "tinyint";
        case Meaning::kInt16:
          return "smallint";
        case Meaning::kUnsigned32:
          return "bigint";
        default:
          return "int";
      }
    case Physical::kInt64:
      return element.meaning == Meaning::kTimestamp ? "timestamp" : "bigint";
    case Physical::kInt96:
      return "timestamp";
    case Physical::kFloat:
      return "float";
    case Physical::kDouble:
      return "double";
    case Physical::kBytes:
    case Physical::kFixedBytes:
      break;
  }
  return element.meaning == Meaning::kText ? "string" : "binary";
}

/// The schema is a tree in preorder.
class Schema {
 public:
  explicit Schema(std::vector<Element> elements) : elements_(std::move(elements)) {}

  Result<std::vector<TableField>> columns() {
    std::vector<TableField> fields;
    for (std::int64_t i = 0; i < elements_[0].children; ++i) {
      if (at_ >= elements_.size()) {
        return malformed("columns are missing");
      }
      TableField field;
      field.name = ascii_lower(elements_[at_].name);
      TARN_TRY(field.type, type(0));
      fields.push_back(std::move(field));
    }
    if (fields.empty()) {
      return malformed("there are no columns");
    }
    return fields;
  }

 private:
  /// Of the element at_, which it passes with all that is below it; `element_of_list`: its
  /// repetition is the list's.
  Result<std::string> type(int depth, bool element_of_list = false) {
    if (depth > kDepthMax || at_ >= elements_.size()) {
      return malformed(depth > kDepthMax ? "columns are nested too deep" : "columns are missing");
    }
    const Element& element = elements_[at_++];
    TARN_TRY(std::string inner, element.children > 0 ? group(element, depth)
                                                     : Result<std::string>(primitive(element)));
    if (element.repeated && !element_of_list) {
      return fmt::format("array<{}>", inner);
    }
    return inner;
  }

  Result<std::string> group(const Element& element, int depth) {
    if (element.meaning == Meaning::kMap && element.children == 1) {
      return map(depth);
    }
    if (element.meaning == Meaning::kList && element.children == 1) {
      return list(element, depth);
    }
    std::string members;
    for (std::int64_t i = 0; i < element.children; ++i) {
      if (at_ >= elements_.size()) {
        return malformed("columns are missing");
      }
      const std::string name = ascii_lower(elements_[at_].name);
      TARN_TRY(const std::string member, type(depth + 1));
      members.append(members.empty() ? "" : ",").append(name).append(":").append(member);
    }
    return fmt::format("struct<{}>", members);
  }

  /// `repeated group key_value { key, value }`.
  Result<std::string> map(int depth) {
    if (at_ >= elements_.size() || elements_[at_].children != 2) {
      return malformed("a map without keys and values");
    }
    ++at_;
    TARN_TRY(const std::string key, type(depth + 1));
    TARN_TRY(const std::string value, type(depth + 1));
    return fmt::format("map<{},{}>", key, value);
  }

  /// `repeated group list { element }`, or the element itself is what repeats
  /// (https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists).
  Result<std::string> list(const Element& of, int depth) {
    if (at_ >= elements_.size()) {
      return malformed("a list without elements");
    }
    const Element& repeated = elements_[at_];
    const bool wrapped =
        repeated.children == 1 && repeated.name != "array" && repeated.name != of.name + "_tuple";
    if (wrapped) {
      ++at_;
    }
    TARN_TRY(const std::string inner, type(depth + 1, !wrapped));
    return fmt::format("array<{}>", inner);
  }

  const std::vector<Element> elements_;
  std::size_t at_ = 1;
};

}  // namespace

Result<std::size_t> parquet_metadata_bytes(ByteView tail) {
  if (tail.ends_with("PARE")) {
    return Error::with_message(kInvalid, "its Parquet metadata is encrypted");
  }
  if (tail.size() < kParquetTailBytes || !tail.ends_with("PAR1")) {
    return Error::with_message(kInvalid, "it is no Parquet file");
  }
  tail.remove_prefix(tail.size() - kParquetTailBytes);
  std::size_t bytes = 0;
  for (int i = 3; i >= 0; --i) {
    bytes = bytes << 8U | static_cast<std::uint8_t>(tail[static_cast<std::size_t>(i)]);
  }
  return bytes;
}

Result<std::vector<TableField>> parquet_columns(ByteView metadata) {
  CompactReader in(metadata);
  std::int64_t id = 0;
  while (true) {
    const std::optional<CompactReader::Field> field = in.field(id);
    if (!field || field->id == 0) {
      return malformed("it holds no schema");
    }
    id = field->id;
    if (field->id == 2 && field->type == Wire::kList) {
      break;
    }
    if (!in.skip(field->type)) {
      return malformed("it ends too early");
    }
  }
  const std::optional<CompactReader::List> list = in.list();
  if (!list || list->type != Wire::kStruct || list->size == 0 || list->size > kElementsMax) {
    return malformed("its schema is no list of columns");
  }
  std::vector<Element> elements;
  for (std::uint64_t i = 0; i < list->size; ++i) {
    std::optional<Element> element = read_element(in);
    if (!element) {
      return malformed("its schema ends too early");
    }
    elements.push_back(*std::move(element));
  }
  return Schema(std::move(elements)).columns();
}

}  // namespace tarn::tables
