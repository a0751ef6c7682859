#pragma once

#include "base/bytes.h"

#include <cstdint>
#include <optional>

namespace tarn::tables {

/// Types of Thrift's compact protocol. A byte of a stranger may be none of them.
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

/// Reads Thrift's compact protocol
/// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md):
///
/// | Part | Bytes |
/// | --- | --- |
/// | field | `delta << 4 \| type`; without a delta, the id as zigzag varint follows |
/// | integer | zigzag varint (a byte: itself) |
/// | text | length as varint, bytes |
/// | list | `size << 4 \| type`; size 15: it follows as varint |
/// | end of a structure | 0 |
///
/// Foreign bytes: every call says whether there was what it wants; after one that says no the
/// reader is of no more use. Views point into the bytes. Not thread-safe.
class CompactReader {
 public:
  explicit CompactReader(ByteView bytes) : rest_(bytes) {}

  std::optional<std::uint8_t> byte();
  std::optional<std::uint64_t> varint();
  /// A zigzag varint.
  std::optional<std::int64_t> integer();
  std::optional<ByteView> binary();

  struct Field {
    std::int64_t id = 0;
    Wire type = Wire::kTrue;
  };
  /// The field after the one of id `before`. Id 0 is the end of the structure.
  std::optional<Field> field(std::int64_t before);
  struct List {
    std::uint64_t size = 0;
    Wire type = Wire::kTrue;
  };
  /// Of a list or set, whose elements follow. Its size is at most the bytes that are left.
  std::optional<List> list();

  /// Passes a field's value, nested at most 32 deep.
  bool skip(Wire type) { return skip(type, 0); }

  /// What was not read yet.
  ByteView rest() const { return rest_; }

 private:
  bool skip(Wire type, int depth);
  bool skip_element(Wire type, int depth);
  bool skip_list(int depth);
  bool skip_map(int depth);
  bool skip_struct(int depth);

  ByteView rest_;
};

/// Calls `on_field(field)`, which reads the field's value, for each field of a structure; false if
/// one says so, or the bytes are no structure.
template <class OnField>
bool read_struct(CompactReader& in, OnField on_field) {
  std::int64_t id = 0;
  while (true) {
    const std::optional<CompactReader::Field> next = in.field(id);
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

}  // namespace tarn::tables
