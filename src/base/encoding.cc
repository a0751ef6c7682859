#include "base/encoding.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace tarn {
namespace {

constexpr std::string_view kHexLower = "0123456789abcdef";
constexpr std::string_view kHexUpper = "0123456789ABCDEF";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

std::string encode64(std::string_view bytes, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < have ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      if (i <= have) {
        out.push_back(alphabet[group >> (18 - 6 * i) & 63]);
      } else if (pad) {
        out.push_back('=');
      }
    }
  }
  return out;
}

Result<std::string> decode64(std::string_view text, std::string_view alphabet,
                             bool padding_required) {
  std::size_t padding = 0;
  while (padding < 2 && !text.empty() && text.back() == '=') {
    text.remove_suffix(1);
    ++padding;
  }
  const bool padded = (text.size() + padding) % 4 == 0;
  if (text.size() % 4 == 1 || (!padded && (padding_required || padding != 0))) {
    return Error::with_message(kInvalid, "illegal base64 data: wrong length");
  }
  std::array<std::int8_t, 256> values;
  values.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int value = values[static_cast<unsigned char>(text[at])];
    if (value < 0) {
      return Error::with_message(kInvalid,
                                 "illegal base64 data at input byte " + std::to_string(at));
    }
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>(bits >> count));
    }
  }
  return out;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string hex_encode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out.push_back(kHexLower[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kHexLower[static_cast<unsigned char>(c) & 15]);
  }
  return out;
}

Result<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) {
    return Error::with_message(kInvalid, "odd number of hexadecimal digits");
  }
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) {
      return Error::with_message(kInvalid, "not a hexadecimal digit at byte " + std::to_string(at));
    }
    out.push_back(static_cast<char>(high << 4 | low));
  }
  return out;
}

std::string base64_encode(std::string_view bytes) { return encode64(bytes, kBase64, true); }
std::string base64url_encode(std::string_view bytes) { return encode64(bytes, kBase64Url, false); }
Result<std::string> base64_decode(std::string_view text) { return decode64(text, kBase64, true); }
Result<std::string> base64url_decode(std::string_view text) {
  return decode64(text, kBase64Url, false);
}

std::string base32hex_encode(std::string_view bytes) {
  constexpr std::string_view alphabet = "0123456789abcdefghijklmnopqrstuv";
  std::string out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    count += 8;
    while (count >= 5) {
      count -= 5;
      out.push_back(alphabet[bits >> count & 31]);
    }
  }
  if (count > 0) {
    out.push_back(alphabet[bits << (5 - count) & 31]);
  }
  return out;
}

std::string percent_encode(std::string_view text, std::string_view keep) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || keep.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHexUpper[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kHexUpper[static_cast<unsigned char>(c) & 15]);
    }
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '%') {
      const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
      const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
      if (high < 0 || low < 0) {
        return Error::with_message(kInvalid, "invalid URL escape at byte " + std::to_string(at));
      }
      out.push_back(static_cast<char>(high << 4 | low));
      at += 2;
    } else {
      out.push_back(plus_is_space && c == '+' ? ' ' : c);
    }
  }
  return out;
}

bool is_valid_utf8(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
  for (std::size_t at = 0; at < text.size();) {
    // Most text is ASCII: eight characters at a time.
    std::uint64_t eight = 0;
    if (at + sizeof eight <= text.size()) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if ((eight & kHighBits) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    const auto lead = static_cast<unsigned char>(text[at]);
    std::size_t size = 1;
    std::uint32_t point = lead;
    std::uint32_t least = 0;
    if (lead >= 0xf0 && lead < 0xf8) {
      size = 4, point = lead & 7U, least = 0x10000;
    } else if (lead >= 0xe0 && lead < 0xf0) {
      size = 3, point = lead & 15U, least = 0x800;
    } else if (lead >= 0xc0 && lead < 0xe0) {
      size = 2, point = lead & 31U, least = 0x80;
    } else if (lead >= 0x80) {
      return false;
    }
    if (at + size > text.size()) {
      return false;
    }
    for (std::size_t i = 1; i < size; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      if ((next & 0xc0) != 0x80) {
        return false;
      }
      point = point << 6 | (next & 63U);
    }
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
      return false;
    }
    at += size;
  }
  return true;
}

}  // namespace tarn
