#include "endpoints/rest/handlers/upload_body.h"

#include "base/text.h"
#include "http/fields.h"
#include "http/multipart.h"

#include <algorithm>

namespace tarn::endpoints::rest::handlers {
namespace {

/// The content of a form's part, with the request body and the reader that it comes from.
class FormContent final : public ByteSource {
 public:
  FormContent(std::unique_ptr<ByteSource> body, std::string boundary)
      : body_(std::move(body)), reader_(*body_, std::move(boundary)) {}

  /// Goes to the first part of that name; its Content-Type, or nothing when there is no such part.
  Task<Result<std::optional<std::string>>> find(Context ctx, std::string name) {
    std::optional<std::string> content_type;
    for (;;) {
      TARN_CO_TRY(std::optional<http::MultipartPart> part, co_await reader_.next(ctx));
      if (!part) {
        co_return content_type;
      }
      if (part->name == name) {
        content_type = std::string(part->headers.get("Content-Type"));
        content_ = std::move(part->content);
        co_return content_type;
      }
    }
  }
  Task<Result<Bytes>> read(Context ctx, std::size_t max_bytes) override {
    co_return co_await content_->read(std::move(ctx), max_bytes);
  }
  std::optional<std::uint64_t> remaining() const override { return std::nullopt; }

 private:
  std::unique_ptr<ByteSource> body_;
  http::MultipartReader reader_;
  std::unique_ptr<ByteSource> content_;
};

}  // namespace

Task<Result<UploadBody>> open_upload_body(Context ctx, http::Request& request) {
  UploadBody out;
  out.content_type = request.headers.get("Content-Type");
  if (!ascii_lower(out.content_type).starts_with("multipart/form-data")) {
    out.size_bytes = request.content_length;
    out.bytes = std::move(request.body);
    co_return out;
  }
  TARN_CO_TRY(std::string boundary, http::multipart_boundary(out.content_type));
  auto form = std::make_unique<FormContent>(std::move(request.body), std::move(boundary));
  TARN_CO_TRY(std::optional<std::string> content_type,
              co_await form->find(std::move(ctx), "content"));
  if (!content_type) {
    co_return Error::with_message(kInvalid,
                                  "multipart upload missing key 'content': http: no such file");
  }
  out.content_type = *std::move(content_type);
  out.bytes = std::move(form);
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
    const std::string name = ascii_lower(field.name);
    for (const Prefix& prefix : prefixes) {
      if (name.starts_with(prefix.field) && name.size() > prefix.field.size()) {
        out.emplace(std::string(prefix.key) + name.substr(prefix.field.size()), field.value);
      }
    }
  }
  return out;
}

}  // namespace tarn::endpoints::rest::handlers
