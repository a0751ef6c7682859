#include "tables/avro_pairs.h"

#include "tables/avro_walk.h"

#include <utility>

namespace tarn::tables {
namespace {

using Type = AvroSchema::Type;

Error bad() {
  return Error::with_message(kBadAvro, "invalid Avro file: a map of numbers is no list of pairs");
}

bool is_number(Type type) { return type == Type::kInt || type == Type::kLong; }
bool is_text(Type type) { return type == Type::kString || type == Type::kBytes; }

/// The type of the values; kNull for a list that is no map of numbers.
Type value_type(const AvroSchema& schema, std::size_t list) {
  const AvroSchema::Node& type = schema.nodes[list];
  if (type.type != Type::kArray) {
    return Type::kNull;
  }
  const AvroSchema::Node& item = schema.nodes[type.parts[0]];
  if (item.type != Type::kRecord || item.fields.size() != 2 ||
      !is_number(schema.nodes[item.fields[0].node].type)) {
    return Type::kNull;
  }
  const Type value = schema.nodes[item.fields[1].node].type;
  return is_number(value) || is_text(value) ? value : Type::kNull;
}

}  // namespace

Result<Bytes> replace_in_avro_pairs(const AvroSchema& schema, std::size_t list, ByteView encoded,
                                    const std::map<std::int64_t, Bytes>& values) {
  const Type type = value_type(schema, list);
  if (type == Type::kNull) {
    return bad();
  }
  Bytes pairs;
  std::int64_t count = 0;
  while (true) {
    std::int64_t left = 0;
    std::int64_t size = 0;
    if (!detail::take_avro_long(encoded, left) ||
        (left < 0 && !detail::take_avro_long(encoded, size))) {
      return bad();
    }
    if (left == 0) {
      break;
    }
    // Of a negative count nobody wants the absolute value of the smallest number.
    for (; left != 0; left += left < 0 ? 1 : -1) {
      std::int64_t key = 0;
      std::int64_t number = 0;
      ByteView text;
      if (!detail::take_avro_long(encoded, key)) {
        return bad();
      }
      const ByteView before = encoded;
      const bool taken = is_number(type) ? detail::take_avro_long(encoded, number)
                                         : detail::take_avro_bytes(encoded, text);
      if (!taken) {
        return bad();
      }
      const auto other = values.find(key);
      pairs.append(encode_avro_long(key));
      pairs.append(other == values.end() ? before.substr(0, before.size() - encoded.size())
                                         : ByteView(other->second));
      ++count;
    }
  }
  if (count == 0) {
    return encode_avro_long(0);
  }
  return encode_avro_long(count) + pairs + encode_avro_long(0);
}

Bytes encode_avro_longs(const std::vector<std::int64_t>& numbers) {
  Bytes out;
  if (!numbers.empty()) {
    out = encode_avro_long(static_cast<std::int64_t>(numbers.size()));
    for (const std::int64_t number : numbers) {
      out += encode_avro_long(number);
    }
  }
  return out + encode_avro_long(0);
}

}  // namespace tarn::tables
