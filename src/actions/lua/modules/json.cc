#include "base/json.h"

#include "actions/lua/modules/modules.h"
#include "actions/lua/value.h"
#include "base/number_text.h"

#include <fmt/format.h>

#include <cmath>

namespace tarn::actions::lua {
namespace {

/// What parsing may need outside Lua for each byte of text (simdjson's tape, then the value tree).
constexpr std::size_t kParseBytesPerByte = 16;

/// Writes JSON as scripts know it: keys in order, HTML characters escaped, numbers in the notation
/// of Go.
class Writer {
 public:
  Writer(Call& call, std::string_view prefix, std::string_view indent)
      : call_(call), out_(call.engine()), prefix_(prefix), indent_(indent) {}

  std::string& finish(const Json& value) {
    write(value, 0);
    out_.push_back('\n');
    return out_.text();
  }

 private:
  void write(const Json& value, int depth) {
    call_.engine().charge(1);
    switch (value.type()) {
      case Json::Type::kNull:
        out_.append("null");
        return;
      case Json::Type::kBool:
        out_.append(*value.as_bool() ? "true" : "false");
        return;
      case Json::Type::kInt:
      case Json::Type::kDouble:
        write_number(*value.as_double());
        return;
      case Json::Type::kString:
        write_string(*value.as_string());
        return;
      case Json::Type::kArray: {
        out_.push_back('[');
        bool first = true;
        for (const Json& item : value.items()) {
          separate(first, depth + 1);
          write(item, depth + 1);
        }
        close(first, depth, ']');
        return;
      }
      case Json::Type::kObject: {
        out_.push_back('{');
        bool first = true;
        for (const Json::Member& member : value.members()) {
          separate(first, depth + 1);
          write_string(member.key);
          out_.append(pretty() ? ": " : ":");
          write(member.value, depth + 1);
        }
        close(first, depth, '}');
        return;
      }
    }
  }

  bool pretty() const { return !prefix_.empty() || !indent_.empty(); }

  void separate(bool& first, int depth) {
    if (!first) {
      out_.push_back(',');
    }
    first = false;
    line(depth);
  }

  void close(bool empty, int depth, char bracket) {
    if (!empty) {
      line(depth);
    }
    out_.push_back(bracket);
  }

  void line(int depth) {
    if (!pretty()) {
      return;
    }
    out_.push_back('\n');
    out_.append(prefix_);
    for (int i = 0; i < depth; ++i) {
      out_.append(indent_);
    }
  }

  void write_number(double value) {
    if (!std::isfinite(value)) {
      call_.fail("json: unsupported value: " + number_text(value));
    }
    std::string text;
    append_number(text, value);
    out_.append(text);
  }

  void write_string(std::string_view text) {
    scratch_.clear();
    call_.engine().require_room(6 * text.size());
    append_json_string(scratch_, text);
    std::string_view rest = scratch_;
    while (true) {
      const std::size_t at = rest.find_first_of("<>&\xe2");
      out_.append(rest.substr(0, at));
      if (at == std::string_view::npos) {
        return;
      }
      rest.remove_prefix(at);
      std::size_t size = 1;
      if (rest[0] != '\xe2') {
        out_.append(fmt::format("\\u{:04x}", rest[0]));
      } else if (rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9")) {
        out_.append(rest[2] == '\xa8' ? "\\u2028" : "\\u2029");
        size = 3;
      } else {
        out_.push_back(rest[0]);
      }
      rest.remove_prefix(size);
    }
  }

  Call& call_;
  Buffer out_;
  std::string scratch_;
  const std::string prefix_;
  const std::string indent_;
};

int json_marshal(Call& call) {
  if (!call.missing(1) && !call.is_table(1)) {
    call.fail(fmt::format("need a table at index 1, got {}: cannot pull go type into lua",
                          call.type_name(1)));
  }
  std::string prefix;
  std::string indent;
  if (!call.missing(2)) {
    call.require_table(2);
    prefix = call.field_string(2, "prefix").value_or("");
    indent = call.field_string(2, "indent").value_or("");
  }
  Writer writer(call, prefix, indent);
  call.push(std::string_view(writer.finish(call.json(1))));
  return 1;
}

std::string quote_character(char c) {
  switch (c) {
    case '\'':
      return R"('\'')";
    case '\n':
      return R"('\n')";
    case '\r':
      return R"('\r')";
    case '\t':
      return R"('\t')";
    default: {
      const auto byte = static_cast<unsigned char>(c);
      return byte < 0x20 || byte >= 0x7f ? fmt::format("'\\x{:02x}'", byte)
                                         : fmt::format("'{}'", c);
    }
  }
}

int json_unmarshal(Call& call) {
  const std::string_view text = call.string(1);
  call.charge_bytes(text.size());
  call.engine().require_room(kParseBytesPerByte * text.size());
  const Result<Json> value = parse_json(text);
  if (value) {
    call.push(*value);
    return 1;
  }
  const std::optional<std::size_t> offset = find_json_error(text);
  if (!offset || !value.error().message().starts_with("invalid JSON")) {
    call.fail(value.error().message());  // a limit of the parser, such as its depth
  }
  if (*offset >= text.size()) {
    call.fail("unexpected end of JSON input");
  }
  call.fail(
      fmt::format("invalid character {} at byte {}", quote_character(text[*offset]), *offset));
}

}  // namespace

const Module& json_module() {
  static const Module kModule = {"encoding/json",
                                 {{"marshal", json_marshal}, {"unmarshal", json_unmarshal}}};
  return kModule;
}

}  // namespace tarn::actions::lua
