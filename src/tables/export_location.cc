#include "tables/export_location.h"

#include <fmt/format.h>

#include <utility>

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
  if (parts.bucket.empty() == (parts.protocol != "file")) {
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

Result<std::string> stable_table_uri(const ExportSource& source, std::string_view table) {
  TARN_TRY(const std::string of_commit, export_uri(source));
  const std::size_t commit = short_commit(source.commit_id).size() + 1;
  return fmt::format("{}_tables/{}",
                     std::string_view(of_commit).substr(0, of_commit.size() - commit), table);
}

namespace {

/// What catalogs and their query languages take without quotes.
std::string name_part(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool upper = c >= 'A' && c <= 'Z';
    out.push_back(kept ? c : upper ? static_cast<char>(c | 0x20) : '_');
  }
  return out;
}

}  // namespace

Result<std::string> expand_name(std::string_view pattern, std::string_view table,
                                const ExportSource& source) {
  constexpr std::size_t kNameBytesMax = 255;
  const std::pair<std::string_view, std::string_view> values[] = {
      {"{table}", table},
      {"{repository}", source.repository_id},
      {"{ref}", source.ref},
      {"{commit}", short_commit(source.commit_id)}};
  std::string name;
  for (std::string_view rest = pattern; !rest.empty();) {
    bool found = false;
    for (const auto& [placeholder, value] : values) {
      if (rest.starts_with(placeholder)) {
        name.append(name_part(value));
        rest.remove_prefix(placeholder.size());
        found = true;
        break;
      }
    }
    if (found) {
      continue;
    }
    if (rest.front() == '{' || rest.front() == '}') {
      return Error::with_message(
          kInvalid, fmt::format("name `{}`: `{}` is none of {{table}}, {{repository}}, {{ref}}, "
                                "{{commit}}",
                                pattern, rest.substr(0, rest.find('}') + 1)));
    }
    if (rest.front() == '/' || static_cast<unsigned char>(rest.front()) < 0x20) {
      return Error::with_message(
          kInvalid,
          fmt::format("name `{}`: a name holds neither slashes nor control characters", pattern));
    }
    // Catalogs fold names to lower case.
    const char c = rest.front();
    name.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
    rest.remove_prefix(1);
  }
  if (name.empty() || name.size() > kNameBytesMax) {
    return Error::with_message(
        kInvalid, fmt::format("name `{}` makes `{}`, which has not 1 to {} bytes", pattern, name,
                              kNameBytesMax));
  }
  return name;
}

std::string glue_table_name(std::string_view table, const ExportSource& source) {
  return fmt::format("{}_{}_{}_{}", table, source.repository_id, source.ref,
                     short_commit(source.commit_id));
}

}  // namespace tarn::tables
