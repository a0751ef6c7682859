#include "aws/s3/addressing.h"

#include "base/encoding.h"

#include <algorithm>

namespace tarn::aws {
namespace {

bool is_ip_address(std::string_view authority) {
  const std::string_view host = authority.substr(0, authority.rfind(':'));
  return authority.starts_with('[') ||
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// Whether the bucket can be a label of a host name. A dot would be one more label, which no
/// wildcard certificate covers.
bool is_host_label(std::string_view bucket, bool dots) {
  const auto fits = [dots](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || (dots && c == '.');
  };
  return bucket.size() >= 3 && bucket.size() <= 63 &&
         std::all_of(bucket.begin(), bucket.end(), fits) && bucket.front() != '-' &&
         bucket.back() != '-' && bucket.front() != '.' && bucket.back() != '.' &&
         bucket.find("..") == std::string_view::npos;
}

}  // namespace

S3Addressing::S3Addressing(const S3Config& config)
    : region_(config.region),
      custom_(config.endpoint.custom),
      path_style_(config.path_style.value_or(config.endpoint.custom)) {
  const std::string_view url = config.endpoint.base_url;
  const std::size_t colon = std::min(url.find("://"), url.size());
  scheme_ = url.substr(0, colon);
  std::string_view authority = url.substr(std::min(colon + 3, url.size()));
  while (authority.ends_with('/')) {
    authority.remove_suffix(1);
  }
  const std::string_view own_port = is_tls() ? ":443" : ":80";
  if (authority.ends_with(own_port)) {
    authority.remove_suffix(own_port.size());
  }
  authority_ = authority;
  path_style_ = path_style_ || is_ip_address(authority_);
}

bool S3Addressing::in_host(std::string_view bucket) const {
  return !path_style_ && is_host_label(bucket, !is_tls());
}

/// AWS has an endpoint for each region.
std::string S3Addressing::authority(const std::string& region) const {
  std::string out = authority_;
  const std::size_t at = custom_ || region == region_ ? std::string::npos : out.find(region_);
  if (at != std::string::npos) {
    out.replace(at, region_.size(), region);
  }
  return out;
}

S3Place S3Addressing::place(std::string_view bucket, std::string_view key,
                            const http::QueryPairs& query) const {
  S3Place out;
  out.region = region_of(bucket);
  out.host = authority(out.region);
  out.target = "/";
  if (in_host(bucket)) {
    out.host = std::string(bucket) + "." + out.host;
  } else {
    out.target.append(percent_encode(bucket));
    if (!key.empty()) {
      out.target.push_back('/');
    }
  }
  out.target.append(percent_encode(key, "/"));
  char separator = '?';
  for (const auto& [name, value] : query) {
    out.target.push_back(separator);
    out.target.append(percent_encode(name)).append("=").append(percent_encode(value));
    separator = '&';
  }
  out.base_url = scheme_ + "://" + out.host;
  return out;
}

std::string S3Addressing::region_of(std::string_view bucket) const {
  const MutexLock lock(mutex_);
  const auto found = regions_.find(bucket);
  return found == regions_.end() ? region_ : found->second;
}

bool S3Addressing::knows_region_of(std::string_view bucket) const {
  const MutexLock lock(mutex_);
  return regions_.find(bucket) != regions_.end();
}

void S3Addressing::learn(std::string_view bucket, std::string region) {
  const MutexLock lock(mutex_);
  regions_.insert_or_assign(std::string(bucket), std::move(region));
}

}  // namespace tarn::aws
