#include "tables/iceberg_references.h"

#include "tables/iceberg_manifest.h"
#include "tables/iceberg_names.h"
#include "tables/table_state.h"

#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace tarn::tables {
namespace {

/// One walk over what a table needs.
class Walk {
 public:
  using Kind = ReferenceSource::Kind;

  Walk(Context ctx, ManifestStore& store, std::string root)
      : ctx_(std::move(ctx)), store_(store), folder_(metadata_folder(root)) {}

  Task<Result<std::vector<ReferenceSource>>> run(std::string metadata_uri);

 private:
  /// False for one that was there.
  bool add(Kind kind, const std::string& uri) {
    const bool fresh = seen_.insert(uri).second;
    if (fresh) {
      found_.push_back({.kind = kind, .uri = uri});
    }
    return fresh;
  }
  /// Adds a manifest, and the deletes in the folder that it names.
  Task<Result<void>> add_manifest(std::string uri);
  /// Adds a file; gives its content, or nothing for what lies elsewhere or is missing.
  Task<Result<std::optional<Bytes>>> take(std::string uri);
  Task<Result<void>> list(std::string uri);

  const Context ctx_;
  ManifestStore& store_;
  const std::string folder_;
  std::set<std::string> seen_;
  std::vector<ReferenceSource> found_;
};

Task<Result<std::optional<Bytes>>> Walk::take(std::string uri) {
  if (!uri.starts_with(folder_)) {
    add(Kind::kManifest, uri);
    co_return std::optional<Bytes>();
  }
  Result<Bytes> content = co_await get_file(ctx_, store_, uri);
  const bool missing = !content && content.error().kind() == ErrorKind::kNotFound;
  if (!content && !missing) {
    co_return std::move(content).error();
  }
  add(missing ? Kind::kMissing : Kind::kManifest, uri);
  co_return missing ? std::optional<Bytes>() : std::optional<Bytes>(*std::move(content));
}

Task<Result<void>> Walk::add_manifest(std::string uri) {
  const bool exported = uri.starts_with(folder_);
  const bool fresh = add(exported ? Kind::kIcebergManifest : Kind::kManifest, uri);
  if (!fresh || !exported || !is_deletes_manifest(uri)) {
    co_return Result<void>();
  }
  const Result<Bytes> content = co_await get_file(ctx_, store_, uri);
  if (!content && content.error().kind() == ErrorKind::kNotFound) {
    co_return Result<void>();  // who reads the manifest finds it missing
  }
  if (!content) {
    co_return content.error();
  }
  const Result<std::vector<IcebergFile>> files = read_manifest(*content);
  if (!files) {
    co_return Error(files.error()).wrap(uri);
  }
  for (const IcebergFile& file : *files) {
    if (file.address.starts_with(folder_)) {
      add(Kind::kManifest, file.address);
    }
  }
  co_return Result<void>();
}

Task<Result<void>> Walk::list(std::string uri) {
  if (seen_.contains(uri)) {
    co_return Result<void>();
  }
  TARN_CO_TRY(const std::optional<Bytes> content, co_await take(uri));
  if (!content) {
    co_return Result<void>();
  }
  const Result<std::vector<IcebergManifest>> manifests = read_manifest_list(*content);
  if (!manifests) {
    co_return Error(manifests.error()).wrap(uri);
  }
  for (const IcebergManifest& each : *manifests) {
    TARN_CO_CHECK_OK(co_await add_manifest(each.address));
  }
  co_return Result<void>();
}

Task<Result<std::vector<ReferenceSource>>> Walk::run(std::string metadata_uri) {
  TARN_CO_TRY(const std::optional<Bytes> json, co_await take(metadata_uri));
  if (!json) {
    co_return std::move(found_);
  }
  TARN_CO_TRY(const IcebergMetadata metadata, parse_iceberg_metadata(*json, metadata_uri));
  for (const IcebergSnapshot& snapshot : metadata.snapshots) {
    // One of the past that could not be exported keeps an address of the repository.
    if (snapshot.manifest_list.starts_with(folder_)) {
      TARN_CO_CHECK_OK(co_await list(snapshot.manifest_list));
    }
    for (const std::string& address : snapshot.manifests) {
      TARN_CO_CHECK_OK(co_await add_manifest(address));
    }
  }
  for (const std::string& address : metadata.statistics) {
    add(Kind::kObject, address);
  }
  co_return std::move(found_);
}

}  // namespace

std::string iceberg_metadata_uri(const Json& table) {
  const Json* parameters = table.find("Parameters");
  return is_iceberg_table(table) ? parameters->string_or("metadata_location", "") : std::string();
}

Task<Result<std::vector<ReferenceSource>>> iceberg_sources(Context ctx, ManifestStore& store,
                                                           std::string root,
                                                           std::string metadata_uri) {
  Walk walk(std::move(ctx), store, std::move(root));
  co_return co_await walk.run(std::move(metadata_uri));
}

Task<IcebergReuse> find_reusable(Context ctx, ManifestStore& store, std::string root,
                                 std::string metadata_uri) {
  const std::string folder = metadata_folder(root);
  IcebergReuse known;
  if (!metadata_uri.starts_with(folder)) {
    co_return known;
  }
  const Result<Bytes> json = co_await get_file(ctx, store, metadata_uri);
  const Result<IcebergMetadata> metadata =
      json ? parse_iceberg_metadata(*json, metadata_uri) : Result<IcebergMetadata>(json.error());
  if (!metadata) {
    co_return known;
  }
  for (const IcebergSnapshot& snapshot : metadata->snapshots) {
    if (std::string key = key_of_translation(folder, snapshot.manifest_list); !key.empty()) {
      known.emplace(std::move(key), IcebergManifest{.address = snapshot.manifest_list});
    }
    if (snapshot.id != metadata->current_snapshot || !snapshot.manifest_list.starts_with(folder)) {
      continue;
    }
    const Result<Bytes> list = co_await get_file(ctx, store, snapshot.manifest_list);
    const Result<std::vector<IcebergManifest>> manifests =
        list ? read_manifest_list(*list) : Result<std::vector<IcebergManifest>>(list.error());
    for (const IcebergManifest& each : manifests ? *manifests : std::vector<IcebergManifest>()) {
      if (std::string key = key_of_translation(folder, each.address); !key.empty()) {
        known.emplace(std::move(key), each);
      }
    }
  }
  co_return known;
}

}  // namespace tarn::tables
