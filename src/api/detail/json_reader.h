#pragma once

#include "api/detail/rules.h"
#include "api/enums.h"
#include "api/text_codec.h"
#include "base/clock.h"
#include "base/json.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What generated readers stand on. The parser (simdjson) stays behind JsonNode, so that including
// this is cheap.

namespace tarn::api::detail {

/// A value inside a JsonDocument, or none. Valid as long as the document.
struct JsonNode {
  alignas(std::size_t) std::byte element[2 * sizeof(std::size_t)];
  bool present = false;
};

struct FieldSpec {
  std::string_view name;
  bool required = false;
  bool nullable = false;
  const Rules* rules = nullptr;
};

enum class Strictness : std::uint8_t {
  /// A server reads a request.
  kStrict,
  /// A client reads an answer: missing and null properties keep their defaults, unknown words
  /// become kUnknown and
  /// rules are not checked, because servers of other releases must remain readable.
  kLenient,
};

/// Reads values and remembers the first complaint. Every read returns false after a complaint.
class JsonReader {
 public:
  explicit JsonReader(Strictness strictness) : strictness_(strictness) {}

  bool lenient() const { return strictness_ == Strictness::kLenient; }

  /// Finds the members that `specs` names in the object `node`; nodes[i] belongs to specs[i]. The
  /// last of equal keys counts and unknown keys are ignored. A null leaves the node absent where it
  /// is allowed.
  bool fields(const JsonNode& node, std::span<const FieldSpec> specs, JsonNode* nodes);

  bool read_string(const JsonNode& node, std::string_view& out);
  bool read_int(const JsonNode& node, std::int64_t& out);
  bool read_double(const JsonNode& node, double& out);
  bool read_bool(const JsonNode& node, bool& out);
  bool read_time(const JsonNode& node, WallTime& out);
  /// Any object.
  bool read_json(const JsonNode& node, Json& out);
  bool read_word(const JsonNode& node, std::span<const std::string_view> words, std::size_t& index);

  /// The items of an array, the members of an object.
  bool items(const JsonNode& node, std::vector<JsonNode>& out);
  bool members(const JsonNode& node, std::vector<std::pair<std::string_view, JsonNode>>& out);

  /// Records the complaint about the value just read; returns false.
  bool fail(std::string message);
  /// Puts a step of the path before the complaint's path; returns false.
  bool at(std::string_view step);
  bool at(std::size_t index) { return at(std::to_string(index)); }
  /// Complains with `message` unless it is empty.
  bool accept(std::string message) { return message.empty() || fail(std::move(message)); }

  /// `Error at "/a/0": message`, or the message alone at the root.
  std::string complaint() const;

 private:
  Strictness strictness_;
  std::string path_;
  std::string message_;
};

/// A parsed JSON text. The parser's buffers belong to the thread, so documents are for immediate
/// use: two at a time work, but cost an allocation.
class JsonDocument {
 public:
  JsonDocument();
  ~JsonDocument();
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  /// Errors kInvalid as parse_json gives them.
  Result<JsonNode> parse(std::string_view text);

 private:
  struct Parser;
  Parser* parser_;
  std::unique_ptr<Parser> own_;
};

inline bool read(JsonReader& in, const JsonNode& node, std::string& out) {
  std::string_view text;
  if (!in.read_string(node, text)) {
    return false;
  }
  out.assign(text);
  return true;
}
inline bool read(JsonReader& in, const JsonNode& node, std::int64_t& out) {
  return in.read_int(node, out);
}
inline bool read(JsonReader& in, const JsonNode& node, double& out) {
  return in.read_double(node, out);
}
inline bool read(JsonReader& in, const JsonNode& node, bool& out) {
  return in.read_bool(node, out);
}
inline bool read(JsonReader& in, const JsonNode& node, WallTime& out) {
  return in.read_time(node, out);
}
inline bool read(JsonReader& in, const JsonNode& node, Json& out) {
  return in.read_json(node, out);
}

template <WordEnum E>
bool read(JsonReader& in, const JsonNode& node, E& out) {
  std::size_t index = 0;
  if (!in.read_word(node, EnumWords<E>::values(), index)) {
    return false;
  }
  out = static_cast<E>(index);
  return true;
}

template <TextValue T>
bool read(JsonReader& in, const JsonNode& node, T& out) {
  std::string text;
  if (!read(in, node, text)) {
    return false;
  }
  Result<T> parsed = TextCodec<T>::parse(std::move(text));
  if (!parsed) {
    return in.fail(parsed.error().message());
  }
  out = *std::move(parsed);
  return true;
}

template <class T>
bool read(JsonReader& in, const JsonNode& node, std::vector<T>& out) {
  std::vector<JsonNode> nodes;
  if (!in.items(node, nodes)) {
    return false;
  }
  out.clear();
  out.reserve(nodes.size());
  for (const JsonNode& item : nodes) {
    if (!read(in, item, out.emplace_back())) {
      return in.at(out.size() - 1);
    }
  }
  return true;
}

template <class T>
bool read(JsonReader& in, const JsonNode& node, std::map<std::string, T>& out) {
  std::vector<std::pair<std::string_view, JsonNode>> nodes;
  if (!in.members(node, nodes)) {
    return false;
  }
  out.clear();
  for (const auto& [key, value] : nodes) {
    if (!read(in, value, out[std::string(key)])) {
      return in.at(key);
    }
  }
  return true;
}

template <class T>
bool obeys(JsonReader&, const T&, const Rules&) {
  return true;
}
inline bool obeys(JsonReader& in, const std::string& value, const Rules& rules) {
  return in.accept(broken_rule(std::string_view(value), rules));
}
inline bool obeys(JsonReader& in, const Secret& value, const Rules& rules) {
  return in.accept(broken_rule(std::string_view(value.reveal()), rules));
}
inline bool obeys(JsonReader& in, const std::int64_t& value, const Rules& rules) {
  return in.accept(broken_rule(value, rules));
}
template <class T>
bool obeys(JsonReader& in, const std::vector<T>& value, const Rules& rules) {
  return in.accept(broken_item_rule(value.size(), rules));
}

/// Reads one member into its place, if it is there.
template <class T>
bool read_field(JsonReader& in, const FieldSpec& spec, const JsonNode& node, T& out) {
  if (!node.present) {
    return true;
  }
  if (read(in, node, out) &&
      (spec.rules == nullptr || in.lenient() || obeys(in, out, *spec.rules))) {
    return true;
  }
  return in.at(spec.name);
}

template <class T>
bool read_field(JsonReader& in, const FieldSpec& spec, const JsonNode& node,
                std::optional<T>& out) {
  return !node.present || read_field(in, spec, node, out.emplace());
}

}  // namespace tarn::api::detail
