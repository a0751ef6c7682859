#include "catalog/import_sources.h"

#include "base/encoding.h"
#include "block/namespace.h"

#include <utility>

namespace tarn::catalog {
namespace {

/// `s3://bucket` is `s3://bucket/`.
std::string with_slash_after_bucket(std::string uri) {
  const std::size_t at = uri.find("://");
  if (at != std::string::npos && uri.find('/', at + 3) == std::string::npos) {
    uri.push_back('/');
  }
  return uri;
}

Error refused(const ImportSource& source, std::string_view reason) {
  return Error(kInvalidImportSource, source.uri).append(reason);
}

Result<void> check_source(const block::Walker& walker, const std::string& own,
                          const ImportSource& source) {
  const Result<std::string> place = walker.canonical(source.uri);
  if (!place && place.error().is(block::kInvalidAddress)) {
    return refused(source, ": not an address of this server's block store");
  }
  if (!place) {
    return place.error();
  }
  if (place->starts_with(own)) {
    return refused(source, ": lies in the repository's own storage namespace");
  }
  const bool is_prefix = source.kind == ImportSource::Kind::kCommonPrefix;
  if (is_prefix && own.starts_with(*place)) {
    return refused(source, ": holds the repository's own storage namespace");
  }
  if (!is_prefix) {
    Result<ObjectPath> path = ObjectPath::parse(source.destination);
    return path ? Result<void>() : std::move(path).error().wrap("destination of " + source.uri);
  }
  return {};
}

}  // namespace

std::string destination_folder(const ImportSource& source) {
  std::string folder = source.destination;
  if (!folder.empty() && !folder.ends_with('/')) {
    folder.push_back('/');
  }
  return folder;
}

graveler::ReplacedPath replaced_by(const ImportSource& source) {
  if (source.kind == ImportSource::Kind::kObject) {
    return {source.destination, false};
  }
  return {destination_folder(source), true};
}

Result<void> check_sources(const block::Walker& walker, const StorageNamespace& storage_namespace,
                           std::vector<ImportSource>& sources) {
  std::string ns = storage_namespace.str();
  if (!ns.ends_with('/')) {
    ns.push_back('/');
  }
  TARN_TRY(const std::string own, walker.canonical(ns));
  if (sources.empty()) {
    return Error(kInvalidImportSource, "no paths");
  }
  for (ImportSource& source : sources) {
    source.uri = with_slash_after_bucket(std::move(source.uri));
    TARN_CHECK_OK(check_source(walker, own, source));
  }
  return {};
}

Result<graveler::Value> imported_value(std::string address, const block::WalkedObject& object) {
  if (!is_valid_utf8(address)) {
    return Error(kInvalidImportSource, address).append(": the name is not UTF-8");
  }
  graveler::Entry entry;
  entry.address = std::move(address);
  entry.address_type = block::AddressType::kFull;
  entry.size_bytes = static_cast<std::int64_t>(object.size_bytes);
  entry.etag = object.etag;
  entry.last_modified = object.last_modified;
  return graveler::to_value(entry);
}

}  // namespace tarn::catalog
