#include "ctl/transfer/upload.h"

#include "base/encoding.h"
#include "base/text.h"
#include "ctl/errors.h"
#include "ctl/format.h"
#include "ctl/transfer/workers.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::ctl {
namespace {

/// A file of this size and above goes in parts, where the server can sign them.
constexpr std::uint64_t kPartBytesMin = 5 * kMiB;
constexpr std::uint64_t kPartsMax = 10000;
constexpr std::size_t kPartsAtOnce = 5;
/// How often somebody else may change the object under our hands.
constexpr int kLinkTriesMax = 5;
constexpr std::string_view kInternalKey = "::lakefs::";

std::string escape_quotes(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\r' || c == '\n') {
      out += c == '\r' ? "%0D" : "%0A";
      continue;
    }
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out;
}

/// Not found in any body but on purpose: 30 random digits, fresh for each upload.
std::string new_boundary() {
  SystemRng rng;
  return hex_encode(rng.bytes(30));
}

/// The answer's digest of what it stored: Content-MD5 if there is one, else the entity tag.
std::string checksum_of(const http::Headers& headers) {
  const Result<std::string> digest = base64_decode(headers.get("Content-MD5"));
  if (digest && !digest->empty()) {
    return hex_encode(*digest);
  }
  std::string_view tag = headers.get("ETag");
  while (tag.starts_with('"')) {
    tag.remove_prefix(1);
  }
  while (tag.ends_with('"')) {
    tag.remove_suffix(1);
  }
  return std::string(tag);
}

}  // namespace

PartPlan plan_parts(std::uint64_t size_bytes) {
  PartPlan out{.part_bytes = kPartBytesMin};
  if (size_bytes / kPartBytesMin >= kPartsMax) {
    out.part_bytes = size_bytes / kPartsMax + 1;
  }
  out.count = std::max<std::uint64_t>((size_bytes + out.part_bytes - 1) / out.part_bytes, 1);
  return out;
}

std::string metadata_header(std::string_view key) {
  const std::string lower = ascii_lower(key);
  return lower.starts_with(kInternalKey) ? "x-lakefs-internal-" + lower.substr(kInternalKey.size())
                                         : "x-lakefs-meta-" + lower;
}

Result<api::dto::ObjectStats> Uploader::upload(const UploadTarget& target, UploadSource source) {
  if (!presign_.on) {
    return upload_direct(target, source);
  }
  TARN_CHECK_OK(source.make_seekable(target.temporary_folder));
  if (presign_.multipart && source.size().value_or(0) >= kPartBytesMin) {
    return upload_parts(target, source);
  }
  return upload_signed(target, source);
}

Result<api::dto::ObjectStats> Uploader::upload_direct(const UploadTarget& target,
                                                      const UploadSource& source) {
  using Op = api::ops::UploadObject;
  api::UploadObjectRequest request;
  request.repository = target.repository;
  request.branch = target.branch;
  request.path = target.path;
  Call call = session_.prepare(api::encode_call(request));
  for (const auto& [key, value] : target.metadata) {
    call.headers.add(metadata_header(key), value);
  }
  const std::string boundary = new_boundary();
  call.headers.set("Content-Type", "multipart/form-data; boundary=" + boundary);
  const std::string type =
      target.content_type.empty() ? "application/octet-stream" : target.content_type;
  call.body = framed(
      fmt::format("--{}\r\nContent-Disposition: form-data; name=\"content\"; filename=\"{}\"\r\n"
                  "Content-Type: {}\r\n\r\n",
                  boundary, escape_quotes(base_name(target.path)), type),
      source.body(), fmt::format("\r\n--{}--\r\n", boundary));
  TARN_TRY(const Answer answer, session_.exchange(call));
  return Session::read_answer<Op>(answer);
}

Result<std::string> Uploader::put(const std::string& url, const std::string& content_type,
                                  BodyOpener body) {
  if (url.empty()) {
    return failure("the server gave no signed URL for the upload");
  }
  Call call;
  call.method = "PUT";
  call.url = split_url(url);
  call.authorized = false;
  call.body = std::move(body);
  if (!content_type.empty()) {
    call.headers.set("Content-Type", content_type);
  }
  if (call.url.authority.ends_with(".blob.core.windows.net")) {
    call.headers.set("x-ms-blob-type", "BlockBlob");
  }
  TARN_TRY(const Answer answer, session_.exchange(call));
  if (answer.status / 100 != 2) {
    return failure(fmt::format("the object store refused the upload: {}", answer.status_line));
  }
  std::string checksum = checksum_of(answer.headers);
  if (checksum.empty()) {
    return failure("the object store's answer to the upload has no ETag");
  }
  return checksum;
}

Result<api::dto::ObjectStats> Uploader::upload_signed(const UploadTarget& target,
                                                      const UploadSource& source) {
  for (int tries = 1;; ++tries) {
    api::GetPhysicalAddressRequest where;
    where.repository = target.repository;
    where.branch = target.branch;
    where.path = target.path;
    where.presign = true;
    TARN_TRY(api::dto::StagingLocation staging, session_.call<api::ops::GetPhysicalAddress>(where));
    api::LinkPhysicalAddressRequest link;
    TARN_TRY(link.body.checksum,
             put(staging.presigned_url.value_or(""), target.content_type, source.body()));
    link.repository = target.repository;
    link.branch = target.branch;
    link.path = target.path;
    link.body.staging = std::move(staging);
    link.body.size_bytes = static_cast<std::int64_t>(source.size().value_or(0));
    link.body.user_metadata = target.metadata;
    if (!target.content_type.empty()) {
      link.body.content_type = target.content_type;
    }
    Result<api::dto::ObjectStats> linked = session_.call<api::ops::LinkPhysicalAddress>(link);
    if (linked || !linked.error().is(kApiConflict) || tries == kLinkTriesMax) {
      return linked;
    }
  }
}

Result<api::dto::ObjectStats> Uploader::upload_parts(const UploadTarget& target,
                                                     const UploadSource& source) {
  const std::uint64_t size_bytes = source.size().value_or(0);
  const PartPlan plan = plan_parts(size_bytes);
  api::CreatePresignMultipartUploadRequest create;
  create.repository = target.repository;
  create.branch = target.branch;
  create.path = target.path;
  create.parts = static_cast<std::int64_t>(plan.count);
  TARN_TRY(const api::dto::PresignMultipartUpload made,
           session_.call<api::ops::CreatePresignMultipartUpload>(create));
  const std::vector<std::string> urls = made.presigned_urls.value_or(std::vector<std::string>());
  std::vector<api::dto::UploadPart> parts(plan.count);
  const auto send_part = [&](std::size_t index) -> Result<void> {
    std::string url = urls[index];
    if (about_to_expire(url, session_.clock().now())) {
      api::UploadPartRequest again;
      again.repository = target.repository;
      again.branch = target.branch;
      again.upload_id = made.upload_id;
      again.part_number = static_cast<std::int64_t>(index) + 1;
      again.path = target.path;
      again.body.physical_address = made.physical_address;
      TARN_TRY(const api::dto::UploadTo fresh, session_.call<api::ops::UploadPart>(again));
      url = fresh.presigned_url;
    }
    const std::uint64_t begin = index * plan.part_bytes;
    const std::uint64_t length = std::min(plan.part_bytes, size_bytes - begin);
    TARN_TRY(parts[index].etag, put(url, "", source.part(begin, length)));
    parts[index].part_number = static_cast<std::int64_t>(index) + 1;
    return {};
  };
  Result<api::dto::ObjectStats> completed =
      failure(fmt::format("the server signed {} URLs for {} parts", urls.size(), plan.count));
  if (urls.size() == plan.count) {
    const Result<void> sent = run_parallel(plan.count, kPartsAtOnce, send_part);
    if (sent) {
      api::CompletePresignMultipartUploadRequest complete;
      complete.repository = target.repository;
      complete.branch = target.branch;
      complete.upload_id = made.upload_id;
      complete.path = target.path;
      complete.body.emplace();
      complete.body->physical_address = made.physical_address;
      complete.body->parts = std::move(parts);
      complete.body->user_metadata = target.metadata;
      if (!target.content_type.empty()) {
        complete.body->content_type = target.content_type;
      }
      completed = session_.call<api::ops::CompletePresignMultipartUpload>(complete);
    } else {
      completed = sent.error();
    }
  }
  if (!completed) {
    api::AbortPresignMultipartUploadRequest abort;
    abort.repository = target.repository;
    abort.branch = target.branch;
    abort.upload_id = made.upload_id;
    abort.path = target.path;
    abort.body = api::dto::AbortPresignMultipartUpload{.physical_address = made.physical_address};
    // What it says changes nothing: the upload has failed, and the store cleans up in time.
    (void)session_.call<api::ops::AbortPresignMultipartUpload>(abort);
  }
  return completed;
}

}  // namespace tarn::ctl
