#pragma once

#include "base/encoding.h"
#include "names/ids.h"

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace tarn::graveler::fsck {

/// The 32 bytes of a commit's, range's or metarange's id: half of its text, and no allocation.
struct Id {
  std::array<char, 32> bytes{};

  /// Nothing unless `text` is 64 lower-case hexadecimal digits.
  static std::optional<Id> parse(std::string_view text) {
    if (!CommitId::parse(std::string(text))) {
      return std::nullopt;
    }
    const Result<std::string> raw = hex_decode(text);
    Id id;
    std::memcpy(id.bytes.data(), raw->data(), id.bytes.size());
    return id;
  }
  std::string str() const { return hex_encode({bytes.data(), bytes.size()}); }
  friend bool operator==(const Id&, const Id&) = default;
};

struct IdHash {
  std::size_t operator()(const Id& id) const noexcept {
    std::size_t out = 0;
    std::memcpy(&out, id.bytes.data(), sizeof out);
    return out;
  }
};

using IdSet = std::unordered_set<Id, IdHash>;
template <class T>
using IdMap = std::unordered_map<Id, T, IdHash>;

}  // namespace tarn::graveler::fsck
