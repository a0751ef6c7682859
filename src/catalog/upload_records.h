#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "graveler/entry.h"

#include <cstdint>
#include <string>

namespace tarn::catalog {

/// What is kept of a multipart upload until it is completed or aborted.
struct UploadRecord {
  std::string upload_id;
  std::string path;
  WallTime creation_date;
  /// Relative; chosen at the start.
  std::string physical_address;
  graveler::Metadata metadata;
  std::string content_type;
  /// The repository's KV partition, which a later repository of the same name does not share.
  /// Empty in records of lakeFS.
  std::string repository_partition;
  std::string branch;
};

/// A part that arrived.
struct PartRecord {
  std::uint32_t number = 0;
  /// Hex MD5, without quotes.
  std::string etag;
  std::uint64_t size_bytes = 0;
  WallTime last_modified;
};

Bytes encode(const UploadRecord& upload);
Bytes encode(const PartRecord& part);
/// Errors kCorruption.
Result<UploadRecord> decode_upload(ByteView bytes);
Result<PartRecord> decode_part(ByteView bytes);

}  // namespace tarn::catalog
