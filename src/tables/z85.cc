#include "tables/z85.h"

#include "base/encoding.h"

#include <fmt/format.h>

#include <cstdint>

namespace tarn::tables {
namespace {

constexpr std::string_view kAlphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr std::size_t kUuidChars = 20;

}  // namespace

Result<Z85Uuid> decode_z85_uuid(std::string_view text) {
  if (text.size() < kUuidChars) {
    return Error::with_message(
        kInvalid, fmt::format("Z85 string must be at least {} characters", kUuidChars));
  }
  const std::string_view encoded = text.substr(text.size() - kUuidChars);
  std::string raw;
  for (std::size_t at = 0; at < encoded.size(); at += 5) {
    std::uint64_t word = 0;
    for (const char c : encoded.substr(at, 5)) {
      const std::size_t digit = kAlphabet.find(c);
      if (digit == std::string_view::npos) {
        return Error::with_message(kInvalid, "invalid Z85 character");
      }
      word = word * kAlphabet.size() + digit;
    }
    if (word > 0xffffffffU) {
      return Error::with_message(kInvalid, "invalid Z85 group");
    }
    for (int shift = 24; shift >= 0; shift -= 8) {
      raw.push_back(static_cast<char>((word >> shift) & 0xff));
    }
  }
  const std::string hex = hex_encode(raw);
  const std::string_view view = hex;
  return Z85Uuid{.before = std::string(text.substr(0, text.size() - kUuidChars)),
                 .uuid = fmt::format("{}-{}-{}-{}-{}", view.substr(0, 8), view.substr(8, 4),
                                     view.substr(12, 4), view.substr(16, 4), view.substr(20))};
}

}  // namespace tarn::tables
