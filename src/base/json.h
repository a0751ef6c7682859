#pragma once

#include "base/error.h"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tarn {

/// What parse_json accepts before it gives up; foreign text is always parsed with limits.
struct JsonLimits {
  std::size_t size_bytes_max = std::size_t{64} << 20;
  /// Levels of arrays and objects; `[[1]]` has two.
  std::size_t depth_max = 128;
};

/// A JSON document of unknown shape (RFC 8259). For known shapes use the generated models of `api`.
/// A value type: copies are deep, moves are cheap. Objects keep the order of their keys.
class Json {
 public:
  enum class Type : std::uint8_t { kNull, kBool, kInt, kDouble, kString, kArray, kObject };
  struct Member;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;

  Json();
  Json(std::nullptr_t) : Json() {}  // NOLINT(google-explicit-constructor)
  template <std::same_as<bool> T>
  Json(T value)  // NOLINT(google-explicit-constructor)
      : Json(Flag{value}) {}
  Json(double value);  // NOLINT(google-explicit-constructor)
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Json(T value)  // NOLINT(google-explicit-constructor)
      : Json(Int{static_cast<std::int64_t>(value)}) {}
  Json(std::string value);       // NOLINT(google-explicit-constructor)
  Json(std::string_view value);  // NOLINT(google-explicit-constructor)
  Json(const char* value);       // NOLINT(google-explicit-constructor)
  static Json array(Array items = {});
  static Json object();
  static Json object(std::initializer_list<Member> members);
  /// An object of these members as they are; unlike set(), it does not look for equal keys.
  static Json from_members(Object members);
  Json(const Json&);
  Json(Json&&) noexcept;
  Json& operator=(const Json&);
  Json& operator=(Json&&) noexcept;
  ~Json();

  Type type() const { return static_cast<Type>(value_.index()); }
  bool is_null() const { return type() == Type::kNull; }
  bool is_bool() const { return type() == Type::kBool; }
  bool is_int() const { return type() == Type::kInt; }
  bool is_number() const { return type() == Type::kInt || type() == Type::kDouble; }
  bool is_string() const { return type() == Type::kString; }
  bool is_array() const { return type() == Type::kArray; }
  bool is_object() const { return type() == Type::kObject; }

  /// The value, or null / nothing when the type is another. Pointers live as long as this value is
  /// unchanged.
  std::optional<bool> as_bool() const;
  /// Also a double without a fraction that fits.
  std::optional<std::int64_t> as_int() const;
  std::optional<double> as_double() const;
  const std::string* as_string() const { return std::get_if<std::string>(&value_); }
  const Array* as_array() const { return std::get_if<Array>(&value_); }
  const Object* as_object() const { return std::get_if<Object>(&value_); }

  /// The member `key`, or null when there is none or this is not an object. The last of equal keys
  /// counts, as in Go.
  const Json* find(std::string_view key) const;
  /// Like find, following `keys` down nested objects.
  const Json* find_path(std::initializer_list<std::string_view> keys) const;
  /// Number of items or members; 0 for scalars.
  std::size_t size() const;
  /// Items of an array, members of an object; empty for anything else, so that loops need no check.
  const Array& items() const;
  const Object& members() const;

  /// Required members: kInvalid `property "<key>" is missing` or `property "<key>" must be a
  /// <type>`.
  Result<const Json*> at(std::string_view key) const;
  Result<std::string> get_string(std::string_view key) const;
  Result<std::int64_t> get_int(std::string_view key) const;
  Result<double> get_double(std::string_view key) const;
  Result<bool> get_bool(std::string_view key) const;
  /// Optional members: the fallback when absent, null or of another type.
  std::string string_or(std::string_view key, std::string_view fallback) const;
  std::int64_t int_or(std::string_view key, std::int64_t fallback) const;
  bool bool_or(std::string_view key, bool fallback) const;

  /// Sets or replaces a member; makes an object of a null. Must not be called on other types.
  Json& set(std::string_view key, Json value);
  /// Appends an item; makes an array of a null. Must not be called on other types.
  Json& push_back(Json value);

  /// Compact when `indent` is 0, else one item a line with so many spaces a level. No newline at
  /// the end.
  std::string dump(int indent = 0) const;
  void append_to(std::string& out, int indent = 0) const;

  /// Numbers compare by value (1 equals 1.0), objects by members in order.
  friend bool operator==(const Json& a, const Json& b);

 private:
  struct Flag {
    bool value;
  };
  explicit Json(Flag value);
  struct Int {
    std::int64_t value;
  };
  explicit Json(Int value);
  void append_level(std::string& out, int indent, int level) const;

  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

struct Json::Member {
  std::string key;
  Json value;
  friend bool operator==(const Member&, const Member&) = default;
};

/// The word of a type as JSON schema has it: `null`, `boolean`, `integer`, `number`, `string`,
/// `array`, `object`.
std::string_view to_string(Json::Type type);

/// Parses one JSON text. Integers from 2^63 to below 2^64 become doubles; larger ones, and doubles
/// beyond the largest, are refused. Errors: kInvalid, whose message ends in `at byte <offset>` for
/// a syntax error, or names the limit that was passed.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

/// Offset of the first byte that cannot continue a JSON text (text.size() when it is cut short), or
/// nothing when `text` is one JSON value. Reads the text once; meant for messages after a parser
/// has refused it.
std::optional<std::size_t> find_json_error(std::string_view text, std::size_t depth_max = 128);

// Fast appenders, the base of generated and hand-written writers.

/// `text` in quotes, escaped. Bytes that are not UTF-8 become U+FFFD, so that the document stays
/// well-formed.
void append_json_string(std::string& out, std::string_view text);
void append_json_int(std::string& out, std::int64_t value);
/// Shortest form that reads back the same; `null` for NaN and infinities, which JSON lacks.
void append_json_double(std::string& out, double value);

/// Writes JSON by steps, placing the commas: `w.begin_object().key("id").value(id).end_object()`.
/// The caller keeps the nesting right; `out` must outlive the writer.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  template <std::same_as<bool> T>
  JsonWriter& value(T flag) {
    return raw(flag ? "true" : "false");
  }
  JsonWriter& value(double number);
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonWriter& value(T number) {
    return value_int(static_cast<std::int64_t>(number));
  }
  JsonWriter& value(const Json& json);
  JsonWriter& null() { return raw("null"); }
  /// A value that is JSON text already.
  JsonWriter& raw(std::string_view json);
  /// `key(name).value(item)`.
  template <class T>
  JsonWriter& member(std::string_view name, const T& item) {
    key(name);
    return value(item);
  }

 private:
  JsonWriter& open(char c);
  JsonWriter& close(char c);
  JsonWriter& value_int(std::int64_t number);
  void comma() {
    if (need_comma_) {
      out_.push_back(',');
    }
  }

  std::string& out_;
  bool need_comma_ = false;
};

}  // namespace tarn
