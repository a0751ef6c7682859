#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "http/message.h"
#include "runtime/byte_source.h"
#include "runtime/context.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tarn::http {

/// The media type is no `multipart/…`, or has no usable boundary.
inline constexpr ErrorId kNotMultipart{ErrorKind::kInvalid, "not a multipart body"};
/// The body is damaged: no first boundary, a bad part header, or an end before the last boundary.
inline constexpr ErrorId kBadMultipart{ErrorKind::kInvalid, "malformed multipart body"};

struct MultipartLimits {
  std::size_t part_header_bytes_max = 16 * kKiB;
  std::size_t parts_max = 1000;
  /// What may stand before the first boundary.
  std::size_t preamble_bytes_max = 4 * kKiB;
};

/// The boundary in a Content-Type. Errors kNotMultipart.
Result<std::string> multipart_boundary(std::string_view content_type);

/// One part. `content` reads from the reader that gave it, and ends when the next part is asked
/// for; it must not outlive the reader.
struct MultipartPart {
  Headers headers;
  /// `name` of Content-Disposition; empty without one.
  std::string name;
  std::optional<std::string> filename;
  std::unique_ptr<ByteSource> content;
};

/// Reads multipart bodies (RFC 2046 section 5.1; RFC 7578 for forms) part by part in constant
/// memory:
///
///     preamble  --boundary CRLF  fields CRLF CRLF  content  CRLF--boundary CRLF …  --boundary--
///
/// Blanks after a boundary are allowed, what follows the last one is not read. One reader; not
/// thread-safe; `source` outlives it.
class MultipartReader {
 public:
  MultipartReader(ByteSource& source, std::string boundary, MultipartLimits limits = {});
  ~MultipartReader();
  MultipartReader(const MultipartReader&) = delete;
  MultipartReader& operator=(const MultipartReader&) = delete;

  /// The next part, after what is left of the one before; nothing after the last.
  /// Errors kBadMultipart and those of the source; after one do not call again.
  Task<Result<std::optional<MultipartPart>>> next(Context ctx);

 private:
  class Content;

  Task<Result<bool>> fill(Context ctx);
  Task<Result<void>> skip_preamble(Context ctx);
  Task<Result<bool>> after_delimiter(Context ctx);
  Task<Result<MultipartPart>> read_part(Context ctx);
  Task<Result<Bytes>> read_content(Context ctx, std::size_t max_bytes);

  ByteSource& source_;
  /// `\r\n--boundary`.
  const std::string delimiter_;
  const MultipartLimits limits_;
  /// Read from the source and not yet given out.
  Bytes buffer_;
  bool started_ = false;
  /// Inside a part's content.
  bool in_content_ = false;
  bool finished_ = false;
  std::size_t parts_ = 0;
  Content* live_ = nullptr;
};

}  // namespace tarn::http
