#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tarn::http {

/// Where a base URL points.
struct Origin {
  bool tls = false;
  /// Name or address, an IPv6 one without brackets.
  std::string host;
  std::uint16_t port = 0;
  /// As the Host field has it: no port when it is the scheme's own.
  std::string authority;
};

/// `http(s)://host[:port]`, a trailing slash allowed. Errors kInvalid.
Result<Origin> parse_base_url(std::string_view url);

}  // namespace tarn::http
