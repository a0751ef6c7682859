#include "actions/lua/testing/script.h"

#include <gtest/gtest.h>

namespace tarn::actions::lua {
namespace {

using testing::eval;

/// Field header of the compact protocol: distance to the previous id, and type.
std::string head(int distance, int type) { return {static_cast<char>(distance << 4 | type)}; }
std::string zigzag(int value) { return {static_cast<char>(value << 1)}; }
std::string text(const std::string& value) { return static_cast<char>(value.size()) + value; }

/// SchemaElement {type?, repetition, name, children?}.
std::string element(int type, const std::string& name, int children) {
  std::string out;
  int id = 0;
  if (type >= 0) {
    out += head(1, 5) + zigzag(type);
    id = 1;
  }
  out += head(3 - id, 5) + zigzag(1);
  out += head(1, 8) + text(name);
  if (children > 0) {
    out += head(1, 5) + zigzag(children);
  }
  return out + '\0';
}

/// A file without rows whose schema is {id: INT64, place: {name: BYTE_ARRAY, at: DOUBLE}}.
std::string sample() {
  std::string metadata = head(1, 5) + zigzag(1);
  metadata += head(1, 9) + static_cast<char>(5 << 4 | 12);
  metadata += element(-1, "schema", 2) + element(2, "id", 0) + element(-1, "place", 2) +
              element(6, "name", 0) + element(5, "at", 0);
  metadata += head(1, 6) + zigzag(0) + '\0';
  return "PAR1" + metadata + static_cast<char>(metadata.size()) + std::string(3, '\0') + "PAR1";
}

std::string lua_text(const std::string& bytes) {
  std::string out = "'";
  for (const char c : bytes) {
    const unsigned byte = static_cast<unsigned char>(c);
    out += "\\" + std::string(byte < 100 ? 1 : 0, '0') + std::string(byte < 10 ? 1 : 0, '0') +
           std::to_string(byte);
  }
  return out + "'";
}

TEST(LuaParquet, GetSchemaListsElementsDepthFirstWithoutTheRoot) {
  EXPECT_EQ(eval("require('encoding/json').marshal(require('encoding/parquet').get_schema(" +
                 lua_text(sample()) + "))"),
            "[{\"name\":\"id\",\"type\":\"INT64\"},{\"name\":\"place\",\"type\":\"N/A\"},"
            "{\"name\":\"name\",\"type\":\"BYTE_ARRAY\"},{\"name\":\"at\",\"type\":\"DOUBLE\"}]\n");
}

TEST(LuaParquet, GetSchemaRefusesOtherFiles) {
  EXPECT_EQ(eval("require('encoding/parquet').get_schema('hello')"),
            "error: parquet: not a Parquet file");
}

TEST(LuaParquet, DamagedMetadataRaises) {
  const std::string good = sample();
  for (std::size_t at = 4; at + 8 < good.size(); ++at) {
    for (const char c : {'\x00', '\x7f', '\xff'}) {
      std::string bad = good;
      bad[at] = c;
      // Any answer or error will do, a crash will not.
      (void)eval("#require('encoding/parquet').get_schema(" + lua_text(bad) + ")");
    }
  }
}

}  // namespace
}  // namespace tarn::actions::lua
