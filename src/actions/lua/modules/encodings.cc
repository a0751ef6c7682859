#include "actions/lua/modules/modules.h"
#include "actions/lua/utf8.h"
#include "base/encoding.h"
#include "tables/z85.h"

#include <fmt/format.h>

#include <array>

namespace tarn::actions::lua {
namespace {

/// Charges for reading `text` and for an answer of at most twice its size.
std::string_view input(Call& call) {
  const std::string_view text = call.string(1);
  call.charge_bytes(text.size());
  call.engine().require_room(2 * text.size() + 16);
  return text;
}

/// Where decoding of base64 goes wrong, for the message alone: the first byte outside the alphabet,
/// or the padding or the end that comes too early.
std::size_t base64_error_offset(std::string_view text, bool url) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!letter && c != (url ? '-' : '+') && c != (url ? '_' : '/')) {
      break;
    }
  }
  const bool padding = !url && at < text.size() && text[at] == '=';
  if (padding && at % 4 >= 2) {
    // The padding is right where it stands; what follows it is not.
    const std::size_t end = (at / 4 + 1) * 4;
    return end <= text.size() && text.find_first_not_of('=', at) >= end ? end : text.size();
  }
  return at;
}

int base64_encode_text(Call& call) {
  call.push(base64_encode(input(call)));
  return 1;
}

int base64_url_encode(Call& call) {
  call.push(base64url_encode(input(call)));
  return 1;
}

int decode_base64(Call& call, bool url) {
  // Line breaks are not part of the encoding and skipped, as in MIME.
  std::string text(input(call));
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
  const bool padded_url = url && text.find('=') != std::string::npos;
  Result<std::string> decoded = url ? base64url_decode(text) : base64_decode(text);
  if (!decoded || padded_url) {
    call.fail(fmt::format("illegal base64 data at input byte {}", base64_error_offset(text, url)));
  }
  call.push(*decoded);
  return 1;
}

int base64_decode_text(Call& call) { return decode_base64(call, false); }
int base64_url_decode(Call& call) { return decode_base64(call, true); }

int hex_encode_text(Call& call) {
  call.push(hex_encode(input(call)));
  return 1;
}

int hex_decode_text(Call& call) {
  const std::string_view text = input(call);
  if (Result<std::string> decoded = hex_decode(text)) {
    call.push(*decoded);
    return 1;
  }
  const std::size_t bad = text.find_first_not_of("0123456789abcdefABCDEF");
  if (bad == std::string_view::npos) {
    call.fail("encoding/hex: odd length hex string");
  }
  const auto c = static_cast<unsigned char>(text[bad]);
  std::string shown;
  append_utf8(shown, c);  // bytes are shown as the characters of that number
  call.fail(fmt::format("encoding/hex: invalid byte: U+{:04X} '{}'", c, shown));
}

/// ZeroMQ's base 85 (rfc.zeromq.org/spec/32) of the 16 bytes of a UUID, after a prefix.
int z85_decode_uuid(Call& call) {
  const tables::Z85Uuid found = call.unwrap(tables::decode_z85_uuid(input(call)));
  call.push(found.uuid);
  call.push(found.before);
  return 2;
}

}  // namespace

const Module& base64_module() {
  static const Module kModule = {"encoding/base64",
                                 {{"encode", base64_encode_text},
                                  {"decode", base64_decode_text},
                                  {"url_encode", base64_url_encode},
                                  {"url_decode", base64_url_decode}}};
  return kModule;
}

const Module& hex_module() {
  static const Module kModule = {"encoding/hex",
                                 {{"encode", hex_encode_text}, {"decode", hex_decode_text}}};
  return kModule;
}

const Module& z85_module() {
  static const Module kModule = {"encoding/z85enc", {{"decode_uuid", z85_decode_uuid}}};
  return kModule;
}

}  // namespace tarn::actions::lua
