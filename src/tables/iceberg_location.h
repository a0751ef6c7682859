#pragma once

#include "tables/iceberg_metadata.h"
#include "tables/object_reader.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

/// The name of the newest metadata file among `names` (of a table's folder `metadata/`), as
/// Iceberg's catalogs without a server find it: what `version-hint.text` says (`hint`, if there is
/// one) and for a number the ones that follow it, else the greatest version. Names are
/// `v3.metadata.json` or `00003-<uuid>.metadata.json`, with `.gz` before or behind
/// `.metadata.json`. Errors kBadIceberg: none, what the hint names is missing, or two files of the
/// greatest version.
Result<std::string> choose_metadata(const std::vector<std::string>& names,
                                    const std::optional<std::string>& hint);

struct IcebergSource {
  /// Path in the repository, and where it lies.
  std::string path;
  std::string physical_address;
  /// Unpacked.
  std::string json;
  IcebergMetadata metadata;
  /// It lies where its location says: its addresses are those of the store, and anybody can read
  /// it there.
  bool native = false;
};

/// Finds and reads the newest metadata of the table below `prefix`, a path with a slash at its end
/// or empty. Errors: kBadIceberg, and those of the reader.
Task<Result<IcebergSource>> read_iceberg_table(Context ctx, ObjectReader& reader,
                                               std::string prefix);

/// What a repository calls the objects that an Iceberg table names by addresses.
class IcebergAddresses {
 public:
  /// `storage_namespace` is where the repository's data lies.
  IcebergAddresses(std::string repository, std::string storage_namespace, std::string prefix,
                   std::string location);

  /// The path of `s3://<repository>/<ref>/<path>` (also `s3a`, `s3n` and `lakefs`), whatever the
  /// ref, and of what lies below the table's location. Nothing for other addresses, which are those
  /// of a store.
  std::optional<std::string> path_of(std::string_view address) const;
  const std::string& prefix() const { return prefix_; }

 private:
  const std::string repository_;
  const std::string storage_namespace_;
  const std::string prefix_;
  const std::string location_;
};

}  // namespace tarn::tables
