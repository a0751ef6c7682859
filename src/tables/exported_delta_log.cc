#include "tables/exported_delta_log.h"

#include "tables/delta_log.h"
#include "tables/export_location.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace tarn::tables {

std::string exported_log_uri(std::string_view location) {
  return fmt::format("{}/{}", location, kDeltaLogFolder);
}

bool ExportedDeltaLog::reaches(std::uint64_t last) const {
  std::uint64_t first = last + 1;
  while (first > 0 && versions.contains(first - 1)) {
    --first;
  }
  // A checkpoint stands for the versions up to its own.
  const auto begins = checkpoints.lower_bound(first == 0 ? 0 : first - 1);
  return first == 0 || (begins != checkpoints.end() && *begins <= last);
}

std::uint64_t ExportedDeltaLog::end() const {
  const std::uint64_t behind_versions = versions.empty() ? 0 : *versions.rbegin() + 1;
  const std::uint64_t behind_checkpoints = checkpoints.empty() ? 0 : *checkpoints.rbegin() + 1;
  return std::max(behind_versions, behind_checkpoints);
}

Task<Result<ExportedDeltaLog>> exported_delta_log(Context ctx, ManifestStore& store,
                                                  std::string location) {
  ExportedDeltaLog found;
  found.folder = exported_log_uri(location);
  TARN_CO_TRY(const StorageUri place, parse_storage_uri(found.folder));
  std::string token;
  do {
    TARN_CO_TRY(ManifestStore::Page page, co_await store.list(ctx, place.bucket, place.key, token));
    for (const ManifestStore::Item& item : page.items) {
      const std::string_view name = std::string_view(item.key).substr(place.key.size());
      const auto checkpoint = parse_delta_checkpoint_name(name);
      if (const std::optional<std::uint64_t> version = parse_delta_file_name(name)) {
        found.versions.insert(*version);
      } else if (checkpoint && name == delta_checkpoint_name(checkpoint->version)) {
        found.checkpoints.insert(checkpoint->version);
      }
      found.hint = found.hint || name == kDeltaLastCheckpoint;
    }
    token = std::move(page.token);
  } while (!token.empty());
  co_return found;
}

}  // namespace tarn::tables
