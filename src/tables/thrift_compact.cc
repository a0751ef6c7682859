#include "tables/thrift_compact.h"

#include "base/varint.h"

namespace tarn::tables {
namespace {

constexpr int kDepthMax = 32;

}  // namespace

std::optional<std::uint8_t> CompactReader::byte() {
  if (rest_.empty()) {
    return std::nullopt;
  }
  const auto value = static_cast<std::uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  return value;
}

std::optional<std::uint64_t> CompactReader::varint() {
  std::uint64_t value = 0;
  return take_uvarint(rest_, value) ? std::optional(value) : std::nullopt;
}

std::optional<std::int64_t> CompactReader::integer() {
  const std::optional<std::uint64_t> raw = varint();
  if (!raw) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*raw >> 1U) ^ -static_cast<std::int64_t>(*raw & 1U);
}

std::optional<ByteView> CompactReader::binary() {
  const std::optional<std::uint64_t> size = varint();
  if (!size || *size > rest_.size()) {
    return std::nullopt;
  }
  const ByteView value = rest_.substr(0, *size);
  rest_.remove_prefix(*size);
  return value;
}

std::optional<CompactReader::Field> CompactReader::field(std::int64_t before) {
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

std::optional<CompactReader::List> CompactReader::list() {
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

bool CompactReader::skip(Wire type, int depth) {
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
      if (rest_.size() < 8) {
        return false;
      }
      rest_.remove_prefix(8);
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

/// In lists and maps a boolean is a byte of its own.
bool CompactReader::skip_element(Wire type, int depth) {
  return type == Wire::kTrue || type == Wire::kFalse ? byte().has_value() : skip(type, depth + 1);
}

bool CompactReader::skip_list(int depth) {
  const std::optional<List> head = list();
  for (std::uint64_t i = 0; head && i < head->size; ++i) {
    if (!skip_element(head->type, depth)) {
      return false;
    }
  }
  return head.has_value();
}

bool CompactReader::skip_map(int depth) {
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

bool CompactReader::skip_struct(int depth) {
  return read_struct(*this,
                     [this, depth](const Field& field) { return skip(field.type, depth + 1); });
}

}  // namespace tarn::tables
