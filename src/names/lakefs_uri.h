#pragma once

#include "base/error.h"

#include <optional>
#include <string>
#include <string_view>

namespace tarn {

/// `lakefs://<repository>[/<ref>[/<path>]]`, decoded, not validated. An absent and an empty part
/// differ.
struct LakefsUri {
  std::string repository;
  std::optional<std::string> ref;
  std::optional<std::string> path;

  /// Errors: kMalformedUri. Escapes are decoded once; a query or fragment is dropped. An escaped
  /// slash separates ref and path too, as in lakeFS.
  static Result<LakefsUri> parse(std::string_view text);
  /// Puts `base` before a text that does not start with `lakefs://`, without a separator, and
  /// parses that.
  static Result<LakefsUri> parse(std::string_view text, std::string_view base);
  /// Without escaping again.
  std::string str() const;

  friend bool operator==(const LakefsUri&, const LakefsUri&) = default;
};

// Each says what is wrong with a URI where the named kind is asked for; callers put the label of
// their argument and a space before the message ("branch URI contains invalid branch name: not a
// valid branch URI").

/// Errors kNotRepositoryUri.
Result<void> check_repository_uri(const LakefsUri& uri);
/// Errors kNotRepositoryUri, kNotRefUri.
Result<void> check_ref_uri(const LakefsUri& uri);
/// Errors kNotRepositoryUri, kNotRefUri, kNotBranchUri.
Result<void> check_branch_uri(const LakefsUri& uri);
/// Errors kNotRepositoryUri, kNotRefUri, kNotPathUri.
Result<void> check_path_uri(const LakefsUri& uri);

}  // namespace tarn
