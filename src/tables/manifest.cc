#include "tables/manifest.h"

#include <fmt/format.h>

#include <utility>

namespace tarn::tables {

Result<std::optional<Manifest>> ManifestBuilder::add(const TableObject& object) {
  const PartitionLayout::Place place = layout_.place(object.path, object.size_bytes);
  switch (place.kind) {
    case PartitionLayout::Kind::kHidden:
      ++counts_.hidden;
      return std::optional<Manifest>();
    case PartitionLayout::Kind::kMarker:
      ++counts_.markers;
      return std::optional<Manifest>();
    case PartitionLayout::Kind::kStray:
      ++counts_.stray;
      return std::optional<Manifest>();
    case PartitionLayout::Kind::kData:
      break;
  }
  // A reader would take the rest of the line for another object's address.
  if (object.physical_address.empty() ||
      object.physical_address.find_first_of("\r\n") != std::string::npos) {
    return Error::with_message(
        kBadManifest, fmt::format("{}: its address cannot be listed in a manifest", object.path));
  }
  std::optional<Manifest> complete;
  if (open_ && open_->partition != place.partition) {
    complete = finish();
  }
  if (!open_) {
    open_ = Manifest{.partition = std::string(place.partition), .content = {}};
    ++counts_.manifests;
  }
  if (open_->content.size() + object.physical_address.size() + 1 > manifest_bytes_max_) {
    return Error::with_message(
        kBadManifest,
        fmt::format("{}: the manifest of partition `{}` would have more than {} bytes", object.path,
                    open_->partition, manifest_bytes_max_));
  }
  open_->content.append(object.physical_address).push_back('\n');
  ++counts_.objects;
  return complete;
}

std::optional<Manifest> ManifestBuilder::finish() { return std::exchange(open_, std::nullopt); }

}  // namespace tarn::tables
