#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tarn::tables {

/// What a record of nested columns holds, in the words of JSON: flags, whole numbers, texts, groups
/// of members (objects), maps from texts (objects as well), and lists (arrays).
struct RecordField {
  enum class Kind : std::uint8_t { kFlag, kInt, kLong, kText, kGroup, kMap, kList };
  std::string name;
  Kind kind = Kind::kText;
  /// The members of a group; the values of a map, or the elements of a list, whose name says
  /// nothing.
  std::vector<RecordField> parts = {};

  static RecordField flag(std::string name) { return {std::move(name), Kind::kFlag}; }
  static RecordField integer(std::string name) { return {std::move(name), Kind::kInt}; }
  static RecordField big_integer(std::string name) { return {std::move(name), Kind::kLong}; }
  static RecordField text(std::string name) { return {std::move(name), Kind::kText}; }
  static RecordField group(std::string name, std::vector<RecordField> members) {
    return {std::move(name), Kind::kGroup, std::move(members)};
  }
  static RecordField map(std::string name, RecordField value) {
    return {std::move(name), Kind::kMap, {std::move(value)}};
  }
  static RecordField list(std::string name, RecordField element) {
    return {std::move(name), Kind::kList, {std::move(element)}};
  }
};

}  // namespace tarn::tables
