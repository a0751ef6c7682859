#include "actions/lua/modules/export_spec.h"

#include "actions/lua/value.h"

#include <fmt/format.h>

namespace tarn::actions::lua {
namespace {

/// A table that YAML became, as the document it was; numbers as scripts see them.
YamlNode to_yaml(const Json& value) {
  switch (value.type()) {
    case Json::Type::kNull:
      return {};
    case Json::Type::kBool:
      return YamlNode::scalar(*value.as_bool() ? "true" : "false", true);
    case Json::Type::kInt:
    case Json::Type::kDouble:
      return YamlNode::scalar(number_text(*value.as_double()), true);
    case Json::Type::kString:
      return YamlNode::scalar(*value.as_string(), false);
    case Json::Type::kArray: {
      std::vector<YamlNode> items;
      for (const Json& item : value.items()) {
        items.push_back(to_yaml(item));
      }
      return YamlNode::sequence(std::move(items));
    }
    case Json::Type::kObject: {
      std::vector<YamlNode::Field> fields;
      for (const Json::Member& member : value.members()) {
        fields.push_back({.key = member.key, .value = to_yaml(member.value)});
      }
      return YamlNode::map(std::move(fields));
    }
  }
  return {};
}

}  // namespace

tables::TableDescriptor read_descriptor(Call& call, std::string_view file, int n) {
  return call.unwrap(tables::read_descriptor(to_yaml(call.json(n)), file));
}

void require_s3(Call& call, const tables::StorageUri& place, std::string_view uri) {
  if (place.protocol == "local" || place.protocol == "mem") {
    call.fail(
        fmt::format("cannot export to {} with an S3 client: give options.export_base_uri", uri));
  }
}

std::string ExportSpec::base() const {
  const bool with_path = keep_table_path && layout.partitioned();
  return fmt::format("{}{}{}/{}", uri, uri.ends_with('/') ? "" : "/", table,
                     with_path ? layout.prefix() : "");
}

std::string ExportSpec::tree() const {
  return fmt::format("{}{}{}", uri, uri.ends_with('/') ? "" : "/", table);
}

ExportSpec read_spec(Call& call, int n) {
  const Json given = call.json(n);
  std::vector<std::string> columns;
  std::string uri = call.unwrap(given.get_string("uri"));
  for (const Json& column : call.unwrap(given.at("partition_columns"))->items()) {
    columns.push_back(column.as_string() == nullptr ? std::string() : *column.as_string());
  }
  tables::PartitionLayout layout(call.unwrap(given.get_string("path")), columns);
  return {.repository = call.unwrap(given.get_string("repository")),
          .commit = call.unwrap(given.get_string("commit")),
          .uri = std::move(uri),
          .table = call.unwrap(given.get_string("table")),
          .columns = std::move(columns),
          .layout = std::move(layout),
          .keep_table_path = given.bool_or("keep_table_path", false),
          .debug = given.bool_or("debug", false)};
}

}  // namespace tarn::actions::lua
