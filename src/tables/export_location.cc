#include "tables/export_location.h"

#include <fmt/format.h>

namespace tarn::tables {

std::string_view short_commit(std::string_view commit_id) {
  return commit_id.substr(0, kCommitDigits);
}

Result<StorageUri> parse_storage_uri(std::string_view uri) {
  const std::size_t colon = uri.find("://");
  if (colon == std::string_view::npos || colon == 0) {
    return Error::with_message(kInvalid, fmt::format("`{}` is no storage URI", uri));
  }
  const std::string_view rest = uri.substr(colon + 3);
  const std::size_t slash = rest.find('/');
  StorageUri parts{.protocol = std::string(uri.substr(0, colon)),
                   .bucket = std::string(rest.substr(0, slash)),
                   .key = {}};
  if (parts.bucket.empty()) {
    return Error::with_message(kInvalid, fmt::format("storage URI `{}` names no bucket", uri));
  }
  if (slash != std::string_view::npos) {
    parts.key = rest.substr(slash + 1);
  }
  return parts;
}

Result<std::string> export_uri(const ExportSource& source) {
  if (source.base_uri.empty()) {
    return Error::with_message(kInvalid, "nothing to export under: no storage namespace");
  }
  if (source.ref.empty()) {
    return Error::with_message(kInvalid, "nothing to export: neither a branch nor a tag");
  }
  if (source.commit_id.empty()) {
    return Error::with_message(kInvalid, "nothing to export: no commit id");
  }
  return fmt::format("{}{}_lakefs/exported/{}/{}/", source.base_uri,
                     source.base_uri.ends_with('/') ? "" : "/", source.ref,
                     short_commit(source.commit_id));
}

std::string glue_table_name(std::string_view table, const ExportSource& source) {
  return fmt::format("{}_{}_{}_{}", table, source.repository_id, source.ref,
                     short_commit(source.commit_id));
}

}  // namespace tarn::tables
