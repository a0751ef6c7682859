#include "endpoints/rest/convert.h"

#include "endpoints/rest/call.h"

namespace tarn::endpoints::rest {

api::dto::Repository to_dto(const graveler::Repository& repository) {
  api::dto::Repository out;
  out.id = repository.id.str();
  out.creation_date = unix_seconds(repository.creation_date);
  out.default_branch = repository.default_branch.str();
  out.storage_id = repository.storage_id;
  out.storage_namespace = repository.storage_namespace.str();
  out.read_only = repository.read_only;
  return out;
}

api::dto::Commit to_dto(const graveler::CommitRecord& record) {
  api::dto::Commit out;
  out.id = record.id.str();
  for (const CommitId& parent : record.commit.parents) {
    out.parents.push_back(parent.str());
  }
  out.committer = record.commit.committer;
  out.message = record.commit.message;
  out.creation_date = unix_seconds(record.commit.creation_date);
  out.meta_range_id = record.commit.meta_range_id.str();
  out.metadata = record.commit.metadata;
  out.generation = record.commit.generation;
  out.version = record.commit.version;
  return out;
}

api::dto::ObjectStats to_dto(const graveler::Repository& repository, std::string path,
                             const graveler::Entry& entry, bool with_metadata) {
  api::dto::ObjectStats out;
  out.path = std::move(path);
  out.path_type = api::dto::PathType::kObject;
  out.physical_address = catalog::Objects::physical_address(repository, entry);
  out.checksum = entry.etag;
  out.size_bytes = entry.size_bytes;
  out.mtime = entry.last_modified == WallTime() ? 0 : unix_seconds(entry.last_modified);
  if (with_metadata) {
    out.metadata = entry.metadata;
  }
  out.content_type = entry.content_type;
  return out;
}

namespace {

api::dto::DiffType to_dto(graveler::DiffType type) {
  switch (type) {
    case graveler::DiffType::kAdded:
      return api::dto::DiffType::kAdded;
    case graveler::DiffType::kRemoved:
      return api::dto::DiffType::kRemoved;
    case graveler::DiffType::kChanged:
      return api::dto::DiffType::kChanged;
    case graveler::DiffType::kPrefixChanged:
      return api::dto::DiffType::kPrefixChanged;
    case graveler::DiffType::kConflict:
      return api::dto::DiffType::kConflict;
  }
  return api::dto::DiffType::kChanged;
}

}  // namespace

api::dto::DiffList to_dto(const graveler::Paged<graveler::Difference>& page, bool with_right) {
  api::dto::DiffList out;
  for (const graveler::Difference& difference : page.items) {
    api::dto::Diff item;
    item.type = to_dto(difference.type);
    item.path = difference.path;
    item.path_type =
        difference.entry ? api::dto::PathType::kObject : api::dto::PathType::kCommonPrefix;
    if (difference.entry) {
      const graveler::Entry& entry = *difference.entry;
      item.size_bytes = entry.size_bytes;
      if (with_right) {
        api::dto::DiffObjectStat right;
        right.checksum = entry.etag;
        right.mtime = unix_seconds(entry.last_modified);
        right.content_type = entry.content_type;
        right.metadata = entry.metadata;
        item.right = std::move(right);
      }
    }
    out.results.push_back(std::move(item));
  }
  out.pagination = pagination(page, out.results.empty() ? std::string() : out.results.back().path);
  return out;
}

std::string quoted_etag(const std::string& etag) {
  return etag.starts_with('"') ? etag : "\"" + etag + "\"";
}

}  // namespace tarn::endpoints::rest
