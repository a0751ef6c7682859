#include "actions/lua/libraries.h"
#include "actions/lua/pattern.h"
#include "actions/lua/utf8.h"

#include <climits>
#include <fmt/format.h>

#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

namespace tarn::actions::lua {
namespace {

/// Position argument `n` (1 is the first byte, -1 the last) as a 1-based position, at least 1.
/// Positions beyond any string are common (`s:find(p, math.huge)`).
std::size_t start_argument(Call& call, int n, std::size_t size) {
  const double at = std::trunc(call.number_or(n, 1));
  if (at < 0) {
    return -at > static_cast<double>(size) ? 1 : size + 1 - static_cast<std::size_t>(-at);
  }
  if (!(at >= 1)) {  // also for NaN
    return 1;
  }
  return at >= static_cast<double>(size) + 2 ? size + 2 : static_cast<std::size_t>(at);
}

int repeat(Call& call) {
  const std::string_view text = call.string(1);
  const double count = call.number(2);
  const std::string_view separator = call.string_or(3, "");
  const std::size_t unit = text.size() + separator.size();
  if (!(count >= 1) || unit == 0) {
    call.push("");
    return 1;
  }
  if (count * static_cast<double>(unit) >
      static_cast<double>(call.engine().limits().memory_bytes)) {
    call.engine().raise(LimitKind::kMemory);
  }
  const auto times = static_cast<std::size_t>(count);
  const std::size_t size = times * unit - separator.size();
  Buffer out(call.engine());
  out.reserve(size);
  std::string& bytes = out.text();
  bytes.append(text);
  if (times > 1) {
    bytes.append(separator);
  }
  while (bytes.size() < size) {  // whole units so far: the beginning goes on at the end
    bytes.append(bytes, 0, std::min(bytes.size(), size - bytes.size()));
  }
  call.push(out.text());
  return 1;
}

/// Case mapping is that of Unicode, in a locale of its own: the process's may be anything.
locale_t unicode_locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

template <class Map>
int map_characters(Call& call, Map map) {
  const std::string_view text = call.string(1);
  const locale_t locale = unicode_locale();
  Buffer out(call.engine());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character character = decode_utf8(text.substr(at));
    if (!character.valid || locale == nullptr) {
      out.append(text.substr(at, character.size));
    } else {
      std::string mapped;
      append_utf8(mapped, static_cast<char32_t>(map(static_cast<wint_t>(character.value), locale)));
      out.append(mapped);
    }
    at += character.size;
  }
  call.push(out.text());
  return 1;
}

int upper(Call& call) { return map_characters(call, towupper_l); }
int lower(Call& call) { return map_characters(call, towlower_l); }

int reverse(Call& call) {
  const std::string_view text = call.string(1);
  call.engine().require_room(text.size());
  call.charge_bytes(text.size());
  std::string out(text.size(), '\0');
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = decode_utf8(text.substr(at)).size;
    text.copy(out.data() + out.size() - at - size, size, at);
    at += size;
  }
  call.push(out);
  return 1;
}

/// Pushes capture `n`, or the whole match [start, end) when there are no captures and n is 0.
void push_capture(Call& call, const PatternMatcher& matcher, std::string_view text, int n,
                  std::size_t start, std::size_t end) {
  if (n >= matcher.capture_count()) {
    if (n != 0) {
      call.fail(fmt::format("invalid capture index %{}", n + 1));
    }
    call.push(text.substr(start, end - start));
    return;
  }
  const PatternMatcher::Capture capture = matcher.capture(n);
  if (capture.position) {
    call.push(static_cast<double>(capture.start + 1));
  } else {
    call.push(text.substr(capture.start, capture.size));
  }
}

/// Pushes all captures, or the whole match when there are none.
int push_captures(Call& call, const PatternMatcher& matcher, std::string_view text,
                  std::size_t start, std::size_t end) {
  const int count = std::max(matcher.capture_count(), 1);
  for (int n = 0; n < count; ++n) {
    push_capture(call, matcher, text, n, start, end);
  }
  return count;
}

/// find and match. Without a fourth argument find searches plain text, unlike liblua: scripts rely
/// on that for names with `-`.
int find_or_match(Call& call, bool find) {
  const std::string_view text = call.string(1);
  std::string_view pattern = call.string(2);
  const std::size_t from = start_argument(call, 3, text.size()) - 1;
  if (from > text.size()) {
    call.push_nil();
    return 1;
  }
  if (find && (call.count() < 4 || lua_toboolean(call.lua(), 4) != 0)) {
    const std::size_t at = find_plain(call.engine(), text, pattern, from);
    if (at == std::string_view::npos) {
      call.push_nil();
      return 1;
    }
    call.push(static_cast<double>(at + 1));
    call.push(static_cast<double>(at + pattern.size()));
    return 2;
  }
  const bool anchored = pattern.starts_with('^');
  if (anchored) {
    pattern.remove_prefix(1);
  }
  PatternMatcher matcher(call.engine(), text, pattern);
  for (std::size_t start = from; start <= text.size(); ++start) {
    if (const auto end = matcher.match_at(start)) {
      if (!find) {
        return push_captures(call, matcher, text, start, *end);
      }
      call.push(static_cast<double>(start + 1));
      call.push(static_cast<double>(*end));
      return 2 +
             (matcher.capture_count() == 0 ? 0 : push_captures(call, matcher, text, start, *end));
    }
    if (anchored) {
      break;
    }
  }
  call.push_nil();
  return 1;
}

int find(Call& call) { return find_or_match(call, true); }
int match(Call& call) { return find_or_match(call, false); }

/// One step of gmatch. Upvalues: subject, pattern, offset to go on from.
int gmatch_step(Call& call) {
  lua_State* L = call.lua();
  const auto upvalue = [L](int n) {
    std::size_t size = 0;
    const char* text = lua_tolstring(L, lua_upvalueindex(n), &size);
    return std::string_view(text, size);
  };
  const auto go_on_from = [L](std::size_t at) {
    lua_pushnumber(L, static_cast<double>(at));
    lua_replace(L, lua_upvalueindex(3));
  };
  const std::string_view text = upvalue(1);
  PatternMatcher matcher(call.engine(), text, upvalue(2));
  auto start = static_cast<std::size_t>(lua_tonumber(L, lua_upvalueindex(3)));
  for (; start <= text.size(); ++start) {
    if (const auto end = matcher.match_at(start)) {
      go_on_from(*end == start ? *end + 1 : *end);  // an empty match must not be found again
      return push_captures(call, matcher, text, start, *end);
    }
  }
  go_on_from(text.size() + 1);
  return 0;
}

int gmatch_next(lua_State* L) {
  static const NativeFunction step = gmatch_step;
  return invoke_native(L, step);
}

int gmatch(Call& call) {
  // Upvalues are converted to text here, since gmatch_step must not allocate for them.
  (void)call.string(1);
  (void)call.string(2);
  lua_settop(call.lua(), 2);
  call.push(0.0);
  lua_pushcclosure(call.lua(), &gmatch_next, 3);
  return 1;
}

void append_template(Call& call, Buffer& out, const PatternMatcher& matcher, std::string_view text,
                     std::size_t start, std::size_t end) {
  const std::string_view replacement = call.string(3);
  for (std::size_t at = 0; at < replacement.size(); ++at) {
    if (replacement[at] != '%') {
      out.push_back(replacement[at]);
      continue;
    }
    ++at;
    const char c = at < replacement.size() ? replacement[at] : '\0';
    if (c == '0') {
      out.append(text.substr(start, end - start));
    } else if (c >= '1' && c <= '9') {
      push_capture(call, matcher, text, c - '1', start, end);
      std::size_t size = 0;
      const char* bytes = lua_tolstring(call.lua(), -1, &size);
      out.append({bytes, size});
      lua_pop(call.lua(), 1);
    } else if (c == '%') {
      out.push_back('%');
    } else {
      call.fail("invalid use of '%' in replacement string");
    }
  }
}

/// Appends what replaces one match. Stack: subject, pattern, replacement.
void append_replacement(Call& call, Buffer& out, const PatternMatcher& matcher,
                        std::string_view text, std::size_t start, std::size_t end) {
  lua_State* L = call.lua();
  if (lua_type(L, 3) == LUA_TFUNCTION) {
    lua_pushvalue(L, 3);
    const int count = push_captures(call, matcher, text, start, end);
    lua_call(L, count, 1);
  } else if (lua_type(L, 3) == LUA_TTABLE) {
    push_capture(call, matcher, text, 0, start, end);
    lua_gettable(L, 3);
  } else {
    append_template(call, out, matcher, text, start, end);
    return;
  }
  if (lua_toboolean(L, -1) == 0) {
    out.append(text.substr(start, end - start));
  } else if (lua_isstring(L, -1) != 0) {
    std::size_t size = 0;
    const char* bytes = lua_tolstring(L, -1, &size);
    out.append({bytes, size});
  } else {
    call.fail(fmt::format("invalid replacement value (a {})", luaL_typename(L, -1)));
  }
  lua_pop(L, 1);
}

int gsub(Call& call) {
  lua_State* L = call.lua();
  const std::string_view text = call.string(1);
  std::string_view pattern = call.string(2);
  const int type = lua_type(L, 3);
  if (type != LUA_TNUMBER && type != LUA_TSTRING && type != LUA_TFUNCTION && type != LUA_TTABLE) {
    call.argument_error(3, "string/function/table expected");
  }
  const double most = call.number_or(4, static_cast<double>(text.size()) + 1);
  lua_settop(L, 3);
  const bool anchored = pattern.starts_with('^');
  if (anchored) {
    pattern.remove_prefix(1);
  }
  PatternMatcher matcher(call.engine(), text, pattern);
  Buffer out(call.engine());
  std::size_t at = 0;
  double count = 0;
  while (count < most) {
    const auto end = matcher.match_at(at);
    if (end) {
      ++count;
      append_replacement(call, out, matcher, text, at, *end);
    }
    if (end && *end > at) {
      at = *end;
    } else if (at < text.size()) {
      out.push_back(text[at++]);
    } else {
      break;
    }
    if (anchored) {
      break;
    }
  }
  out.append(text.substr(at));
  call.push(out.text());
  call.push(count);
  return 2;
}

}  // namespace

void open_string(lua_State* L) {
  static const std::vector<NamedFunction> functions = {
      {"find", find},  {"format", string_format}, {"gmatch", gmatch},
      {"gsub", gsub},  {"lower", lower},          {"match", match},
      {"rep", repeat}, {"reverse", reverse},      {"upper", upper},
  };
  luaL_requiref(L, "string", luaopen_string, 1);  // also sets the metatable of strings
  keep_members(L, {"byte", "char", "len", "sub"});
  set_functions(L, functions);
  lua_pop(L, 1);
}

}  // namespace tarn::actions::lua
