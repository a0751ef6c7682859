#include "tables/avro_columns.h"

#include "base/json.h"
#include "base/text.h"
#include "tables/avro_file.h"
#include "tables/avro_schema.h"
#include "tables/hive_types.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

// https://cwiki.apache.org/confluence/display/Hive/AvroSerDe, "Avro to Hive type conversion".

namespace tarn::tables {
namespace {

/// Of all columns.
constexpr std::size_t kTypesBytesMax = 4 * kMiB;

constexpr std::pair<std::string_view, std::string_view> kPrimitives[] = {
    {"boolean", "boolean"}, {"int", "int"},      {"long", "bigint"},  {"float", "float"},
    {"double", "double"},   {"bytes", "binary"}, {"fixed", "binary"}, {"string", "string"},
    {"enum", "string"},     {"null", "string"},
};

/// What a type that is annotated becomes, if Hive minds.
std::optional<std::string> logical(std::string_view word, const Json& type) {
  const std::string meaning = type.string_or("logicalType", "");
  const auto is = [&](std::string_view name, std::string_view of) {
    return meaning == name && word == of;
  };
  if (is("date", "int")) {
    return "date";
  }
  if (is("timestamp-millis", "long")) {
    return "timestamp";
  }
  if (is("decimal", "bytes") || is("decimal", "fixed")) {
    return fmt::format("decimal({},{})", type.int_or("precision", 0), type.int_or("scale", 0));
  }
  if (is("varchar", "string") || is("char", "string")) {
    return fmt::format("{}({})", meaning, type.int_or("maxLength", 0));
  }
  return std::nullopt;
}

bool is_null(const Json& type) {
  const std::string* word = type.as_string();
  return word != nullptr ? *word == "null" : type.string_or("type", "") == "null";
}

/// The schema was parsed by parse_avro_schema(): every name is known, members are there.
class Translator {
 public:
  Result<std::string> type(const Json& json, const std::string& space) {
    TARN_TRY(std::string made, any(json, space));
    // Records of records that are named again and again double with each level.
    if (made.size() > kHiveTypeBytesMax) {
      return Error::with_message(kInvalid,
                                 fmt::format("its type has more than {} bytes", kHiveTypeBytesMax));
    }
    return made;
  }

  /// Of a record: `<name>:<type>` each.
  Result<std::vector<std::pair<std::string, std::string>>> members(const Json& record,
                                                                   const std::string& space) {
    std::vector<std::pair<std::string, std::string>> out;
    std::size_t bytes = 0;
    for (const Json& field : record.find("fields")->items()) {
      const std::string name = ascii_lower(field.string_or("name", ""));
      Result<std::string> made = type(*field.find("type"), space);
      if (!made) {
        return std::move(made).error().wrap(name);
      }
      bytes += made->size();
      if (bytes > kTypesBytesMax) {
        return Error::with_message(kInvalid,
                                   fmt::format("types of more than {} MiB", kTypesBytesMax / kMiB));
      }
      out.emplace_back(name, *std::move(made));
    }
    return out;
  }

 private:
  Result<std::string> any(const Json& json, const std::string& space) {
    if (const std::string* name = json.as_string()) {
      return named(*name, space);
    }
    if (json.is_array()) {
      return choice(json, space);
    }
    const Json& word = *json.find("type");
    return word.is_string() ? complex(*word.as_string(), json, space) : type(word, space);
  }

  Result<std::string> named(const std::string& name, const std::string& space) {
    for (const auto& [word, hive] : kPrimitives) {
      if (word == name) {
        return std::string(hive);
      }
    }
    const bool full = name.find('.') != std::string::npos || space.empty();
    const auto found = made_.find(full ? name : space + "." + name);
    if (found == made_.end()) {
      return Error::with_message(kInvalid,
                                 fmt::format("a record `{}` that holds itself is no column", name));
    }
    return found->second;
  }

  /// Of null and one other it is that one.
  Result<std::string> choice(const Json& json, const std::string& space) {
    std::string branches;
    std::size_t count = 0;
    for (const Json& branch : json.items()) {
      TARN_TRY(const std::string made, type(branch, space));
      if (!is_null(branch)) {
        branches.append(branches.empty() ? "" : ",").append(made);
        ++count;
      }
    }
    if (count == 0) {
      return std::string("string");
    }
    return count == 1 ? branches : fmt::format("uniontype<{}>", branches);
  }

  Result<std::string> complex(const std::string& word, const Json& json, std::string space) {
    if (word == "array") {
      TARN_TRY(const std::string items, type(*json.find("items"), space));
      return fmt::format("array<{}>", items);
    }
    if (word == "map") {
      TARN_TRY(const std::string values, type(*json.find("values"), space));
      return fmt::format("map<string,{}>", values);
    }
    const bool named_type = word == "record" || word == "enum" || word == "fixed";
    if (!named_type) {
      std::optional<std::string> special = logical(word, json);
      return special ? Result<std::string>(*std::move(special)) : named(word, space);
    }
    const std::string name = avro_full_name(json, space);
    std::string made;
    if (word == "record") {
      TARN_TRY(const auto list, members(json, space));
      for (const auto& [member, of] : list) {
        made.append(made.empty() ? "" : ",").append(member).append(":").append(of);
      }
      made = fmt::format("struct<{}>", made);
    } else {
      made = logical(word, json).value_or(word == "enum" ? "string" : "binary");
    }
    made_.emplace(name, made);
    return made;
  }

  /// Named types by their full names.
  std::map<std::string, std::string> made_;
};

}  // namespace

Result<AvroColumns> avro_columns(ByteView bytes) {
  TARN_TRY(const AvroFile file, AvroFile::parse_header(bytes));
  AvroColumns out;
  out.schema = *file.metadata("avro.schema");
  TARN_TRY(const Json schema, parse_json(out.schema));
  // A record: everything else was refused.
  std::string space;
  avro_full_name(schema, space);
  Translator translator;
  TARN_TRY(const auto members, translator.members(schema, space));
  if (members.empty()) {
    return Error::with_message(kInvalid, "there are no columns");
  }
  for (const auto& [name, type] : members) {
    TableField field;
    field.name = name;
    field.type = type;
    out.fields.push_back(std::move(field));
  }
  return out;
}

}  // namespace tarn::tables
