#pragma once

#include "base/clock.h"
#include "block/adapter.h"
#include "block/path_provider.h"
#include "catalog/upload_records.h"
#include "graveler/store.h"
#include "kv/store.h"
#include "runtime/byte_source.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tarn::catalog {

/// No upload of that id for that repository, branch and path.
inline constexpr ErrorId kUploadNotFound{ErrorKind::kNotFound, "multipart upload not found"};
/// A listed part never arrived, or arrived with another ETag. The message names its number.
inline constexpr ErrorId kPartInvalid{ErrorKind::kInvalid, "part is missing or has another ETag"};
inline constexpr ErrorId kPartOrderInvalid{ErrorKind::kInvalid, "parts are not in ascending order"};
/// A part other than the last is below kPartSizeBytesMin. The message names its number.
inline constexpr ErrorId kPartTooSmall{ErrorKind::kInvalid, "part is too small"};
inline constexpr ErrorId kPartNumberInvalid{
    ErrorKind::kInvalid, "Part number must be an integer between 1 and 10000, inclusive"};

inline constexpr std::uint32_t kPartNumberMax = 10'000;
inline constexpr std::uint64_t kPartSizeBytesMin = 5 * kMiB;

/// The path on a branch that an upload is for. One upload never serves another.
struct UploadTarget {
  graveler::RepositoryPtr repository;
  BranchId branch;
  ObjectPath path;
};

struct NewUpload {
  std::string content_type;
  graveler::Metadata metadata;
  std::string storage_class;
};

/// A part as its uploader lists it when completing.
struct ListedPart {
  std::uint32_t number = 0;
  /// Without quotes.
  std::string etag;
};

struct CompletedUpload {
  graveler::Entry entry;
  /// `<hex>-<parts>`, what the protocol answers; the entry keeps the part before the dash.
  std::string etag;
};

/// Objects uploaded in parts, over any number of servers and restarts: bytes in the block store,
/// uploads and parts in the KV store. Thread-safe. Rights are the caller's business.
class MultipartUploads {
 public:
  struct Services {
    graveler::VersionStore& versions;
    kv::Store& kv;
    block::Adapter& blocks;
    block::PathProvider& paths;
    const Clock& clock;
  };
  explicit MultipartUploads(Services services) : services_(services) {}

  /// The id of a new upload. Errors: graveler::kBranchNotFound, graveler::kReadOnlyRepository.
  Task<Result<std::string>> create(Context ctx, UploadTarget target, NewUpload upload);
  /// Repeating a number replaces the part. Errors: kUploadNotFound, kPartNumberInvalid,
  /// block::kBodyMismatch.
  Task<Result<PartRecord>> put_part(Context ctx, UploadTarget target, std::string upload_id,
                                    std::uint32_t number, std::unique_ptr<ByteSource> body,
                                    std::optional<std::uint64_t> size_bytes);
  /// A part from (a range of) an object of any repository; `range` lies in it. Errors as put_part,
  /// and block::kObjectNotFound.
  Task<Result<PartRecord>> copy_part(Context ctx, UploadTarget target, std::string upload_id,
                                     std::uint32_t number, graveler::RepositoryPtr from_repository,
                                     graveler::Entry from, std::optional<block::ByteRange> range);
  /// Joins the listed parts and gives the path to them. May be repeated after a lost reply.
  /// Errors: kUploadNotFound, kPartInvalid, kPartOrderInvalid, kPartTooSmall,
  /// graveler::kPreconditionFailed, graveler::kReadOnlyRepository.
  Task<Result<CompletedUpload>> complete(Context ctx, UploadTarget target, std::string upload_id,
                                         std::vector<ListedPart> parts,
                                         graveler::WriteCondition condition);
  /// Errors: kUploadNotFound.
  Task<Result<void>> abort(Context ctx, UploadTarget target, std::string upload_id);

  struct Parts {
    std::vector<PartRecord> parts;
    bool more = false;
  };
  /// Parts with numbers above `after`, ascending. Errors: kUploadNotFound.
  Task<Result<Parts>> list_parts(Context ctx, UploadTarget target, std::string upload_id,
                                 std::uint32_t after, std::size_t limit);

  /// Uploads are ordered by `<branch>/<path>`, then id.
  struct UploadPosition {
    std::string key;
    std::string upload_id;
    friend auto operator<=>(const UploadPosition&, const UploadPosition&) = default;
  };
  struct Uploads {
    struct Item {
      UploadPosition position;
      WallTime creation_date;
    };
    std::vector<Item> items;
    bool more = false;
  };
  /// Unfinished uploads of a repository past a position (an empty id: past all of that key). Reads
  /// every unfinished upload of the installation; holds `limit` of them.
  Task<Result<Uploads>> list(Context ctx, graveler::RepositoryPtr repository, UploadPosition after,
                             std::size_t limit);

  /// Ends every unfinished upload of a repository that is on its way out. Repeatable. Reads every
  /// unfinished upload of the installation.
  Task<Result<void>> drop_repository(Context ctx, graveler::RepositoryPtr repository);

 private:
  Task<Result<UploadRecord>> find(Context ctx, UploadTarget target, std::string upload_id);
  Task<Result<PartRecord>> keep_part(Context ctx, std::string upload_id, block::UploadedPart part,
                                     std::uint64_t size_bytes);
  Task<Result<void>> forget(Context ctx, std::string upload_id);
  /// What an earlier call made of the same parts, when its reply was lost.
  Task<Result<CompletedUpload>> completed_before(Context ctx, UploadTarget target,
                                                 std::vector<ListedPart> parts);
  Task<Result<block::ObjectInfo>> join(Context ctx, block::Location where, std::string upload_id,
                                       std::vector<block::UploadedPart> parts);

  Services services_;
};

}  // namespace tarn::catalog
