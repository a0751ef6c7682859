#pragma once

#include "base/error.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::actions {

/// A hook's connection that the rules of the server do not allow.
inline constexpr ErrorId kConnectionRefused{ErrorKind::kForbidden,
                                            "hooks may not connect there (actions.allowed_hosts)"};

/// Where hooks may connect to (`actions.allowed_hosts`). An entry is
///
/// - a name, in which `*` stands for any characters: hosts called so, as far as their addresses are
///   no special ones. A host that is given by its address is called by that address;
/// - an address or a network (`10.0.0.0/8`): every host with such an address, special ones, too;
/// - `localhost`: that name, and the loopback networks.
///
/// Special addresses are those of this machine and its link: loopback, link-local (the metadata
/// services of clouds are there), unspecified, multicast, reserved, the metadata services that lie
/// elsewhere, and IPv6 forms of special IPv4 addresses. Immutable.
class OutboundRules {
 public:
  /// Nothing is allowed.
  OutboundRules() = default;
  /// Errors kInvalid, which names the entry.
  static Result<OutboundRules> parse(const std::vector<std::string>& entries);

  /// For one address of a host. Errors: kConnectionRefused, kInvalid (no address).
  Result<void> check(std::string_view host, std::string_view address) const;

 private:
  /// IPv4 addresses in their IPv6 form.
  using Address = std::array<std::uint8_t, 16>;
  struct Network {
    Address address{};
    unsigned bits = 0;

    bool contains(const Address& other) const;
  };
  static bool parse_address(std::string_view text, Address& out);
  static bool parse_network(std::string_view text, Network& out);
  static bool is_special(const Address& address);

  std::vector<std::string> names_;
  std::vector<Network> networks_;
};

}  // namespace tarn::actions
