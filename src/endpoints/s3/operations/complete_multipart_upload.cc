#include "endpoints/s3/conditions.h"
#include "endpoints/s3/errors.h"
#include "endpoints/s3/operations.h"
#include "endpoints/s3/response.h"

#include <charconv>

namespace tarn::endpoints::s3::operations {
namespace {

/// Ten thousand parts with an ETag and the longest checksums each.
constexpr std::size_t kBodyBytesMax = 8 * kMiB;

Result<std::vector<catalog::ListedPart>> parse_parts(std::string_view text) {
  const Result<aws::XmlDocument> document = aws::parse_xml(text);
  if (!document) {
    return Error(kMalformedXml);
  }
  std::vector<catalog::ListedPart> parts;
  const aws::XmlElement root = document->root();
  for (aws::XmlElement element = root.child("Part"); element; element = element.next("Part")) {
    const std::string number = element.child_text("PartNumber");
    catalog::ListedPart part;
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), part.number);
    if (error != std::errc() || end != number.data() + number.size()) {
      return Error(kMalformedXml);
    }
    part.etag = unquoted(element.child_text("ETag"));
    parts.push_back(std::move(part));
  }
  if (parts.empty() || parts.size() > catalog::kPartNumberMax) {
    return Error(kMalformedXml);
  }
  return parts;
}

/// Where the object can be read afterwards.
std::string location(const Call& call) {
  const bool secure = call.request().tls || call.header("X-Forwarded-Proto") == "https" ||
                      call.header("X-Forwarded-Ssl") == "on";
  std::string out = secure ? "https://" : "http://";
  out.append(call.header("Host")).append("/");
  if (!call.address().virtual_host) {
    out.append(call.address().repository).append("/");
  }
  return out.append(call.key());
}

}  // namespace

Outcome complete_multipart_upload(Context ctx, Call call) {
  TARN_CO_TRY(catalog::UploadTarget target, call.target());
  TARN_CO_TRY(graveler::WriteCondition condition, write_condition(call.request().headers));
  // Checksums in the header are those of the object, not of this document.
  aws::PayloadOptions options;
  options.checksums_cover_body = false;
  TARN_CO_TRY(const std::unique_ptr<ByteSource> source, call.take_body(options));
  TARN_CO_TRY(const Bytes text, co_await read_all(ctx, *source, kBodyBytesMax));
  TARN_CO_TRY(std::vector<catalog::ListedPart> parts, parse_parts(text));
  TARN_CO_TRY(const catalog::CompletedUpload done,
              co_await call.uploads().complete(ctx, std::move(target), call.parameter("uploadId"),
                                               std::move(parts), std::move(condition)));
  XmlBody body;
  body.xml()
      .open("CompleteMultipartUploadResult")
      .element("Location", location(call))
      .element("Bucket", call.address().repository)
      .element("Key", call.key())
      .element("ETag", quoted(done.etag))
      .close("CompleteMultipartUploadResult");
  co_return body.response();
}

}  // namespace tarn::endpoints::s3::operations
