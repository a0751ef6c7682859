#include "sstable/ident.h"

#include "base/encoding.h"
#include "base/hash.h"

namespace tarn::sstable {
namespace {

// On-disk item types.
constexpr char kTypeBytes = 0;
constexpr char kTypeString = 1;
constexpr char kTypeInt64 = 2;
constexpr char kTypeStrings = 3;
constexpr char kTypeMap = 4;
constexpr char kTypeEmbedded = 5;

}  // namespace

IdentityEncoder& IdentityEncoder::i64(std::int64_t value) {
  encoded_.push_back(kTypeInt64);
  encoded_.push_back(8);
  for (int shift = 56; shift >= 0; shift -= 8) {
    encoded_.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift));
  }
  return *this;
}

IdentityEncoder& IdentityEncoder::bytes(std::string_view value) {
  encoded_.push_back(kTypeBytes);
  i64(static_cast<std::int64_t>(value.size()));
  encoded_.append(value);
  return *this;
}

IdentityEncoder& IdentityEncoder::str(std::string_view value) {
  encoded_.push_back(kTypeString);
  i64(static_cast<std::int64_t>(value.size()));
  encoded_.append(value);
  return *this;
}

IdentityEncoder& IdentityEncoder::strs(std::span<const std::string> values) {
  encoded_.push_back(kTypeStrings);
  i64(static_cast<std::int64_t>(values.size()));
  for (const std::string& value : values) {
    str(value);
  }
  return *this;
}

void IdentityEncoder::begin_map(std::size_t count) {
  encoded_.push_back(kTypeMap);
  i64(static_cast<std::int64_t>(count));
}

IdentityEncoder& IdentityEncoder::embed(std::string_view digest) {
  encoded_.push_back(kTypeEmbedded);
  return bytes(digest);
}

std::string IdentityEncoder::digest() const { return sha256(encoded_); }

std::string IdentityEncoder::hex_digest() const { return hex_encode(digest()); }

}  // namespace tarn::sstable
