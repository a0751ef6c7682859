#include "block/s3/adapter.h"

#include "block/s3/errors.h"
#include "block/s3/exact_source.h"
#include "block/s3/part_reader.h"
#include "block/s3/upload.h"
#include "runtime/semaphore.h"

#include <fmt/format.h>

#include <utility>

namespace tarn::block::s3 {
namespace {

aws::S3PutOptions s3_options(const PutOptions& options) {
  aws::S3PutOptions out;
  out.content_type = options.content_type;
  out.storage_class = options.storage_class;
  out.if_absent = options.if_absent;
  return out;
}

ObjectInfo info_of(aws::S3Object object) {
  ObjectInfo out;
  out.size_bytes = object.size_bytes;
  out.etag = std::move(object.etag);
  out.last_modified = object.last_modified;
  out.content_type = std::move(object.content_type);
  return out;
}

std::optional<aws::S3Range> s3_range(const std::optional<ByteRange>& range) {
  if (!range) {
    return std::nullopt;
  }
  return aws::S3Range{range->offset, range->size_bytes};
}

Result<void> check(const Location& where) {
  if (where.bucket.empty() || where.key.empty()) {
    return Error(kInvalidAddress, where.bucket + "/" + where.key);
  }
  return {};
}

Result<void> check_part(std::uint32_t number) {
  if (number < 1 || number > 10'000) {
    return Error(kInvalidPart, fmt::format("part number {}", number));
  }
  return {};
}

class S3Adapter final : public Adapter {
 public:
  S3Adapter(AdapterConfig config, std::unique_ptr<aws::S3Client> client,
            std::unique_ptr<aws::S3Client> presigner, const Clock& clock)
      : config_(config),
        client_(std::move(client)),
        presigner_(std::move(presigner)),
        clock_(clock),
        slots_(config.limits.parts_in_flight_max) {
    capabilities_.type = "s3";
    capabilities_.scheme = "s3";
    capabilities_.presign = config_.presign;
    capabilities_.presign_multipart = config_.presign && config_.presign_multipart;
  }

  Task<Result<ObjectInfo>> put(Context ctx, Location where, std::unique_ptr<ByteSource> body,
                               std::optional<std::uint64_t> size_bytes,
                               PutOptions options) override {
    TARN_CO_CHECK_OK(check(where));
    if (size_bytes) {
      body = exact_source(std::move(body), *size_bytes);
      if (*size_bytes <= config_.limits.single_put_bytes_max) {
        co_return co_await put_whole(std::move(ctx), std::move(where), std::move(body), *size_bytes,
                                     std::move(options));
      }
    }
    PartReader reader(std::move(body), size_bytes, config_.limits);
    TARN_CO_TRY(Bytes first, co_await reader.next(ctx));
    if (reader.ended()) {
      const std::uint64_t size = first.size();
      body = memory_source(std::move(first));
      co_return co_await put_whole(std::move(ctx), std::move(where), std::move(body), size,
                                   std::move(options));
    }
    std::string content_type = options.content_type;
    Upload upload(upload_services(), std::move(ctx), std::move(where), std::move(options));
    TARN_CO_TRY(aws::S3Object object, co_await upload.write(reader, std::move(first)));
    ObjectInfo info = info_of(std::move(object));
    info.size_bytes = reader.bytes_read();
    info.content_type = std::move(content_type);
    info.last_modified = clock_.now();
    co_return info;
  }

  Task<Result<ObjectBody>> get(Context ctx, Location where,
                               std::optional<ByteRange> range) override {
    TARN_CO_CHECK_OK(check(where));
    ObjectBody out;
    if (range && range->size_bytes == 0) {  // which HTTP cannot ask for
      TARN_CO_TRY(out.info, co_await stat(std::move(ctx), std::move(where)));
      if (range->offset >= out.info.size_bytes) {
        co_return Error(kInvalidRange);
      }
      out.body = memory_source(Bytes());
      co_return out;
    }
    const std::optional<aws::S3Range> wanted = s3_range(range);
    Result<aws::S3Client::Body> object = co_await client_->get_object(
        std::move(ctx), std::move(where.bucket), std::move(where.key), wanted);
    if (!object) {
      co_return to_block(std::move(object).error());
    }
    out.info = info_of(std::move(object->info));
    out.body = std::move(object->body);
    co_return out;
  }

  Task<Result<ObjectInfo>> stat(Context ctx, Location where) override {
    TARN_CO_CHECK_OK(check(where));
    Result<aws::S3Object> object = co_await client_->head_object(
        std::move(ctx), std::move(where.bucket), std::move(where.key));
    if (!object) {
      co_return to_block(std::move(object).error());
    }
    co_return info_of(*std::move(object));
  }

  Task<Result<ObjectInfo>> copy(Context ctx, Location from, Location to) override {
    TARN_CO_CHECK_OK(check(to));
    TARN_CO_TRY(ObjectInfo info, co_await stat(ctx, from));
    Result<aws::S3Object> object = aws::S3Object();
    if (info.size_bytes <= config_.limits.copy_bytes_max) {
      object =
          co_await client_->copy_object(std::move(ctx), std::move(from.bucket), std::move(from.key),
                                        std::move(to.bucket), std::move(to.key));
    } else {
      PutOptions options;
      options.content_type = info.content_type;
      Upload upload(upload_services(), std::move(ctx), std::move(to), std::move(options));
      object = co_await upload.copy(std::move(from), info.size_bytes);
    }
    if (!object) {
      co_return to_block(std::move(object).error());
    }
    info.etag = std::move(object->etag);
    info.last_modified = clock_.now();
    co_return info;
  }

  Task<Result<void>> remove(Context ctx, Location where) override {
    TARN_CO_CHECK_OK(check(where));
    Result<void> done = co_await client_->delete_object(std::move(ctx), std::move(where.bucket),
                                                        std::move(where.key));
    co_return done ? std::move(done) : Result<void>(to_block(std::move(done).error()));
  }

  Task<Result<ListPage>> list(Context ctx, std::string bucket, std::string prefix,
                              std::string after, std::size_t limit) override {
    aws::S3ListRequest request;
    request.bucket = std::move(bucket);
    request.prefix = std::move(prefix);
    request.start_after = std::move(after);
    request.keys_max = limit;
    ListPage page;
    for (;;) {
      Result<aws::S3ListPage> listed = co_await client_->list_objects(ctx, request);
      if (!listed) {
        co_return to_block(std::move(listed).error());
      }
      for (aws::S3Object& object : listed->objects) {
        ListedObject item;
        item.key = object.key;
        item.info = info_of(std::move(object));
        page.objects.push_back(std::move(item));
      }
      if (!listed->is_truncated || listed->next_continuation_token.empty()) {
        co_return page;
      }
      if (!page.objects.empty()) {
        page.next_after = page.objects.back().key;
        co_return page;
      }
      request.continuation_token = std::move(listed->next_continuation_token);
    }
  }

  Task<Result<std::string>> create_upload(Context ctx, Location where,
                                          PutOptions options) override {
    TARN_CO_CHECK_OK(check(where));
    Result<std::string> id = co_await client_->create_upload(
        std::move(ctx), std::move(where.bucket), std::move(where.key), s3_options(options));
    if (!id) {
      co_return to_block_without_effect(std::move(id).error());
    }
    co_return id;
  }

  Task<Result<UploadedPart>> put_part(Context ctx, Location where, std::string upload_id,
                                      std::uint32_t number, std::unique_ptr<ByteSource> body,
                                      std::optional<std::uint64_t> size_bytes) override {
    TARN_CO_CHECK_OK(check(where));
    TARN_CO_CHECK_OK(check_part(number));
    if (size_bytes) {
      body = exact_source(std::move(body), *size_bytes);
    } else {
      // S3 wants to know the length of a part before the part.
      TARN_CO_TRY(Bytes bytes,
                  co_await read_all(ctx, *body, config_.limits.unsized_part_bytes_max));
      size_bytes = bytes.size();
      body = memory_source(std::move(bytes));
    }
    Result<aws::S3Part> part =
        co_await client_->upload_part(std::move(ctx), std::move(where.bucket), std::move(where.key),
                                      std::move(upload_id), number, std::move(body), *size_bytes);
    co_return uploaded(std::move(part));
  }

  Task<Result<UploadedPart>> copy_part(Context ctx, Location where, std::string upload_id,
                                       std::uint32_t number, Location from,
                                       std::optional<ByteRange> range) override {
    TARN_CO_CHECK_OK(check(where));
    TARN_CO_CHECK_OK(check(from));
    TARN_CO_CHECK_OK(check_part(number));
    const std::optional<aws::S3Range> wanted = s3_range(range);
    Result<aws::S3Part> part = co_await client_->upload_part_copy(
        std::move(ctx), std::move(where.bucket), std::move(where.key), std::move(upload_id), number,
        std::move(from.bucket), std::move(from.key), wanted);
    co_return uploaded(std::move(part));
  }

  Task<Result<ObjectInfo>> complete_upload(Context ctx, Location where, std::string upload_id,
                                           std::vector<UploadedPart> parts) override {
    TARN_CO_CHECK_OK(check(where));
    std::vector<aws::S3Part> listed;
    for (UploadedPart& part : parts) {
      listed.push_back(aws::S3Part{part.number, std::move(part.etag)});
    }
    if (listed.empty()) {
      co_return Error(kInvalidPart, "no parts");
    }
    Result<aws::S3Object> done = co_await client_->complete_upload(
        ctx, where.bucket, where.key, std::move(upload_id), std::move(listed), false);
    if (!done) {
      co_return to_block(std::move(done).error());
    }
    // The answer tells neither size nor time.
    Result<ObjectInfo> info = co_await stat(std::move(ctx), std::move(where));
    if (!info) {
      co_return Error(kUnknownOutcome).append(": " + info.error().message());
    }
    if (!done->etag.empty()) {
      // Not every store keeps the number of parts in what it tells later.
      info->etag = std::move(done->etag);
    }
    co_return info;
  }

  Task<Result<void>> abort_upload(Context ctx, Location where, std::string upload_id) override {
    TARN_CO_CHECK_OK(check(where));
    const Result<void> done = co_await client_->abort_upload(
        std::move(ctx), std::move(where.bucket), std::move(where.key), std::move(upload_id));
    if (!done && !done.error().is(aws::kNoSuchUpload)) {
      co_return to_block(done.error());
    }
    co_return Result<void>();
  }

  Task<Result<std::string>> presign(Context ctx, Location where, PresignRequest request) override {
    TARN_CO_CHECK_OK(check(where));
    http::QueryPairs query;
    if (!request.upload_id.empty()) {
      TARN_CO_CHECK_OK(check_part(request.part_number));
      query.emplace_back("partNumber", std::to_string(request.part_number));
      query.emplace_back("uploadId", std::move(request.upload_id));
    }
    if (!(query.empty() ? capabilities_.presign : capabilities_.presign_multipart)) {
      co_return Error(kUnsupported, "presigned URLs are turned off");
    }
    const std::string method = request.method == PresignMethod::kPut ? "PUT" : "GET";
    aws::S3Client& signer = presigner_ ? *presigner_ : *client_;
    Result<std::string> url =
        co_await signer.presign(std::move(ctx), method, std::move(where.bucket),
                                std::move(where.key), std::move(query), request.expires_in);
    if (!url) {
      co_return to_block(std::move(url).error());
    }
    co_return url;
  }

  const Capabilities& capabilities() const override { return capabilities_; }

 private:
  UploadServices upload_services() {
    return UploadServices{*client_, clock_, config_.limits, slots_};
  }

  Task<Result<ObjectInfo>> put_whole(Context ctx, Location where, std::unique_ptr<ByteSource> body,
                                     std::uint64_t size_bytes, PutOptions options) {
    Result<aws::S3Object> object =
        co_await client_->put_object(std::move(ctx), std::move(where.bucket), std::move(where.key),
                                     std::move(body), size_bytes, s3_options(options));
    if (!object) {
      co_return to_block(std::move(object).error());
    }
    co_return info_of(*std::move(object));
  }

  static Result<UploadedPart> uploaded(Result<aws::S3Part> part) {
    if (!part) {
      return to_block_without_effect(std::move(part).error());
    }
    return UploadedPart{part->number, std::move(part->etag)};
  }

  const AdapterConfig config_;
  const std::unique_ptr<aws::S3Client> client_;
  const std::unique_ptr<aws::S3Client> presigner_;
  const Clock& clock_;
  Capabilities capabilities_;
  AsyncSemaphore slots_;
};

}  // namespace

std::unique_ptr<Adapter> make_adapter(AdapterConfig config, std::unique_ptr<aws::S3Client> client,
                                      std::unique_ptr<aws::S3Client> presigner,
                                      const Clock& clock) {
  return std::make_unique<S3Adapter>(config, std::move(client), std::move(presigner), clock);
}

}  // namespace tarn::block::s3
