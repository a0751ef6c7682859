#include "http/multipart.h"

#include "http/fields.h"
#include "http/wire/head.h"

#include <algorithm>
#include <utility>

namespace tarn::http {

namespace {

constexpr std::size_t kReadBytes = 64 * kKiB;

/// How many bytes at the end of `text` could be the start of `needle`.
std::size_t partial_match(std::string_view text, std::string_view needle) {
  for (std::size_t size = std::min(text.size(), needle.size() - 1); size > 0; --size) {
    if (text.ends_with(needle.substr(0, size))) {
      return size;
    }
  }
  return 0;
}

}  // namespace

/// The content of one part.
class MultipartReader::Content final : public ByteSource {
 public:
  explicit Content(MultipartReader& reader) : reader_(&reader) { reader.live_ = this; }
  ~Content() override {
    if (reader_ != nullptr) {
      reader_->live_ = nullptr;
    }
  }
  Task<Result<Bytes>> read(Context ctx, std::size_t max_bytes) override {
    return reader_ != nullptr ? reader_->read_content(std::move(ctx), max_bytes) : nothing();
  }
  std::optional<std::uint64_t> remaining() const override { return std::nullopt; }
  void detach() { reader_ = nullptr; }

 private:
  static Task<Result<Bytes>> nothing() { co_return Bytes(); }

  MultipartReader* reader_;
};

Result<std::string> multipart_boundary(std::string_view content_type) {
  Result<ParameterizedValue> type = parse_parameterized(content_type);
  if (!type || !type->value.starts_with("multipart/")) {
    return Error(kNotMultipart);
  }
  const std::optional<std::string_view> boundary = type->find("boundary");
  if (!boundary || boundary->empty()) {
    return Error(kNotMultipart, "no boundary");
  }
  // RFC 2046 5.1.1 allows 70 characters; curl and browsers stay far below.
  const bool good =
      boundary->size() <= 70 &&
      std::all_of(boundary->begin(), boundary->end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (!good) {
    return Error(kNotMultipart, "malformed boundary");
  }
  return std::string(*boundary);
}

MultipartReader::MultipartReader(ByteSource& source, std::string boundary, MultipartLimits limits)
    : source_(source), delimiter_("\r\n--" + std::move(boundary)), limits_(limits) {}

MultipartReader::~MultipartReader() {
  if (live_ != nullptr) {
    live_->detach();
  }
}

/// Adds a chunk of the source to the buffer; false at the source's end.
Task<Result<bool>> MultipartReader::fill(Context ctx) {
  TARN_CO_TRY(const Bytes chunk, co_await source_.read(ctx, kReadBytes));
  buffer_.append(chunk);
  co_return !chunk.empty();
}

/// Leaves the buffer behind the first delimiter, which may stand at the very start.
Task<Result<void>> MultipartReader::skip_preamble(Context ctx) {
  buffer_.assign("\r\n");
  for (;;) {
    const std::size_t at = buffer_.find(delimiter_);
    if (at != Bytes::npos) {
      buffer_.erase(0, at + delimiter_.size());
      co_return Result<void>();
    }
    if (buffer_.size() > limits_.preamble_bytes_max + kReadBytes) {
      co_return Error(kBadMultipart, "the boundary does not appear");
    }
    TARN_CO_TRY(const bool more, co_await fill(ctx));
    if (!more) {
      co_return Error(kBadMultipart, "the boundary does not appear");
    }
  }
}

/// The rest of a boundary's line: true if a part follows, false at the last boundary.
Task<Result<bool>> MultipartReader::after_delimiter(Context ctx) {
  for (;;) {
    if (buffer_.starts_with("--")) {
      co_return false;
    }
    const std::size_t text = buffer_.find_first_not_of(" \t");
    const std::size_t blanks = std::min(text, buffer_.size());
    const std::string_view rest = std::string_view(buffer_).substr(blanks);
    if (rest.starts_with("\r\n")) {
      buffer_.erase(0, blanks + 2);
      co_return true;
    }
    const bool could_be = rest.empty() || rest == "\r" || buffer_ == "-";
    if (!could_be || blanks > limits_.part_header_bytes_max) {
      co_return Error(kBadMultipart, "a boundary is followed by other text");
    }
    TARN_CO_TRY(const bool more, co_await fill(ctx));
    if (!more) {
      co_return Error(kBadMultipart, "it ends inside a boundary");
    }
  }
}

Task<Result<std::optional<MultipartPart>>> MultipartReader::next(Context ctx) {
  std::optional<MultipartPart> part;
  if (live_ != nullptr) {
    live_->detach();
    live_ = nullptr;
  }
  if (!started_) {
    started_ = true;
    TARN_CO_CHECK_OK(co_await skip_preamble(ctx));
  }
  while (in_content_) {
    TARN_CO_CHECK_OK(co_await read_content(ctx, kReadBytes));
  }
  if (finished_) {
    co_return part;
  }
  TARN_CO_TRY(const bool another, co_await after_delimiter(ctx));
  if (!another) {
    finished_ = true;
    co_return part;
  }
  if (++parts_ > limits_.parts_max) {
    co_return Error(kBadMultipart, "too many parts");
  }
  TARN_CO_TRY(part, co_await read_part(ctx));
  co_return part;
}

/// The fields of a part; its content follows in the buffer.
Task<Result<MultipartPart>> MultipartReader::read_part(Context ctx) {
  MultipartPart part;
  std::size_t header_bytes = 0;
  for (;;) {
    const std::size_t end = buffer_.find("\r\n");
    if (end == Bytes::npos) {
      if (buffer_.size() > limits_.part_header_bytes_max) {
        co_return Error(kBadMultipart, "a part's header is too large");
      }
      TARN_CO_TRY(const bool more, co_await fill(ctx));
      if (!more) {
        co_return Error(kBadMultipart, "it ends inside a part's header");
      }
      continue;
    }
    if (end == 0) {
      // The CRLF stays: a part without content has its delimiter right here.
      break;
    }
    const std::string_view line = std::string_view(buffer_).substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !wire::is_token(line.substr(0, colon))) {
      co_return Error(kBadMultipart, "a part has a malformed header field");
    }
    header_bytes += end + 2;
    if (header_bytes > limits_.part_header_bytes_max) {
      co_return Error(kBadMultipart, "a part's header is too large");
    }
    part.headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 1)));
    buffer_.erase(0, end + 2);
  }
  if (!buffer_.starts_with(delimiter_)) {
    // Whether it is that delimiter may not have arrived yet.
    while (buffer_.size() < delimiter_.size() && delimiter_.starts_with(buffer_)) {
      TARN_CO_TRY(const bool more, co_await fill(ctx));
      if (!more) {
        break;
      }
    }
    if (!buffer_.starts_with(delimiter_)) {
      buffer_.erase(0, 2);
    }
  }
  if (const auto field = part.headers.find("Content-Disposition")) {
    Result<ParameterizedValue> disposition = parse_parameterized(*field);
    if (!disposition) {
      co_return Error(kBadMultipart, "a part has a malformed Content-Disposition");
    }
    part.name = disposition->find("name").value_or("");
    part.filename = disposition_filename(*disposition);
  }
  in_content_ = true;
  part.content = std::make_unique<Content>(*this);
  co_return part;
}

/// Content up to the next delimiter, which is then consumed; empty at its end.
Task<Result<Bytes>> MultipartReader::read_content(Context ctx, std::size_t max_bytes) {
  Bytes out;
  while (in_content_) {
    const std::size_t at = buffer_.find(delimiter_);
    if (at == 0) {
      buffer_.erase(0, delimiter_.size());
      in_content_ = false;
      break;
    }
    const std::size_t sure =
        at != Bytes::npos ? at : buffer_.size() - partial_match(buffer_, delimiter_);
    if (sure > 0) {
      const std::size_t size = std::min(sure, max_bytes);
      if (size == buffer_.size()) {
        out.swap(buffer_);
      } else {
        out.assign(buffer_, 0, size);
        buffer_.erase(0, size);
      }
      break;
    }
    TARN_CO_TRY(const bool more, co_await fill(ctx));
    if (!more) {
      co_return Error(kBadMultipart, "it ends inside a part");
    }
  }
  co_return out;
}

}  // namespace tarn::http
