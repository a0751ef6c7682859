#include "tables/glue_partitions.h"

#include "base/encoding.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace tarn::tables {
namespace {

// https://docs.aws.amazon.com/glue/latest/webapi/API_PartitionInput.html
constexpr std::size_t kValueBytesMax = 1024;
constexpr std::size_t kLocationBytesMax = 2056;
/// Of one parameter of a table.
constexpr std::size_t kParameterBytesMax = 512'000;
constexpr std::string_view kNullPartition = "__HIVE_DEFAULT_PARTITION__";

Error bad(std::string_view folder, std::string_view what) {
  return Error::with_message(kBadPartition, fmt::format("partition `{}` {}", folder, what));
}

std::string_view without_slash(std::string_view folder) {
  return folder.ends_with('/') ? folder.substr(0, folder.size() - 1) : folder;
}

bool is_whole_number_type(std::string_view type) {
  return type == "tinyint" || type == "smallint" || type == "int" || type == "bigint";
}

/// Nothing when a projection would spell the number another way.
std::optional<std::int64_t> canonical_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size() || std::to_string(number) != text) {
    return std::nullopt;
  }
  return number;
}

/// What projection is told about one column.
struct Projection {
  bool number = true;
  std::int64_t smallest = std::numeric_limits<std::int64_t>::max();
  std::int64_t largest = std::numeric_limits<std::int64_t>::min();
  std::set<std::string> values;
};

std::string column_type(const Json& table_input, std::string_view column) {
  if (const Json* keys = table_input.find("PartitionKeys")) {
    for (const Json& key : keys->items()) {
      if (key.string_or("Name", "") == column) {
        return key.string_or("Type", "");
      }
    }
  }
  return "";
}

}  // namespace

std::string partition_text(const std::vector<std::string>& values) {
  return fmt::format("{}", fmt::join(values, "/"));
}

bool can_be_registered(const std::vector<std::string>& values) {
  return !values.empty() && std::ranges::all_of(values, [](const std::string& value) {
    return !value.empty() && value.size() <= kValueBytesMax && is_valid_utf8(value);
  });
}

Result<std::vector<GluePartition>> glue_partitions(const PartitionLayout& layout,
                                                   std::string_view base,
                                                   const std::vector<std::string>& folders) {
  std::vector<GluePartition> partitions;
  partitions.reserve(folders.size());
  std::map<std::vector<std::string>, std::string_view> seen;
  for (const std::string& folder : folders) {
    GluePartition partition{.values = layout.values(folder),
                            .location = fmt::format("{}{}", base, without_slash(folder))};
    if (partition.values.empty() || !folder.ends_with('/')) {
      return bad(folder, "is no folder of a partition");
    }
    if (!is_valid_utf8(partition.location)) {
      return bad(folder, "is no UTF-8");
    }
    if (partition.location.size() > kLocationBytesMax) {
      return bad(folder, fmt::format("lies in a location of more than {} bytes: {}",
                                     kLocationBytesMax, partition.location));
    }
    for (const std::string& value : partition.values) {
      if (!is_valid_utf8(value)) {
        return bad(folder, "has a value that is no UTF-8");
      }
      if (value.size() > kValueBytesMax) {
        return bad(folder, fmt::format("has a value of more than {} bytes", kValueBytesMax));
      }
    }
    const auto [other, fresh] = seen.emplace(partition.values, folder);
    if (!fresh) {
      return bad(folder, fmt::format("has the same values as partition `{}`: a catalog can hold "
                                     "only one of them",
                                     other->second));
    }
    partitions.push_back(std::move(partition));
  }
  return partitions;
}

Json partition_input(const Json& table_input, const GluePartition& partition) {
  Json values = Json::array();
  for (const std::string& value : partition.values) {
    values.push_back(value);
  }
  const Json* of_table = table_input.find("StorageDescriptor");
  Json storage = of_table == nullptr ? Json::object() : *of_table;
  storage.set("Location", partition.location);
  Json input = Json::object();
  input.set("Values", std::move(values)).set("StorageDescriptor", std::move(storage));
  return input;
}

Result<Json> project_partitions(Json table_input, const PartitionLayout& layout,
                                const std::vector<std::string>& columns,
                                const std::vector<std::string>& folders) {
  std::vector<Projection> projections(columns.size());
  for (const std::string& folder : folders) {
    const std::vector<std::string> values = layout.values(folder);
    std::string plain;
    if (values.size() != columns.size()) {
      return bad(folder, "is no folder of a partition");
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      plain.append(fmt::format("{}={}/", columns[i], values[i]));
    }
    if (plain != folder) {
      return bad(folder, fmt::format("cannot be projected: its folder is not `{}`", plain));
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string& value = values[i];
      if (!is_valid_utf8(value) || value.find(',') != std::string::npos) {
        return bad(folder, "cannot be projected: a value holds a comma, or is no UTF-8");
      }
      const bool of_numbers = is_whole_number_type(column_type(table_input, columns[i]));
      if (of_numbers && value == kNullPartition) {
        return bad(folder,
                   fmt::format("cannot be projected: `{}` is a column of numbers", columns[i]));
      }
      Projection& projection = projections[i];
      const std::optional<std::int64_t> number =
          of_numbers ? canonical_number(value) : std::nullopt;
      projection.number = projection.number && number.has_value();
      if (number) {
        projection.smallest = std::min(projection.smallest, *number);
        projection.largest = std::max(projection.largest, *number);
      }
      projection.values.insert(value);
    }
  }
  if (folders.empty() || columns.empty()) {
    return table_input;
  }

  const Json* given = table_input.find("Parameters");
  Json parameters = given == nullptr ? Json::object() : *given;
  std::string location_template = "";
  if (const Json* location = table_input.find_path({"StorageDescriptor", "Location"})) {
    location_template = location->as_string() == nullptr ? "" : *location->as_string();
  }
  parameters.set("projection.enabled", "true");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Projection& projection = projections[i];
    const std::string prefix = "projection." + columns[i] + ".";
    std::string values = fmt::format("{}", fmt::join(projection.values, ","));
    if (projection.number) {
      parameters.set(prefix + "type", "integer");
      parameters.set(prefix + "range",
                     fmt::format("{},{}", projection.smallest, projection.largest));
    } else {
      if (values.size() > kParameterBytesMax) {
        return Error::with_message(
            kBadPartition,
            fmt::format("column `{}` has too many values to be projected", columns[i]));
      }
      parameters.set(prefix + "type", "enum");
      parameters.set(prefix + "values", std::move(values));
    }
    location_template.append(fmt::format("/{0}=${{{0}}}", columns[i]));
  }
  parameters.set("storage.location.template", std::move(location_template));
  table_input.set("Parameters", std::move(parameters));
  return table_input;
}

}  // namespace tarn::tables
