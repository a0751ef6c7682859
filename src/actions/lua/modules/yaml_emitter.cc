#include "actions/lua/modules/yaml_emitter.h"

#include "actions/lua/utf8.h"
#include "actions/lua/yaml_value.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace tarn::actions::lua {
namespace {

constexpr std::size_t kIndent = 4;

/// Words that YAML 1.1 readers take for booleans.
bool is_old_boolean(std::string_view text) {
  constexpr std::array<std::string_view, 18> kWords = {"y",  "Y",   "yes", "Yes", "YES", "on",
                                                       "On", "ON",  "n",   "N",   "no",  "No",
                                                       "NO", "off", "Off", "OFF", "<<",  "="};
  for (const std::string_view word : kWords) {
    if (text == word) {
      return true;
    }
  }
  return false;
}

/// `1:30`, a number to the base 60 for YAML 1.1.
bool is_base60(std::string_view text) {
  if (text.empty() || text.find(':') == std::string_view::npos) {
    return false;
  }
  if (text[0] == '-' || text[0] == '+') {
    text.remove_prefix(1);
  }
  return !text.empty() && text[0] >= '0' && text[0] <= '9' &&
         text.find_first_not_of("0123456789_:.") == std::string_view::npos;
}

/// How a string may be written.
struct Analysis {
  bool printable = true;  // needs no escapes
  bool multiline = false;
  bool plain = true;    // as far as indicators and blanks go
  bool literal = true;  // as a literal block
};

Analysis analyze(std::string_view text) {
  Analysis result;
  if (text.empty()) {
    result.plain = false;
    return result;
  }
  const char first = text[0];
  const bool blank_second = text.size() == 1 || text[1] == ' ' || text[1] == '\n';
  if (std::string_view("#,[]{}&*!|>'\"%@`").find(first) != std::string_view::npos ||
      ((first == '-' || first == '?' || first == ':') && blank_second) || text.starts_with("---") ||
      text.starts_with("...")) {
    result.plain = false;
  }
  if (first == ' ' || first == '\n') {
    result.plain = false;
    result.literal = false;
  }
  if (text.back() == ' ') {
    result.plain = false;
    result.literal = false;
  }
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character character = decode_utf8(text.substr(at));
    const char32_t c = character.value;
    const bool blank_next = at + 1 >= text.size() || text[at + 1] == ' ' || text[at + 1] == '\n';
    if (c == '\n') {
      result.multiline = true;
      if (at > 0 && text[at - 1] == ' ') {
        result.literal = false;
      }
    } else if (!character.valid || c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0) ||
               c == 0xfeff || c == 0x2028 || c == 0x2029) {
      result.printable = false;
    } else if ((c == ':' && blank_next) || (c == '#' && at > 0 && text[at - 1] == ' ')) {
      result.plain = false;
    }
    at += character.size;
  }
  return result;
}

void append_double_quoted(Buffer& out, std::string_view text) {
  out.push_back('"');
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character character = decode_utf8(text.substr(at));
    const char32_t c = character.value;
    const std::string_view bytes = text.substr(at, character.size);
    at += character.size;
    if (!character.valid) {
      out.append("\\ufffd");  // YAML is text
    } else if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.append(bytes);
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '\r') {
      out.append("\\r");
    } else if (c == '\t') {
      out.append("\\t");
    } else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
      out.append(fmt::format("\\x{:02X}", static_cast<unsigned>(c)));
    } else if (c == 0x2028 || c == 0x2029 || c == 0xfeff) {
      out.append(fmt::format("\\u{:04X}", static_cast<unsigned>(c)));
    } else {
      out.append(bytes);
    }
  }
  out.push_back('"');
}

class Emitter {
 public:
  Emitter(Engine& engine, Buffer& out) : engine_(engine), out_(out) {}

  /// A value after `- `, a key, or at the start. `column` is where the children of a collection
  /// start; `compact` says that the first child stays on this line.
  void emit(const Json& value, std::size_t column, bool compact) {
    engine_.charge(1);
    if (value.size() == 0 || !(value.is_array() || value.is_object())) {
      emit_leaf(value, column);
      return;
    }
    bool first = compact;
    for (const Json& item : value.items()) {
      start_line(first, column);
      out_.append("- ");
      emit(item, column + 2, true);
    }
    for (const Json::Member& member : value.members()) {
      start_line(first, column);
      emit_string(member.key, column, true);
      out_.push_back(':');
      const Json& child = member.value;
      const bool nested = (child.is_array() || child.is_object()) && child.size() > 0;
      if (nested) {
        out_.push_back('\n');
        out_.append(column + kIndent, ' ');
        emit(child, column + kIndent, true);
      } else {
        out_.push_back(' ');
        emit(child, column + kIndent, true);
      }
    }
  }

 private:
  void start_line(bool& first, std::size_t column) {
    if (!first) {
      out_.push_back('\n');
      out_.append(column, ' ');
    }
    first = false;
  }

  void emit_leaf(const Json& value, std::size_t column) {
    switch (value.type()) {
      case Json::Type::kNull:
        out_.append("null");
        return;
      case Json::Type::kBool:
        out_.append(*value.as_bool() ? "true" : "false");
        return;
      case Json::Type::kInt:
      case Json::Type::kDouble:
        emit_number(*value.as_double());
        return;
      case Json::Type::kString:
        emit_string(*value.as_string(), column, false);
        return;
      case Json::Type::kArray:
        out_.append("[]");
        return;
      case Json::Type::kObject:
        out_.append("{}");
        return;
    }
  }

  void emit_number(double value) {
    if (!std::isfinite(value)) {
      out_.append(std::isnan(value) ? ".nan" : value > 0 ? ".inf" : "-.inf");
      return;
    }
    const double size = std::fabs(value);
    const bool fixed = size == 0 || (size >= 1e-6 && size < 1e21);
    std::array<char, 64> buffer;
    const char* end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                      fixed ? std::chars_format::fixed : std::chars_format::scientific)
            .ptr;
    out_.append(std::string_view(buffer.data(), static_cast<std::size_t>(end - buffer.data())));
  }

  void emit_string(std::string_view text, std::size_t column, bool key) {
    engine_.charge_bytes(text.size());
    const Analysis analysis = analyze(text);
    const bool ambiguous = resolve_plain_scalar(text).type != YamlScalar::kString ||
                           is_old_boolean(text) || is_base60(text);
    if (!analysis.printable || ambiguous || (analysis.multiline && (key || !analysis.literal))) {
      append_double_quoted(out_, text);
    } else if (analysis.multiline) {
      emit_literal(text, column);
    } else if (analysis.plain) {
      out_.append(text);
    } else {
      out_.push_back('\'');
      for (const char c : text) {
        if (c == '\'') {
          out_.push_back('\'');
        }
        out_.push_back(c);
      }
      out_.push_back('\'');
    }
  }

  void emit_literal(std::string_view text, std::size_t column) {
    // The sign tells what becomes of the newlines at the end.
    const bool newline = text.ends_with('\n');
    out_.append(!newline ? "|-" : text == "\n" || text.ends_with("\n\n") ? "|+" : "|");
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      const std::string_view line = text.substr(0, end);
      out_.push_back('\n');
      if (!line.empty()) {
        out_.append(column, ' ');
        out_.append(line);
      }
      if (end == std::string_view::npos) {
        break;
      }
      text.remove_prefix(end + 1);
    }
  }

  Engine& engine_;
  Buffer& out_;
};

}  // namespace

void emit_yaml(Engine& engine, Buffer& out, const Json& value) {
  if (value.is_string()) {
    Emitter(engine, out).emit(value, kIndent, true);
  } else {
    Emitter(engine, out).emit(value, 0, true);
  }
  out.push_back('\n');
}

}  // namespace tarn::actions::lua
