#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace tarn::sstable {

/// Builds the bytes whose SHA-256 identifies a commit, an entry or a table's properties. Every item
/// carries its type:
///
/// | item           | bytes                                                    |
/// |----------------|----------------------------------------------------------|
/// | i64(v)         | `02 08`, v as 8 bytes big-endian two's complement        |
/// | bytes(b)       | `00`, i64(length), b                                     |
/// | str(s)         | `01`, i64(length), s                                     |
/// | strs(l)        | `03`, i64(count), str of each                            |
/// | map(m)         | `04`, i64(count), str(key) str(value) in order of keys   |
/// | embed(digest)  | `05`, bytes(digest)                                      |
///
/// Source: docs/formats/identifiers.md.
class IdentityEncoder {
 public:
  IdentityEncoder& i64(std::int64_t value);
  IdentityEncoder& bytes(std::string_view value);
  IdentityEncoder& str(std::string_view value);
  IdentityEncoder& strs(std::span<const std::string> values);
  /// For any map ordered bytewise by key (std::map of strings is): from pairs of texts, or from a
  /// protobuf map copied to one.
  template <class Compare>
  IdentityEncoder& map(const std::map<std::string, std::string, Compare>& values) {
    begin_map(values.size());
    for (const auto& [key, value] : values) {
      str(key).str(value);
    }
    return *this;
  }
  /// The 32-byte digest of an object that has an identity of its own.
  IdentityEncoder& embed(std::string_view digest);

  const std::string& encoded() const { return encoded_; }
  /// 32 raw bytes.
  std::string digest() const;
  /// 64 lower-case hexadecimal digits.
  std::string hex_digest() const;

 private:
  void begin_map(std::size_t count);

  std::string encoded_;
};

}  // namespace tarn::sstable
