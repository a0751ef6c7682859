#pragma once

#include "base/error.h"
#include "names/errors.h"

#include <fmt/format.h>

#include <compare>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace tarn {

/// A string that is known to be of one kind. Kinds do not convert into each other. Empty when
/// default-constructed. `Rule` gives `static Result<void> check(std::string_view)`; the rules are
/// those of rest-api and storage conventions.
template <class Rule>
class Name {
 public:
  Name() = default;

  /// Checks foreign text. Errors kInvalidName or kRequiredName, with the kind before the text
  /// ("branch id: …"); paths: kMissingPath and kPathTooLong.
  static Result<Name> parse(std::string text) {
    Result<void> checked = Rule::check(text);
    if (!checked) {
      return std::move(checked).error();
    }
    return Name(std::move(text));
  }
  /// Text read back from our own storage, or built from checked parts.
  static Name trusted(std::string text) { return Name(std::move(text)); }

  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  friend bool operator==(const Name&, const Name&) = default;
  friend std::strong_ordering operator<=>(const Name& a, const Name& b) {
    return a.text_ <=> b.text_;
  }
  friend const std::string& format_as(const Name& name) { return name.text_; }
  /// What a failing test prints.
  friend void PrintTo(const Name& name, std::ostream* out) { *out << name.text_; }
  // NOLINTNEXTLINE(google-explicit-constructor): reading a name as text loses nothing.
  operator std::string_view() const { return text_; }

 private:
  explicit Name(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

namespace detail {
struct RepositoryIdRule {
  static Result<void> check(std::string_view text);
};
struct BranchIdRule {
  static Result<void> check(std::string_view text);
};
struct TagIdRule {
  static Result<void> check(std::string_view text);
};
struct CommitIdRule {
  static Result<void> check(std::string_view text);
};
struct RangeIdRule {
  static Result<void> check(std::string_view text);
};
struct MetaRangeIdRule {
  static Result<void> check(std::string_view text);
};
struct StagingTokenRule {
  static Result<void> check(std::string_view text);
};
struct ObjectPathRule {
  static Result<void> check(std::string_view text);
};
struct StorageNamespaceRule {
  static Result<void> check(std::string_view text);
};
struct PullRequestIdRule {
  static Result<void> check(std::string_view text);
};
}  // namespace detail

/// `^[a-z0-9][a-z0-9-]{2,62}$`
using RepositoryId = Name<detail::RepositoryIdRule>;
/// `^\w[-\w]*$` in ASCII
using BranchId = Name<detail::BranchIdRule>;
/// Git-like: no white space or control characters, none of `..` `/` `@{` `^` `:` `?` `*` `[` `\`,
/// not `@`, not ending in `.` or `.lock`
using TagId = Name<detail::TagIdRule>;
/// 64 lower-case hexadecimal digits
using CommitId = Name<detail::CommitIdRule>;
/// 64 lower-case hexadecimal digits
using RangeId = Name<detail::RangeIdRule>;
/// 64 lower-case hexadecimal digits, or empty: the empty tree of the first commit, which has no
/// file
using MetaRangeId = Name<detail::MetaRangeIdRule>;
/// Names the KV partition of one staging area; non-empty
using StagingToken = Name<detail::StagingTokenRule>;
/// 1 to 1024 bytes of anything
using ObjectPath = Name<detail::ObjectPathRule>;
/// URI of the place where a repository's objects lie: `<scheme>://…`
using StorageNamespace = Name<detail::StorageNamespaceRule>;
/// An xid: 20 characters of lower-case base32hex
using PullRequestId = Name<detail::PullRequestIdRule>;

/// What creating a branch appends to the error for an invalid name.
inline constexpr std::string_view kBranchIdRuleText =
    ": branch id must consist of letters, digits, underscores and dashes, and cannot start with a "
    "dash";

/// `<repository>-<branch>:<uuid>`, lakeFS's form; `uuid` is a fresh version 4 UUID, lower case with
/// dashes.
StagingToken make_staging_token(const RepositoryId& repository, const BranchId& branch,
                                std::string_view uuid);

inline constexpr std::size_t kObjectPathBytesMax = 1024;
inline constexpr std::size_t kHexIdSize = 64;

/// True for 1 to 64 hexadecimal digits of either case: what may be a commit id or a prefix of one.
bool looks_like_commit_prefix(std::string_view text);
/// True for a non-empty text without white space: what may stand where a reference expression is
/// asked for.
bool looks_like_ref(std::string_view text);

}  // namespace tarn

template <class Rule>
struct std::hash<tarn::Name<Rule>> {
  std::size_t operator()(const tarn::Name<Rule>& name) const noexcept {
    return std::hash<std::string>()(name.str());
  }
};

#if FMT_VERSION < 100000
// fmt 9 takes `format_as` for enumerations only.
template <class Rule>
struct fmt::formatter<tarn::Name<Rule>> : fmt::formatter<std::string_view> {
  template <class FormatContext>
  auto format(const tarn::Name<Rule>& name, FormatContext& context) const {
    return fmt::formatter<std::string_view>::format(name.str(), context);
  }
};
#endif
