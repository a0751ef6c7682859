#pragma once

#include "base/clock.h"
#include "base/secret.h"
#include "block/adapter.h"
#include "block/path_provider.h"
#include "graveler/store.h"
#include "runtime/byte_source.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace tarn::catalog {

/// The object's bytes are gone from the block store though its entry is there.
inline constexpr ErrorId kDataMissing{ErrorKind::kNotFound, "No data"};
inline constexpr ErrorId kPathExists{ErrorKind::kPreconditionFailed, "path already exists"};
/// A physical address that is not one of this block store.
inline constexpr ErrorId kForeignAddress{ErrorKind::kInvalid,
                                         "physical address is not valid for block adapter"};

struct Upload {
  std::unique_ptr<ByteSource> body;
  std::optional<std::uint64_t> size_bytes;
  std::string content_type;
  graveler::Metadata metadata;
  std::string storage_class;
  graveler::WriteCondition condition;
  bool force = false;
};

struct OpenObject {
  graveler::Entry entry;
  std::unique_ptr<ByteSource> body;
};

/// What a copy takes from elsewhere than its source, and when it goes ahead.
struct CopyOptions {
  std::optional<graveler::Metadata> metadata;
  std::optional<std::string> content_type;
  graveler::WriteCondition condition;
  bool force = false;
};

/// An URL of the block store that anyone may use until it expires.
struct PresignedUrl {
  std::string url;
  WallTime expires_at;
};

/// An existing object of the block store to be given a path.
struct Link {
  std::string physical_address;
  std::string checksum;
  std::int64_t size_bytes = 0;
  std::optional<WallTime> mtime;
  std::string content_type;
  graveler::Metadata metadata;
  graveler::WriteCondition condition;
  bool force = false;
};

/// Objects with their bytes: what every endpoint and hook reads and writes. Bytes go to the block
/// store first, the entry after them; an entry that is refused takes its bytes with it.
/// Thread-safe. Rights are the caller's business.
class Objects {
 public:
  struct Services {
    graveler::VersionStore& versions;
    block::Adapter& blocks;
    block::PathProvider& paths;
    const Clock& clock;
    const Secret& signing_key;
    /// How long presigned URLs are valid.
    std::chrono::seconds presigned_for{900};
  };
  explicit Objects(Services services) : services_(services) {}

  /// Errors: kBranchNotFound, kPathExists, graveler::kPreconditionFailed, block::kBodyMismatch,
  /// graveler::kReadOnlyRepository.
  Task<Result<graveler::Entry>> upload(Context ctx, graveler::RepositoryPtr repository,
                                       BranchId branch, ObjectPath path, Upload upload);
  /// Errors: graveler::kObjectNotFound.
  Task<Result<graveler::Entry>> stat(Context ctx, graveler::RepositoryPtr repository,
                                     std::string ref, ObjectPath path);
  /// The bytes of an entry, or `range` of them. Errors: kDataMissing.
  Task<Result<std::unique_ptr<ByteSource>>> read(Context ctx, graveler::RepositoryPtr repository,
                                                 graveler::Entry entry,
                                                 std::optional<block::ByteRange> range);
  /// A new object with the bytes, checksum, type and metadata of another one.
  Task<Result<graveler::Entry>> copy(Context ctx, graveler::RepositoryPtr repository,
                                     BranchId to_branch, ObjectPath to, std::string from_ref,
                                     ObjectPath from, std::optional<graveler::Metadata> metadata,
                                     bool force);
  /// The same for an entry of any repository of this block store that was looked up already. A
  /// refused copy takes its bytes with it. Errors: kBranchNotFound, kDataMissing, kPathExists.
  Task<Result<graveler::Entry>> copy_entry(Context ctx, graveler::RepositoryPtr repository,
                                           BranchId to_branch, ObjectPath to,
                                           graveler::RepositoryPtr from_repository,
                                           graveler::Entry from, CopyOptions options);
  Task<Result<void>> remove(Context ctx, graveler::RepositoryPtr repository, BranchId branch,
                            ObjectPath path, bool force) {
    return services_.versions.delete_entry(std::move(ctx), std::move(repository), std::move(branch),
                                           std::move(path), force);
  }

  /// For reading an entry's bytes. Errors: kUnsupported.
  Task<Result<PresignedUrl>> presign_read(Context ctx, graveler::RepositoryPtr repository,
                                          graveler::Entry entry);
  /// For writing the bytes of an address of new_staging_address. Errors: kUnsupported.
  Task<Result<PresignedUrl>> presign_write(Context ctx, graveler::RepositoryPtr repository,
                                           std::string staging_address);

  /// A place to write bytes to, signed for this path; link_staged takes it back.
  std::string new_staging_address(const graveler::RepositoryPtr& repository, const BranchId& branch,
                                  const ObjectPath& path);
  /// Gives the path to bytes written to an address of new_staging_address, or lying anywhere
  /// outside the namespace's data. Errors: block::kLink…, kPathExists.
  Task<Result<graveler::Entry>> link_staged(Context ctx, graveler::RepositoryPtr repository,
                                            BranchId branch, ObjectPath path, Link link);
  /// The same for any address, unsigned. Errors: kForeignAddress.
  Task<Result<graveler::Entry>> stage(Context ctx, graveler::RepositoryPtr repository,
                                      BranchId branch, ObjectPath path, Link link);

  /// As clients see it.
  static std::string physical_address(const graveler::Repository& repository,
                                      const graveler::Entry& entry);
  const block::Capabilities& capabilities() const { return services_.blocks.capabilities(); }
  block::Adapter& blocks() { return services_.blocks; }

 private:
  Task<Result<void>> set_entry(Context ctx, graveler::RepositoryPtr repository, BranchId branch,
                               ObjectPath path, graveler::Entry entry,
                               graveler::WriteCondition condition, bool force);
  Task<Result<PresignedUrl>> presign(Context ctx, block::Location where,
                                     block::PresignMethod method);
  /// set_entry for bytes just written to `where`, which go when the entry is refused.
  Task<Result<void>> publish(Context ctx, graveler::RepositoryPtr repository, BranchId branch,
                             ObjectPath path, graveler::Entry entry, block::Location where,
                             graveler::WriteCondition condition, bool force);
  /// Fails early where `condition` cannot hold; set_entry decides.
  Task<Result<void>> foresee(Context ctx, graveler::RepositoryPtr repository, BranchId branch,
                             ObjectPath path, graveler::WriteCondition condition);
  Task<Result<graveler::Entry>> add(Context ctx, graveler::RepositoryPtr repository,
                                    BranchId branch, ObjectPath path, Link link,
                                    block::Address address);

  Services services_;
};

}  // namespace tarn::catalog
