#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tarn {

/// `lakefs://<repository>[/<ref>[/<path>]]`, decoded, not validated. An absent and an empty part differ.
struct LakefsUri {
  std::string repository;
  std::optional<std::string> ref;
  std::optional<std::string> path;

  /// Errors: kMalformedUri. Escapes are decoded once; a query or fragment is dropped.
  static Result<LakefsUri> parse(std::string_view text);
  /// Without escaping again.
  std::string str() const;
};

}  // namespace tarn
