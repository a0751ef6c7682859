#include "block/namespace.h"

#include <algorithm>

namespace tarn::block {
namespace {

constexpr std::string_view kLocalScheme = "local";
constexpr std::string_view kSchemes[] = {"s3",     "gs",   kLocalScheme, "mem",
                                         "memory", "http", "https"};

std::string_view trim_slashes(std::string_view text) {
  while (text.starts_with('/')) {
    text.remove_prefix(1);
  }
  while (text.ends_with('/')) {
    text.remove_suffix(1);
  }
  return text;
}

Result<Location> split_bucket(std::string_view rest, std::string_view shown) {
  const std::size_t slash = rest.find('/');
  Location location;
  location.bucket = rest.substr(0, slash);
  location.key = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  if (location.bucket.empty() || location.key.empty()) {
    return Error(kInvalidAddress, shown);
  }
  return location;
}

}  // namespace

Result<StoreUri> StoreUri::parse(std::string_view text) {
  const std::size_t at = text.find("://");
  if (at == std::string_view::npos) {
    return Error(kInvalidAddress, text);
  }
  StoreUri uri;
  uri.scheme = text.substr(0, at);
  uri.rest = text.substr(at + 3);
  if (std::find(std::begin(kSchemes), std::end(kSchemes), uri.scheme) == std::end(kSchemes)) {
    return Error(kInvalidAddress, text);
  }
  return uri;
}

Result<void> check_namespace(const StorageNamespace& storage_namespace, std::string_view scheme) {
  const Result<StoreUri> uri = StoreUri::parse(storage_namespace.str());
  if (!uri || trim_slashes(uri->rest).empty()) {
    return Error(kInvalidNamespace, storage_namespace.str());
  }
  if (uri->scheme != scheme) {
    return Error(kInvalidNamespace, storage_namespace.str())
        .append(": this server's block store takes " + std::string(scheme) + "://");
  }
  return {};
}

Result<Location> resolve(const StorageNamespace& storage_namespace, std::string_view address,
                         AddressType type) {
  if (type != AddressType::kRelative) {
    const Result<StoreUri> uri = StoreUri::parse(address);
    if (uri && uri->scheme == kLocalScheme && uri->rest.starts_with('/')) {
      return Location{{}, uri->rest};
    }
    if (uri) {
      return split_bucket(uri->rest, address);
    }
    if (type == AddressType::kFull) {
      return uri.error();
    }
  }
  TARN_TRY(const StoreUri ns, StoreUri::parse(storage_namespace.str()));
  std::string full = ns.rest;
  if (full.ends_with('/')) {
    full.pop_back();
  }
  full.append("/").append(address);
  return split_bucket(full, address);
}

std::string physical_address(const StorageNamespace& storage_namespace, std::string_view address,
                             AddressType type) {
  if (type == AddressType::kFull || (type == AddressType::kUnknown && StoreUri::parse(address))) {
    return std::string(address);
  }
  const std::string& ns = storage_namespace.str();
  const std::size_t at = ns.find("://");
  std::string out = ns.substr(0, at + 3);
  out.append(trim_slashes(std::string_view(ns).substr(at + 3))).append("/").append(address);
  return out;
}

Address normalize(const StorageNamespace& storage_namespace, std::string_view physical) {
  std::string prefix = storage_namespace.str();
  if (!prefix.ends_with('/')) {
    prefix.push_back('/');
  }
  if (physical.starts_with(prefix + "data/")) {
    return {std::string(physical.substr(prefix.size())), AddressType::kRelative};
  }
  return {std::string(physical), AddressType::kFull};
}

}  // namespace tarn::block
