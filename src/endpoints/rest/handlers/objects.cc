#include "base/time_text.h"
#include "endpoints/rest/convert.h"
#include "endpoints/rest/error_table.h"
#include "endpoints/rest/handlers.h"
#include "endpoints/rest/handlers/find.h"
#include "endpoints/rest/handlers/upload_body.h"
#include "http/range.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tarn::endpoints::rest::handlers {

using graveler::Entry;
using graveler::RepositoryPtr;
namespace action = auth::action;
namespace arn = auth::arn;

namespace {

constexpr std::size_t kDeletePathsMax = 1000;
constexpr std::string_view kDefaultContentType = "application/octet-stream";

/// Types a browser may show in place; everything else is offered as a download.
constexpr std::array<std::string_view, 23> kInlineTypes{
    "image/jpeg",       "image/jpg",
    "image/png",        "image/gif",
    "image/webp",       "image/svg+xml",
    "application/pdf",  "text/plain",
    "text/markdown",    "text/x-markdown",
    "text/html",        "text/css",
    "text/javascript",  "application/javascript",
    "application/json", "application/xml",
    "text/xml",         "video/mp4",
    "video/webm",       "audio/mpeg",
    "audio/wav",        "audio/webm"};

/// Conditions a write may carry: only `If-None-Match: *` is offered.
Result<graveler::WriteCondition> write_condition(const std::optional<std::string>& if_none_match,
                                                 const std::optional<std::string>& if_match) {
  graveler::WriteCondition condition;
  if (if_match || (if_none_match && *if_none_match != "*")) {
    return Error(kNotImplemented);
  }
  condition.if_absent = if_none_match.has_value();
  return condition;
}

void add_object_headers(http::Response& response, const Entry& entry) {
  response.headers.add("Content-Type", entry.content_type.empty() ? std::string(kDefaultContentType)
                                                                  : entry.content_type);
  response.headers.add("ETag", quoted_etag(entry.etag));
  response.headers.add("Last-Modified", format_http_date(entry.last_modified));
  response.headers.add("Cache-Control", "no-store, must-revalidate");
  response.headers.add("Expires", "0");
  response.headers.add("X-Frame-Options", "SAMEORIGIN");
}

/// The one range that a `Range` field asks of an object.
struct WantedRange {
  enum class Kind : std::uint8_t { kOk, kUnsatisfiable, kBad } kind = Kind::kBad;
  http::ByteRange range;
};

WantedRange wanted_range(std::string_view field, std::uint64_t size_bytes) {
  const http::RangeRequest request = http::parse_range(field, size_bytes);
  WantedRange out;
  if (request.asked != 1 || request.kind == http::RangeRequest::Kind::kInvalid) {
    return out;
  }
  if (request.kind == http::RangeRequest::Kind::kUnsatisfiable) {
    out.kind = WantedRange::Kind::kUnsatisfiable;
    return out;
  }
  out.kind = WantedRange::Kind::kOk;
  out.range = request.ranges.front();
  return out;
}

/// The object on a branch that a request may change, its names checked.
struct ObjectOnBranch {
  RepositoryPtr repository;
  BranchId branch;
  ObjectPath path;
};

Task<Result<ObjectOnBranch>> authorised_target(Context ctx, Call call, std::string_view needed,
                                               std::string repository, std::string branch,
                                               std::string path) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, needed, arn::object(repository, path)));
  ObjectOnBranch target;
  TARN_CO_TRY(target.repository, co_await find_repository(ctx, call, std::move(repository)));
  TARN_CO_TRY(target.branch, argument<BranchId>("branch", std::move(branch)));
  TARN_CO_TRY(target.path, argument<ObjectPath>("path", std::move(path)));
  co_return target;
}

/// What a body that stages and one that links an address have in common.
template <class Body>
void fill_link(const Body& body, catalog::Link& link) {
  link.size_bytes = body.size_bytes;
  link.content_type = body.content_type.value_or(std::string(kDefaultContentType));
  link.force = body.force;
  if (body.mtime) {
    link.mtime = from_unix_seconds(*body.mtime);
  }
}

Task<Result<RepositoryPtr>> authorised_reader(Context ctx, Call call, std::string repository,
                                              std::string path) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kReadObject, arn::object(repository, path)));
  co_return co_await find_repository(ctx, call, std::move(repository));
}

/// An URL that anyone can read instead of the object's address.
Task<Result<void>> show_presigned(Context ctx, Call call, RepositoryPtr repository, Entry entry,
                                  api::dto::ObjectStats& stats) {
  TARN_CO_TRY(catalog::PresignedUrl presigned,
              co_await call.objects().presign_read(std::move(ctx), std::move(repository),
                                                   std::move(entry)));
  stats.physical_address = std::move(presigned.url);
  stats.physical_address_expiry = unix_seconds(presigned.expires_at);
  co_return Result<void>();
}

}  // namespace

Task<Result<http::Response>> get_object(Context ctx, Call call, api::GetObjectRequest request) {
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await authorised_reader(ctx, call, std::move(request.repository), request.path));
  TARN_CO_TRY(ObjectPath path, argument<ObjectPath>("path", std::move(request.path)));
  TARN_CO_TRY(const Entry entry, co_await call.objects().stat(
                                     ctx, repository, std::move(request.ref), std::move(path)));
  http::Response response;
  if (request.if_none_match && *request.if_none_match == quoted_etag(entry.etag)) {
    response.status = 304;
    co_return response;
  }
  if (request.presign.value_or(false)) {
    TARN_CO_TRY(catalog::PresignedUrl presigned,
                co_await call.objects().presign_read(ctx, repository, entry));
    response.status = 302;
    response.headers.add("Location", std::move(presigned.url));
    co_return response;
  }
  const auto size = static_cast<std::uint64_t>(entry.size_bytes);
  std::optional<block::ByteRange> range;
  if (request.range) {
    const WantedRange wanted = wanted_range(*request.range, size);
    if (wanted.kind != WantedRange::Kind::kOk) {
      response.status = 416;
      response.headers.add("Content-Type", "application/json");
      if (wanted.kind == WantedRange::Kind::kUnsatisfiable) {
        response.headers.add("Content-Range", http::content_range_unsatisfied(size));
      }
      response.body = Bytes("{\"message\":\"Requested Range Not Satisfiable\"}\n");
      co_return response;
    }
    range = block::ByteRange{wanted.range.offset, wanted.range.size_bytes};
    response.status = 206;
    response.headers.add("Content-Range", http::content_range(wanted.range, size));
  }
  const std::uint64_t length = range ? range->size_bytes : size;
  TARN_CO_TRY(response.body, co_await call.objects().read(ctx, repository, entry, range));
  response.content_length = length;
  add_object_headers(response, entry);
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("Content-Security-Policy", "default-src 'none'");
  const bool in_place = std::find(kInlineTypes.begin(), kInlineTypes.end(), entry.content_type) !=
                            kInlineTypes.end() &&
                        !entry.content_type.empty();
  response.headers.add("Content-Disposition", in_place ? "inline" : "attachment");
  co_return response;
}

Task<Result<HandlerResult<api::ops::HeadObject>::Type>> head_object(
    Context ctx, Call call, api::HeadObjectRequest request) {
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await authorised_reader(ctx, call, std::move(request.repository), request.path));
  TARN_CO_TRY(ObjectPath path, argument<ObjectPath>("path", std::move(request.path)));
  TARN_CO_TRY(const Entry entry, co_await call.objects().stat(
                                     ctx, repository, std::move(request.ref), std::move(path)));
  const auto size = static_cast<std::uint64_t>(entry.size_bytes);
  http::Response response;
  std::uint64_t length = size;
  if (request.range) {
    const WantedRange wanted = wanted_range(*request.range, size);
    if (wanted.kind != WantedRange::Kind::kOk) {
      co_return Error(kRangeNotSatisfiable);
    }
    response.status = 206;
    response.headers.add("Content-Range", http::content_range(wanted.range, size));
    length = wanted.range.size_bytes;
  }
  add_object_headers(response, entry);
  response.headers.add("Accept-Ranges", "bytes");
  response.content_length = length;
  co_return response;
}

Task<Result<api::dto::ObjectStats>> stat_object(Context ctx, Call call,
                                                api::StatObjectRequest request) {
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await authorised_reader(ctx, call, std::move(request.repository), request.path));
  std::string shown = request.path;
  TARN_CO_TRY(ObjectPath path, argument<ObjectPath>("path", std::move(request.path)));
  TARN_CO_TRY(const Entry entry, co_await call.objects().stat(
                                     ctx, repository, std::move(request.ref), std::move(path)));
  api::dto::ObjectStats stats = to_dto(*repository, std::move(shown), entry, request.user_metadata);
  if (!stats.metadata) {
    stats.metadata.emplace();
  }
  if (request.presign.value_or(false)) {
    TARN_CO_CHECK_OK(co_await show_presigned(ctx, call, repository, entry, stats));
  }
  co_return stats;
}

Task<Result<api::dto::ObjectStatsList>> list_objects(Context ctx, Call call,
                                                     api::ListObjectsRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kListObjects, arn::repository(request.repository)));
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  graveler::ListRequest list;
  list.prefix = request.prefix.value_or(std::string());
  list.after = request.after.value_or(std::string());
  list.delimiter = request.delimiter.value_or(std::string());
  list.amount = request.amount <= 0 ? kDefaultPerPage : static_cast<std::size_t>(request.amount);
  TARN_CO_TRY(
      graveler::Paged<graveler::ListedPath> found,
      co_await call.versions().list(ctx, repository, std::move(request.ref), std::move(list)));
  api::dto::ObjectStatsList out;
  out.results.reserve(found.items.size());
  for (graveler::ListedPath& item : found.items) {
    if (item.entry) {
      const bool with_metadata = request.user_metadata && !item.entry->metadata.empty();
      out.results.push_back(to_dto(*repository, std::move(item.path), *item.entry, with_metadata));
      if (request.presign.value_or(false)) {
        api::dto::ObjectStats& stats = out.results.back();
        // Who may list but not read sees the address of the store instead.
        const Result<void> may_read = co_await call.require(
            ctx, action::kReadObject, arn::object(repository->id.str(), stats.path));
        if (may_read) {
          TARN_CO_CHECK_OK(co_await show_presigned(ctx, call, repository, *item.entry, stats));
        }
      }
      continue;
    }
    api::dto::ObjectStats prefix;
    prefix.path = std::move(item.path);
    prefix.path_type = api::dto::PathType::kCommonPrefix;
    out.results.push_back(std::move(prefix));
  }
  out.pagination = pagination(found, out.results.empty() ? std::string() : out.results.back().path);
  co_return out;
}

Task<Result<api::dto::ObjectStats>> upload_object(Context ctx, Call call,
                                                  api::UploadObjectRequest request) {
  TARN_CO_TRY(
      const ObjectOnBranch on,
      co_await authorised_target(ctx, call, action::kWriteObject, std::move(request.repository),
                                 std::move(request.branch), std::move(request.path)));
  catalog::Upload upload;
  TARN_CO_TRY(upload.condition, write_condition(request.if_none_match, request.if_match));
  upload.force = request.force;
  upload.storage_class = request.storage_class.value_or(std::string());
  upload.metadata = metadata_of_headers(call.request().headers);
  TARN_CO_TRY(UploadBody body, co_await open_upload_body(ctx, call.request()));
  upload.body = std::move(body.bytes);
  upload.size_bytes = body.size_bytes;
  upload.content_type =
      body.content_type.empty() ? std::string(kDefaultContentType) : std::move(body.content_type);
  Result<Entry> made =
      co_await call.objects().upload(ctx, on.repository, on.branch, on.path, std::move(upload));
  if (!made && made.error().is(graveler::kBranchNotFound)) {
    co_return Error::with_message(graveler::kBranchNotFound,
                                  "branch '" + on.branch.str() + "' not found");
  }
  TARN_CO_TRY(const Entry entry, std::move(made));
  co_return to_dto(*on.repository, on.path.str(), entry, true);
}

Task<Result<api::NoContent>> upload_object_preflight(Context ctx, Call call,
                                                     api::UploadObjectPreflightRequest request) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kWriteObject,
                                         arn::object(request.repository, request.path)));
  co_return api::NoContent();
}

Task<Result<api::NoContent>> delete_object(Context ctx, Call call,
                                           api::DeleteObjectRequest request) {
  TARN_CO_TRY(
      const ObjectOnBranch on,
      co_await authorised_target(ctx, call, action::kDeleteObject, std::move(request.repository),
                                 std::move(request.branch), std::move(request.path)));
  TARN_CO_CHECK_OK(
      co_await call.objects().remove(ctx, on.repository, on.branch, on.path, request.force));
  co_return api::NoContent();
}

Task<Result<api::dto::ObjectErrorList>> delete_objects(Context ctx, Call call,
                                                       api::DeleteObjectsRequest request) {
  if (request.body.paths.size() > kDeletePathsMax) {
    co_return Error(kTooManyPaths);
  }
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await find_repository(ctx, call, request.repository));
  TARN_CO_TRY(const BranchId branch, argument<BranchId>("branch", std::move(request.branch)));
  TARN_CO_CHECK_OK(co_await call.versions().branch(ctx, repository, branch));
  api::dto::ObjectErrorList out;
  for (std::string& text : request.body.paths) {
    Result<void> done =
        co_await call.require(ctx, action::kDeleteObject, arn::object(request.repository, text));
    Result<ObjectPath> path = argument<ObjectPath>("path", text);
    if (done && !path) {
      done = path.error();
    }
    if (done) {
      done =
          co_await call.objects().remove(ctx, repository, branch, *std::move(path), request.force);
    }
    if (!done) {
      ErrorAnswer answer = answer_for(done.error());
      api::dto::ObjectError failed;
      failed.status_code = answer.status;
      failed.message = std::move(answer.message);
      failed.path = std::move(text);
      out.errors.push_back(std::move(failed));
    }
  }
  co_return out;
}

Task<Result<api::dto::ObjectStats>> copy_object(Context ctx, Call call,
                                                api::CopyObjectRequest request) {
  std::vector<auth::Permission> needed;
  needed.push_back({action::kWriteObject, arn::object(request.repository, request.dest_path)});
  needed.push_back({action::kReadObject, arn::object(request.repository, request.body.src_path)});
  TARN_CO_CHECK_OK(co_await call.require(ctx, std::move(needed)));
  if (request.body.shallow) {
    co_return Error(kNotImplemented);
  }
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(BranchId branch, argument<BranchId>("branch", std::move(request.branch)));
  std::string shown = request.dest_path;
  TARN_CO_TRY(ObjectPath to, argument<ObjectPath>("dest", std::move(request.dest_path)));
  TARN_CO_TRY(ObjectPath from, argument<ObjectPath>("src", std::move(request.body.src_path)));
  std::string source = request.body.src_ref.value_or(branch.str());
  TARN_CO_TRY(const Entry entry,
              co_await call.objects().copy(ctx, repository, std::move(branch), std::move(to),
                                           std::move(source), std::move(from), std::nullopt,
                                           request.body.force));
  co_return to_dto(*repository, std::move(shown), entry, true);
}

Task<Result<api::dto::ObjectStats>> stage_object(Context ctx, Call call,
                                                 api::StageObjectRequest request) {
  TARN_CO_TRY(
      const ObjectOnBranch on,
      co_await authorised_target(ctx, call, action::kWriteObject, std::move(request.repository),
                                 std::move(request.branch), std::move(request.path)));
  catalog::Link link;
  link.physical_address = std::move(request.body.physical_address);
  link.checksum = std::move(request.body.checksum);
  link.metadata = std::move(request.body.metadata).value_or(graveler::Metadata());
  fill_link(request.body, link);
  TARN_CO_TRY(const Entry entry, co_await call.objects().stage(ctx, on.repository, on.branch,
                                                               on.path, std::move(link)));
  co_return to_dto(*on.repository, on.path.str(), entry, false);
}

Task<Result<api::dto::StagingLocation>> get_physical_address(
    Context ctx, Call call, api::GetPhysicalAddressRequest request) {
  TARN_CO_TRY(
      const ObjectOnBranch on,
      co_await authorised_target(ctx, call, action::kWriteObject, std::move(request.repository),
                                 std::move(request.branch), std::move(request.path)));
  api::dto::StagingLocation out;
  out.physical_address = call.objects().new_staging_address(on.repository, on.branch, on.path);
  if (request.presign.value_or(false)) {
    TARN_CO_TRY(catalog::PresignedUrl presigned,
                co_await call.objects().presign_write(ctx, on.repository, *out.physical_address));
    out.presigned_url = std::move(presigned.url);
    out.presigned_url_expiry = unix_seconds(presigned.expires_at);
  }
  co_return out;
}

Task<Result<api::dto::ObjectStats>> link_physical_address(Context ctx, Call call,
                                                          api::LinkPhysicalAddressRequest request) {
  TARN_CO_TRY(
      const ObjectOnBranch on,
      co_await authorised_target(ctx, call, action::kWriteObject, std::move(request.repository),
                                 std::move(request.branch), std::move(request.path)));
  catalog::Link link;
  TARN_CO_TRY(link.condition, write_condition(request.if_none_match, request.if_match));
  const std::string_view checksum = request.body.checksum;
  const std::size_t first = checksum.find_first_not_of(" \"");
  if (first == std::string_view::npos) {
    co_return Error::with_message(kInvalid, "checksum is required");
  }
  link.checksum = checksum.substr(first, checksum.find_last_not_of(" \"") - first + 1);
  if (!request.body.staging.physical_address) {
    co_return Error::with_message(kInvalid, "physical_address is required");
  }
  link.physical_address = *std::move(request.body.staging.physical_address);
  link.metadata = std::move(request.body.user_metadata).value_or(graveler::Metadata());
  fill_link(request.body, link);
  TARN_CO_TRY(const Entry entry, co_await call.objects().link_staged(ctx, on.repository, on.branch,
                                                                     on.path, std::move(link)));
  co_return to_dto(*on.repository, on.path.str(), entry, true);
}

}  // namespace tarn::endpoints::rest::handlers
