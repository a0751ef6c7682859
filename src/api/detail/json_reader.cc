#include "api/detail/json_reader.h"

#include "base/assert.h"
#include "base/time_text.h"

#include <simdjson.h>

#include <bit>
#include <cmath>

namespace tarn::api::detail {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

static_assert(sizeof(element) == sizeof(JsonNode::element) &&
              std::is_trivially_copyable_v<element>);

/// Deep enough for any schema (the deepest has 8 levels) and for free-form properties.
constexpr std::size_t kDepthMax = 64;
/// A thread keeps buffers for texts up to this size; larger ones are given back.
constexpr std::size_t kKeptCapacityBytesMax = std::size_t{1} << 20;

JsonNode wrap(const element& value) {
  JsonNode node;
  std::memcpy(node.element, &value, sizeof value);
  node.present = true;
  return node;
}

element unwrap(const JsonNode& node) {
  element value;
  std::memcpy(&value, node.element, sizeof value);
  return value;
}

Json to_json(const element& value) {
  switch (value.type()) {
    case element_type::ARRAY: {
      Json json = Json::array();
      const simdjson::dom::array items = value.get_array().value_unsafe();
      for (const element item : items) {
        json.push_back(to_json(item));
      }
      return json;
    }
    case element_type::OBJECT: {
      Json::Object out;
      const simdjson::dom::object members = value.get_object().value_unsafe();
      out.reserve(members.size());
      for (const auto field : members) {
        out.push_back({std::string(field.key), to_json(field.value)});
      }
      return Json::from_members(std::move(out));
    }
    case element_type::INT64:
      return value.get_int64().value_unsafe();
    case element_type::UINT64:
      return static_cast<double>(value.get_uint64().value_unsafe());
    case element_type::DOUBLE:
      return value.get_double().value_unsafe();
    case element_type::STRING:
      return value.get_string().value_unsafe();
    case element_type::BOOL:
      return value.get_bool().value_unsafe();
    case element_type::NULL_VALUE:
      break;
  }
  return nullptr;
}

std::string_view article(std::string_view type) {
  return type == "array" || type == "object" || type == "integer" ? "value must be an "
                                                                  : "value must be a ";
}

/// False for null, which gets its own complaint.
bool wrong_type(JsonReader& in, const element& value, std::string_view type) {
  if (value.is_null()) {
    return in.fail("Value is not nullable");
  }
  return in.fail(std::string(article(type)).append(type));
}

}  // namespace

bool JsonReader::fields(const JsonNode& node, std::span<const FieldSpec> specs, JsonNode* nodes) {
  simdjson::dom::object object;
  if (unwrap(node).get_object().get(object) != simdjson::SUCCESS) {
    return wrong_type(*this, unwrap(node), "object");
  }
  std::size_t next = 0;
  for (const auto field : object) {
    // Writers keep an order, so the search starts behind the last hit.
    for (std::size_t tried = 0; tried < specs.size(); ++tried) {
      const std::size_t i =
          next + tried < specs.size() ? next + tried : next + tried - specs.size();
      if (specs[i].name == field.key) {
        nodes[i] = wrap(field.value);
        next = i + 1 < specs.size() ? i + 1 : 0;
        break;
      }
    }
  }
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (!nodes[i].present) {
      if (specs[i].required && !lenient()) {
        fail(std::string("property \"").append(specs[i].name).append("\" is missing"));
        return at(specs[i].name);
      }
    } else if (unwrap(nodes[i]).is_null()) {
      if (!specs[i].nullable && !lenient()) {
        fail("Value is not nullable");
        return at(specs[i].name);
      }
      nodes[i].present = false;
    }
  }
  return true;
}

bool JsonReader::read_string(const JsonNode& node, std::string_view& out) {
  return unwrap(node).get_string().get(out) == simdjson::SUCCESS ||
         wrong_type(*this, unwrap(node), "string");
}

bool JsonReader::read_int(const JsonNode& node, std::int64_t& out) {
  const element value = unwrap(node);
  if (value.get_int64().get(out) == simdjson::SUCCESS) {
    return true;
  }
  double number = 0;
  if (value.get_double().get(number) == simdjson::SUCCESS && std::trunc(number) == number) {
    if (number < -9223372036854775808.0 || number >= 9223372036854775808.0) {
      return fail("number must be an int64");
    }
    out = static_cast<std::int64_t>(number);
    return true;
  }
  return wrong_type(*this, value, "integer");
}

bool JsonReader::read_double(const JsonNode& node, double& out) {
  return unwrap(node).get_double().get(out) == simdjson::SUCCESS ||
         wrong_type(*this, unwrap(node), "number");
}

bool JsonReader::read_bool(const JsonNode& node, bool& out) {
  return unwrap(node).get_bool().get(out) == simdjson::SUCCESS ||
         wrong_type(*this, unwrap(node), "boolean");
}

bool JsonReader::read_time(const JsonNode& node, WallTime& out) {
  std::string_view text;
  if (!read_string(node, text)) {
    return false;
  }
  Result<WallTime> time = parse_rfc3339(text);
  if (time) {
    out = *time;
    return true;
  }
  if (lenient() && text.starts_with("0001-01-01T")) {
    out = WallTime{};  // how a server written in Go says that there is no time
    return true;
  }
  return fail("string doesn't match the format \"date-time\"");
}

bool JsonReader::read_json(const JsonNode& node, Json& out) {
  const element value = unwrap(node);
  if (!value.is_object()) {
    return wrong_type(*this, value, "object");
  }
  out = to_json(value);
  return true;
}

bool JsonReader::read_word(const JsonNode& node, std::span<const std::string_view> words,
                           std::size_t& index) {
  std::string_view text;
  if (!read_string(node, text)) {
    return false;
  }
  for (index = 0; index < words.size(); ++index) {
    if (words[index] == text) {
      return true;
    }
  }
  return lenient() || fail(not_allowed(words.data(), words.size()));
}

bool JsonReader::items(const JsonNode& node, std::vector<JsonNode>& out) {
  simdjson::dom::array array;
  if (unwrap(node).get_array().get(array) != simdjson::SUCCESS) {
    return wrong_type(*this, unwrap(node), "array");
  }
  out.reserve(array.size());
  for (const element item : array) {
    out.push_back(wrap(item));
  }
  return true;
}

bool JsonReader::members(const JsonNode& node,
                         std::vector<std::pair<std::string_view, JsonNode>>& out) {
  simdjson::dom::object object;
  if (unwrap(node).get_object().get(object) != simdjson::SUCCESS) {
    return wrong_type(*this, unwrap(node), "object");
  }
  for (const auto field : object) {
    out.emplace_back(field.key, wrap(field.value));
  }
  return true;
}

bool JsonReader::fail(std::string message) {
  message_ = std::move(message);
  return false;
}

bool JsonReader::at(std::string_view step) {
  path_.insert(0, step);
  path_.insert(0, 1, '/');
  return false;
}

std::string JsonReader::complaint() const {
  return path_.empty() ? message_ : "Error at \"" + path_ + "\": " + message_;
}

struct JsonDocument::Parser {
  simdjson::dom::parser parser;
  bool busy = false;
};

JsonDocument::JsonDocument() {
  thread_local Parser of_thread;
  if (of_thread.busy) {
    own_ = std::make_unique<Parser>();
  }
  parser_ = own_ ? own_.get() : &of_thread;
  parser_->busy = true;
}

JsonDocument::~JsonDocument() {
  if (!own_ && parser_->parser.capacity() > kKeptCapacityBytesMax) {
    parser_->parser = simdjson::dom::parser();
  }
  parser_->busy = false;
}

Result<JsonNode> JsonDocument::parse(std::string_view text) {
  simdjson::dom::parser& parser = parser_->parser;
  element root;
  simdjson::error_code code = simdjson::SUCCESS;
  if (parser.capacity() < text.size() || parser.max_depth() != kDepthMax) {
    code = parser.allocate(std::max<std::size_t>(text.size(), 4096), kDepthMax);
  }
  if (code == simdjson::SUCCESS) {
    code = parser.parse(text.data(), text.size(), true).get(root);
  }
  if (code == simdjson::SUCCESS) {
    return wrap(root);
  }
  if (code == simdjson::MEMALLOC) {
    return Error::with_message(kInternal, "out of memory while parsing JSON");
  }
  // Off the fast path: the other parser has the words for what is wrong.
  Result<Json> again = parse_json(text, {.depth_max = kDepthMax - 1});
  if (!again) {
    return std::move(again).error();
  }
  return Error::with_message(kInvalid, "invalid JSON");
}

}  // namespace tarn::api::detail
