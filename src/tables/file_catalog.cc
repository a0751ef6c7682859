#include "tables/file_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace tarn::tables {
namespace {

constexpr std::string_view kSuffix = ".json";

std::map<std::vector<std::string>, std::string> by_values(std::vector<GluePartition> partitions) {
  std::map<std::vector<std::string>, std::string> found;
  for (GluePartition& partition : partitions) {
    found.insert_or_assign(std::move(partition.values), std::move(partition.location));
  }
  return found;
}

std::vector<GluePartition> as_list(const std::map<std::vector<std::string>, std::string>& rows) {
  std::vector<GluePartition> list;
  list.reserve(rows.size());
  for (const auto& [values, location] : rows) {
    list.push_back({.values = values, .location = location});
  }
  return list;
}

}  // namespace

std::string FileCatalog::key_of(const std::string& table) const {
  return fmt::format("{}/{}/{}{}", folder_.key, database_, table, kSuffix);
}

Task<Result<std::optional<FileCatalog::Stored>>> FileCatalog::read(Context ctx, std::string table) {
  std::string key = key_of(table);
  const Result<Bytes> text = co_await store_.get(std::move(ctx), folder_.bucket, std::move(key));
  if (!text && text.error().kind() == ErrorKind::kNotFound) {
    co_return std::optional<Stored>();
  }
  if (!text) {
    co_return text.error();
  }
  Result<Json> file = parse_json(*text);
  if (!file) {
    co_return std::move(file).error().wrap(key_of(table));
  }
  Stored stored;
  if (const Json* found = file->find("Table")) {
    stored.table = *found;
  }
  if (const Json* rows = file->find("Partitions")) {
    for (const Json& row : rows->items()) {
      GluePartition partition{.values = {}, .location = row.string_or("Location", "")};
      if (const Json* values = row.find("Values")) {
        for (const Json& value : values->items()) {
          partition.values.push_back(value.as_string() == nullptr ? "" : *value.as_string());
        }
      }
      stored.partitions.push_back(std::move(partition));
    }
  }
  co_return std::optional<Stored>(std::move(stored));
}

Task<Result<FileCatalog::Stored>> FileCatalog::must_read(Context ctx, std::string table) {
  TARN_CO_TRY(std::optional<Stored> stored, co_await read(std::move(ctx), table));
  if (!stored) {
    co_return Error(kTableNotFound, fmt::format("{}.{}", database_, table));
  }
  co_return *std::move(stored);
}

Task<Result<void>> FileCatalog::write(Context ctx, Stored stored) {
  std::string key = key_of(stored.table.string_or("Name", ""));
  Json rows = Json::array();
  for (const GluePartition& partition : stored.partitions) {
    Json values = Json::array();
    for (const std::string& value : partition.values) {
      values.push_back(value);
    }
    Json row = Json::object();
    row.set("Values", std::move(values)).set("Location", partition.location);
    rows.push_back(std::move(row));
  }
  Json file = Json::object();
  file.set("Table", std::move(stored.table)).set("Partitions", std::move(rows));
  Bytes text = file.dump();
  co_return co_await store_.put(std::move(ctx), folder_.bucket, std::move(key), std::move(text));
}

Json FileCatalog::as_table(Json table_input, const Stored* before) const {
  const std::chrono::duration<double> now = clock_.now().time_since_epoch();
  const Json* created = before == nullptr ? nullptr : before->table.find("CreateTime");
  table_input.set("CreateTime", created == nullptr ? Json(now.count()) : *created);
  table_input.set("UpdateTime", now.count());
  table_input.set("DatabaseName", database_);
  return table_input;
}

Task<Result<std::vector<std::string>>> FileCatalog::list(Context ctx, std::string prefix) {
  std::vector<std::string> keys;
  std::string token;
  do {
    TARN_CO_TRY(ManifestStore::Page page,
                co_await store_.list(ctx, folder_.bucket, prefix, std::move(token)));
    for (ManifestStore::Item& item : page.items) {
      keys.push_back(std::move(item.key));
    }
    token = std::move(page.token);
  } while (!token.empty());
  co_return keys;
}

Task<Result<std::vector<std::string>>> FileCatalog::databases(Context ctx) {
  const std::string prefix = folder_.key + "/";
  TARN_CO_TRY(const std::vector<std::string> keys, co_await list(std::move(ctx), prefix));
  std::set<std::string> names;
  for (const std::string& key : keys) {
    const std::size_t slash = key.find('/', prefix.size());
    if (slash != std::string::npos) {
      names.insert(key.substr(prefix.size(), slash - prefix.size()));
    }
  }
  co_return std::vector<std::string>(names.begin(), names.end());
}

Task<Result<bool>> FileCatalog::create_database(Context) { co_return false; }

Task<Result<std::optional<Json>>> FileCatalog::find_table(Context ctx, std::string table) {
  TARN_CO_TRY(std::optional<Stored> stored, co_await read(std::move(ctx), std::move(table)));
  co_return stored ? std::optional<Json>(std::move(stored->table)) : std::optional<Json>();
}

Task<Result<std::vector<Json>>> FileCatalog::tables(Context ctx) {
  const std::string prefix = fmt::format("{}/{}/", folder_.key, database_);
  TARN_CO_TRY(const std::vector<std::string> keys, co_await list(ctx, prefix));
  std::vector<Json> found;
  for (const std::string& key : keys) {
    if (!key.ends_with(kSuffix)) {
      continue;
    }
    std::string name = key.substr(prefix.size(), key.size() - prefix.size() - kSuffix.size());
    TARN_CO_TRY(std::optional<Json> table, co_await find_table(ctx, std::move(name)));
    if (table) {
      found.push_back(*std::move(table));
    }
  }
  co_return found;
}

Task<Result<void>> FileCatalog::update_table(Context ctx, Json table_input) {
  std::string name = table_input.string_or("Name", "");
  TARN_CO_TRY(Stored stored, co_await must_read(ctx, std::move(name)));
  stored.table = as_table(std::move(table_input), &stored);
  co_return co_await write(std::move(ctx), std::move(stored));
}

Task<Result<void>> FileCatalog::delete_table(Context ctx, std::string table) {
  std::vector<std::string> keys{key_of(table)};
  co_return co_await store_.remove(std::move(ctx), folder_.bucket, std::move(keys));
}

Task<Result<PartitionChanges>> FileCatalog::put_partitions(Context ctx, Json table_input,
                                                           std::vector<GluePartition> partitions,
                                                           bool) {
  std::string name = table_input.string_or("Name", "");
  TARN_CO_TRY(Stored stored, co_await must_read(ctx, std::move(name)));
  PartitionChanges changes;
  std::map<std::vector<std::string>, std::string> rows = by_values(std::move(stored.partitions));
  for (GluePartition& partition : partitions) {
    const bool fresh =
        rows.insert_or_assign(std::move(partition.values), std::move(partition.location)).second;
    ++(fresh ? changes.created : changes.updated);
  }
  stored.partitions = as_list(rows);
  TARN_CO_CHECK_OK(co_await write(std::move(ctx), std::move(stored)));
  co_return changes;
}

Task<Result<std::uint64_t>> FileCatalog::delete_partitions(
    Context ctx, std::string table, std::vector<std::vector<std::string>> values) {
  TARN_CO_TRY(Stored stored, co_await must_read(ctx, std::move(table)));
  std::map<std::vector<std::string>, std::string> rows = by_values(std::move(stored.partitions));
  std::uint64_t deleted = 0;
  for (const std::vector<std::string>& each : values) {
    deleted += rows.erase(each);
  }
  stored.partitions = as_list(rows);
  TARN_CO_CHECK_OK(co_await write(std::move(ctx), std::move(stored)));
  co_return deleted;
}

Task<Result<std::vector<GluePartition>>> FileCatalog::partitions(Context ctx, std::string table) {
  TARN_CO_TRY(Stored stored, co_await must_read(std::move(ctx), std::move(table)));
  co_return std::move(stored.partitions);
}

Task<Result<std::vector<GluePartition>>> FileCatalog::find_partitions(
    Context ctx, std::string table, std::vector<std::vector<std::string>> values) {
  TARN_CO_TRY(Stored stored, co_await must_read(std::move(ctx), std::move(table)));
  const std::set<std::vector<std::string>> wanted(values.begin(), values.end());
  std::erase_if(stored.partitions, [&wanted](const GluePartition& partition) {
    return !wanted.contains(partition.values);
  });
  co_return std::move(stored.partitions);
}

Task<Result<TableCatalog::Registered>> FileCatalog::register_table(
    Context ctx, Json table_input, std::optional<std::vector<GluePartition>> partitions) {
  std::string name = table_input.string_or("Name", "");
  TARN_CO_TRY(std::optional<Stored> before, co_await read(ctx, std::move(name)));
  if (before) {
    TARN_CO_CHECK_OK(require_export(before->table, database_));
  }
  Registered registered{.created = !before, .partitions = {}};
  Stored after{.table = as_table(std::move(table_input), before ? &*before : nullptr),
               .partitions = {}};
  std::map<std::vector<std::string>, std::string> rows;
  if (before) {
    rows = by_values(std::move(before->partitions));
  }
  if (partitions) {
    const std::map<std::vector<std::string>, std::string> wanted =
        by_values(*std::move(partitions));
    for (const auto& row : wanted) {
      ++(rows.contains(row.first) ? registered.partitions.updated : registered.partitions.created);
    }
    registered.partitions.deleted = rows.size() - registered.partitions.updated;
    after.partitions = as_list(wanted);
  } else {
    after.partitions = as_list(rows);
  }
  TARN_CO_CHECK_OK(co_await write(std::move(ctx), std::move(after)));
  co_return registered;
}

}  // namespace tarn::tables
