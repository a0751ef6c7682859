#include "api/detail/binder.h"

#include "api/errors.h"
#include "base/encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace tarn::api::detail {
namespace {

constexpr std::array<std::string_view, 3> kPlaces{"path", "query", "header"};

bool equals_ignore_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

/// The official Python SDK writes `+0000` where RFC 3339 has `+00:00`.
std::string with_colon_in_offset(std::string_view text) {
  std::string out(text);
  const std::size_t sign = text.size() - std::min<std::size_t>(text.size(), 5);
  const std::string_view offset = text.substr(sign);
  if (offset.size() == 5 && (offset[0] == '+' || offset[0] == '-') &&
      offset.find_first_not_of("0123456789", 1) == std::string_view::npos) {
    out.insert(sign + 3, ":");
  }
  return out;
}

}  // namespace

ParamBinder::Value ParamBinder::path_value(std::size_t index) const {
  return index < in_.path.size() ? Value(in_.path[index]) : std::nullopt;
}

ParamBinder::Value ParamBinder::query_value(const ParamSpec& spec) {
  Value found;
  for (const auto& [name, value] : in_.query) {
    if (name != spec.name) {
      continue;
    }
    if (found) {
      bad_argument(spec, fmt::format("multiple values for single value parameter '{}'", spec.name));
      break;
    }
    found = value;
  }
  return found;
}

ParamBinder::Value ParamBinder::header_value(const ParamSpec& spec) {
  const HeaderValue found = in_.headers(spec.name);
  if (found.count > 1) {
    bad_argument(spec, fmt::format("Expected one value for {}, got {}", spec.name, found.count));
  }
  return found.count == 0 ? std::nullopt : Value(found.value);
}

void ParamBinder::query(const ParamSpec& spec, std::vector<std::string>& out) {
  for (const auto& [name, value] : in_.query) {
    if (name == spec.name) {
      out.push_back(value);
    }
  }
  if (spec.required && out.empty()) {
    bad_request(Where::kQuery, spec, "value is required but missing");
  } else if (spec.rules != nullptr && !out.empty()) {
    const std::string reason = broken_item_rule(out.size(), *spec.rules);
    if (!reason.empty()) {
      bad_request(Where::kQuery, spec, reason);
    }
  }
}

bool ParamBinder::wanted(Where where, const ParamSpec& spec, Value value) {
  if (!value || (where == Where::kPath && value->empty())) {
    if (spec.required) {
      bad_request(where, spec, "value is required but missing");
    }
    return false;
  }
  return true;
}

void ParamBinder::parse(Where where, const ParamSpec& spec, std::string_view text,
                        std::string& out) {
  if (text.empty() && !spec.allow_empty) {
    bad_request(where, spec, "empty value is not allowed");
    return;
  }
  const std::string reason = spec.rules == nullptr ? std::string() : broken_rule(text, *spec.rules);
  if (!reason.empty()) {
    bad_request(where, spec, reason);
    return;
  }
  out = text;
}

void ParamBinder::parse(Where where, const ParamSpec& spec, std::string_view text,
                        std::int64_t& out) {
  if (no_number(spec, text)) {
    return;
  }
  std::string_view digits = text;
  if (digits.starts_with('+') && digits.size() > 1 && digits[1] != '-') {
    digits.remove_prefix(1);
  }
  const char* end = digits.data() + digits.size();
  const auto [stop, code] = std::from_chars(digits.data(), end, out);
  if (code == std::errc::result_out_of_range && stop == end) {
    bad_request(where, spec, fmt::format("value {}: an invalid integer: value out of range", text));
    return;
  }
  if (code != std::errc() || stop != end) {
    bad_request(where, spec, fmt::format("value {}: an invalid integer: invalid syntax", text));
    return;
  }
  const std::string reason = spec.rules == nullptr ? std::string() : broken_rule(out, *spec.rules);
  if (!reason.empty()) {
    bad_request(where, spec, reason);
  }
}

void ParamBinder::parse(Where where, const ParamSpec& spec, std::string_view text, bool& out) {
  if (no_number(spec, text)) {
    return;
  }
  // The words of Go's ParseBool.
  constexpr std::array<std::string_view, 6> kTrue{"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array<std::string_view, 6> kFalse{"0", "f", "F", "false", "FALSE", "False"};
  if (std::ranges::find(kTrue, text) != kTrue.end()) {
    out = true;
  } else if (std::ranges::find(kFalse, text) != kFalse.end()) {
    out = false;
  } else {
    bad_request(where, spec, fmt::format("value {}: an invalid boolean: invalid syntax", text));
  }
}

void ParamBinder::parse(Where where, const ParamSpec& spec, std::string_view text, WallTime& out) {
  if (no_number(spec, text)) {
    return;
  }
  const Result<WallTime> time = parse_rfc3339(with_colon_in_offset(text));
  if (time) {
    out = *time;
  } else {
    bad_request(where, spec, "string doesn't match the format \"date-time\"");
  }
}

bool ParamBinder::no_number(const ParamSpec& spec, std::string_view text) {
  if (text.empty()) {
    bad_argument(spec, "empty value");
  }
  return text.empty();
}

void ParamBinder::bad_request(Where where, const ParamSpec& spec, std::string_view reason) {
  if (!bad_request_) {
    bad_request_ = Error::with_message(
        kBadRequest, fmt::format("parameter \"{}\" in {} has an error: {}", spec.name,
                                 kPlaces[static_cast<std::size_t>(where)], reason));
  }
}

void ParamBinder::bad_argument(const ParamSpec& spec, std::string_view reason) {
  if (!bad_argument_) {
    bad_argument_ = Error::with_message(
        kBadArgument, fmt::format("Invalid format for parameter {}: {}", spec.name, reason));
  }
}

Result<void> ParamBinder::finish() {
  if (bad_request_) {
    return *std::move(bad_request_);
  }
  if (bad_argument_) {
    return *std::move(bad_argument_);
  }
  return {};
}

Error body_error(std::string_view reason) {
  return Error::with_message(kBadRequest, fmt::format("request body has an error: {}", reason));
}

Error body_schema_error(std::string_view schema, const JsonReader& reader) {
  return body_error(fmt::format("doesn't match schema{}{}: {}", schema.empty() ? "" : " ", schema,
                                reader.complaint()));
}

Result<bool> accept_json_body(const BodyInput& in, bool required) {
  if (in.bytes.empty()) {
    if (required) {
      return body_error("value is required but missing");
    }
    return false;
  }
  std::string_view media = in.content_type.substr(0, in.content_type.find(';'));
  while (media.ends_with(' ') || media.ends_with('\t')) {
    media.remove_suffix(1);
  }
  if (!equals_ignore_case(media, "application/json")) {
    return body_error(
        fmt::format("header Content-Type has unexpected value \"{}\"", in.content_type));
  }
  return true;
}

CallBuilder::CallBuilder(OperationId id) : rest_(operation(id).path) {
  call_.operation = &operation(id);
  call_.target = kBasePath;
}

void CallBuilder::add_path(std::string_view value) {
  const std::size_t open = rest_.find('{');
  call_.target.append(rest_.substr(0, open));
  call_.target.append(percent_encode(value));
  rest_.remove_prefix(rest_.find('}') + 1);
}

void CallBuilder::add_query(std::string_view name, std::string_view value) {
  if (!has_query_) {
    call_.target.append(rest_);
    rest_ = {};
  }
  call_.target.push_back(has_query_ ? '&' : '?');
  has_query_ = true;
  call_.target.append(percent_encode(name)).append("=").append(percent_encode(value));
}

void CallBuilder::query(std::string_view name, const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    add_query(name, value);
  }
}

ClientCall CallBuilder::finish() {
  call_.target.append(rest_);
  return std::move(call_);
}

}  // namespace tarn::api::detail
