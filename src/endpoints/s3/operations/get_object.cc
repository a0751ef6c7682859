#include "base/time_text.h"
#include "endpoints/s3/conditions.h"
#include "endpoints/s3/errors.h"
#include "endpoints/s3/metadata.h"
#include "endpoints/s3/operations.h"
#include "endpoints/s3/response.h"
#include "http/range.h"

namespace tarn::endpoints::s3::operations {
namespace {

constexpr std::string_view kDefaultContentType = "application/octet-stream";

/// Query parameters that replace a field of the response.
struct Override {
  std::string_view parameter;
  std::string_view field;
};
constexpr Override kOverrides[] = {
    {"response-content-type", "Content-Type"},
    {"response-content-disposition", "Content-Disposition"},
    {"response-content-encoding", "Content-Encoding"},
    {"response-content-language", "Content-Language"},
    {"response-cache-control", "Cache-Control"},
    {"response-expires", "Expires"},
};

/// What GET and HEAD have in common.
struct Opened {
  graveler::Entry entry;
  /// Status and fields; the body is GET's business.
  http::Response response;
  std::optional<block::ByteRange> range;
  /// The response is complete: 304 or 416.
  bool answered = false;
};

/// The one range that is asked for. Anything else than one well-formed range counts as none, and so
/// does one for another version of the object.
http::RangeRequest wanted_range(const Call& call, const graveler::Entry& entry) {
  http::RangeRequest none;
  const std::string_view if_range = call.header("If-Range");
  if (!if_range.empty() && unquoted(if_range) != unquoted(entry.etag) &&
      if_range != format_http_date(entry.last_modified)) {
    return none;
  }
  http::RangeRequest range =
      http::parse_range(call.header("Range"), static_cast<std::uint64_t>(entry.size_bytes));
  return range.asked == 1 ? range : none;
}

Task<Result<Opened>> open(Context ctx, Call call) {
  TARN_CO_TRY(ObjectPath path, ObjectPath::parse(call.address().path));
  Opened out;
  TARN_CO_TRY(out.entry, co_await call.objects().stat(ctx, call.repository(), call.address().ref,
                                                      std::move(path)));
  const graveler::Entry& entry = out.entry;
  http::Headers& headers = out.response.headers;
  headers.add("ETag", quoted(entry.etag));
  headers.add("Last-Modified", format_http_date(entry.last_modified));
  headers.add("Accept-Ranges", "bytes");
  switch (judge_conditions(call.request().headers, "", entry.etag, entry.last_modified)) {
    case Verdict::kFailed:
      co_return Error(kConditionFailed);
    case Verdict::kNotModified:
      out.response.status = 304;
      out.answered = true;
      co_return out;
    case Verdict::kProceed:
      break;
  }
  const auto size = static_cast<std::uint64_t>(entry.size_bytes);
  out.response.content_length = size;
  const http::RangeRequest range = wanted_range(call, entry);
  if (range.kind == http::RangeRequest::Kind::kUnsatisfiable) {
    out.response = error_response(call, Error(kInvalidRange));
    out.response.headers.add("Content-Range", http::content_range_unsatisfied(size));
    out.answered = true;
    co_return out;
  }
  if (range.kind == http::RangeRequest::Kind::kRanges) {
    const http::ByteRange& asked = range.ranges.front();
    out.range = block::ByteRange{asked.offset, asked.size_bytes};
    out.response.status = 206;
    out.response.content_length = asked.size_bytes;
    headers.add("Content-Range", http::content_range(asked, size));
  }
  headers.add("Content-Type",
              entry.content_type.empty() ? std::string(kDefaultContentType) : entry.content_type);
  add_metadata(entry.metadata, headers);
  for (const Override& change : kOverrides) {
    std::string value = call.parameter(change.parameter);
    if (!value.empty()) {
      headers.set(change.field, std::move(value));
    }
  }
  co_return out;
}

}  // namespace

Outcome get_object(Context ctx, Call call) {
  TARN_CO_TRY(Opened opened, co_await open(ctx, call));
  if (opened.answered) {
    co_return std::move(opened.response);
  }
  http::Headers& headers = opened.response.headers;
  headers.add("X-Content-Type-Options", "nosniff");
  headers.add("X-Frame-Options", "SAMEORIGIN");
  headers.add("Content-Security-Policy", "default-src 'none'");
  TARN_CO_TRY(
      opened.response.body,
      co_await call.objects().read(ctx, call.repository(), std::move(opened.entry), opened.range));
  co_return std::move(opened.response);
}

Outcome head_object(Context ctx, Call call) {
  TARN_CO_TRY(Opened opened, co_await open(std::move(ctx), call));
  co_return std::move(opened.response);
}

}  // namespace tarn::endpoints::s3::operations
