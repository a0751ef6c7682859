#include "tables/parquet_schema.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

// Metadata is FileMetaData of
// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift in Thrift's
// compact protocol:
//
// | Part | Bytes |
// | --- | --- |
// | field | `delta << 4 \| type`; without a delta, the id as zigzag varint follows |
// | integer | zigzag varint (a byte: itself) |
// | text | length as varint, bytes |
// | list | `size << 4 \| type`; size 15: it follows as varint |
// | end of a structure | 0 |

namespace tarn::tables {
namespace {

constexpr int kDepthMax = 32;
constexpr std::size_t kElementsMax = 100'000;

enum class Wire : std::uint8_t {
  kTrue = 1,
  kFalse = 2,
  kByte = 3,
  kI16 = 4,
  kI32 = 5,
  kI64 = 6,
  kDouble = 7,
  kBinary = 8,
  kList = 9,
  kSet = 10,
  kMap = 11,
  kStruct = 12,
};

Error malformed(std::string_view what) {
  return Error::with_message(kInvalid, fmt::format("its Parquet metadata is malformed: {}", what));
}

/// Reads Thrift's compact protocol; every call says whether there was what it wants.
class Compact {
 public:
  explicit Compact(ByteView bytes) : rest_(bytes) {}

  std::optional<std::uint8_t> byte() {
    if (rest_.empty()) {
      return std::nullopt;
    }
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::optional<std::uint8_t> next = byte();
      if (!next) {
        return std::nullopt;
      }
      value |= static_cast<std::uint64_t>(*next & 0x7fU) << shift;
      if ((*next & 0x80U) == 0) {
        return value;
      }
    }
    return std::nullopt;
  }
  std::optional<std::int64_t> integer() {
    const std::optional<std::uint64_t> raw = varint();
    if (!raw) {
      return std::nullopt;
    }
    return static_cast<std::int64_t>(*raw >> 1U) ^ -static_cast<std::int64_t>(*raw & 1U);
  }
  std::optional<ByteView> binary() {
    const std::optional<std::uint64_t> size = varint();
    if (!size || *size > rest_.size()) {
      return std::nullopt;
    }
    const ByteView value = rest_.substr(0, *size);
    rest_.remove_prefix(*size);
    return value;
  }

  struct Field {
    std::int64_t id = 0;
    Wire type = Wire::kTrue;
  };
  /// Id 0 is the end of the structure.
  std::optional<Field> field(std::int64_t before) {
    const std::optional<std::uint8_t> head = byte();
    if (!head) {
      return std::nullopt;
    }
    if (*head == 0) {
      return Field{};
    }
    Field found{.id = before + (*head >> 4U), .type = static_cast<Wire>(*head & 0x0fU)};
    if (*head >> 4U == 0) {
      const std::optional<std::int64_t> id = integer();
      if (!id || *id <= 0) {
        return std::nullopt;
      }
      found.id = *id;
    }
    return found;
  }
  struct List {
    std::uint64_t size = 0;
    Wire type = Wire::kTrue;
  };
  std::optional<List> list() {
    const std::optional<std::uint8_t> head = byte();
    if (!head) {
      return std::nullopt;
    }
    List found{.size = static_cast<std::uint64_t>(*head >> 4U),
               .type = static_cast<Wire>(*head & 0x0fU)};
    if (found.size == 15) {
      const std::optional<std::uint64_t> size = varint();
      if (!size) {
        return std::nullopt;
      }
      found.size = *size;
    }
    // Each element takes at least one byte.
    return found.size > rest_.size() ? std::nullopt : std::optional(found);
  }

  bool skip(Wire type, int depth = 0) {
    if (depth > kDepthMax) {
      return false;
    }
    switch (type) {
      case Wire::kTrue:
      case Wire::kFalse:
        return true;
      case Wire::kByte:
        return byte().has_value();
      case Wire::kI16:
      case Wire::kI32:
      case Wire::kI64:
        return varint().has_value();
      case Wire::kDouble:
        rest_.remove_prefix(std::min<std::size_t>(8, rest_.size()));
        return true;
      case Wire::kBinary:
        return binary().has_value();
      case Wire::kList:
      case Wire::kSet:
        return skip_list(depth);
      case Wire::kMap:
        return skip_map(depth);
      case Wire::kStruct:
        return skip_struct(depth);
    }
    return false;
  }

 private:
  /// In lists and maps a boolean is a byte of its own.
  bool skip_element(Wire type, int depth) {
    return type == Wire::kTrue || type == Wire::kFalse ? byte().has_value() : skip(type, depth + 1);
  }
  bool skip_list(int depth) {
    const std::optional<List> head = list();
    for (std::uint64_t i = 0; head && i < head->size; ++i) {
      if (!skip_element(head->type, depth)) {
        return false;
      }
    }
    return head.has_value();
  }
  bool skip_map(int depth) {
    const std::optional<std::uint64_t> size = varint();
    if (!size || *size > rest_.size()) {
      return false;
    }
    const std::optional<std::uint8_t> types = *size == 0 ? std::optional<std::uint8_t>(0) : byte();
    for (std::uint64_t i = 0; types && i < *size; ++i) {
      if (!skip_element(static_cast<Wire>(*types >> 4U), depth) ||
          !skip_element(static_cast<Wire>(*types & 0x0fU), depth)) {
        return false;
      }
    }
    return types.has_value();
  }
  bool skip_struct(int depth) {
    std::int64_t id = 0;
    while (true) {
      const std::optional<Field> next = field(id);
      if (!next) {
        return false;
      }
      if (next->id == 0) {
        return true;
      }
      if (!skip(next->type, depth + 1)) {
        return false;
      }
      id = next->id;
    }
  }

  ByteView rest_;
};

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

/// Calls `on_field(field)`, which reads the field's value, for each field of a structure.
template <class OnField>
bool read_struct(Compact& in, OnField on_field) {
  std::int64_t id = 0;
  while (true) {
    const std::optional<Compact::Field> next = in.field(id);
    if (!next) {
      return false;
    }
    if (next->id == 0) {
      return true;
    }
    if (!on_field(*next)) {
      return false;
    }
    id = next->id;
  }
}

/// TIMESTAMP {isAdjustedToUTC, unit}; units are a union of millis, micros, nanos.
bool read_timestamp(Compact& in, Meaning& meaning) {
  meaning = Meaning::kTimestamp;
  return read_struct(in, [&](const Compact::Field& field) {
    if (field.id != 2 || field.type != Wire::kStruct) {
      return in.skip(field.type);
    }
    return read_struct(in, [&](const Compact::Field& unit) {
      meaning = unit.id == 3 ? Meaning::kNanoseconds : meaning;
      return in.skip(unit.type);
    });
  });
}

/// INTEGER {bitWidth, isSigned}.
bool read_integer(Compact& in, Meaning& meaning) {
  std::uint8_t width = 0;
  bool is_signed = true;
  const bool read = read_struct(in, [&](const Compact::Field& field) {
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

bool read_logical_type(Compact& in, Meaning& meaning) {
  return read_struct(in, [&](const Compact::Field& kind) {
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

std::optional<Element> read_element(Compact& in) {
  Element element;
  const bool read = read_struct(in, [&](const Compact::Field& field) {
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

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return out;
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
      field.name = lower(elements_[at_].name);
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
      const std::string name = lower(elements_[at_].name);
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
  Compact in(metadata);
  std::int64_t id = 0;
  while (true) {
    const std::optional<Compact::Field> field = in.field(id);
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
  const std::optional<Compact::List> list = in.list();
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
