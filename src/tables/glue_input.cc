#include "tables/glue_input.h"

#include "base/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// Shapes: https://docs.aws.amazon.com/glue/latest/webapi/API_TableInput.html and those it names.

namespace tarn::tables {
namespace {

enum class Kind : std::uint8_t {
  kString,
  kInt,
  kBool,
  kTime,
  kStrings,
  kStringMap,
  kShape,
  kShapes,
  kAny,
};

struct Member;
using Shape = std::span<const Member>;

struct Member {
  std::string_view name;
  Kind kind;
  Shape shape{};
};

constexpr Member kColumn[] = {{"Name", Kind::kString},
                              {"Type", Kind::kString},
                              {"Comment", Kind::kString},
                              {"Parameters", Kind::kStringMap}};
constexpr Member kSerde[] = {{"Name", Kind::kString},
                             {"SerializationLibrary", Kind::kString},
                             {"Parameters", Kind::kStringMap}};
constexpr Member kOrder[] = {{"Column", Kind::kString}, {"SortOrder", Kind::kInt}};
constexpr Member kSkewed[] = {{"SkewedColumnNames", Kind::kStrings},
                              {"SkewedColumnValues", Kind::kStrings},
                              {"SkewedColumnValueLocationMaps", Kind::kStringMap}};
constexpr Member kSchemaId[] = {
    {"SchemaArn", Kind::kString}, {"SchemaName", Kind::kString}, {"RegistryName", Kind::kString}};
constexpr Member kSchemaReference[] = {{"SchemaId", Kind::kShape, kSchemaId},
                                       {"SchemaVersionId", Kind::kString},
                                       {"SchemaVersionNumber", Kind::kInt}};
constexpr Member kStorage[] = {
    {"Columns", Kind::kShapes, kColumn},     {"Location", Kind::kString},
    {"AdditionalLocations", Kind::kStrings}, {"InputFormat", Kind::kString},
    {"OutputFormat", Kind::kString},         {"Compressed", Kind::kBool},
    {"NumberOfBuckets", Kind::kInt},         {"SerdeInfo", Kind::kShape, kSerde},
    {"BucketColumns", Kind::kStrings},       {"SortColumns", Kind::kShapes, kOrder},
    {"Parameters", Kind::kStringMap},        {"SkewedInfo", Kind::kShape, kSkewed},
    {"StoredAsSubDirectories", Kind::kBool}, {"SchemaReference", Kind::kShape, kSchemaReference}};
constexpr Member kIdentifier[] = {{"CatalogId", Kind::kString},
                                  {"DatabaseName", Kind::kString},
                                  {"Name", Kind::kString},
                                  {"Region", Kind::kString}};
constexpr Member kTableInput[] = {{"Name", Kind::kString},
                                  {"Description", Kind::kString},
                                  {"Owner", Kind::kString},
                                  {"LastAccessTime", Kind::kTime},
                                  {"LastAnalyzedTime", Kind::kTime},
                                  {"Retention", Kind::kInt},
                                  {"StorageDescriptor", Kind::kShape, kStorage},
                                  {"PartitionKeys", Kind::kShapes, kColumn},
                                  {"ViewOriginalText", Kind::kString},
                                  {"ViewExpandedText", Kind::kString},
                                  {"TableType", Kind::kString},
                                  {"Parameters", Kind::kStringMap},
                                  {"TargetTable", Kind::kShape, kIdentifier},
                                  {"ViewDefinition", Kind::kAny}};
constexpr Member kFederated[] = {{"Identifier", Kind::kString},
                                 {"ConnectionName", Kind::kString},
                                 {"ConnectionType", Kind::kString}};
constexpr Member kDatabaseInput[] = {{"Name", Kind::kString},
                                     {"Description", Kind::kString},
                                     {"LocationUri", Kind::kString},
                                     {"Parameters", Kind::kStringMap},
                                     {"CreateTableDefaultPermissions", Kind::kAny},
                                     {"TargetDatabase", Kind::kShape, kIdentifier},
                                     {"FederatedDatabase", Kind::kShape, kFederated}};
constexpr Member kCreateDatabase[] = {{"CatalogId", Kind::kString},
                                      {"DatabaseInput", Kind::kShape, kDatabaseInput},
                                      {"Tags", Kind::kStringMap}};

bool equal_names(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

Error wrong(std::string_view where, std::string_view expected) {
  return Error::with_message(kBadTableInput, fmt::format("{} must be {}", where, expected));
}

Result<Json> normalize(const Json& value, Shape shape, const std::string& where);

Result<Json> normalize_list(const Json& value, const Member& member, const std::string& where) {
  // Scripts cannot tell an empty list from an empty table.
  const bool empty_object = value.is_object() && value.size() == 0;
  if (!value.is_array() && !empty_object) {
    return wrong(where, "a list");
  }
  Json list = Json::array();
  for (const Json& item : value.items()) {
    const std::string at = fmt::format("{}[{}]", where, list.size());
    if (member.kind == Kind::kStrings && !item.is_string()) {
      return wrong(at, "a string");
    }
    if (member.kind == Kind::kStrings) {
      list.push_back(item);
    } else {
      TARN_TRY(Json object, normalize(item, member.shape, at));
      list.push_back(std::move(object));
    }
  }
  return list;
}

Result<Json> normalize_map(const Json& value, const std::string& where) {
  if (!value.is_object()) {
    return wrong(where, "an object");
  }
  Json map = Json::object();
  for (const Json::Member& entry : value.members()) {
    if (entry.value.is_null()) {
      continue;
    }
    if (!entry.value.is_string()) {
      return wrong(where + "." + entry.key, "a string");
    }
    map.set(entry.key, entry.value);
  }
  return map;
}

Result<Json> normalize_time(const Json& value, const std::string& where) {
  if (value.is_number()) {
    return value;
  }
  if (const std::string* text = value.as_string()) {
    if (const Result<WallTime> time = parse_rfc3339(*text)) {
      return Json(unix_seconds(*time));
    }
  }
  return wrong(where, "a time such as 2023-10-29T15:17:50Z");
}

Result<Json> normalize_member(const Json& value, const Member& member, const std::string& where) {
  switch (member.kind) {
    case Kind::kString:
      return value.is_string() ? Result<Json>(value) : wrong(where, "a string");
    case Kind::kInt:
      return value.as_int() ? Result<Json>(Json(*value.as_int())) : wrong(where, "a whole number");
    case Kind::kBool:
      return value.is_bool() ? Result<Json>(value) : wrong(where, "a boolean");
    case Kind::kTime:
      return normalize_time(value, where);
    case Kind::kStrings:
    case Kind::kShapes:
      return normalize_list(value, member, where);
    case Kind::kStringMap:
      return normalize_map(value, where);
    case Kind::kShape:
      return normalize(value, member.shape, where);
    case Kind::kAny:
      return value;
  }
  return value;
}

Result<Json> normalize(const Json& value, Shape shape, const std::string& where) {
  if (!value.is_object()) {
    return wrong(where, "an object");
  }
  Json object = Json::object();
  for (const Json::Member& entry : value.members()) {
    const auto found = std::ranges::find_if(
        shape, [&entry](const Member& member) { return equal_names(member.name, entry.key); });
    if (found == shape.end() || entry.value.is_null()) {
      continue;
    }
    TARN_TRY(Json normal,
             normalize_member(entry.value, *found, fmt::format("{}.{}", where, found->name)));
    object.set(found->name, std::move(normal));
  }
  return object;
}

}  // namespace

Result<Json> normalize_table_input(const Json& input) {
  return normalize(input, kTableInput, "TableInput");
}

Result<Json> normalize_create_database(const Json& input) {
  return normalize(input, kCreateDatabase, "create_db_input");
}

}  // namespace tarn::tables
