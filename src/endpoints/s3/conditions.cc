#include "endpoints/s3/conditions.h"

#include "base/time_text.h"
#include "endpoints/s3/errors.h"
#include "endpoints/s3/response.h"

#include <optional>
#include <string>

namespace tarn::endpoints::s3 {
namespace {

/// Whether a list of ETags (or `*`) holds `etag`.
bool lists_etag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view member = list.substr(0, comma);
    while (member.starts_with(' ')) {
      member.remove_prefix(1);
    }
    while (member.ends_with(' ')) {
      member.remove_suffix(1);
    }
    if (member.starts_with("W/")) {
      member.remove_prefix(2);
    }
    if (member == "*" || unquoted(member) == unquoted(etag)) {
      return true;
    }
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return false;
}

/// Whether the object, whose time the wire shows in whole seconds, is newer than the date.
std::optional<bool> newer_than(std::string_view date, WallTime last_modified) {
  const Result<WallTime> time = parse_http_date(date);
  if (!time) {
    return std::nullopt;
  }
  return unix_seconds(last_modified) > unix_seconds(*time);
}

}  // namespace

Verdict judge_conditions(const http::Headers& headers, std::string_view prefix,
                         std::string_view etag, WallTime last_modified) {
  const auto field = [&headers, prefix](std::string_view name) {
    return headers.get(std::string(prefix).append(name));
  };
  const std::string_view if_match = field("if-match");
  const std::string_view unmodified_since = field("if-unmodified-since");
  if (!if_match.empty()) {
    if (!lists_etag(if_match, etag)) {
      return Verdict::kFailed;
    }
  } else if (newer_than(unmodified_since, last_modified).value_or(false)) {
    return Verdict::kFailed;
  }
  const std::string_view if_none_match = field("if-none-match");
  const std::string_view modified_since = field("if-modified-since");
  if (!if_none_match.empty()) {
    return lists_etag(if_none_match, etag) ? Verdict::kNotModified : Verdict::kProceed;
  }
  return newer_than(modified_since, last_modified).value_or(true) ? Verdict::kProceed
                                                                  : Verdict::kNotModified;
}

Result<graveler::WriteCondition> write_condition(const http::Headers& headers) {
  graveler::WriteCondition condition;
  const std::string_view if_none_match = headers.get("If-None-Match");
  const std::string_view if_match = headers.get("If-Match");
  if (!if_none_match.empty()) {
    if (if_none_match != "*" || !if_match.empty()) {
      return Error(kNotImplemented);
    }
    condition.if_absent = true;
  } else if (!if_match.empty()) {
    if (if_match == "*" || if_match.find(',') != std::string_view::npos) {
      return Error(kNotImplemented);
    }
    condition.if_match_etag = std::string(unquoted(if_match));
  }
  return condition;
}

}  // namespace tarn::endpoints::s3
