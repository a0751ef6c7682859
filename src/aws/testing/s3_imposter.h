#pragma once

#include "aws/credentials.h"
#include "base/thread_annotations.h"
#include "http/testing/imposter.h"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tarn::aws::testing {

/// What goes wrong with requests of one operation.
struct S3Fault {
  enum class Kind : std::uint8_t {
    /// The connection closes and nothing happened.
    kDrop,
    /// It happened, and the connection closes without an answer.
    kLoseReply,
    /// It happened, and no answer comes for longer than any test waits.
    kHang,
    /// Refused with `status` and `code`.
    kRefuse,
    /// Refused by a document in an answer with status 200.
    kRefuseInside200,
    /// The answer's body ends in the middle.
    kCutBody,
  };
  Kind kind = Kind::kDrop;
  /// S3's name, e.g. `PutObject`; empty = any.
  std::string operation;
  /// How many requests it hits, after letting `skip` pass.
  std::size_t times = 1;
  std::size_t skip = 0;
  unsigned status = 500;
  std::string code = "InternalError";
};

/// Amazon S3 in memory, path-style, on a port of 127.0.0.1. Stricter than S3: every request must be
/// signed as it arrives, promise its length, carry a digest where one is required, and name parts
/// in order; anything else is refused, and what no client may send fails the test. Thread-safe.
class S3Imposter {
 public:
  struct Options {
    std::string region = "us-east-1";
    /// Smallest part that is not the last.
    std::size_t part_bytes_min = 5 * kMiB;
    /// Buckets that are there.
    std::vector<std::string> buckets{"bucket"};
    /// Buckets in other regions, which refuse whoever signs for this one.
    std::map<std::string, std::string> regions;
  };
  S3Imposter() : S3Imposter(Options()) {}
  explicit S3Imposter(Options options);
  ~S3Imposter();

  std::string base_url() const { return imposter_->base_url(); }
  /// The keys that it accepts.
  static Credentials credentials();

  void inject(S3Fault fault);
  void clear_faults();

  /// Null = absent.
  std::optional<std::string> object(const std::string& bucket, const std::string& key) const;
  void set_object(const std::string& bucket, const std::string& key, std::string bytes);
  std::size_t object_count() const;
  std::size_t open_uploads() const;
  /// Operations in order of arrival, also those that a fault hit.
  std::vector<std::string> operations() const;
  std::size_t count(const std::string& operation) const;
  std::vector<http::testing::ReceivedRequest> requests() const { return imposter_->requests(); }

 private:
  using Received = http::testing::ReceivedRequest;
  using Reply = http::testing::Reply;
  struct Object {
    std::string bytes;
    std::string etag;
    std::string content_type;
  };
  struct Part {
    std::string bytes;
    std::string etag;
  };
  struct Upload {
    std::string bucket;
    std::string key;
    std::string content_type;
    std::map<std::uint32_t, Part> parts;
  };
  struct Asked;

  Reply answer(const Received& received);
  Reply apply(const Asked& asked) TARN_REQUIRES(mutex_);
  std::optional<Reply> check_signature(const Asked& asked) const;
  std::optional<S3Fault> next_fault(const std::string& operation) TARN_REQUIRES(mutex_);
  Reply put_object(const Asked& asked) TARN_REQUIRES(mutex_);
  Reply get_object(const Asked& asked) TARN_REQUIRES(mutex_);
  Reply copy_object(const Asked& asked) TARN_REQUIRES(mutex_);
  Reply delete_objects(const Asked& asked) TARN_REQUIRES(mutex_);
  Reply list_objects(const Asked& asked) TARN_REQUIRES(mutex_);
  Reply upload_part(const Asked& asked) TARN_REQUIRES(mutex_);
  Reply complete_upload(const Asked& asked) TARN_REQUIRES(mutex_);
  /// The object that x-amz-copy-source names, cut to the range.
  std::optional<std::string> copy_source(const Asked& asked) TARN_REQUIRES(mutex_);

  const Options options_;
  std::shared_ptr<http::testing::Gate> gate_ = std::make_shared<http::testing::Gate>();
  mutable Mutex mutex_;
  std::set<std::string> buckets_ TARN_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, Object> objects_ TARN_GUARDED_BY(mutex_);
  std::map<std::string, Upload> uploads_ TARN_GUARDED_BY(mutex_);
  std::vector<S3Fault> faults_ TARN_GUARDED_BY(mutex_);
  std::vector<std::string> operations_ TARN_GUARDED_BY(mutex_);
  std::size_t next_upload_ TARN_GUARDED_BY(mutex_) = 1;
  std::unique_ptr<http::testing::Imposter> imposter_;
};

}  // namespace tarn::aws::testing
