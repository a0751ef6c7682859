#include "actions/lua/modules/modules.h"
#include "actions/lua/value.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

// A Parquet file ends in its metadata, the length of that in 4 bytes little-endian, and `PAR1`. The
// metadata is the struct FileMetaData in Thrift's compact protocol; field 2 is the schema, a list
// of SchemaElement {1: physical type, 4: name}, the tree depth-first, the root first. Sources:
// parquet-format README and parquet.thrift; thrift-compact-protocol.md.

namespace tarn::actions::lua {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::array<const char*, 8> kTypes = {
    "BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"};
constexpr int kDepthMax = 32;

/// Type codes of the compact protocol.
enum Wire : std::uint8_t {
  kStop = 0,
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

struct Malformed : std::runtime_error {
  Malformed() : std::runtime_error("parquet: malformed file metadata") {}
};

struct Field {
  std::uint8_t type = kStop;
  std::int64_t id = 0;
};

class CompactReader {
 public:
  explicit CompactReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t byte() {
    if (bytes_.empty()) {
      throw Malformed();
    }
    const auto value = static_cast<std::uint8_t>(bytes_[0]);
    bytes_.remove_prefix(1);
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t part = byte();
      value |= static_cast<std::uint64_t>(part & 0x7f) << shift;
      if (part < 0x80) {
        return value;
      }
    }
    throw Malformed();
  }
  std::int64_t zigzag() {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  std::string_view binary() {
    const std::uint64_t size = varint();
    if (size > bytes_.size()) {
      throw Malformed();
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  /// The next field of a struct; `previous` is the id of the one before.
  Field field(std::int64_t previous) {
    const std::uint8_t head = byte();
    Field next{static_cast<std::uint8_t>(head & 0x0f), 0};
    if (next.type != kStop) {
      next.id = head >> 4 == 0 ? zigzag() : previous + (head >> 4);
    }
    return next;
  }
  struct ListHead {
    std::uint64_t size;
    std::uint8_t type;
  };
  ListHead list_head() {
    const std::uint8_t head = byte();
    const std::uint64_t size = head >> 4 == 15 ? varint() : head >> 4;
    // Each item takes at least a byte.
    if (size > bytes_.size()) {
      throw Malformed();
    }
    return {size, static_cast<std::uint8_t>(head & 0x0f)};
  }

  void skip(std::uint8_t type, bool in_collection, int depth = 0) {
    if (depth > kDepthMax) {
      throw Malformed();
    }
    switch (type) {
      case kTrue:
      case kFalse:
        if (in_collection) {
          byte();
        }
        return;
      case kByte:
        byte();
        return;
      case kI16:
      case kI32:
      case kI64:
        varint();
        return;
      case kDouble:
        for (int i = 0; i < 8; ++i) {
          byte();
        }
        return;
      case kBinary:
        binary();
        return;
      case kList:
      case kSet: {
        const ListHead head = list_head();
        for (std::uint64_t i = 0; i < head.size; ++i) {
          skip(head.type, true, depth + 1);
        }
        return;
      }
      case kMap: {
        const std::uint64_t size = varint();
        if (size == 0) {
          return;
        }
        const std::uint8_t types = byte();
        if (size > bytes_.size()) {
          throw Malformed();
        }
        for (std::uint64_t i = 0; i < size; ++i) {
          skip(types >> 4, true, depth + 1);
          skip(types & 0x0f, true, depth + 1);
        }
        return;
      }
      case kStruct:
        for (Field each = field(0); each.type != kStop; each = field(each.id)) {
          skip(each.type, false, depth + 1);
        }
        return;
      default:
        throw Malformed();
    }
  }

 private:
  std::string_view bytes_;
};

struct SchemaElement {
  std::string_view name;
  const char* type = "N/A";
};

SchemaElement read_element(CompactReader& reader) {
  SchemaElement element;
  for (Field field = reader.field(0); field.type != kStop; field = reader.field(field.id)) {
    if (field.id == 1 && field.type == kI32) {
      const std::int64_t type = reader.zigzag();
      if (type < 0 || static_cast<std::size_t>(type) >= kTypes.size()) {
        throw Malformed();
      }
      element.type = kTypes[static_cast<std::size_t>(type)];
    } else if (field.id == 4 && field.type == kBinary) {
      element.name = reader.binary();
    } else {
      reader.skip(field.type, false);
    }
  }
  return element;
}

/// The metadata of a file, or an error in the words of the file format.
std::string_view find_metadata(Call& call, std::string_view file) {
  constexpr std::size_t kTailBytes = 8;
  if (file.size() < kMagic.size() + kTailBytes || !file.starts_with(kMagic) ||
      !file.ends_with(kMagic)) {
    call.fail("parquet: not a Parquet file");
  }
  const std::string_view tail = file.substr(file.size() - kTailBytes);
  std::size_t size = 0;
  for (std::size_t i = 4; i-- > 0;) {
    size = (size << 8) | static_cast<unsigned char>(tail[i]);
  }
  if (size > file.size() - kMagic.size() - kTailBytes) {
    call.fail("parquet: file metadata is longer than the file");
  }
  return file.substr(file.size() - kTailBytes - size, size);
}

int parquet_get_schema(Call& call) {
  const std::string_view metadata = find_metadata(call, call.string(1));
  call.charge_bytes(metadata.size());
  lua_State* L = call.lua();
  push_array_table(L, 0);
  CompactReader reader(metadata);
  for (Field field = reader.field(0); field.type != kStop; field = reader.field(field.id)) {
    if (field.id != 2 || field.type != kList) {
      reader.skip(field.type, false);
      continue;
    }
    const CompactReader::ListHead head = reader.list_head();
    if (head.type != kStruct) {
      throw Malformed();
    }
    for (std::uint64_t i = 0; i < head.size; ++i) {
      call.engine().charge(1);
      const SchemaElement element = read_element(reader);
      if (i == 0) {
        continue;  // the root is the table itself
      }
      call.push_table(0, 2);
      call.push(element.name);
      call.set_field("name");
      call.push(element.type);
      call.set_field("type");
      lua_rawseti(L, -2, static_cast<int>(i));
    }
    return 1;
  }
  return 1;
}

}  // namespace

const Module& parquet_module() {
  static const Module kModule = {"encoding/parquet", {{"get_schema", parquet_get_schema}}};
  return kModule;
}

}  // namespace tarn::actions::lua
