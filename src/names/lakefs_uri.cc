#include "names/lakefs_uri.h"

#include "base/encoding.h"
#include "names/errors.h"
#include "names/ids.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn {
namespace {

// The parts that every kind of URI needs.
Result<void> check_repository_part(const LakefsUri& uri) {
  if (uri.repository.empty()) {
    return Error(kNotRepositoryUri, "missing repository part");
  }
  if (!RepositoryId::parse(uri.repository)) {
    return Error(kNotRepositoryUri,
                 fmt::format("contains invalid repository name (repo={})", uri.repository));
  }
  return {};
}

Result<void> check_ref_part(const LakefsUri& uri) {
  TARN_CHECK_OK(check_repository_part(uri));
  if (uri.ref.value_or("").empty()) {
    return Error(kNotRefUri, "missing reference part");
  }
  if (!looks_like_ref(*uri.ref)) {
    return Error(kNotRefUri, "contains invalid reference name");
  }
  return {};
}

}  // namespace

Result<LakefsUri> LakefsUri::parse(std::string_view text) {
  const Error malformed(kMalformedUri);
  constexpr std::string_view scheme = "lakefs://";
  const auto same_letter = [](char a, char b) {
    return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b);
  };
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (text.size() < scheme.size() ||
      !std::equal(scheme.begin(), scheme.end(), text.begin(), same_letter) ||
      std::any_of(text.begin(), text.end(), control)) {
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
  if (host.empty() || host.find_first_of("@% ") != std::string_view::npos) {
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

Result<LakefsUri> LakefsUri::parse(std::string_view text, std::string_view base) {
  if (base.empty() || text.starts_with("lakefs://")) {
    return parse(text);
  }
  return parse(std::string(base).append(text));
}

Result<void> check_repository_uri(const LakefsUri& uri) {
  TARN_CHECK_OK(check_repository_part(uri));
  if (!uri.ref.value_or("").empty()) {
    return Error(kNotRepositoryUri,
                 fmt::format("repository URI includes a ref part (ref={})", *uri.ref));
  }
  if (uri.path) {
    return Error(kNotRepositoryUri,
                 fmt::format("repository URI includes path part (path={})", *uri.path));
  }
  return {};
}

Result<void> check_ref_uri(const LakefsUri& uri) {
  TARN_CHECK_OK(check_ref_part(uri));
  if (!uri.path.value_or("").empty()) {
    return Error(kNotRefUri, fmt::format("ref URI includes a path part (path={})", *uri.path));
  }
  return {};
}

Result<void> check_branch_uri(const LakefsUri& uri) {
  TARN_CHECK_OK(check_ref_part(uri));
  const std::string path = uri.path.value_or("");
  if (!path.empty() && path != "/") {
    return Error(kNotBranchUri, "branch URI includes a path part");
  }
  if (!BranchId::parse(*uri.ref)) {
    return Error(kNotBranchUri, "contains invalid branch name");
  }
  return {};
}

Result<void> check_path_uri(const LakefsUri& uri) {
  TARN_CHECK_OK(check_ref_part(uri));
  if (!uri.path) {
    return Error(kNotPathUri, "missing path part");
  }
  return {};
}

}  // namespace tarn
