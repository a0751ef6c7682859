#include "names/ids.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_word(char c) { return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_lower_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
bool is_hex(char c) { return is_lower_hex(c) || (c >= 'A' && c <= 'F'); }

Result<void> valid_if(bool ok, std::string_view kind) {
  if (ok) {
    return {};
  }
  return Error(kInvalidName, kind);
}

bool is_hex_id(std::string_view text) {
  return text.size() == kHexIdSize && std::all_of(text.begin(), text.end(), is_lower_hex);
}

}  // namespace

namespace detail {

Result<void> RepositoryIdRule::check(std::string_view text) {
  const auto allowed = [](char c) { return is_digit(c) || is_lower(c) || c == '-'; };
  const bool ok = text.size() >= 3 && text.size() <= 63 && text[0] != '-' &&
                  std::all_of(text.begin(), text.end(), allowed);
  return valid_if(ok, "repository id");
}

Result<void> BranchIdRule::check(std::string_view text) {
  const auto allowed = [](char c) { return is_word(c) || c == '-'; };
  if (text.empty()) {
    return Error(kRequiredName, "branch id");
  }
  return valid_if(text[0] != '-' && std::all_of(text.begin(), text.end(), allowed), "branch id");
}

Result<void> TagIdRule::check(std::string_view text) {
  if (text.empty()) {
    return Error(kRequiredName, "tag id");
  }
  const auto forbidden = [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 ||
           std::string_view("^:?*[\\/").find(c) != std::string_view::npos;
  };
  const bool ok = text != "@" && !text.ends_with('.') && !text.ends_with(".lock") &&
                  text.find("..") == std::string_view::npos &&
                  text.find("@{") == std::string_view::npos &&
                  std::none_of(text.begin(), text.end(), forbidden);
  return valid_if(ok, "tag id");
}

Result<void> CommitIdRule::check(std::string_view text) {
  return valid_if(is_hex_id(text), "commit id");
}
Result<void> RangeIdRule::check(std::string_view text) {
  return valid_if(is_hex_id(text), "range id");
}
Result<void> MetaRangeIdRule::check(std::string_view text) {
  return valid_if(text.empty() || is_hex_id(text), "metarange id");
}
Result<void> StagingTokenRule::check(std::string_view text) {
  return valid_if(!text.empty(), "staging token");
}

Result<void> ObjectPathRule::check(std::string_view text) {
  if (text.empty()) {
    return Error(kMissingPath);
  }
  if (text.size() > kObjectPathBytesMax) {
    return Error(kPathTooLong)
        .append(fmt::format(": {} is above maximum length ({})", text.size(), kObjectPathBytesMax));
  }
  return {};
}

Result<void> StorageNamespaceRule::check(std::string_view text) {
  const std::size_t at = text.find("://");
  return valid_if(at != std::string_view::npos && at > 0, "storage namespace");
}

Result<void> PullRequestIdRule::check(std::string_view text) {
  const auto in_alphabet = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'v'); };
  // 20 characters hold 100 bits; the 4 beyond an xid's 96 are zero, so the last character is 0 or
  // g.
  return valid_if(text.size() == 20 && std::all_of(text.begin(), text.end(), in_alphabet) &&
                      (text.back() == '0' || text.back() == 'g'),
                  "pull request id");
}

}  // namespace detail

StagingToken make_staging_token(const RepositoryId& repository, const BranchId& branch,
                                std::string_view uuid) {
  return StagingToken::trusted(fmt::format("{}-{}:{}", repository, branch, uuid));
}

bool looks_like_commit_prefix(std::string_view text) {
  return !text.empty() && text.size() <= kHexIdSize &&
         std::all_of(text.begin(), text.end(), is_hex);
}

bool looks_like_ref(std::string_view text) {
  // Every request names a reference; find_first_of would look each character up with a call.
  const auto blank = [](char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
  };
  return !text.empty() && std::none_of(text.begin(), text.end(), blank);
}

}  // namespace tarn
