#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn {

/// What parse_yaml accepts before it gives up.
struct YamlLimits {
  std::size_t size_bytes_max = std::size_t{1} << 20;
  std::size_t depth_max = 64;
  /// Nodes of the document with every alias written out; keeps "billion laughs" small.
  std::size_t nodes_max = 200'000;
};

/// A YAML document: nulls, scalars as text, sequences and maps in the order of the text. A value
/// type; copies are deep. Anchors, aliases and merge keys (`<<`) are resolved.
class YamlNode {
 public:
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMap };
  struct Field;

  YamlNode();
  ~YamlNode();
  YamlNode(const YamlNode&);
  YamlNode(YamlNode&&) noexcept;
  YamlNode& operator=(const YamlNode&);
  YamlNode& operator=(YamlNode&&) noexcept;
  static YamlNode scalar(std::string text, bool plain);
  static YamlNode sequence(std::vector<YamlNode> items);
  static YamlNode map(std::vector<Field> fields);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_scalar() const { return kind_ == Kind::kScalar; }
  bool is_sequence() const { return kind_ == Kind::kSequence; }
  bool is_map() const { return kind_ == Kind::kMap; }
  /// 1-based line of the text; 0 when made by hand.
  int line() const { return line_; }

  /// The scalar's text; empty for the other kinds.
  const std::string& text() const { return text_; }
  /// A scalar without quotes, block style or a string tag: `12` and `true` are numbers and booleans
  /// only when plain.
  bool plain() const { return plain_; }
  /// A plain scalar read as YAML 1.2's core schema does (booleans also in Go's spellings); nothing
  /// if it is none.
  std::optional<bool> as_bool() const;
  std::optional<std::int64_t> as_int() const;
  std::optional<double> as_double() const;

  /// Items of a sequence and fields of a map; empty for the other kinds.
  const std::vector<YamlNode>& items() const { return items_; }
  const std::vector<Field>& fields() const { return fields_; }
  /// The field's value, or null when there is none or this is no map. Lives as long as this node is
  /// unchanged.
  const YamlNode* find(std::string_view key) const;

 private:
  friend class YamlBuilder;
  Kind kind_ = Kind::kNull;
  bool plain_ = false;
  int line_ = 0;
  std::string text_;
  std::vector<YamlNode> items_;
  std::vector<Field> fields_;
};

struct YamlNode::Field {
  std::string key;
  YamlNode value;
  int line = 0;
  /// The key is a scalar that plain() is true for.
  bool plain_key = false;
};

/// Parses one document (an empty text is a null). Refuses a second document, duplicate keys, keys
/// that are no scalars, and what passes a limit. Errors: kInvalid, `line <n>: <what>`.
Result<YamlNode> parse_yaml(std::string_view text, const YamlLimits& limits = {});

}  // namespace tarn
