#pragma once

#include "base/error.h"

#include <string>
#include <vector>

namespace tarn::endpoints::s3 {

struct Config {
  /// Host names of the gateway without ports; sub-domains of them are repositories.
  std::vector<std::string> domains;
  /// Shown in answers; a signature may name any.
  std::string region = "us-east-1";
  /// Refuse sub-resources that do not exist here; else they are treated as absent.
  bool verify_unsupported = true;
};

/// Without ports and blanks. Errors kInvalid when one domain is a sub-domain of another.
Result<std::vector<std::string>> parse_domains(const std::vector<std::string>& names);

}  // namespace tarn::endpoints::s3
