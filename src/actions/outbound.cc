#include "actions/outbound.h"

#include "base/text.h"

#include <fmt/format.h>

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace tarn::actions {
namespace {

constexpr unsigned kMappedBits = 96;

/// Whether all of `name` matches, `*` for any characters.
bool name_matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_name = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_name = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool is_name_pattern(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
           c == '*';
  });
}

/// A name without the dot that may end it.
std::string normal_name(std::string_view host) {
  std::string out = ascii_lower(host);
  if (out.ends_with('.')) {
    out.pop_back();
  }
  return out;
}

constexpr std::string_view kLoopback[] = {"127.0.0.0/8", "::1"};

constexpr std::string_view kSpecial[] = {
    "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4",
    // Metadata services of Alibaba and Oracle; the WireServer of Azure.
    "100.100.100.200", "192.0.0.192", "168.63.129.16",
    "::/127",  // unspecified and loopback
    "fe80::/10", "fec0::/10", "ff00::/8",
    // Metadata services of AWS and Google.
    "fd00:ec2::254", "fd20:ce::254"};

/// IPv6 networks whose addresses hold an IPv4 one, and where.
struct Embedding {
  std::string_view network;
  std::size_t offset = 0;
};
constexpr Embedding kEmbeddings[] = {
    {"::/96", 12}, {"64:ff9b::/96", 12}, {"64:ff9b:1::/48", 12}, {"2002::/16", 2}};

}  // namespace

bool OutboundRules::Network::contains(const Address& other) const {
  const unsigned whole = bits / 8;
  if (std::memcmp(address.data(), other.data(), whole) != 0) {
    return false;
  }
  const unsigned rest = bits % 8;
  return rest == 0 || ((address[whole] ^ other[whole]) >> (8 - rest)) == 0;
}

bool OutboundRules::parse_address(std::string_view text, Address& out) {
  std::string plain(text.substr(0, text.find('%')));  // without a zone
  if (plain.starts_with('[') && plain.ends_with(']')) {
    plain = plain.substr(1, plain.size() - 2);
  }
  std::uint8_t v4[4];
  if (::inet_pton(AF_INET, plain.c_str(), v4) == 1) {
    out = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, v4[0], v4[1], v4[2], v4[3]};
    return true;
  }
  return ::inet_pton(AF_INET6, plain.c_str(), out.data()) == 1;
}

bool OutboundRules::parse_network(std::string_view text, Network& out) {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  if (!parse_address(address, out.address)) {
    return false;
  }
  const bool v4 = address.find(':') == std::string_view::npos;
  const unsigned most = v4 ? 32 : 128;
  out.bits = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), out.bits);
    if (failure != std::errc() || end != digits.data() + digits.size() || out.bits > most) {
      return false;
    }
  }
  out.bits += v4 ? kMappedBits : 0;
  return true;
}

bool OutboundRules::is_special(const Address& address) {
  static const std::vector<Network> special = [] {
    std::vector<Network> out;
    for (const std::string_view text : kSpecial) {
      (void)parse_network(text, out.emplace_back());
    }
    return out;
  }();
  static const std::vector<std::pair<Network, std::size_t>> embeddings = [] {
    std::vector<std::pair<Network, std::size_t>> out;
    for (const Embedding& each : kEmbeddings) {
      (void)parse_network(each.network, out.emplace_back(Network(), each.offset).first);
    }
    return out;
  }();
  const auto listed = [](const Address& one) {
    return std::ranges::any_of(special,
                               [&one](const Network& network) { return network.contains(one); });
  };
  if (listed(address)) {
    return true;
  }
  for (const auto& [network, offset] : embeddings) {
    if (network.contains(address)) {
      Address inner{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
      std::copy_n(address.begin() + static_cast<std::ptrdiff_t>(offset), 4, inner.begin() + 12);
      if (listed(inner)) {
        return true;
      }
    }
  }
  return false;
}

Result<OutboundRules> OutboundRules::parse(const std::vector<std::string>& entries) {
  OutboundRules out;
  for (const std::string& entry : entries) {
    const std::string text = normal_name(trim(entry));
    Network network;
    if (parse_network(text, network)) {
      out.networks_.push_back(network);
    } else if (is_name_pattern(text)) {
      out.names_.push_back(text);
    } else {
      return Error::with_message(
          kInvalid, fmt::format("actions.allowed_hosts: '{}' is no name (in which * stands for any "
                                "characters), no address and no network",
                                entry));
    }
    if (text == "localhost") {
      for (const std::string_view loopback : kLoopback) {
        (void)parse_network(loopback, out.networks_.emplace_back());
      }
    }
  }
  return out;
}

Result<void> OutboundRules::check(std::string_view host, std::string_view address) const {
  Address parsed{};
  if (!parse_address(address, parsed)) {
    return Error::with_message(kInvalid, fmt::format("'{}' is no address", address));
  }
  if (std::ranges::any_of(networks_,
                          [&parsed](const Network& network) { return network.contains(parsed); })) {
    return {};
  }
  const std::string name = normal_name(host);
  const bool named = std::ranges::any_of(
      names_, [&name](const std::string& pattern) { return name_matches(pattern, name); });
  const bool special = is_special(parsed);
  if (named && !special) {
    return {};
  }
  const std::string where =
      host == address ? std::string(host) : fmt::format("{} ({})", host, address);
  return Error(kConnectionRefused,
               special ? where + ", an address of this machine or its link" : where);
}

}  // namespace tarn::actions
