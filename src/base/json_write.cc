#include "base/encoding.h"
#include "base/json.h"
#include "base/number_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace tarn {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
constexpr std::uint64_t kHighs = 0x8080808080808080ULL;

/// Bytes that are zero have their high bit set in the answer (others may, too, only above a zero
/// byte).
constexpr std::uint64_t zero_bytes(std::uint64_t word) { return (word - kOnes) & ~word & kHighs; }

/// True when none of the eight bytes needs care: all printable ASCII but the quote and the
/// backslash.
bool plain8(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t below_space = (word - kOnes * 0x20) & ~word & kHighs;
  return ((word & kHighs) | below_space | zero_bytes(word ^ (kOnes * '"')) |
          zero_bytes(word ^ (kOnes * '\\'))) == 0;
}

void append_escape(std::string& out, unsigned char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      out.append("\\u00");
      out.push_back(kHex[c >> 4]);
      out.push_back(kHex[c & 15]);
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t copied = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (at + 8 <= text.size() && plain8(text.data() + at)) {
      at += 8;
      continue;
    }
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
      ++at;
      continue;
    }
    if (c >= 0x80) {
      const std::size_t size = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
      if (at + size <= text.size() && is_valid_utf8(text.substr(at, size))) {
        at += size;
        continue;
      }
    }
    out.append(text, copied, at - copied);
    if (c >= 0x80) {
      out.append("\\ufffd");
    } else {
      append_escape(out, c);
    }
    copied = ++at;
  }
  out.append(text, copied, text.size() - copied);
  out.push_back('"');
}

void append_json_int(std::string& out, std::int64_t value) {
  std::array<char, 24> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), end);
}

void append_json_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out.append("null");
    return;
  }
  if (value == 0 && std::signbit(value)) {
    out.append("-0.0");  // "-0" would be read as the integer 0
    return;
  }
  // As Go's encoder, except that an exponent begins where a reader would take the digits for an
  // integer that is too large (parse_json refuses those).
  append_number(out, value, 9223372036854775808.0);
}

JsonWriter& JsonWriter::open(char c) {
  comma();
  out_.push_back(c);
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char c) {
  out_.push_back(c);
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  comma();
  append_json_string(out_, name);
  out_.push_back(':');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  comma();
  append_json_string(out_, text);
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(const Json& json) {
  comma();
  json.append_to(out_);
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  comma();
  out_.append(json);
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::value_int(std::int64_t number) {
  comma();
  append_json_int(out_, number);
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  comma();
  append_json_double(out_, number);
  need_comma_ = true;
  return *this;
}

std::string Json::dump(int indent) const {
  std::string out;
  append_to(out, indent);
  return out;
}

void Json::append_to(std::string& out, int indent) const { append_level(out, indent, 0); }

void Json::append_level(std::string& out, int indent, int level) const {
  const auto line = [&](int depth) {
    if (indent > 0) {
      out.push_back('\n');
      out.append(static_cast<std::size_t>(indent * depth), ' ');
    }
  };
  switch (type()) {
    case Type::kNull:
      out.append("null");
      return;
    case Type::kBool:
      out.append(std::get<bool>(value_) ? "true" : "false");
      return;
    case Type::kInt:
      append_json_int(out, std::get<std::int64_t>(value_));
      return;
    case Type::kDouble:
      append_json_double(out, std::get<double>(value_));
      return;
    case Type::kString:
      append_json_string(out, std::get<std::string>(value_));
      return;
    case Type::kArray: {
      out.push_back('[');
      bool first = true;
      for (const Json& item : items()) {
        if (!first) {
          out.push_back(',');
        }
        first = false;
        line(level + 1);
        item.append_level(out, indent, level + 1);
      }
      if (!first) {
        line(level);
      }
      out.push_back(']');
      return;
    }
    case Type::kObject: {
      out.push_back('{');
      bool first = true;
      for (const Member& member : members()) {
        if (!first) {
          out.push_back(',');
        }
        first = false;
        line(level + 1);
        append_json_string(out, member.key);
        out.append(indent > 0 ? ": " : ":");
        member.value.append_level(out, indent, level + 1);
      }
      if (!first) {
        line(level);
      }
      out.push_back('}');
      return;
    }
  }
}

}  // namespace tarn
