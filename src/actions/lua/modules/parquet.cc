#include "actions/lua/modules/modules.h"
#include "actions/lua/value.h"
#include "tables/parquet_schema.h"
#include "tables/thrift_compact.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// A Parquet file ends in its metadata, the length of that in 4 bytes little-endian, and `PAR1`. The
// metadata is the struct FileMetaData in Thrift's compact protocol; field 2 is the schema, a list
// of SchemaElement {1: physical type, 4: name}, the tree depth-first, the root first. Sources:
// parquet-format README and parquet.thrift; thrift-compact-protocol.md.

namespace tarn::actions::lua {
namespace {

using tables::CompactReader;
using tables::read_struct;
using tables::Wire;

constexpr std::string_view kMagic = "PAR1";
constexpr std::array<const char*, 8> kTypes = {
    "BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"};
struct Malformed : std::runtime_error {
  Malformed() : std::runtime_error("parquet: malformed file metadata") {}
};

template <class T>
T need(const std::optional<T>& read) {
  if (!read) {
    throw Malformed();
  }
  return *read;
}

struct SchemaElement {
  std::string_view name;
  const char* type = "N/A";
};

SchemaElement read_element(CompactReader& reader) {
  SchemaElement element;
  const bool read = read_struct(reader, [&](const CompactReader::Field& field) {
    if (field.id == 1 && field.type == Wire::kI32) {
      const std::int64_t type = need(reader.integer());
      if (type < 0 || static_cast<std::size_t>(type) >= kTypes.size()) {
        throw Malformed();
      }
      element.type = kTypes[static_cast<std::size_t>(type)];
      return true;
    }
    if (field.id == 4 && field.type == Wire::kBinary) {
      element.name = need(reader.binary());
      return true;
    }
    return reader.skip(field.type);
  });
  if (!read) {
    throw Malformed();
  }
  return element;
}

/// The metadata of a file, or an error in the words of the file format.
std::string_view find_metadata(Call& call, std::string_view file) {
  constexpr std::size_t kTailBytes = tables::kParquetTailBytes;
  const Result<std::size_t> size = tables::parquet_metadata_bytes(file);
  if (!size || file.size() < kMagic.size() + kTailBytes || !file.starts_with(kMagic)) {
    call.fail("parquet: not a Parquet file");
  }
  if (*size > file.size() - kMagic.size() - kTailBytes) {
    call.fail("parquet: file metadata is longer than the file");
  }
  return file.substr(file.size() - kTailBytes - *size, *size);
}

int parquet_get_schema(Call& call) {
  const std::string_view metadata = find_metadata(call, call.string(1));
  call.charge_bytes(metadata.size());
  lua_State* L = call.lua();
  push_array_table(L, 0);
  CompactReader reader(metadata);
  std::int64_t id = 0;
  for (;;) {
    const CompactReader::Field field = need(reader.field(id));
    if (field.id == 0) {
      return 1;
    }
    if (field.id == 2 && field.type == Wire::kList) {
      break;
    }
    if (!reader.skip(field.type)) {
      throw Malformed();
    }
    id = field.id;
  }
  const CompactReader::List head = need(reader.list());
  if (head.type != Wire::kStruct) {
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

}  // namespace

const Module& parquet_module() {
  static const Module kModule = {"encoding/parquet", {{"get_schema", parquet_get_schema}}};
  return kModule;
}

}  // namespace tarn::actions::lua
