#include "tables/glue_table.h"

#include "tables/hive_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tarn::tables {
namespace {

/// `field` is one of the descriptor's.
Result<std::string> hive_type(const TableDescriptor& descriptor, std::string_view file,
                              const TableField& field) {
  Result<std::string> type = map_hive_type(field.type);
  if (!type) {
    return Error::with_message(kBadDescriptor, fmt::format("{}: schema.fields[{}].type of `{}`: {}",
                                                           file, &field - descriptor.fields.data(),
                                                           field.name, type.error().message()));
  }
  return type;
}

/// Glue's Column, its members in the order of their names.
Result<Json> make_column(const TableDescriptor& descriptor, std::string_view file,
                         const TableField& field) {
  TARN_TRY(std::string type, hive_type(descriptor, file, field));
  Json column = Json::object();
  if (field.comment) {
    column.set("Comment", *field.comment);
  }
  column.set("Name", field.name);
  if (!field.parameters.empty()) {
    Json parameters = Json::object();
    for (const auto& [key, value] : field.parameters) {
      parameters.set(key, value);
    }
    column.set("Parameters", std::move(parameters));
  }
  column.set("Type", std::move(type));
  return column;
}

Error wrong_input(std::string_view member, const Json* value) {
  return Error::with_message(kBadTableInput,
                             fmt::format("create_table_input: {} {}", member,
                                         value == nullptr ? std::string("is missing")
                                                          : fmt::format("must be an object, is {}",
                                                                        to_string(value->type()))));
}

/// What Hive's AvroSerDe finds the columns by, unless the user named another schema.
void add_avro_schema(const std::string& schema, Json& storage) {
  const Json* serde = storage.find("SerdeInfo");
  Json changed = serde != nullptr && serde->is_object() ? *serde : Json::object();
  const Json* given = changed.find("Parameters");
  Json parameters = given != nullptr && given->is_object() ? *given : Json::object();
  if (parameters.find("avro.schema.literal") != nullptr ||
      parameters.find("avro.schema.url") != nullptr) {
    return;
  }
  parameters.set("avro.schema.literal", schema);
  changed.set("Parameters", std::move(parameters));
  storage.set("SerdeInfo", std::move(changed));
}

}  // namespace

Result<void> check_types(const TableDescriptor& descriptor, std::string_view file) {
  for (const TableField& field : descriptor.fields) {
    TARN_CHECK_OK(hive_type(descriptor, file, field));
  }
  return {};
}

Result<Json> make_table_input(const TableDescriptor& descriptor, std::string_view file,
                              const GlueTable& table, Json user_input) {
  TARN_CHECK_OK(require_type(descriptor, "hive", file));
  if (!user_input.is_object()) {
    return wrong_input("it", &user_input);
  }
  const Json* storage = user_input.find("StorageDescriptor");
  if (storage == nullptr || !storage->is_object()) {
    return wrong_input("StorageDescriptor", storage);
  }

  Json partition_keys = Json::array();
  for (const std::string& name : descriptor.partition_columns) {
    const TableField* field = descriptor.find_field(name);
    if (field == nullptr) {
      return Error::with_message(
          kBadDescriptor, fmt::format("{}: partition name `{}` not found in table `{}`", file, name,
                                      descriptor.name));
    }
    TARN_TRY(Json column, make_column(descriptor, file, *field));
    partition_keys.push_back(std::move(column));
  }
  Json columns = Json::array();
  for (const TableField& field : descriptor.fields) {
    if (std::ranges::find(descriptor.partition_columns, field.name) ==
        descriptor.partition_columns.end()) {
      TARN_TRY(Json column, make_column(descriptor, file, field));
      columns.push_back(std::move(column));
    }
  }

  Json changed = *storage;
  if (descriptor.avro_schema) {
    add_avro_schema(*descriptor.avro_schema, changed);
  }
  changed.set("Columns", std::move(columns));
  changed.set("Location", table.location);
  user_input.set("Name", table.name);
  user_input.set("PartitionKeys", std::move(partition_keys));
  user_input.set("StorageDescriptor", std::move(changed));
  user_input.set("TableType", "EXTERNAL_TABLE");
  return user_input;
}

}  // namespace tarn::tables
