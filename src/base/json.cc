#include "base/json.h"

#include "base/assert.h"

#include <simdjson.h>

#include <cmath>
#include <limits>

namespace tarn {
namespace {

/// Bounds of the doubles that have an exact 64-bit integer: [-2^63, 2^63).
constexpr double kInt64Low = -9223372036854775808.0;
constexpr double kInt64High = 9223372036854775808.0;

Json convert(const simdjson::dom::element& element) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::ARRAY: {
      Json::Array items;
      const simdjson::dom::array array = element.get_array().value_unsafe();
      items.reserve(array.size());
      for (const simdjson::dom::element item : array) {
        items.push_back(convert(item));
      }
      return Json::array(std::move(items));
    }
    case element_type::OBJECT: {
      Json::Object members;
      const simdjson::dom::object source = element.get_object().value_unsafe();
      members.reserve(source.size());
      for (const auto field : source) {
        members.push_back({std::string(field.key), convert(field.value)});
      }
      return Json::from_members(std::move(members));
    }
    case element_type::INT64:
      return element.get_int64().value_unsafe();
    case element_type::UINT64:
      return static_cast<double>(element.get_uint64().value_unsafe());
    case element_type::DOUBLE:
      return element.get_double().value_unsafe();
    case element_type::STRING:
      return element.get_string().value_unsafe();
    case element_type::BOOL:
      return element.get_bool().value_unsafe();
    case element_type::NULL_VALUE:
      return nullptr;
  }
  return nullptr;
}

Error wrong_type(std::string_view key, std::string_view wanted) {
  std::string message = "property \"";
  message.append(key).append("\" must be ").append(wanted);
  return Error::with_message(kInvalid, std::move(message));
}

}  // namespace

Json::Json() = default;
Json::Json(Flag value) : value_(value.value) {}
Json::Json(Int value) : value_(value.value) {}
Json::Json(double value) : value_(value) {}
Json::Json(std::string value) : value_(std::move(value)) {}
Json::Json(std::string_view value) : value_(std::string(value)) {}
Json::Json(const char* value) : value_(std::string(value)) {}
Json::Json(const Json&) = default;
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(const Json&) = default;
Json& Json::operator=(Json&&) noexcept = default;
Json::~Json() = default;

Json Json::array(Array items) {
  Json json;
  json.value_ = std::move(items);
  return json;
}

Json Json::object() { return object({}); }

Json Json::object(std::initializer_list<Member> members) {
  Json json;
  json.value_ = Object(members);
  return json;
}

Json Json::from_members(Object members) {
  Json json;
  json.value_ = std::move(members);
  return json;
}

std::optional<bool> Json::as_bool() const {
  const bool* value = std::get_if<bool>(&value_);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::int64_t> Json::as_int() const {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) {
    return *value;
  }
  const auto* value = std::get_if<double>(&value_);
  if (value != nullptr && *value >= kInt64Low && *value < kInt64High &&
      std::trunc(*value) == *value) {
    return static_cast<std::int64_t>(*value);
  }
  return std::nullopt;
}

std::optional<double> Json::as_double() const {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) {
    return static_cast<double>(*value);
  }
  const auto* value = std::get_if<double>(&value_);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

const Json* Json::find(std::string_view key) const {
  const Object& all = members();
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    if (it->key == key) {
      return &it->value;
    }
  }
  return nullptr;
}

const Json* Json::find_path(std::initializer_list<std::string_view> keys) const {
  const Json* at = this;
  for (const std::string_view key : keys) {
    at = at->find(key);
    if (at == nullptr) {
      return nullptr;
    }
  }
  return at;
}

std::size_t Json::size() const { return is_array() ? items().size() : members().size(); }

const Json::Array& Json::items() const {
  static const Array kNone;
  const Array* array = as_array();
  return array == nullptr ? kNone : *array;
}

const Json::Object& Json::members() const {
  static const Object kNone;
  const Object* object = as_object();
  return object == nullptr ? kNone : *object;
}

Result<const Json*> Json::at(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) {
    std::string message = "property \"";
    return Error::with_message(kInvalid, message.append(key).append("\" is missing"));
  }
  return value;
}

Result<std::string> Json::get_string(std::string_view key) const {
  TARN_TRY(const Json* value, at(key));
  if (const std::string* text = value->as_string()) {
    return *text;
  }
  return wrong_type(key, "a string");
}

Result<std::int64_t> Json::get_int(std::string_view key) const {
  TARN_TRY(const Json* value, at(key));
  if (const auto number = value->as_int()) {
    return *number;
  }
  return wrong_type(key, "an integer");
}

Result<double> Json::get_double(std::string_view key) const {
  TARN_TRY(const Json* value, at(key));
  if (const auto number = value->as_double()) {
    return *number;
  }
  return wrong_type(key, "a number");
}

Result<bool> Json::get_bool(std::string_view key) const {
  TARN_TRY(const Json* value, at(key));
  if (const auto flag = value->as_bool()) {
    return *flag;
  }
  return wrong_type(key, "a boolean");
}

std::string Json::string_or(std::string_view key, std::string_view fallback) const {
  const Json* value = find(key);
  const std::string* text = value == nullptr ? nullptr : value->as_string();
  return text == nullptr ? std::string(fallback) : *text;
}

std::int64_t Json::int_or(std::string_view key, std::int64_t fallback) const {
  const Json* value = find(key);
  return value == nullptr ? fallback : value->as_int().value_or(fallback);
}

bool Json::bool_or(std::string_view key, bool fallback) const {
  const Json* value = find(key);
  return value == nullptr ? fallback : value->as_bool().value_or(fallback);
}

Json& Json::set(std::string_view key, Json value) {
  if (is_null()) {
    value_ = Object{};
  }
  Object* object = std::get_if<Object>(&value_);
  TARN_ASSERT(object != nullptr, "a member can only be set on an object");
  for (Member& member : *object) {
    if (member.key == key) {
      member.value = std::move(value);
      return *this;
    }
  }
  object->push_back({std::string(key), std::move(value)});
  return *this;
}

Json& Json::push_back(Json value) {
  if (is_null()) {
    value_ = Array{};
  }
  Array* array = std::get_if<Array>(&value_);
  TARN_ASSERT(array != nullptr, "an item can only be appended to an array");
  array->push_back(std::move(value));
  return *this;
}

bool operator==(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number() && a.type() != b.type()) {
    return a.as_double() == b.as_double();
  }
  return a.value_ == b.value_;
}

std::string_view to_string(Json::Type type) {
  switch (type) {
    case Json::Type::kNull:
      return "null";
    case Json::Type::kBool:
      return "boolean";
    case Json::Type::kInt:
      return "integer";
    case Json::Type::kDouble:
      return "number";
    case Json::Type::kString:
      return "string";
    case Json::Type::kArray:
      return "array";
    case Json::Type::kObject:
      return "object";
  }
  return "unknown";
}

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.size_bytes_max) {
    return Error::with_message(
        kInvalid, "JSON text is longer than " + std::to_string(limits.size_bytes_max) + " bytes");
  }
  simdjson::dom::parser parser;
  // simdjson counts the scalar below the deepest container as a level of its own.
  simdjson::error_code code = parser.allocate(text.size(), limits.depth_max + 1);
  simdjson::dom::element root;
  if (code == simdjson::SUCCESS) {
    code = parser.parse(text.data(), text.size(), true).get(root);
  }
  if (code == simdjson::SUCCESS) {
    return convert(root);
  }
  if (code == simdjson::DEPTH_ERROR) {
    return Error::with_message(kInvalid, "JSON text is nested deeper than " +
                                             std::to_string(limits.depth_max) + " levels");
  }
  if (code == simdjson::MEMALLOC) {
    return Error::with_message(kInternal, "out of memory while parsing JSON");
  }
  const std::optional<std::size_t> error_at = find_json_error(text, limits.depth_max);
  if (!error_at) {
    return Error::with_message(kInvalid, "invalid JSON: number out of range");
  }
  const std::size_t offset = *error_at;
  std::string message = "invalid JSON: ";
  message.append(offset < text.size() ? "unexpected character" : "unexpected end");
  return Error::with_message(kInvalid, message.append(" at byte ").append(std::to_string(offset)));
}

}  // namespace tarn
