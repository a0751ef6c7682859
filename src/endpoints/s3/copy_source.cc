#include "endpoints/s3/copy_source.h"

#include "base/encoding.h"
#include "endpoints/s3/errors.h"

#include <charconv>

namespace tarn::endpoints::s3 {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

Result<CopySource> parse_copy_source(std::string_view field) {
  const std::size_t version = field.rfind("?versionId=");
  Result<std::string> decoded = percent_decode(field.substr(0, version));
  // A client that does not encode may send a bare percent sign.
  std::string text = decoded ? *std::move(decoded) : std::string(field.substr(0, version));
  text.erase(0, text.find_first_not_of('/'));
  const std::size_t first = text.find('/');
  const std::size_t second =
      first == std::string::npos ? std::string::npos : text.find('/', first + 1);
  if (second == std::string::npos || first == 0 || second == first + 1) {
    return Error(kInvalidCopySource);
  }
  return CopySource{text.substr(0, first), text.substr(first + 1, second - first - 1),
                    text.substr(second + 1)};
}

Result<block::ByteRange> parse_copy_range(std::string_view field, std::uint64_t size_bytes) {
  constexpr std::string_view unit = "bytes=";
  const std::size_t dash = field.find('-');
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;
  if (field.starts_with(unit) && dash != std::string_view::npos) {
    first = parse_number(field.substr(unit.size(), dash - unit.size()));
    last = parse_number(field.substr(dash + 1));
  }
  if (!first || !last || *last < *first) {
    return Error::with_message(
        kInvalidArgument,
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and "
        "last are the zero-based offsets of the first and last bytes to copy");
  }
  if (*last >= size_bytes) {
    return Error(kInvalidRange);
  }
  return block::ByteRange{*first, *last - *first + 1};
}

}  // namespace tarn::endpoints::s3
