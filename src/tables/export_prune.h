#pragma once

#include "base/clock.h"
#include "tables/object_reader.h"
#include "tables/table_catalog.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tarn::tables {

/// Where manifests lie. Called for several at once, on one loop.
class ManifestStore : public ManifestWriter {
 public:
  /// Errors of kind kNotFound when there is none; kInvalid when it is larger than 1 GiB.
  virtual Task<Result<Bytes>> get(Context ctx, std::string bucket, std::string key) = 0;
  struct Item {
    std::string key;
    WallTime last_modified;
  };
  struct Page {
    std::vector<Item> items;
    /// Of the next page; empty = no more.
    std::string token;
  };
  virtual Task<Result<Page>> list(Context ctx, std::string bucket, std::string prefix,
                                  std::string token) = 0;
  /// Up to 1000 keys; a missing object is no error.
  virtual Task<Result<void>> remove(Context ctx, std::string bucket,
                                    std::vector<std::string> keys) = 0;
};

/// What lies at a URI. Errors: ManifestStore::get's, kInvalid for no URI of a store.
Task<Result<Bytes>> get_file(Context ctx, ManifestStore& store, std::string uri);

/// An exported table as its catalog has it.
struct ExportedTable {
  std::string name;
  std::string location;
  /// Empty for tables of scripts, which do not say.
  std::string repository;
  std::string ref;
  /// Six digits of a commit's own table; all of it where the table follows its ref.
  std::string commit;
  bool follows_ref = false;
  bool partitioned = false;
  /// Of an Iceberg table; empty for others.
  std::string iceberg_metadata;
  /// Its log lies in its location.
  bool delta = false;
  WallTime created;
};

/// Tables of the catalog's database whose exports lie under `base_uri`, by name.
Task<Result<std::vector<ExportedTable>>> list_exports(Context ctx, TableCatalog& catalog,
                                                      std::string base_uri);

struct PruneSpec {
  std::string base_uri;
  /// Only tables of this repository concern it.
  std::string repository;
  /// Tables that do not say whose they are concern it, too: nobody else exports to base_uri.
  bool base_is_own = false;
  /// Only what was exported from this ref; empty = from any.
  std::string ref;
  /// Commits' tables that stay: the newest so many of each ref and table, and younger ones than
  /// that. Absent = all stay, unless the other is given.
  std::optional<std::size_t> keep_last;
  std::optional<std::chrono::seconds> keep_for;
  /// Nothing of `ref` stays, also not the tables that follow it: the ref is gone. What was written
  /// from `now` on stays all the same: it is of a new ref of that name.
  bool whole_ref = false;
  /// Manifests that no table points at any more stay that long, for queries under way.
  std::chrono::seconds grace = std::chrono::hours(24);
  WallTime now;
  bool dry_run = false;
};

struct PruneReport {
  /// Names of tables that were, or would be, removed.
  std::vector<std::string> tables;
  std::uint64_t manifests = 0;
};

/// Removes tables that are not to stay and manifests that nothing points at: tables first, so that
/// no table is left without its manifests, and never a manifest that a partition of a remaining
/// table, in whatever database, points at. Repeatable.
Task<Result<PruneReport>> prune_exports(Context ctx, TableCatalog& catalog, ManifestStore& store,
                                        PruneSpec spec);

/// Folders (URIs without a slash at the end) that hold the manifests of an exported table: its
/// location, and those of its partitions.
Task<Result<std::vector<std::string>>> manifest_folders(Context ctx, TableCatalog& catalog,
                                                        ExportedTable table);

}  // namespace tarn::tables
