#include "tables/avro_schema.h"

#include "base/json.h"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <utility>

namespace tarn::tables {
namespace {

using Type = AvroSchema::Type;

constexpr std::size_t kNodesMax = 5'000;

constexpr std::pair<std::string_view, Type> kPrimitives[] = {
    {"null", Type::kNull},   {"boolean", Type::kBoolean}, {"int", Type::kInt},
    {"long", Type::kLong},   {"float", Type::kFloat},     {"double", Type::kDouble},
    {"bytes", Type::kBytes}, {"string", Type::kString}};

Error bad(std::string what) {
  return Error::with_message(kBadAvro, "Avro schema: " + std::move(what));
}

/// JSON's own limit of levels bounds the recursion.
class Parser {
 public:
  Result<std::size_t> type(const Json& json, const std::string& space);
  AvroSchema take(std::size_t root) {
    schema_.root = root;
    return std::move(schema_);
  }

 private:
  Result<std::size_t> add(AvroSchema::Node node) {
    if (schema_.nodes.size() == kNodesMax) {
      return bad(fmt::format("more than {} types", kNodesMax));
    }
    schema_.nodes.push_back(std::move(node));
    return schema_.nodes.size() - 1;
  }
  Result<std::size_t> named(std::string_view name, const std::string& space);
  Result<std::size_t> complex(std::string_view word, const Json& json, const std::string& space);
  /// Makes the node before what is in it, so that it can be in itself.
  Result<std::size_t> define(AvroSchema::Node node, const Json& json, std::string& space);
  Result<void> fields(std::size_t record, const Json& json, const std::string& space);

  AvroSchema schema_;
  std::map<std::string, std::size_t, std::less<>> names_;
};

Result<std::size_t> Parser::named(std::string_view name, const std::string& space) {
  for (const auto& [word, type] : kPrimitives) {
    if (word == name) {
      return add({.type = type});
    }
  }
  const bool full = name.find('.') != std::string_view::npos || space.empty();
  const auto found = names_.find(full ? std::string(name) : fmt::format("{}.{}", space, name));
  if (found == names_.end()) {
    return bad(fmt::format("type `{}` is unknown", name));
  }
  return found->second;
}

Result<std::size_t> Parser::define(AvroSchema::Node node, const Json& json, std::string& space) {
  if (json.string_or("name", "").empty()) {
    return bad("a named type without a name");
  }
  const std::string name = avro_full_name(json, space);
  TARN_TRY(const std::size_t index, add(std::move(node)));
  if (!names_.emplace(name, index).second) {
    return bad(fmt::format("type `{}` is there twice", name));
  }
  return index;
}

Result<void> Parser::fields(std::size_t record, const Json& json, const std::string& space) {
  const Json* list = json.find("fields");
  if (list == nullptr || !list->is_array()) {
    return bad("a record without fields");
  }
  std::vector<AvroSchema::Field> fields;
  for (const Json& item : list->items()) {
    const Json* of = item.find("type");
    AvroSchema::Field field;
    field.name = item.string_or("name", "");
    if (of == nullptr || field.name.empty()) {
      return bad("a field without a name or a type");
    }
    if (const Json* id = item.find("field-id")) {
      field.id = id->as_int();
    }
    TARN_TRY(field.node, type(*of, space));
    fields.push_back(std::move(field));
  }
  schema_.nodes[record].fields = std::move(fields);
  return {};
}

Result<std::size_t> Parser::complex(std::string_view word, const Json& json,
                                    const std::string& space) {
  if (word == "record") {
    std::string inner = space;
    TARN_TRY(const std::size_t record, define({.type = Type::kRecord}, json, inner));
    TARN_CHECK_OK(fields(record, json, inner));
    return record;
  }
  if (word == "enum" || word == "fixed") {
    std::string inner = space;
    const std::int64_t size = json.int_or("size", word == "fixed" ? -1 : 0);
    if (size < 0) {
      return bad("a fixed without a size");
    }
    return define({.type = word == "enum" ? Type::kEnum : Type::kFixed,
                   .size_bytes = static_cast<std::size_t>(size)},
                  json, inner);
  }
  if (word == "array" || word == "map") {
    const Json* part = json.find(word == "array" ? "items" : "values");
    if (part == nullptr) {
      return bad(fmt::format("an {} of nothing", word));
    }
    TARN_TRY(const std::size_t of, type(*part, space));
    return add({.type = word == "array" ? Type::kArray : Type::kMap, .parts = {of}});
  }
  return named(word, space);
}

Result<std::size_t> Parser::type(const Json& json, const std::string& space) {
  if (json.is_string()) {
    return named(*json.as_string(), space);
  }
  if (json.is_array()) {
    AvroSchema::Node choice{.type = Type::kUnion};
    for (const Json& branch : json.items()) {
      TARN_TRY(const std::size_t of, type(branch, space));
      choice.parts.push_back(of);
    }
    return add(std::move(choice));
  }
  const Json* word = json.find("type");
  if (word == nullptr) {
    return bad("a type is a name, a list or an object with a `type`");
  }
  if (!word->is_string()) {
    return type(*word, space);
  }
  return complex(*word->as_string(), json, space);
}

}  // namespace

std::string avro_full_name(const Json& type, std::string& space) {
  std::string name = type.string_or("name", "");
  const std::size_t dot = name.rfind('.');
  if (dot != std::string::npos) {
    space = name.substr(0, dot);
    return name;
  }
  space = type.string_or("namespace", space);
  return space.empty() ? name : space + "." + name;
}

Result<AvroSchema> parse_avro_schema(ByteView json) {
  const Result<Json> document = parse_json(json);
  if (!document) {
    return bad(document.error().message());
  }
  Parser parser;
  TARN_TRY(const std::size_t root, parser.type(*document, ""));
  return parser.take(root);
}

}  // namespace tarn::tables
