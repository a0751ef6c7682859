#include "endpoints/s3/parameters.h"

#include "base/encoding.h"
#include "endpoints/s3/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tarn::endpoints::s3 {
namespace {

/// No token in clear begins with it: a reference is never empty.
constexpr std::string_view kEncodedToken = "//";

}  // namespace

Result<std::uint32_t> number_parameter(const Call& call, std::string_view name,
                                       std::uint32_t fallback) {
  const std::string_view text = call.find(name).value_or(std::string_view());
  if (text.empty()) {
    return fallback;
  }
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    return Error::with_message(
        kInvalidArgument,
        fmt::format("Argument {} must be an integer between 0 and 2147483647", name));
  }
  return static_cast<std::uint32_t>(value);
}

Result<std::uint32_t> page_size_parameter(const Call& call, std::string_view name) {
  TARN_TRY(const std::uint32_t size, number_parameter(call, name, kPageSizeMax));
  return std::min(size, kPageSizeMax);
}

Result<NameEncoding> NameEncoding::of(const Call& call) {
  const std::string type = call.parameter("encoding-type");
  NameEncoding encoding;
  encoding.url_ = type == "url";
  if (!type.empty() && !encoding.url_) {
    return Error::with_message(kInvalidArgument, "Invalid Encoding Method specified in Request");
  }
  return encoding;
}

std::string NameEncoding::operator()(std::string_view name) const {
  if (!url_) {
    return std::string(name);
  }
  std::string out;
  for (const char c : percent_encode(name, "/* ")) {
    // percent_encode keeps the tilde, S3 does not; S3 writes a space as a plus.
    if (c == '~') {
      out += "%7E";
    } else {
      out.push_back(c == ' ' ? '+' : c);
    }
  }
  return out;
}

std::string encode_token(std::string text) {
  const bool has_control =
      std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
  if (!has_control && is_valid_utf8(text)) {
    return text;
  }
  return std::string(kEncodedToken).append(percent_encode(text));
}

Result<std::string> decode_token(std::string token) {
  if (!token.starts_with(kEncodedToken)) {
    return token;
  }
  Result<std::string> text = percent_decode(token.substr(kEncodedToken.size()));
  return text ? std::move(text) : Error(kBadRequest);
}

}  // namespace tarn::endpoints::s3
