#include "base/time_text.h"
#include "endpoints/s3/operations.h"
#include "endpoints/s3/parameters.h"
#include "endpoints/s3/response.h"

namespace tarn::endpoints::s3::operations {

Outcome list_parts(Context ctx, Call call) {
  TARN_CO_TRY(const std::uint32_t limit, page_size_parameter(call, "max-parts"));
  TARN_CO_TRY(const std::uint32_t after, number_parameter(call, "part-number-marker", 0));
  // Reading needs no writable repository.
  catalog::UploadTarget target;
  target.repository = call.repository();
  TARN_CO_TRY(target.branch, BranchId::parse(call.address().ref));
  TARN_CO_TRY(target.path, ObjectPath::parse(call.address().path));
  TARN_CO_TRY(const catalog::MultipartUploads::Parts page,
              co_await call.uploads().list_parts(ctx, std::move(target), call.parameter("uploadId"),
                                                 after, limit));
  XmlBody body;
  aws::XmlWriter& xml = body.xml();
  const std::uint32_t last = page.parts.empty() ? after : page.parts.back().number;
  xml.open("ListPartsResult")
      .element("Bucket", call.address().repository)
      .element("IsTruncated", page.more && limit > 0 ? "true" : "false")
      .element("Key", call.key())
      .element("MaxParts", std::to_string(limit))
      .element("NextPartNumberMarker", std::to_string(last))
      .element("PartNumberMarker", std::to_string(after))
      .element("UploadId", call.parameter("uploadId"));
  for (const catalog::PartRecord& part : page.parts) {
    xml.open("Part")
        .element("PartNumber", std::to_string(part.number))
        .element("ETag", quoted(part.etag))
        .element("LastModified", format_iso8601_millis(part.last_modified))
        .element("Size", std::to_string(part.size_bytes))
        .close("Part");
  }
  xml.close("ListPartsResult");
  co_return body.response();
}

}  // namespace tarn::endpoints::s3::operations
