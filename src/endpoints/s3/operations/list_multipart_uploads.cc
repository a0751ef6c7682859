#include "base/time_text.h"
#include "endpoints/s3/errors.h"
#include "endpoints/s3/operations.h"
#include "endpoints/s3/parameters.h"
#include "endpoints/s3/response.h"

namespace tarn::endpoints::s3::operations {

Outcome list_multipart_uploads(Context ctx, Call call) {
  for (const std::string_view name : {"prefix", "delimiter", "encoding-type"}) {
    if (!call.parameter(name).empty()) {
      co_return Error(kNotImplemented);
    }
  }
  TARN_CO_TRY(const std::uint32_t limit, page_size_parameter(call, "max-uploads"));
  catalog::MultipartUploads::UploadPosition after;
  after.key = call.parameter("key-marker");
  if (!after.key.empty()) {
    after.upload_id = call.parameter("upload-id-marker");
  }
  TARN_CO_TRY(const catalog::MultipartUploads::Uploads page,
              co_await call.uploads().list(ctx, call.repository(), std::move(after), limit));
  XmlBody body;
  aws::XmlWriter& xml = body.xml();
  xml.open("ListMultipartUploadsResult").element("Bucket", call.address().repository);
  for (const auto& item : page.items) {
    xml.open("Upload")
        .element("Key", item.position.key)
        .element("UploadId", item.position.upload_id)
        .element("Initiated", format_iso8601_millis(item.creation_date))
        .close("Upload");
  }
  if (page.more && !page.items.empty()) {
    xml.element("NextKeyMarker", page.items.back().position.key)
        .element("NextUploadIdMarker", page.items.back().position.upload_id);
  }
  xml.element("IsTruncated", page.more && limit > 0 ? "true" : "false")
      .element("MaxUploads", std::to_string(limit))
      .close("ListMultipartUploadsResult");
  co_return body.response();
}

}  // namespace tarn::endpoints::s3::operations
