#include "base/encoding.h"
#include "tables/delta_log.h"
#include "tables/z85.h"

#include <fmt/format.h>

#include <algorithm>

// Where the files that a Delta log names lie.

namespace tarn::tables {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// `s3://…`, `file:/…`.
bool is_absolute(std::string_view path) {
  const std::size_t colon = path.find(":/");
  return colon != std::string_view::npos && colon > 0 && is_letter(path.front()) &&
         std::ranges::all_of(path.substr(0, colon), [](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '.' || c == '-';
         });
}

/// Nothing for what lies elsewhere.
Result<std::optional<std::string>> below(std::string_view prefix, std::string_view path) {
  if (is_absolute(path)) {
    return std::optional<std::string>();
  }
  const Result<std::string> decoded = percent_decode(path);
  if (!decoded) {
    return Error::with_message(kBadDeltaAction,
                               fmt::format("`{}` is no path of a Delta log", path));
  }
  return std::optional(std::string(prefix) + *decoded);
}

}  // namespace

Result<DeltaPlaces> locate_delta_file(const DeltaFile& file, std::string_view prefix) {
  DeltaPlaces places;
  TARN_TRY(places.object, below(prefix, file.path));
  if (!file.vector || file.vector->storage_type == "i") {
    return places;
  }
  const std::string& path = file.vector->path_or_inline;
  if (file.vector->storage_type == "p") {
    TARN_TRY(places.vector, below(prefix, path));
    return places;
  }
  if (file.vector->storage_type != "u") {
    return Error::with_message(
        kBadDeltaAction,
        fmt::format("unknown storageType of a deletion vector: {}", file.vector->storage_type));
  }
  Result<Z85Uuid> name = decode_z85_uuid(path);
  if (!name) {
    return Error::with_message(kBadDeltaAction, name.error().message());
  }
  places.vector = fmt::format("{}{}{}deletion_vector_{}.bin", prefix, name->before,
                              name->before.empty() ? "" : "/", name->uuid);
  return places;
}

}  // namespace tarn::tables
