#include "base/time_text.h"
#include "endpoints/s3/copy_source_entry.h"
#include "endpoints/s3/errors.h"
#include "endpoints/s3/operations.h"
#include "endpoints/s3/parameters.h"
#include "endpoints/s3/response.h"

namespace tarn::endpoints::s3::operations {
namespace {

Result<std::uint32_t> part_number(const Call& call) {
  Result<std::uint32_t> number = number_parameter(call, "partNumber", 0);
  if (!number || call.parameter("partNumber").empty()) {
    return Error::with_message(kInvalidArgument, "Argument partNumberMarker must be an integer.");
  }
  return number;
}

}  // namespace

Outcome upload_part(Context ctx, Call call) {
  TARN_CO_TRY(catalog::UploadTarget target, call.target());
  TARN_CO_TRY(const std::uint32_t number, part_number(call));
  TARN_CO_TRY(std::unique_ptr<ByteSource> bytes, call.take_body());
  const std::optional<std::uint64_t> size_bytes = bytes->remaining();
  TARN_CO_TRY(const catalog::PartRecord part,
              co_await call.uploads().put_part(ctx, std::move(target), call.parameter("uploadId"),
                                               number, std::move(bytes), size_bytes));
  http::Response response;
  response.headers.add("ETag", quoted(part.etag));
  co_return response;
}

Outcome upload_part_copy(Context ctx, Call call) {
  TARN_CO_TRY(catalog::UploadTarget target, call.target());
  TARN_CO_TRY(const std::uint32_t number, part_number(call));
  Result<SourceObject> found = co_await find_copy_source(ctx, call);
  if (!found && found.error().is(graveler::kObjectNotFound)) {
    co_return Error(kInvalidCopySource);
  }
  TARN_CO_TRY(SourceObject source, std::move(found));
  std::optional<block::ByteRange> range;
  const std::string_view field = call.header("x-amz-copy-source-range");
  if (!field.empty()) {
    const auto size_bytes = static_cast<std::uint64_t>(source.entry.size_bytes);
    TARN_CO_TRY(range, parse_copy_range(field, size_bytes));
  }
  TARN_CO_TRY(const catalog::PartRecord part,
              co_await call.uploads().copy_part(ctx, std::move(target), call.parameter("uploadId"),
                                                number, std::move(source.repository),
                                                std::move(source.entry), range));
  XmlBody body;
  // lakeFS's root, where S3 has CopyPartResult.
  body.xml()
      .open("CopyObjectResult")
      .element("LastModified", format_iso8601_millis(part.last_modified))
      .element("ETag", quoted(part.etag))
      .close("CopyObjectResult");
  co_return body.response();
}

}  // namespace tarn::endpoints::s3::operations
