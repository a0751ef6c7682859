#include "base/time_text.h"
#include "endpoints/s3/conditions.h"
#include "endpoints/s3/copy_source_entry.h"
#include "endpoints/s3/metadata.h"
#include "endpoints/s3/operations.h"
#include "endpoints/s3/response.h"

namespace tarn::endpoints::s3::operations {

Outcome copy_object(Context ctx, Call call) {
  TARN_CO_TRY(catalog::UploadTarget target, call.target());
  catalog::CopyOptions options;
  TARN_CO_TRY(options.condition, write_condition(call.request().headers));
  if (call.header("x-amz-metadata-directive") == "REPLACE") {
    TARN_CO_TRY(options.metadata, metadata_of(call.request().headers));
    const std::string_view content_type = call.header("Content-Type");
    if (!content_type.empty()) {
      options.content_type = std::string(content_type);
    }
  }
  TARN_CO_TRY(SourceObject source, co_await find_copy_source(ctx, call));
  TARN_CO_TRY(const graveler::Entry entry,
              co_await call.objects().copy_entry(ctx, std::move(target.repository),
                                                 std::move(target.branch), std::move(target.path),
                                                 std::move(source.repository),
                                                 std::move(source.entry), std::move(options)));
  XmlBody body;
  body.xml()
      .open("CopyObjectResult")
      .element("LastModified", format_iso8601_millis(entry.last_modified))
      .element("ETag", quoted(entry.etag))
      .close("CopyObjectResult");
  co_return body.response();
}

}  // namespace tarn::endpoints::s3::operations
