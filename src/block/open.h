#pragma once

#include "base/clock.h"
#include "base/environment.h"
#include "base/metrics.h"
#include "base/rng.h"
#include "base/secret.h"
#include "block/adapter.h"
#include "block/walker.h"
#include "http/client.h"
#include "runtime/blocking_pool.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace tarn::block {

/// A write to a store that was opened for reading.
inline constexpr ErrorId kReadOnlyStore{ErrorKind::kForbidden,
                                        "the block store was opened for reading"};

struct S3Config {
  /// Empty = AWS_REGION, AWS_DEFAULT_REGION, the profile's, else us-east-1.
  std::string region;
  /// URL of a store other than AWS's; empty = AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else AWS.
  std::string endpoint;
  /// Buckets in the path, not the host name. Always so with an endpoint that is an IP address.
  bool force_path_style = false;
  /// Of the shared AWS files; empty = AWS_PROFILE.
  std::string profile;
  std::string credentials_file;
  /// Empty = AWS's credential chain.
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;
  std::size_t max_retries = 5;
  /// Learn a bucket's region from the store's answers, instead of failing.
  bool discover_bucket_region = true;
  /// URL of the store as clients reach it; empty = `endpoint`.
  std::string pre_signed_endpoint;
  bool disable_pre_signed = false;
  bool disable_pre_signed_multipart = false;
};

struct Config {
  /// `local`, `mem` or `s3`.
  std::string type = "local";
  /// The local store's folder.
  std::string local_path;
  /// Folders beside it that objects may be imported from, and read.
  std::vector<std::string> local_external_prefixes;
  /// Imports take names that begin with a dot, too.
  bool local_import_hidden = false;
  S3Config s3;
};

/// What drivers need from their host; all outlive the adapter.
struct Services {
  BlockingPool& pool;
  const Clock& clock;
  Rng& rng;
  http::Client& http;
  /// Where AWS's credential chain and endpoints may be configured.
  const Environment& environment;
  Metrics& metrics;
};

/// Opens the block store that `config` names; creates a missing folder. Blocking: for start-up.
/// Contacts no remote store. Errors: kInvalid (unknown type, malformed endpoint), kUnavailable (the
/// file system refuses).
Result<std::unique_ptr<Adapter>> open(const Config& config, Services services);

/// The same for reading: nothing is created or cleaned up, and what would change an object gives
/// kReadOnlyStore. May run beside a server on the same objects. Errors as open, kObjectNotFound (a
/// missing folder), kUnsupported (objects in another process's memory).
Result<std::unique_ptr<Adapter>> open_read_only(const Config& config, Services services);
/// A view of `inner` that refuses what would change an object.
std::unique_ptr<Adapter> read_only(std::unique_ptr<Adapter> inner);

/// What reads the sources of imports in the store that open() opened with the same parameters;
/// `adapter` outlives it. Blocking: for start-up.
Result<std::unique_ptr<Walker>> open_walker(const Config& config, Services services,
                                            Adapter& adapter);

/// Objects in this process's memory, for tests and trials; the strictest driver.
std::unique_ptr<Adapter> open_mem(const Clock& clock, Rng& rng);

}  // namespace tarn::block
