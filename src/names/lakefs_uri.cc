#include "names/lakefs_uri.h"

#include <algorithm>

#include "base/encoding.h"
#include "names/errors.h"

namespace tarn {

Result<LakefsUri> LakefsUri::parse(std::string_view text) {
  const Error malformed(kMalformedUri);
  constexpr std::string_view scheme = "lakefs://";
  const auto same_letter = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  if (text.size() < scheme.size() || !std::equal(scheme.begin(), scheme.end(), text.begin(), same_letter)) {
    return malformed;
  }
  std::string_view rest = text.substr(scheme.size());
  rest = rest.substr(0, rest.find_first_of("?#"));
  const std::size_t slash = rest.find('/');
  std::string_view host = rest.substr(0, slash);
  if (const std::size_t colon = host.find(':'); colon != std::string_view::npos) {
    const std::string_view port = host.substr(colon + 1);
    if (!std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      return malformed;
    }
    host = host.substr(0, colon);
  }
  if (host.empty() || host.find('@') != std::string_view::npos) {
    return malformed;
  }
  LakefsUri uri;
  uri.repository = host;
  if (slash == std::string_view::npos) {
    return uri;
  }
  Result<std::string> decoded = percent_decode(rest.substr(slash + 1));
  if (!decoded) {
    return malformed;
  }
  const std::size_t cut = decoded->find('/');
  if (cut != std::string::npos) {
    uri.path = decoded->substr(cut + 1);
    decoded->resize(cut);
  }
  // `lakefs://repo/` names the repository alone.
  if (uri.path || !decoded->empty()) {
    uri.ref = *std::move(decoded);
  }
  return uri;
}

std::string LakefsUri::str() const {
  std::string out = "lakefs://" + repository;
  if (ref) {
    out.append("/").append(*ref);
  }
  if (path) {
    out.append("/").append(*path);
  }
  return out;
}

}  // namespace tarn
