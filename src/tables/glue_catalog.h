#pragma once

#include "aws/glue_client.h"
#include "base/clock.h"
#include "base/json.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "tables/table_catalog.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tarn::tables {

/// A database of AWS Glue's Data Catalog. Throttling and lost replies are the client's matter,
/// those of single partitions are dealt with here. Errors: as GlueClient's, and those named.
class GlueCatalog final : public TableCatalog {
 public:
  struct Options {
    /// Requests for partitions at once.
    std::size_t requests_max = 4;
    /// Tries of a partition that Glue refuses for now; the first wait, which doubles.
    std::size_t tries_max = 6;
    std::chrono::milliseconds first_delay{200};
  };

  /// `client` and `clock` outlive it.
  GlueCatalog(aws::GlueClient& client, const Clock& clock, std::string database, Options options)
      : client_(client), clock_(clock), database_(std::move(database)), options_(options) {}
  GlueCatalog(aws::GlueClient& client, const Clock& clock, std::string database)
      : GlueCatalog(client, clock, std::move(database), Options()) {}

  const std::string& database() const override { return database_; }
  std::unique_ptr<TableCatalog> other(std::string database) const override {
    return std::make_unique<GlueCatalog>(client_, clock_, std::move(database), options_);
  }
  Task<Result<std::vector<std::string>>> databases(Context ctx) override;
  Task<Result<bool>> create_database(Context ctx) override;

  Task<Result<std::optional<Json>>> find_table(Context ctx, std::string table) override;
  Task<Result<std::vector<Json>>> tables(Context ctx) override;
  /// Creates the table, or updates the export that has its name; tells whether it is new. Errors:
  /// kForeignTable when that one is no export.
  Task<Result<bool>> put_table(Context ctx, Json table_input);
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
  Task<Result<Json>> call(Context ctx, std::string operation, Json input);
  /// What batches of one call work on; outlives them.
  struct Puts {
    Json table_input;
    std::vector<GluePartition> partitions;
    bool exist = false;
    PartitionChanges changes;
  };
  struct Deletions {
    std::string table;
    std::vector<std::vector<std::string>> values;
    std::uint64_t deleted = 0;
  };
  struct Lookups {
    std::string table;
    std::vector<std::vector<std::string>> values;
    std::vector<GluePartition> found;
  };
  Task<Result<void>> find_batch(Context ctx, Lookups* lookups, std::size_t index);
  Task<Result<void>> put_batch(Context ctx, Puts* puts, std::size_t index);
  Task<Result<void>> delete_batch(Context ctx, Deletions* deletions, std::size_t index);
  Task<Result<PartitionChanges>> sync_partitions(Context ctx, Json table_input,
                                                 std::vector<GluePartition> partitions,
                                                 bool created);

  aws::GlueClient& client_;
  const Clock& clock_;
  const std::string database_;
  const Options options_;
};

}  // namespace tarn::tables
