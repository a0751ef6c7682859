#include "endpoints/rest/handlers/upload_body.h"

#include "base/error.h"

#include <algorithm>
#include <cctype>

namespace tarn::endpoints::rest::handlers {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

Task<Result<UploadBody>> open_upload_body(Context, http::Request& request) {
  UploadBody out;
  out.content_type = request.headers.get("Content-Type");
  if (lower(out.content_type).starts_with("multipart/form-data")) {
    co_return Error(kUnsupported, "multipart upload");
  }
  out.size_bytes = request.content_length;
  out.bytes = std::move(request.body);
  co_return out;
}

graveler::Metadata metadata_of_headers(const http::Headers& headers) {
  struct Prefix {
    std::string_view field;
    std::string_view key;
  };
  constexpr Prefix prefixes[] = {{"x-lakefs-meta-", ""}, {"x-lakefs-internal-", "::lakefs::"}};
  graveler::Metadata out;
  for (const http::Headers::Field& field : headers) {
    const std::string name = lower(field.name);
    for (const Prefix& prefix : prefixes) {
      if (name.starts_with(prefix.field) && name.size() > prefix.field.size()) {
        out.emplace(std::string(prefix.key) + name.substr(prefix.field.size()), field.value);
      }
    }
  }
  return out;
}

}  // namespace tarn::endpoints::rest::handlers
