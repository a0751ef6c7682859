#include "block/local/key_path.h"

#include "base/encoding.h"

#include <algorithm>

namespace tarn::block::local {
namespace {

constexpr std::string_view kEscape = ".tarn~";
constexpr char kMore = '+';
constexpr char kLast = '=';
constexpr std::size_t kNameBytesMax = 255;
/// A piece of raw bytes whose escaped form (three times as long at worst) fits one file name.
constexpr std::size_t kPieceBytes = 80;

bool needs_escape(std::string_view component) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return component.empty() || component == "." || component == ".." ||
         component.size() > kNameBytesMax || component.starts_with(kEscape) ||
         std::any_of(component.begin(), component.end(), is_control);
}

}  // namespace

bool is_reserved_path(std::string_view relative_path) {
  const std::string_view first = relative_path.substr(0, relative_path.find('/'));
  return first == kTemporaryFolder || first == kUploadsFolder;
}

std::string escape_component(std::string_view component) {
  if (!needs_escape(component)) {
    return std::string(component);
  }
  std::string out;
  for (std::size_t at = 0;; at += kPieceBytes) {
    const bool last = at + kPieceBytes >= component.size();
    out.append(kEscape).push_back(last ? kLast : kMore);
    out.append(percent_encode(component.substr(std::min(at, component.size()), kPieceBytes)));
    if (last) {
      return out;
    }
    out.push_back('/');
  }
}

std::string path_of_key(std::string_view bucket, std::string_view key) {
  std::string out = escape_component(bucket);
  for (std::size_t at = 0; at <= key.size();) {
    const std::size_t end = std::min(key.find('/', at), key.size());
    out.push_back('/');
    out.append(escape_component(key.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

Result<KeyDecoder::Step> KeyDecoder::step(std::string_view path_component) {
  if (!path_component.starts_with(kEscape)) {
    return Step{std::string(path_component), false};
  }
  std::string_view rest = path_component.substr(kEscape.size());
  if (rest.empty() || (rest[0] != kMore && rest[0] != kLast)) {
    return Error(kCorruption, path_component);
  }
  TARN_TRY(std::string text, percent_decode(rest.substr(1)));
  return Step{std::move(text), rest[0] == kMore};
}

}  // namespace tarn::block::local
