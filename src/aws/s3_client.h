#pragma once

#include "aws/config.h"
#include "aws/errors.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "http/message.h"
#include "runtime/byte_source.h"
#include "runtime/context.h"
#include "runtime/retry.h"
#include "runtime/task.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tarn::aws {

class S3Exchange;

/// Bodies up to this size are held in memory while they are sent, so that they can be repeated.
inline constexpr std::uint64_t kBufferedBodyBytesMax = 256 * kKiB;

struct S3Config {
  Endpoint endpoint;
  std::string region = "us-east-1";
  /// Buckets in the path instead of the host name. Absent = with custom endpoints. Always so where
  /// the host is an IP address or the bucket no host label.
  std::optional<bool> path_style;
  /// Follow a bucket to the region that answers name; otherwise that is an error.
  bool discover_region = true;
  RetryPolicy retry;
  /// Of one try until its answer begins, and a second more for each 256 KiB of body; every call is
  /// also bound by its context.
  std::chrono::milliseconds try_timeout{60000};
};

struct S3Object {
  std::string key;
  std::uint64_t size_bytes = 0;
  /// Without quotes.
  std::string etag;
  WallTime last_modified;
  std::string content_type;  // not in listings
};

struct S3PutOptions {
  std::string content_type;
  std::string storage_class;
  /// `If-None-Match: *`.
  bool if_absent = false;
};

struct S3ListPage {
  std::vector<S3Object> objects;
  std::vector<std::string> common_prefixes;
  bool is_truncated = false;
  std::string next_continuation_token;
};

struct S3ListRequest {
  std::string bucket;
  std::string prefix;
  std::string delimiter;
  std::string start_after;
  std::string continuation_token;
  std::size_t keys_max = 1000;
};

struct S3Part {
  std::uint32_t number = 0;
  std::string etag;
};

struct S3Range {
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
};

struct S3DeleteFailure {
  std::string key;
  std::string code;
  std::string message;
};

/// Amazon S3 and what speaks its protocol. Retries what can be repeated (throttling, 5xx, lost
/// connections; a body only if it rewinds, was not begun, or is at most kBufferedBodyBytesMax) with
/// jitter inside the context's deadline. Bodies are streamed and never held whole. What is signed
/// of a body: its SHA-256 where it is in memory and goes over plain HTTP, else nothing (TLS
/// protects it; a stream over plain HTTP is as safe as its network). Errors of every call:
/// kAccessDenied, kNoCredentials, kNoSuchBucket, kInvalidRequest, kConflict, kSlowDown,
/// kServiceFailed, kTimeout, kCancelled; of every write also kUnknownOutcome. Messages are `<Code>:
/// <text>` as S3 has them. Thread-safe; bodies that it gave must not outlive it.
class S3Client {
 public:
  /// `metrics` may be null.
  S3Client(S3Config config, std::shared_ptr<CredentialsProvider> credentials, Services services,
           Metrics* metrics = nullptr);
  ~S3Client();
  S3Client(const S3Client&) = delete;
  S3Client& operator=(const S3Client&) = delete;

  /// One PUT of a body of known length; the body gives exactly that many bytes. Errors:
  /// kPreconditionFailed, those of the body.
  Task<Result<S3Object>> put_object(Context ctx, std::string bucket, std::string key,
                                    std::unique_ptr<ByteSource> body, std::uint64_t size_bytes,
                                    S3PutOptions options);
  struct Body {
    S3Object info;
    std::unique_ptr<ByteSource> body;
  };
  /// A body that breaks off is continued where it was cut, as long as the object is the same.
  /// `info.size_bytes` is the whole object's, also with a range. Errors: kNotFound, kInvalidRange.
  Task<Result<Body>> get_object(Context ctx, std::string bucket, std::string key,
                                std::optional<S3Range> range);
  /// Errors: kNotFound.
  Task<Result<S3Object>> head_object(Context ctx, std::string bucket, std::string key);
  /// At most 5 GiB in one call. The result lacks size and content type. Errors: kNotFound.
  Task<Result<S3Object>> copy_object(Context ctx, std::string from_bucket, std::string from_key,
                                     std::string bucket, std::string key);
  /// A missing object is no error.
  Task<Result<void>> delete_object(Context ctx, std::string bucket, std::string key);
  /// Up to 1000 keys; gives those that could not be deleted.
  Task<Result<std::vector<S3DeleteFailure>>> delete_objects(Context ctx, std::string bucket,
                                                            std::vector<std::string> keys);
  Task<Result<S3ListPage>> list_objects(Context ctx, S3ListRequest request);

  Task<Result<std::string>> create_upload(Context ctx, std::string bucket, std::string key,
                                          S3PutOptions options);
  /// Errors: kNoSuchUpload, those of the body.
  Task<Result<S3Part>> upload_part(Context ctx, std::string bucket, std::string key,
                                   std::string upload_id, std::uint32_t number,
                                   std::unique_ptr<ByteSource> body, std::uint64_t size_bytes);
  Task<Result<S3Part>> upload_part_copy(Context ctx, std::string bucket, std::string key,
                                        std::string upload_id, std::uint32_t number,
                                        std::string from_bucket, std::string from_key,
                                        std::optional<S3Range> range);
  /// `if_absent`: as with put_object. The result lacks size and content type. Errors:
  /// kNoSuchUpload, kInvalidPart, kPreconditionFailed.
  Task<Result<S3Object>> complete_upload(Context ctx, std::string bucket, std::string key,
                                         std::string upload_id, std::vector<S3Part> parts,
                                         bool if_absent);
  /// Errors: kNoSuchUpload.
  Task<Result<void>> abort_upload(Context ctx, std::string bucket, std::string key,
                                  std::string upload_id);

  /// An URL that anyone can use until it expires, at most 7 days. `query` are further parameters
  /// (`uploadId`, …). May fetch credentials, and ask AWS for the bucket's region.
  Task<Result<std::string>> presign(Context ctx, std::string method, std::string bucket,
                                    std::string key, http::QueryPairs query,
                                    std::chrono::seconds expires_in);

 private:
  std::unique_ptr<S3Exchange> exchange_;
};

}  // namespace tarn::aws
