#include "tables/table_state.h"

#include "base/encoding.h"
#include "base/hash.h"
#include "base/text.h"
#include "tables/table_catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::string_view kPrefix = "tarn.";

std::string parameter(const Json& table, std::string_view name) {
  const Json* parameters = table.find("Parameters");
  return parameters == nullptr ? std::string()
                               : parameters->string_or(std::string(kPrefix).append(name), "");
}

const Json::Array& columns_of(const Json& table, std::string_view member) {
  static const Json::Array kNone;
  const Json* list = member == "PartitionKeys" ? table.find("PartitionKeys")
                                               : table.find_path({"StorageDescriptor", "Columns"});
  return list == nullptr ? kNone : list->items();
}

bool same_column(const Json& a, const Json& b) {
  return a.string_or("Name", "") == b.string_or("Name", "") &&
         a.string_or("Type", "") == b.string_or("Type", "");
}

/// A member of the storage descriptor for comparison; what is not there is empty.
std::string storage_text(const Json& table, std::initializer_list<std::string_view> path) {
  const Json* storage = table.find("StorageDescriptor");
  const Json* found = storage == nullptr ? nullptr : storage->find_path(path);
  const std::string* text = found == nullptr ? nullptr : found->as_string();
  return text == nullptr ? std::string() : *text;
}

Json serde_parameters(const Json& table) {
  const Json* found = table.find_path({"StorageDescriptor", "SerdeInfo", "Parameters"});
  return found == nullptr ? Json::object() : *found;
}

/// Whatever the order of the members.
bool same_members(const Json& a, const Json& b) {
  if (a.size() != b.size()) {
    return false;
  }
  for (const Json::Member& member : a.members()) {
    const Json* other = b.find(member.key);
    if (other == nullptr || !(*other == member.value)) {
      return false;
    }
  }
  return true;
}

}  // namespace

TableState read_state(const Json& table) {
  TableState state;
  state.repository = parameter(table, "repository");
  state.ref = parameter(table, "ref");
  state.path = parameter(table, "path");
  state.commit = parameter(table, "commit");
  state.definition = parameter(table, "definition");
  const std::string pending = parameter(table, "pending");
  for (std::size_t at = 0; at < pending.size();) {
    const std::size_t comma = std::min(pending.find(',', at), pending.size());
    if (comma > at) {
      state.pending.push_back(pending.substr(at, comma - at));
    }
    at = comma + 1;
  }
  return state;
}

Json with_state(Json input, const Json* existing, const TableState& state) {
  Json parameters = Json::object();
  const Json* before = existing == nullptr ? nullptr : existing->find("Parameters");
  if (before != nullptr) {
    for (const Json::Member& member : before->members()) {
      if (!member.key.starts_with(kPrefix) && member.value.is_string()) {
        parameters.set(member.key, member.value);
      }
    }
  }
  if (const Json* given = input.find("Parameters")) {
    for (const Json::Member& member : given->members()) {
      parameters.set(member.key, member.value);
    }
  }
  const std::pair<std::string_view, std::string> own[] = {
      {"repository", state.repository},
      {"ref", state.ref},
      {"path", state.path},
      {"commit", state.commit},
      {"pending", fmt::format("{}", fmt::join(state.pending, ","))},
      {"definition", state.definition}};
  for (const auto& [name, value] : own) {
    if (!value.empty()) {
      parameters.set(std::string(kPrefix).append(name), value);
    }
  }
  input.set("Parameters", std::move(parameters));
  return input;
}

Json with_repository(Json input, std::string_view repository) {
  const Json* given = input.find("Parameters");
  Json parameters = given == nullptr ? Json::object() : *given;
  parameters.set(std::string(kPrefix).append("repository"), repository);
  input.set("Parameters", std::move(parameters));
  return input;
}

std::string definition_digest(const Json& input) {
  constexpr std::size_t kDigits = 16;
  Json rest = input;
  if (const Json* storage = input.find("StorageDescriptor")) {
    Json without = *storage;
    without.set("Location", "");
    rest.set("StorageDescriptor", std::move(without));
  }
  return hex_encode(sha256(rest.dump())).substr(0, kDigits);
}

Result<void> check_owner(const Json& existing, const TableState& shown, const TableState& wanted,
                         std::string_view database) {
  const std::string location = storage_location(existing);
  if (shown.repository == wanted.repository && shown.ref == wanted.ref &&
      is_export_location(location)) {
    return {};
  }
  const std::string name = existing.string_or("Name", "");
  if (shown.ref.empty() || !is_export_location(location)) {
    return Error::with_message(kForeignTable,
                               fmt::format("table `{}` of database `{}` exists and follows no ref "
                                           "(its location is `{}`)",
                                           name, database, location));
  }
  return Error::with_message(
      kForeignTable,
      fmt::format("table `{}` of database `{}` is that of `{}` in repository `{}`: choose "
                  "another name or database",
                  name, database, shown.ref, shown.repository));
}

std::string storage_location(const Json& table) { return storage_text(table, {"Location"}); }

namespace {

bool has_table_type(const Json& table, std::string_view type) {
  const Json* parameters = table.find("Parameters");
  return parameters != nullptr && ascii_lower(parameters->string_or("table_type", "")) == type;
}

}  // namespace

bool is_iceberg_table(const Json& table) { return has_table_type(table, "iceberg"); }

bool is_delta_table(const Json& table) { return has_table_type(table, "delta"); }

bool same_partition_keys(const Json& a, const Json& b) {
  const Json::Array& left = columns_of(a, "PartitionKeys");
  const Json::Array& right = columns_of(b, "PartitionKeys");
  if (left.size() != right.size()) {
    return false;
  }
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!same_column(left[i], right[i])) {
      return false;
    }
  }
  return true;
}

bool compatible_storage(const Json& before, const Json& after) {
  const Json::Array& old_columns = columns_of(before, "Columns");
  const Json::Array& new_columns = columns_of(after, "Columns");
  if (old_columns.size() > new_columns.size()) {
    return false;
  }
  for (std::size_t i = 0; i < old_columns.size(); ++i) {
    if (!same_column(old_columns[i], new_columns[i])) {
      return false;
    }
  }
  return storage_text(before, {"InputFormat"}) == storage_text(after, {"InputFormat"}) &&
         storage_text(before, {"OutputFormat"}) == storage_text(after, {"OutputFormat"}) &&
         storage_text(before, {"SerdeInfo", "SerializationLibrary"}) ==
             storage_text(after, {"SerdeInfo", "SerializationLibrary"}) &&
         same_members(serde_parameters(before), serde_parameters(after));
}

}  // namespace tarn::tables
