#pragma once

#include "base/error.h"
#include "http/message.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Field values with an inner structure.
namespace tarn::http {

/// `value; name=token; name="quoted"`: media types, dispositions (RFC 9110 5.6.6).
struct ParameterizedValue {
  /// Lower case, e.g. `multipart/form-data`.
  std::string value;
  /// Names lower case, in order of arrival, quotes and escapes undone.
  std::vector<std::pair<std::string, std::string>> parameters;

  /// The first parameter of that (lower-case) name.
  std::optional<std::string_view> find(std::string_view name) const;
};

/// Errors kInvalid for a parameter without a value, an open quote, or a name given twice.
Result<ParameterizedValue> parse_parameterized(std::string_view field);

/// `attachment; filename="a.csv"`; a name beyond ASCII also as `filename*=UTF-8''…` (RFC 6266).
/// Without a name only the type. Line breaks and quotes in the name do no harm.
std::string content_disposition(std::string_view type, std::string_view filename = "");

/// The name in a Content-Disposition: `filename*` (RFC 8187, UTF-8 only) before `filename`.
std::optional<std::string> disposition_filename(const ParameterizedValue& disposition);

/// The pairs of all `Cookie` fields in order of arrival (RFC 6265 section 5.4, as browsers send
/// them). Values are not decoded; quotes around a value are dropped. Malformed pairs are skipped.
std::vector<std::pair<std::string, std::string>> parse_cookies(const Headers& headers);
/// The first cookie of that name.
std::optional<std::string> find_cookie(const Headers& headers, std::string_view name);

}  // namespace tarn::http
