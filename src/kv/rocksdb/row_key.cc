#include "kv/rocksdb/row_key.h"

#include "base/assert.h"

namespace tarn::kv {
namespace {

void append_escaped(std::string& out, std::string_view partition) {
  for (const char c : partition) {
    out.push_back(c);
    if (c == '\0') {
      out.push_back('\xff');
    }
  }
  out.push_back('\0');
  out.push_back('\x01');
}

}  // namespace

std::string partition_prefix(std::string_view partition) {
  std::string out;
  out.reserve(partition.size() + 2);
  append_escaped(out, partition);
  return out;
}

std::string row_key(std::string_view partition, std::string_view key) {
  std::string out;
  out.reserve(partition.size() + 2 + key.size());
  append_escaped(out, partition);
  out.append(key);
  return out;
}

std::string end_of_prefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') {
    prefix.pop_back();
  }
  TARN_ASSERT(!prefix.empty(), "a partition prefix holds a byte below ff");
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace tarn::kv
