#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tarn::tables {

/// Bytes that are no Avro, or more than is read of it; the message says what is wrong.
inline constexpr ErrorId kBadAvro{ErrorKind::kInvalid, "invalid Avro file"};

/// An Avro schema (https://avro.apache.org/docs/1.11.1/specification/), as far as it says where a
/// value ends. Types refer to each other by index, because they may hold themselves.
struct AvroSchema {
  enum class Type : std::uint8_t {
    kNull,
    kBoolean,
    kInt,
    kLong,
    kFloat,
    kDouble,
    kBytes,
    kString,
    kRecord,
    kEnum,
    kArray,
    kMap,
    kUnion,
    kFixed,
  };
  struct Field {
    std::string name;
    /// Iceberg's `field-id`.
    std::optional<std::int64_t> id;
    std::size_t node = 0;
  };
  struct Node {
    Type type = Type::kNull;
    /// Of a fixed.
    std::size_t size_bytes = 0;
    /// Of a record.
    std::vector<Field> fields = {};
    /// The items of an array, the values of a map, the branches of a union.
    std::vector<std::size_t> parts = {};
  };
  std::vector<Node> nodes;
  /// What a file holds rows of.
  std::size_t root = 0;
};

/// The full name of a named type (a record, an enum or a fixed) that stands in the namespace
/// `space`, which becomes that of the name; its members are in it.
std::string avro_full_name(const Json& type, std::string& space);

/// Errors kBadAvro.
Result<AvroSchema> parse_avro_schema(ByteView json);

}  // namespace tarn::tables
