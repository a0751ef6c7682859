#include "tables/descriptor.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::tables {
namespace {

std::string_view kind_word(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "null";
    case YamlNode::Kind::kScalar:
      return "text";
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return "?";
}

/// Reads fields of one file; remembers its name for messages.
class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  Error error(std::string_view field, std::string_view what) const {
    return Error::with_message(kBadDescriptor, fmt::format("{}: {} {}", file_, field, what));
  }
  Error wrong_kind(std::string_view field, std::string_view expected, const YamlNode& value) const {
    return error(field, fmt::format("must be {}, is {}", expected, kind_word(value.kind())));
  }

  /// Nothing when absent or null.
  Result<std::optional<std::string>> text(const YamlNode& map, std::string_view key,
                                          std::string_view field) const {
    const YamlNode* value = map.find(key);
    if (value == nullptr || value->is_null()) {
      return std::optional<std::string>();
    }
    if (!value->is_scalar()) {
      return wrong_kind(field, "text", *value);
    }
    return std::optional<std::string>(value->text());
  }

  Result<std::string> required_text(const YamlNode& map, std::string_view key,
                                    std::string_view field) const {
    TARN_TRY(std::optional<std::string> value, text(map, key, field));
    if (!value) {
      return error(field, "is missing");
    }
    return *std::move(value);
  }

  Result<std::string> required_name(const YamlNode& map, std::string_view key,
                                    std::string_view field) const {
    TARN_TRY(std::string value, required_text(map, key, field));
    if (value.empty()) {
      return error(field, "is empty");
    }
    return value;
  }

  /// Null when absent. An empty map stands for an empty list: scripts cannot tell them apart.
  Result<const YamlNode*> list(const YamlNode& map, std::string_view key,
                               std::string_view field) const {
    const YamlNode* value = map.find(key);
    if (value == nullptr || value->is_null()) {
      return nullptr;
    }
    const bool empty_map = value->is_map() && value->fields().empty();
    if (!value->is_sequence() && !empty_map) {
      return wrong_kind(field, "a list", *value);
    }
    return value;
  }

  Result<std::vector<std::string>> partition_columns(const YamlNode& document) const;
  Result<std::vector<TableField>> fields(const YamlNode& document) const;

 private:
  Result<TableField> field(const YamlNode& item, std::size_t index) const;

  std::string_view file_;
};

Result<std::vector<std::string>> Reader::partition_columns(const YamlNode& document) const {
  std::vector<std::string> columns;
  TARN_TRY(const YamlNode* list_node, list(document, "partition_columns", "partition_columns"));
  if (list_node == nullptr) {
    return columns;
  }
  for (const YamlNode& item : list_node->items()) {
    const std::string where = fmt::format("partition_columns[{}]", columns.size());
    if (!item.is_scalar()) {
      return wrong_kind(where, "text", item);
    }
    if (item.text().empty() || item.text().find('/') != std::string::npos) {
      return error(where, fmt::format("`{}` is no column name", item.text()));
    }
    if (std::ranges::find(columns, item.text()) != columns.end()) {
      return error(where, fmt::format("repeats `{}`", item.text()));
    }
    columns.push_back(item.text());
  }
  return columns;
}

Result<TableField> Reader::field(const YamlNode& item, std::size_t index) const {
  const std::string where = fmt::format("schema.fields[{}]", index);
  if (!item.is_map()) {
    return wrong_kind(where, "a map", item);
  }
  TableField field;
  TARN_TRY(field.name, required_name(item, "name", where + ".name"));
  TARN_TRY(field.type, required_name(item, "type", where + ".type"));
  TARN_TRY(field.comment, text(item, "comment", where + ".comment"));
  const YamlNode* metadata = item.find("metadata");
  if (!field.comment && metadata != nullptr && metadata->is_map()) {
    TARN_TRY(field.comment, text(*metadata, "comment", where + ".metadata.comment"));
  }
  const YamlNode* parameters = item.find("parameters");
  if (parameters != nullptr && !parameters->is_null()) {
    if (!parameters->is_map()) {
      return wrong_kind(where + ".parameters", "a map", *parameters);
    }
    for (const YamlNode::Field& parameter : parameters->fields()) {
      const std::string name = fmt::format("{}.parameters.{}", where, parameter.key);
      if (!parameter.value.is_scalar()) {
        return wrong_kind(name, "text", parameter.value);
      }
      field.parameters.emplace_back(parameter.key, parameter.value.text());
    }
  }
  return field;
}

Result<std::vector<TableField>> Reader::fields(const YamlNode& document) const {
  std::vector<TableField> fields;
  const YamlNode* schema = document.find("schema");
  if (schema == nullptr || schema->is_null()) {
    return fields;
  }
  if (!schema->is_map()) {
    return wrong_kind("schema", "a map", *schema);
  }
  TARN_TRY(const YamlNode* list_node, list(*schema, "fields", "schema.fields"));
  if (list_node == nullptr) {
    return fields;
  }
  for (const YamlNode& item : list_node->items()) {
    TARN_TRY(TableField next, field(item, fields.size()));
    const bool repeated = std::ranges::any_of(
        fields, [&next](const TableField& other) { return other.name == next.name; });
    if (repeated) {
      return error(fmt::format("schema.fields[{}].name", fields.size()),
                   fmt::format("repeats `{}`", next.name));
    }
    fields.push_back(std::move(next));
  }
  return fields;
}

Error unsupported(std::string_view type, std::string_view file) {
  return Error::with_message(kBadDescriptor,
                             fmt::format("table {} in path {} not supported", type, file));
}

}  // namespace

const TableField* TableDescriptor::find_field(std::string_view field) const {
  const auto found = std::ranges::find(fields, field, &TableField::name);
  return found == fields.end() ? nullptr : &*found;
}

Result<TableDescriptor> read_descriptor(const YamlNode& document, std::string_view file) {
  const Reader reader(file);
  if (!document.is_map()) {
    return Error::with_message(kBadDescriptor, fmt::format("{}: must hold a map, is {}", file,
                                                           kind_word(document.kind())));
  }
  TableDescriptor descriptor;
  TARN_TRY(descriptor.name, reader.required_name(document, "name", "name"));
  TARN_TRY(descriptor.type, reader.required_name(document, "type", "type"));
  if (descriptor.type != "hive" && descriptor.type != "delta" && descriptor.type != "iceberg") {
    return unsupported(descriptor.type, file).append(": type is none of hive, delta and iceberg");
  }
  TARN_TRY(descriptor.path, reader.required_text(document, "path", "path"));
  TARN_TRY(descriptor.partition_columns, reader.partition_columns(document));
  TARN_TRY(descriptor.fields, reader.fields(document));
  TARN_TRY(descriptor.catalog, reader.text(document, "catalog", "catalog"));
  return descriptor;
}

Result<TableDescriptor> parse_descriptor(std::string_view text, std::string_view file) {
  Result<YamlNode> document = parse_yaml(text);
  if (!document) {
    return Error::with_message(kBadDescriptor,
                               fmt::format("{}: {}", file, document.error().message()));
  }
  return read_descriptor(*document, file);
}

Result<void> require_type(const TableDescriptor& descriptor, std::string_view type,
                          std::string_view file) {
  if (descriptor.type != type) {
    return unsupported(descriptor.type, file);
  }
  return {};
}

}  // namespace tarn::tables
