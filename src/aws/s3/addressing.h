#pragma once

#include "aws/s3_client.h"
#include "base/thread_annotations.h"
#include "http/message.h"

#include <map>
#include <string>
#include <string_view>

namespace tarn::aws {

/// Where a request goes.
struct S3Place {
  std::string base_url;
  /// As the Host field has it.
  std::string host;
  /// Path and query, encoded.
  std::string target;
  std::string region;
};

/// Turns buckets and keys into places, and remembers the regions of buckets. Thread-safe.
class S3Addressing {
 public:
  explicit S3Addressing(const S3Config& config);

  S3Place place(std::string_view bucket, std::string_view key, const http::QueryPairs& query) const;
  bool is_tls() const { return scheme_ == "https"; }

  /// The bucket's region as far as known; the configured one at first.
  std::string region_of(std::string_view bucket) const;
  bool knows_region_of(std::string_view bucket) const;
  void learn(std::string_view bucket, std::string region);

 private:
  bool in_host(std::string_view bucket) const;
  std::string authority(const std::string& region) const;

  const std::string region_;
  const bool custom_;
  bool path_style_;
  std::string scheme_;
  /// Host and port, without the scheme's own.
  std::string authority_;

  mutable Mutex mutex_;
  std::map<std::string, std::string, std::less<>> regions_ TARN_GUARDED_BY(mutex_);
};

}  // namespace tarn::aws
