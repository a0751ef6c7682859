#pragma once

#include "base/error.h"
#include "endpoints/s3/call.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tarn::endpoints::s3 {

/// The most that one page of any list holds.
inline constexpr std::uint32_t kPageSizeMax = 1000;

/// A number in the query; `fallback` without it or if it is empty. Errors kInvalidArgument
/// ("Argument <name> must be an integer between 0 and 2147483647").
Result<std::uint32_t> number_parameter(const Call& call, std::string_view name,
                                       std::uint32_t fallback);
/// The same for the size of a page, cut to kPageSizeMax.
Result<std::uint32_t> page_size_parameter(const Call& call, std::string_view name);

/// Names in a list as the client wants them: as they are, or with `encoding-type=url` encoded as S3
/// does it, so that they survive XML.
class NameEncoding {
 public:
  /// Errors kInvalidArgument for a type that does not exist.
  static Result<NameEncoding> of(const Call& call);
  bool is_url() const { return url_; }
  std::string operator()(std::string_view name) const;

 private:
  bool url_ = false;
};

/// A position in a list for the client to give back: in clear, unless XML could not carry it.
std::string encode_token(std::string text);
/// Errors kBadRequest.
Result<std::string> decode_token(std::string token);

}  // namespace tarn::endpoints::s3
