#include "actions/lua/modules/modules.h"
#include "actions/lua/utf8.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

namespace tarn::actions::lua {
namespace {

/// Offset of `wanted` in `text` from `from` on, or npos. memmem is linear, std::string_view::find
/// is not.
std::size_t find_text(std::string_view text, std::string_view wanted, std::size_t from) {
  if (wanted.empty()) {
    return from;
  }
  const void* found = memmem(text.data() + from, text.size() - from, wanted.data(), wanted.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

int strings_split(Call& call) {
  const std::string_view text = call.string(1);
  const std::string_view separator = call.string(2);
  call.charge_bytes(text.size());
  std::vector<std::string_view> parts;
  const auto add = [&](std::string_view part) {
    if (parts.size() == parts.capacity()) {
      call.engine().require_room(2 * (parts.size() + 1) * sizeof part);
    }
    parts.push_back(part);
  };
  if (separator.empty()) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = decode_utf8(text.substr(at)).size;
      add(text.substr(at, size));
      at += size;
    }
  } else {
    std::size_t at = 0;
    while (true) {
      const std::size_t end = find_text(text, separator, at);
      add(text.substr(at, end == std::string_view::npos ? end : end - at));
      if (end == std::string_view::npos) {
        break;
      }
      at = end + separator.size();
    }
  }
  call.push_strings(parts);
  return 1;
}

int strings_trim(Call& call) {
  std::string_view text = call.string(1);
  call.charge_bytes(text.size());
  while (!text.empty()) {
    const Utf8Character first = decode_utf8(text);
    if (!first.valid || !is_space(first.value)) {
      break;
    }
    text.remove_prefix(first.size);
  }
  while (!text.empty()) {
    std::size_t at = text.size() - 1;
    while (at > 0 && text.size() - at < 4 &&
           (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) {
      --at;
    }
    const Utf8Character last = decode_utf8(text.substr(at));
    if (!last.valid || at + last.size != text.size() || !is_space(last.value)) {
      break;
    }
    text = text.substr(0, at);
  }
  call.push(text);
  return 1;
}

int strings_replace(Call& call) {
  const std::string_view text = call.string(1);
  const std::string_view old_text = call.string(2);
  const std::string_view new_text = call.string(3);
  std::int64_t left = call.integer(4);
  if (left < 0) {
    left = std::numeric_limits<std::int64_t>::max();
  }
  call.charge_bytes(text.size());
  Buffer out(call.engine());
  std::size_t at = 0;
  if (old_text.empty()) {
    // Before each character and at the end.
    for (; left != 0; --left) {
      out.append(new_text);
      call.engine().charge(1);
      if (at == text.size()) {
        break;
      }
      const std::size_t size = decode_utf8(text.substr(at)).size;
      out.append(text.substr(at, size));
      at += size;
    }
  } else {
    for (; left != 0; --left) {
      const std::size_t found = find_text(text, old_text, at);
      if (found == std::string_view::npos) {
        break;
      }
      call.engine().charge(1);
      out.append(text.substr(at, found - at));
      out.append(new_text);
      at = found + old_text.size();
    }
  }
  out.append(text.substr(at));
  call.push(out.text());
  return 1;
}

int strings_has_prefix(Call& call) {
  call.push(call.string(1).starts_with(call.string(2)));
  return 1;
}

int strings_has_suffix(Call& call) {
  call.push(call.string(1).ends_with(call.string(2)));
  return 1;
}

int strings_contains(Call& call) {
  call.charge_bytes(call.string(1).size());
  call.push(find_text(call.string(1), call.string(2), 0) != std::string_view::npos);
  return 1;
}

}  // namespace

const Module& strings_module() {
  static const Module kModule = {"strings",
                                 {{"split", strings_split},
                                  {"trim", strings_trim},
                                  {"replace", strings_replace},
                                  {"has_prefix", strings_has_prefix},
                                  {"has_suffix", strings_has_suffix},
                                  {"contains", strings_contains}}};
  return kModule;
}

}  // namespace tarn::actions::lua
