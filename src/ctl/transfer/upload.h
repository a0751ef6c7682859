#pragma once

#include "api/models.h"
#include "ctl/session.h"
#include "ctl/transfer/presign.h"
#include "ctl/transfer/source.h"

#include <map>
#include <string>

namespace tarn::ctl {

/// What an upload needs besides its bytes.
struct UploadTarget {
  std::string repository;
  std::string branch;
  std::string path;
  /// Empty = the server's default.
  std::string content_type;
  std::map<std::string, std::string> metadata;
  /// Where a pipe is kept that must have a size.
  std::string temporary_folder = "/tmp";
};

/// Uploads one object through the server, or to the object store by signed URLs. Constant memory.
/// Thread-safe.
class Uploader {
 public:
  Uploader(Session& session, PreSign presign) : session_(session), presign_(presign) {}

  Result<api::dto::ObjectStats> upload(const UploadTarget& target, UploadSource source);

 private:
  Result<api::dto::ObjectStats> upload_direct(const UploadTarget& target,
                                              const UploadSource& source);
  Result<api::dto::ObjectStats> upload_signed(const UploadTarget& target,
                                              const UploadSource& source);
  Result<api::dto::ObjectStats> upload_parts(const UploadTarget& target,
                                             const UploadSource& source);
  /// PUT to a signed URL; the entity tag or checksum of what arrived.
  Result<std::string> put(const std::string& url, const std::string& content_type, BodyOpener body);

  Session& session_;
  const PreSign presign_;
};

/// How an object is cut for a multipart upload.
struct PartPlan {
  std::uint64_t part_bytes = 0;
  std::uint64_t count = 0;
};
PartPlan plan_parts(std::uint64_t size_bytes);

/// The header that carries a user metadata key of an upload.
std::string metadata_header(std::string_view key);

}  // namespace tarn::ctl
