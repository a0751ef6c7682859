#include "aws/config.h"

#include "aws/credentials/profile_file.h"
#include "aws/signature/canonical.h"
#include "base/text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace tarn::aws {
namespace {

/// Where AWS's own names end, by what a region begins with.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kPartitions = {{
    {"cn-", "amazonaws.com.cn"},
    {"us-iso-", "c2s.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov"},
    {"us-isof-", "csp.hci.ic.gov"},
    {"eu-isoe-", "cloud.adc-e.uk"},
    {"eusc-", "amazonaws.eu"},
}};

std::string_view domain_of(std::string_view region) {
  for (const auto& [prefix, domain] : kPartitions) {
    if (region.starts_with(prefix)) {
      return domain;
    }
  }
  return "amazonaws.com";
}

/// `s3` as in AWS_ENDPOINT_URL_S3.
std::string variable_of(std::string_view service) {
  std::string out = "AWS_ENDPOINT_URL_";
  for (const char c : service) {
    const bool is_lower = c >= 'a' && c <= 'z';
    out.push_back(is_lower ? static_cast<char>(c - ('a' - 'A')) : c == '-' || c == ' ' ? '_' : c);
  }
  return out;
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && port >= 1 &&
         port <= 65535;
}

bool is_authority(std::string_view authority) {
  const std::size_t host_end = authority.starts_with('[') ? authority.find(']') : 0;
  if (host_end == std::string_view::npos) {
    return false;
  }
  const std::size_t colon = authority.find(':', host_end);
  const std::string_view host = authority.substr(0, colon);
  if (host.empty() || host.find_first_of("/?#@ \t\r\n%\\") != std::string_view::npos) {
    return false;
  }
  return colon == std::string_view::npos || is_port(authority.substr(colon + 1));
}

/// `origin` names who gave the URL.
Result<Endpoint> custom_endpoint(std::string_view url, std::string_view origin) {
  std::string_view rest = url;
  while (rest.ends_with('/')) {
    rest.remove_suffix(1);
  }
  const std::size_t mark = rest.find("://");
  const std::string scheme = ascii_lower(rest.substr(0, mark));
  if (mark == std::string_view::npos || (scheme != "http" && scheme != "https") ||
      !is_authority(rest.substr(mark + 3))) {
    return Error::with_message(kInvalid,
                               fmt::format("{}: \"{}\" is not http(s)://host[:port]", origin, url));
  }
  return Endpoint{.base_url = fmt::format("{}://{}", scheme, rest.substr(mark + 3)),
                  .custom = true};
}

}  // namespace

Result<Endpoint> resolve_endpoint(const Environment& environment, std::string_view service,
                                  std::string_view region, std::string_view explicit_endpoint) {
  if (!explicit_endpoint.empty()) {
    return custom_endpoint(explicit_endpoint, fmt::format("endpoint of {}", service));
  }
  const std::string ignore =
      ascii_lower(environment.get_or("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", ""));
  if (ignore != "true") {
    for (const std::string& name : {variable_of(service), std::string("AWS_ENDPOINT_URL")}) {
      if (const std::optional<std::string_view> url = environment.get(name)) {
        return custom_endpoint(*url, name);
      }
    }
  }
  Endpoint own{.base_url = fmt::format("https://{}.{}.{}", service, region, domain_of(region))};
  if (!is_authority(std::string_view(own.base_url).substr(8))) {
    return Error::with_message(kInvalid, fmt::format("\"{}\" is not an AWS region", region));
  }
  return own;
}

std::string resolve_region(const Environment& environment, std::string_view explicit_region,
                           const ChainOptions& options) {
  if (!explicit_region.empty()) {
    return std::string(explicit_region);
  }
  for (const std::string_view name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (const std::optional<std::string_view> region = environment.get(name)) {
      return std::string(*region);
    }
  }
  // What is wrong with the files is told by who needs them: the credentials.
  const Result<detail::Profiles> profiles =
      detail::load_profiles(detail::profile_paths(environment, options.credentials_file));
  if (profiles) {
    const auto profile = profiles->find(detail::profile_name(environment, options.profile));
    if (profile != profiles->end()) {
      const std::string_view region = detail::setting(profile->second, "region");
      if (!region.empty()) {
        return std::string(region);
      }
    }
  }
  return "us-east-1";
}

}  // namespace tarn::aws
