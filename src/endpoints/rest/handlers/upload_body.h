#pragma once

#include "graveler/entry.h"
#include "http/message.h"
#include "runtime/byte_source.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace tarn::endpoints::rest::handlers {

struct UploadBody {
  std::unique_ptr<ByteSource> bytes;
  std::optional<std::uint64_t> size_bytes;
  std::string content_type;
};

/// The object in an upload: the part `content` of a multipart form, or the body itself. The source
/// reads from the request. Errors kInvalid for a form without that part.
Task<Result<UploadBody>> open_upload_body(Context ctx, http::Request& request);

/// User metadata from `X-Lakefs-Meta-<key>` and `X-Lakefs-Internal-<key>` fields; keys in lower
/// case, the first value counts.
graveler::Metadata metadata_of_headers(const http::Headers& headers);

}  // namespace tarn::endpoints::rest::handlers
