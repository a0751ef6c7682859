#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "block/errors.h"
#include "runtime/byte_source.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tarn::block {

/// Where an object lies: a bucket (container, or first folder of a local store) and a key in it.
/// Built from a storage namespace and an address by `resolve` (block/namespace.h); never from
/// unchecked input.
struct Location {
  std::string bucket;
  std::string key;
};

struct ObjectInfo {
  std::uint64_t size_bytes = 0;
  /// Without quotes. Hex MD5 for whole uploads, `<hex>-<parts>` for multipart ones.
  std::string etag;
  WallTime last_modified;
  std::string content_type;
};

struct PutOptions {
  std::string content_type;
  /// Fails with kPreconditionFailed if the object exists.
  bool if_absent = false;
  /// Stored class where the store has such (S3); empty = default.
  std::string storage_class;
};

/// Inclusive first byte and byte count.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
};

struct ObjectBody {
  ObjectInfo info;
  std::unique_ptr<ByteSource> body;
};

struct ListedObject {
  std::string key;
  ObjectInfo info;
};

struct ListPage {
  std::vector<ListedObject> objects;
  /// Pass as `after` to continue; empty at the end.
  std::string next_after;
};

struct UploadedPart {
  std::uint32_t number = 0;  // 1…10000
  std::string etag;
};

/// What a store can do; endpoints answer by it.
struct Capabilities {
  bool presign = false;
  bool presign_multipart = false;
  /// `s3`, `local`, `mem`: `blockstore_type` of the API.
  std::string type;
  /// URI scheme of its namespaces, without `://`.
  std::string scheme;
};

enum class PresignMethod : std::uint8_t { kGet, kPut };

struct PresignRequest {
  PresignMethod method = PresignMethod::kGet;
  std::chrono::seconds expires_in{900};
  /// With kPut: a part of this upload instead of the object (`presign_multipart`).
  std::string upload_id;
  std::uint32_t part_number = 0;
};

/// Objects in one object store. Thread-safe. A write that returned is durable and visible to every
/// reader; a failed or cancelled one leaves no object under its key. Bodies are streamed: no call
/// holds a whole object. Errors of every call: kAccessDenied, kBucketNotFound, kTimeout,
/// kCancelled, kThrottled, kUnavailable.
class Adapter {
 public:
  virtual ~Adapter() = default;

  /// Writes all of `body`. `size_bytes` absent = unknown. Errors: kBodyMismatch,
  /// kPreconditionFailed, kUnknownOutcome.
  virtual Task<Result<ObjectInfo>> put(Context ctx, Location where,
                                       std::unique_ptr<ByteSource> body,
                                       std::optional<std::uint64_t> size_bytes,
                                       PutOptions options) = 0;
  /// The whole object, or `range` of it cut at its end. Errors: kObjectNotFound, kInvalidRange
  /// (starts past the end).
  virtual Task<Result<ObjectBody>> get(Context ctx, Location where,
                                       std::optional<ByteRange> range) = 0;
  /// Errors: kObjectNotFound.
  virtual Task<Result<ObjectInfo>> stat(Context ctx, Location where) = 0;
  /// Within the store, without moving bytes through us where it can. Errors: kObjectNotFound.
  virtual Task<Result<ObjectInfo>> copy(Context ctx, Location from, Location to) = 0;
  /// Deleting a missing object is no error.
  virtual Task<Result<void>> remove(Context ctx, Location where) = 0;
  /// Objects under `prefix` in the store's order, keys after `after`.
  virtual Task<Result<ListPage>> list(Context ctx, std::string bucket, std::string prefix,
                                      std::string after, std::size_t limit) = 0;

  virtual Task<Result<std::string>> create_upload(Context ctx, Location where,
                                                  PutOptions options) = 0;
  /// Errors: kUploadNotFound, kBodyMismatch. Repeating a part number replaces the part.
  virtual Task<Result<UploadedPart>> put_part(Context ctx, Location where, std::string upload_id,
                                              std::uint32_t number,
                                              std::unique_ptr<ByteSource> body,
                                              std::optional<std::uint64_t> size_bytes) = 0;
  /// A part made of (a range of) an object of the same store.
  virtual Task<Result<UploadedPart>> copy_part(Context ctx, Location where, std::string upload_id,
                                               std::uint32_t number, Location from,
                                               std::optional<ByteRange> range) = 0;
  /// Parts in ascending number. Errors: kUploadNotFound, kInvalidPart.
  virtual Task<Result<ObjectInfo>> complete_upload(Context ctx, Location where,
                                                   std::string upload_id,
                                                   std::vector<UploadedPart> parts) = 0;
  /// Aborting an unknown upload is no error.
  virtual Task<Result<void>> abort_upload(Context ctx, Location where, std::string upload_id) = 0;

  /// An URL that anyone can use until it expires. May fetch credentials. Errors: kUnsupported.
  virtual Task<Result<std::string>> presign(Context ctx, Location where,
                                            PresignRequest request) = 0;
  virtual const Capabilities& capabilities() const = 0;
};

}  // namespace tarn::block
