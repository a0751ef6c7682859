#pragma once

#include "base/clock.h"
#include "tables/export_location.h"
#include "tables/export_prune.h"
#include "tables/table_catalog.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tarn::tables {

/// A catalog in files, for use without a cloud: `<folder>/<database>/<table>.json` each,
/// `{"Table": <Glue's Table>, "Partitions": [{"Values": […], "Location": …}…]}`. A file is replaced
/// as a whole, so a reader sees a table before a change or after it; a change takes as long as
/// writing the file. Databases need not be made. Errors: those of the store, and those named.
class FileCatalog final : public TableCatalog {
 public:
  /// `store` and `clock` outlive it. `folder` has no slash at its end.
  FileCatalog(ManifestStore& store, const Clock& clock, StorageUri folder, std::string database)
      : store_(store), clock_(clock), folder_(std::move(folder)), database_(std::move(database)) {}

  const std::string& database() const override { return database_; }
  std::unique_ptr<TableCatalog> other(std::string database) const override {
    return std::make_unique<FileCatalog>(store_, clock_, folder_, std::move(database));
  }
  Task<Result<std::vector<std::string>>> databases(Context ctx) override;
  Task<Result<bool>> create_database(Context ctx) override;

  Task<Result<std::optional<Json>>> find_table(Context ctx, std::string table) override;
  Task<Result<std::vector<Json>>> tables(Context ctx) override;
  Task<Result<void>> update_table(Context ctx, Json table_input) override;
  Task<Result<void>> delete_table(Context ctx, std::string table) override;

  Task<Result<PartitionChanges>> put_partitions(Context ctx, Json table_input,
                                                std::vector<GluePartition> partitions,
                                                bool exist) override;
  Task<Result<std::uint64_t>> delete_partitions(
      Context ctx, std::string table, std::vector<std::vector<std::string>> values) override;
  Task<Result<std::vector<GluePartition>>> partitions(Context ctx, std::string table) override;
  Task<Result<std::vector<GluePartition>>> find_partitions(
      Context ctx, std::string table, std::vector<std::vector<std::string>> values) override;
  Task<Result<Registered>> register_table(
      Context ctx, Json table_input, std::optional<std::vector<GluePartition>> partitions) override;

 private:
  /// One file.
  struct Stored {
    Json table;
    /// By values.
    std::vector<GluePartition> partitions;
  };
  std::string key_of(const std::string& table) const;
  Task<Result<std::optional<Stored>>> read(Context ctx, std::string table);
  /// Errors kTableNotFound.
  Task<Result<Stored>> must_read(Context ctx, std::string table);
  Task<Result<void>> write(Context ctx, Stored stored);
  /// Keys below `prefix` of the folder.
  Task<Result<std::vector<std::string>>> list(Context ctx, std::string prefix);
  /// `table_input` as a Table; what was known of `before` stays.
  Json as_table(Json table_input, const Stored* before) const;

  ManifestStore& store_;
  const Clock& clock_;
  const StorageUri folder_;
  const std::string database_;
};

}  // namespace tarn::tables
