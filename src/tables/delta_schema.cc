#include "tables/delta_log.h"
#include "tables/hive_types.h"

#include <fmt/format.h>

#include <utility>

// The schema of a Delta table, which is Spark's, in the words of Hive.

namespace tarn::tables {
namespace {

Error bad(std::string what) { return Error::with_message(kBadDelta, std::move(what)); }

Result<std::string> hive_type(const Json& type);

Result<std::string> part(const Json& type, std::string_view member) {
  const Json* of = type.find(member);
  if (of == nullptr) {
    return bad(fmt::format("schemaString: type without `{}`", member));
  }
  return hive_type(*of);
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

// The JSON parser's limit of levels bounds the recursion.
Result<std::string> hive_type(const Json& type) {
  if (const std::string* word = type.as_string()) {
    if (*word == "timestamp_ntz") {
      return std::string("timestamp");
    }
    // What Hive has no word for keeps its own: engines read the log.
    return map_hive_type(*word).value_or(*word);
  }
  const std::string word = type.string_or("type", "");
  if (word == "struct") {
    return struct_type(type);
  }
  if (word == "array") {
    TARN_TRY(const std::string element, part(type, "elementType"));
    return fmt::format("array<{}>", element);
  }
  if (word == "map") {
    TARN_TRY(const std::string key, part(type, "keyType"));
    TARN_TRY(const std::string value, part(type, "valueType"));
    return fmt::format("map<{},{}>", key, value);
  }
  return bad(fmt::format("schemaString: type `{}` is unknown", word));
}

}  // namespace

Result<Json> delta_columns(std::string_view schema_string) {
  const Result<Json> schema = parse_json(schema_string);
  const Json* fields = schema && schema->is_object() ? schema->find("fields") : nullptr;
  if (fields == nullptr || !fields->is_array()) {
    return bad("schemaString is no schema");
  }
  Json columns = Json::array();
  for (const Json& field : fields->items()) {
    const std::string name = field.is_object() ? field.string_or("name", "") : std::string();
    if (name.empty()) {
      return bad("schemaString: a column has no name");
    }
    Result<std::string> type = part(field, "type");
    if (!type) {
      return std::move(type).error().wrap("column " + name);
    }
    Json column = Json::object({{"Name", name}, {"Type", *std::move(type)}});
    const Json* comment = field.find_path({"metadata", "comment"});
    if (comment != nullptr && comment->is_string()) {
      column.set("Comment", *comment);
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace tarn::tables
