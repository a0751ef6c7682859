#pragma once

#include "block/adapter.h"
#include "tables/export_prune.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::tables {

/// How engines on this machine name what lies in a local block store: `local://ns/a` is
/// `file://<root>/ns/a`, `local:///data/a` is `file:///data/a`.
class LocalFiles {
 public:
  /// `root` is the store's folder, an absolute path.
  explicit LocalFiles(std::string root);
  /// What is no `local://` address stays as it is.
  std::string uri(std::string_view address) const;
  const std::string& root() const { return root_; }

 private:
  std::string root_;
};

/// A version whose addresses are those of files.
class LocalFileReader final : public ObjectReader {
 public:
  /// `reader` outlives it.
  LocalFileReader(ObjectReader& reader, LocalFiles files)
      : reader_(reader), files_(std::move(files)) {}
  Task<Result<ObjectPage>> list(Context ctx, std::string prefix, std::string after,
                                std::size_t amount) override;
  Task<Result<std::optional<TableObject>>> find(Context ctx, std::string path) override;
  Task<Result<Bytes>> get(Context ctx, std::string path) override;
  Task<Result<Bytes>> get_range(Context ctx, std::string path, std::uint64_t offset,
                                std::size_t size_bytes) override;

 private:
  ObjectReader& reader_;
  const LocalFiles files_;
};

/// Manifests in the server's own block store, written with what the server is configured with.
class BlockManifests final : public ManifestStore {
 public:
  /// `store` outlives it. With `files_root`, the folder of a local store, buckets are empty and
  /// keys are paths of files (LocalFiles) in it.
  explicit BlockManifests(block::Adapter& store, std::string files_root = "");

  /// Errors: those of the store, kInvalid for a path outside of it.
  Task<Result<void>> put(Context ctx, std::string bucket, std::string key, Bytes content) override;
  Task<Result<Bytes>> get(Context ctx, std::string bucket, std::string key) override;
  Task<Result<Page>> list(Context ctx, std::string bucket, std::string prefix,
                          std::string token) override;
  Task<Result<void>> remove(Context ctx, std::string bucket,
                            std::vector<std::string> keys) override;

 private:
  Result<block::Location> locate(std::string bucket, std::string key) const;

  block::Adapter& store_;
  /// With a slash at its end and none at its start; or empty.
  std::string prefix_;
};

}  // namespace tarn::tables
