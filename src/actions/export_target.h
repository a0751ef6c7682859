#pragma once

#include "actions/api_caller.h"
#include "aws/assumed_roles.h"
#include "aws/config.h"
#include "aws/glue_client.h"
#include "base/environment.h"
#include "block/adapter.h"
#include "runtime/blocking_pool.h"
#include "tables/block_manifests.h"
#include "tables/export_journal.h"
#include "tables/export_location.h"
#include "tables/export_locks.h"
#include "tables/export_prune.h"
#include "tables/table_catalog.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tarn::actions {

/// What exports work with; all outlive them.
struct CatalogExportServices {
  ApiCaller& api;
  /// With the server's own endpoints and credentials.
  aws::Services aws;
  /// For endpoints that a job names.
  http::Client& outbound;
  /// Takes manifests that go where the repository's data is, unless a job brings its own way there.
  /// Null = they go to S3 with the server's AWS credentials.
  block::Adapter* blocks = nullptr;
  /// Folder of a local block store.
  std::string files_root = {};
  const Environment& environment;
  tables::ExportLocks& locks;
  /// Roles that exports take on.
  aws::AssumedRoles& roles;
  /// May be null.
  tables::ExportJournal* journal = nullptr;
  /// For what takes the processor a while; null = that happens on the loop.
  BlockingPool* pool = nullptr;
};

/// Where exports go, and as whom.
struct ExportTargetSpec {
  enum class Catalog : std::uint8_t {
    /// Files when the exports lie in a local block store, else Glue.
    kByStore,
    kGlue,
    /// tables::FileCatalog, below the exports.
    kFiles,
  };
  Catalog catalog = Catalog::kByStore;
  /// Of manifests; empty = the repository's storage namespace.
  std::string base_uri = {};
  /// Without keys the server's own credentials are used; endpoints and region by its environment.
  std::string access_key_id = {};
  std::string secret_access_key = {};
  std::string region = {};
  std::string s3_endpoint = {};
  std::string glue_endpoint = {};
  /// Taken on with those keys; without an ARN, none.
  aws::Role role = {};

  /// It says as whom, so the server's own way to its store is not meant.
  bool names_somebody() const { return !access_key_id.empty() || !role.arn.empty(); }
};

/// `glue`, `files`, or nothing. Errors kInvalidAction.
Result<ExportTargetSpec::Catalog> parse_catalog(std::string_view word);

/// A place for manifests and a catalog for tables, clients made once.
class ExportTarget {
 public:
  /// Errors kInvalidAction for what cannot be exported to, kInvalid for endpoints that are no URLs.
  static Result<std::unique_ptr<ExportTarget>> open(CatalogExportServices services,
                                                    ExportTargetSpec spec,
                                                    std::string storage_namespace);

  /// Of manifests, as engines name it.
  const std::string& base_uri() const { return base_uri_; }
  /// Nobody else exports there.
  bool base_is_own() const { return spec_.base_uri.empty(); }
  tables::ManifestStore& store() { return *store_; }
  /// The target outlives it.
  std::unique_ptr<tables::TableCatalog> catalog(std::string database);
  /// How data of a local store is named; absent for any other.
  const std::optional<tables::LocalFiles>& files() const { return files_; }
  /// Which catalog that is, for locks.
  const std::string& catalog_name() const { return catalog_name_; }

 private:
  ExportTarget(CatalogExportServices services, ExportTargetSpec spec)
      : services_(services), spec_(std::move(spec)) {}
  Result<void> open_store(const std::string& storage_namespace);
  Result<void> open_catalog();
  std::shared_ptr<aws::CredentialsProvider> credentials();
  aws::Services services_for(const std::string& endpoint) const;

  const CatalogExportServices services_;
  const ExportTargetSpec spec_;
  std::string base_uri_;
  std::string catalog_name_;
  std::optional<tables::LocalFiles> files_;
  std::unique_ptr<tables::ManifestStore> store_;
  std::shared_ptr<aws::CredentialsProvider> credentials_;
  std::optional<aws::GlueClient> glue_;
  /// Where the catalog's files lie, instead of Glue.
  std::optional<tables::StorageUri> catalog_folder_;
};

}  // namespace tarn::actions
