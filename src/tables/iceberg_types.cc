#include "tables/iceberg_metadata.h"

#include <fmt/format.h>

#include <utility>

// Iceberg's types in the words of Hive
// (https://iceberg.apache.org/docs/latest/hive/#type-compatibility).

namespace tarn::tables {
namespace {

constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {"boolean", "boolean"},
    {"int", "int"},
    {"long", "bigint"},
    {"float", "float"},
    {"double", "double"},
    {"date", "date"},
    {"time", "string"},
    {"string", "string"},
    {"uuid", "string"},
    {"timestamp", "timestamp"},
    {"timestamptz", "timestamp"},
    {"timestamp_ns", "timestamp"},
    {"timestamptz_ns", "timestamp"},
    {"binary", "binary"},
    // What Hive has no word for keeps its own: engines read the metadata.
    {"unknown", "unknown"},
    {"variant", "variant"},
};

Error bad(std::string what) { return Error::with_message(kBadIceberg, std::move(what)); }

Result<std::string> simple_type(const std::string& word) {
  for (const auto& [name, hive] : kTypes) {
    if (word == name) {
      return std::string(hive);
    }
  }
  if (word.starts_with("fixed[")) {
    return std::string("binary");
  }
  if (word.starts_with("decimal(")) {
    std::string packed;
    for (const char c : word) {
      if (c != ' ') {
        packed.push_back(c);
      }
    }
    return packed;
  }
  if (word.starts_with("geometry") || word.starts_with("geography")) {
    return word.substr(0, word.find('('));
  }
  return bad(fmt::format("type `{}` is unknown", word));
}

Result<std::string> part(const Json& type, std::string_view member) {
  const Json* of = type.find(member);
  if (of == nullptr) {
    return bad(fmt::format("type without `{}`", member));
  }
  return iceberg_hive_type(*of);
}

Result<std::string> struct_type(const Json& type) {
  const Json* fields = type.find("fields");
  std::string text = "struct<";
  for (const Json& field : fields == nullptr ? Json::Array{} : fields->items()) {
    TARN_TRY(const std::string of, part(field, "type"));
    text.append(text.ends_with('<') ? "" : ",");
    text.append(field.string_or("name", "")).append(":").append(of);
  }
  return text + ">";
}

}  // namespace

// The JSON parser's limit of levels bounds the recursion.
Result<std::string> iceberg_hive_type(const Json& type) {
  if (type.is_string()) {
    return simple_type(*type.as_string());
  }
  const std::string word = type.string_or("type", "");
  if (word == "struct") {
    return struct_type(type);
  }
  if (word == "list") {
    TARN_TRY(const std::string element, part(type, "element"));
    return fmt::format("array<{}>", element);
  }
  if (word == "map") {
    TARN_TRY(const std::string key, part(type, "key"));
    TARN_TRY(const std::string value, part(type, "value"));
    return fmt::format("map<{},{}>", key, value);
  }
  return bad(fmt::format("type `{}` is unknown", word));
}

}  // namespace tarn::tables
