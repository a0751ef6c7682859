#include "aws/s3_client.h"

#include "aws/s3/documents.h"
#include "aws/s3/download.h"
#include "aws/s3/exchange.h"
#include "aws/sigv4.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/time_text.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tarn::aws {
namespace {

S3Call object_call(std::string_view operation, std::string method, std::string bucket,
                   std::string key) {
  S3Call call;
  call.operation = operation;
  call.method = std::move(method);
  call.bucket = std::move(bucket);
  call.key = std::move(key);
  return call;
}

S3Call part_call(std::string_view operation, std::string bucket, std::string key,
                 std::string upload_id, std::uint32_t number) {
  S3Call call = object_call(operation, "PUT", std::move(bucket), std::move(key));
  call.query.emplace_back("partNumber", std::to_string(number));
  call.query.emplace_back("uploadId", std::move(upload_id));
  return call;
}

void add_options(http::Headers& headers, const S3PutOptions& options) {
  if (!options.content_type.empty()) {
    headers.set("Content-Type", options.content_type);
  }
  if (!options.storage_class.empty()) {
    headers.set("x-amz-storage-class", options.storage_class);
  }
  if (options.if_absent) {
    headers.set("If-None-Match", "*");
  }
}

std::string copy_source(std::string_view bucket, std::string_view key) {
  return "/" + percent_encode(bucket) + "/" + percent_encode(key, "/");
}

/// What the headers of an answer tell about its object.
S3Object read_object(const http::Headers& headers, std::string key) {
  S3Object out;
  out.key = std::move(key);
  out.etag = plain_etag(headers.get("ETag"));
  out.content_type = headers.get("Content-Type");
  out.last_modified = parse_http_date(headers.get("Last-Modified")).value_or(WallTime());
  const std::string_view length = headers.get("Content-Length");
  std::from_chars(length.data(), length.data() + length.size(), out.size_bytes);
  return out;
}

/// When an answer was lost, "it exists" may speak of what we wrote ourselves.
Error conditional_error(Error error, bool reply_lost) {
  if (reply_lost && error.is(kPreconditionFailed)) {
    return Error(kUnknownOutcome).append(": " + error.message());
  }
  return error;
}

Task<Result<std::shared_ptr<CallBody>>> make_body(Context ctx, std::unique_ptr<ByteSource> source,
                                                  std::uint64_t size_bytes, bool hashed) {
  if (size_bytes > kBufferedBodyBytesMax) {
    co_return std::make_shared<CallBody>(std::move(source), size_bytes);
  }
  TARN_CO_TRY(Bytes bytes, co_await read_all(std::move(ctx), *source, size_bytes));
  if (bytes.size() != size_bytes) {
    co_return Error::with_message(kInvalid, "body is shorter than announced");
  }
  co_return CallBody::in_memory(std::move(bytes), hashed);
}

}  // namespace

S3Client::S3Client(S3Config config, std::shared_ptr<CredentialsProvider> credentials,
                   Services services, Metrics* metrics)
    : exchange_(std::make_unique<S3Exchange>(std::move(config), std::move(credentials), services,
                                             metrics)) {}
S3Client::~S3Client() = default;

Task<Result<S3Object>> S3Client::put_object(Context ctx, std::string bucket, std::string key,
                                            std::unique_ptr<ByteSource> body,
                                            std::uint64_t size_bytes, S3PutOptions options) {
  S3Call call = object_call("PutObject", "PUT", std::move(bucket), key);
  add_options(call.headers, options);
  TARN_CO_TRY(call.body, co_await make_body(ctx, std::move(body), size_bytes,
                                            !exchange_->addressing().is_tls()));
  auto reply_lost = std::make_shared<bool>(false);
  Result<S3Answer> answer = co_await exchange_->run(std::move(ctx), std::move(call), reply_lost);
  if (!answer) {
    co_return conditional_error(std::move(answer).error(), *reply_lost);
  }
  S3Object out = read_object(answer->headers, std::move(key));
  out.size_bytes = size_bytes;
  out.content_type = std::move(options.content_type);
  out.last_modified = exchange_->services().clock.now();
  co_return out;
}

Task<Result<S3Client::Body>> S3Client::get_object(Context ctx, std::string bucket, std::string key,
                                                  std::optional<S3Range> range) {
  S3Call call = object_call("GetObject", "GET", bucket, key);
  call.answer = S3Call::Answer::kStream;
  if (range) {
    if (range->size_bytes == 0) {
      co_return Error::with_message(kInvalidRange, "an empty range");
    }
    call.headers.add("Range", range_header(range->offset, range->size_bytes));
  }
  TARN_CO_TRY(S3Answer answer, co_await exchange_->run(std::move(ctx), std::move(call)));
  Body out;
  out.info = read_object(answer.headers, key);
  S3Stretch stretch;
  stretch.bucket = std::move(bucket);
  stretch.key = std::move(key);
  stretch.etag = answer.headers.get("ETag");
  stretch.end = out.info.size_bytes;
  if (range) {
    const std::optional<ContentRange> got =
        parse_content_range(answer.headers.get("Content-Range"));
    if (answer.status != 206 || !got || got->first != range->offset ||
        got->last - got->first >= range->size_bytes) {
      co_return Error::with_message(kServiceFailed, "S3 did not send the range that was asked for");
    }
    out.info.size_bytes = got->total;
    stretch.offset = got->first;
    stretch.end = got->last + 1;
  }
  if (!answer.headers.contains("Content-Length")) {
    co_return Error::with_message(kServiceFailed, "S3 does not tell the object's size");
  }
  out.body = s3_download(*exchange_, std::move(stretch), std::move(answer.body));
  co_return out;
}

Task<Result<S3Object>> S3Client::head_object(Context ctx, std::string bucket, std::string key) {
  S3Call call = object_call("HeadObject", "HEAD", std::move(bucket), key);
  TARN_CO_TRY(S3Answer answer, co_await exchange_->run(std::move(ctx), std::move(call)));
  co_return read_object(answer.headers, std::move(key));
}

Task<Result<S3Object>> S3Client::copy_object(Context ctx, std::string from_bucket,
                                             std::string from_key, std::string bucket,
                                             std::string key) {
  S3Call call = object_call("CopyObject", "PUT", std::move(bucket), key);
  call.headers.add("x-amz-copy-source", copy_source(from_bucket, from_key));
  call.answer = S3Call::Answer::kDocument;
  TARN_CO_TRY(S3Answer answer, co_await exchange_->run(std::move(ctx), std::move(call)));
  co_return read_written(answer.document, std::move(key));
}

Task<Result<void>> S3Client::delete_object(Context ctx, std::string bucket, std::string key) {
  S3Call call = object_call("DeleteObject", "DELETE", std::move(bucket), std::move(key));
  const Result<S3Answer> answer = co_await exchange_->run(std::move(ctx), std::move(call));
  if (!answer && !answer.error().is(kNotFound)) {
    co_return answer.error();
  }
  co_return Result<void>();
}

Task<Result<std::vector<S3DeleteFailure>>> S3Client::delete_objects(Context ctx, std::string bucket,
                                                                    std::vector<std::string> keys) {
  S3Call call = object_call("DeleteObjects", "POST", std::move(bucket), "");
  call.query.emplace_back("delete", "");
  call.document = write_delete(keys);
  call.headers.add("Content-Type", "application/xml");
  call.headers.add("Content-MD5", base64_encode(md5(call.document)));
  call.answer = S3Call::Answer::kDocument;
  TARN_CO_TRY(S3Answer answer, co_await exchange_->run(std::move(ctx), std::move(call)));
  co_return read_delete_failures(answer.document);
}

Task<Result<S3ListPage>> S3Client::list_objects(Context ctx, S3ListRequest request) {
  S3Call call = object_call("ListObjectsV2", "GET", std::move(request.bucket), "");
  call.query.emplace_back("list-type", "2");
  call.query.emplace_back("encoding-type", "url");
  call.query.emplace_back("max-keys",
                          std::to_string(std::min<std::size_t>(request.keys_max, 1000)));
  const std::pair<std::string_view, std::string*> optional[] = {
      {"prefix", &request.prefix},
      {"delimiter", &request.delimiter},
      {"start-after", &request.start_after},
      {"continuation-token", &request.continuation_token}};
  for (const auto& [name, value] : optional) {
    if (!value->empty()) {
      call.query.emplace_back(name, std::move(*value));
    }
  }
  call.answer = S3Call::Answer::kDocument;
  TARN_CO_TRY(S3Answer answer, co_await exchange_->run(std::move(ctx), std::move(call)));
  co_return read_list_page(answer.document);
}

Task<Result<std::string>> S3Client::create_upload(Context ctx, std::string bucket, std::string key,
                                                  S3PutOptions options) {
  S3Call call = object_call("CreateMultipartUpload", "POST", std::move(bucket), std::move(key));
  call.query.emplace_back("uploads", "");
  options.if_absent = false;  // that is decided when the upload is completed
  add_options(call.headers, options);
  call.answer = S3Call::Answer::kDocument;
  TARN_CO_TRY(S3Answer answer, co_await exchange_->run(std::move(ctx), std::move(call)));
  std::string id = answer.document.root().child_text("UploadId");
  if (id.empty()) {
    co_return Error::with_message(kServiceFailed, "S3 gave no upload id");
  }
  co_return id;
}

Task<Result<S3Part>> S3Client::upload_part(Context ctx, std::string bucket, std::string key,
                                           std::string upload_id, std::uint32_t number,
                                           std::unique_ptr<ByteSource> body,
                                           std::uint64_t size_bytes) {
  S3Call call =
      part_call("UploadPart", std::move(bucket), std::move(key), std::move(upload_id), number);
  TARN_CO_TRY(call.body, co_await make_body(ctx, std::move(body), size_bytes,
                                            !exchange_->addressing().is_tls()));
  TARN_CO_TRY(S3Answer answer, co_await exchange_->run(std::move(ctx), std::move(call)));
  S3Part part;
  part.number = number;
  part.etag = plain_etag(answer.headers.get("ETag"));
  co_return part;
}

Task<Result<S3Part>> S3Client::upload_part_copy(Context ctx, std::string bucket, std::string key,
                                                std::string upload_id, std::uint32_t number,
                                                std::string from_bucket, std::string from_key,
                                                std::optional<S3Range> range) {
  S3Call call =
      part_call("UploadPartCopy", std::move(bucket), std::move(key), std::move(upload_id), number);
  call.headers.add("x-amz-copy-source", copy_source(from_bucket, from_key));
  if (range) {
    call.headers.add("x-amz-copy-source-range", range_header(range->offset, range->size_bytes));
  }
  call.answer = S3Call::Answer::kDocument;
  TARN_CO_TRY(S3Answer answer, co_await exchange_->run(std::move(ctx), std::move(call)));
  S3Part part;
  part.number = number;
  part.etag = read_written(answer.document, "").etag;
  co_return part;
}

Task<Result<S3Object>> S3Client::complete_upload(Context ctx, std::string bucket, std::string key,
                                                 std::string upload_id, std::vector<S3Part> parts,
                                                 bool if_absent) {
  S3Call call = object_call("CompleteMultipartUpload", "POST", bucket, key);
  call.query.emplace_back("uploadId", std::move(upload_id));
  call.document = write_complete(parts);
  call.headers.add("Content-Type", "application/xml");
  if (if_absent) {
    call.headers.add("If-None-Match", "*");
  }
  call.answer = S3Call::Answer::kDocument;
  auto reply_lost = std::make_shared<bool>(false);
  Result<S3Answer> answer = co_await exchange_->run(ctx, std::move(call), reply_lost);
  if (answer) {
    co_return read_written(answer->document, std::move(key));
  }
  Error error = std::move(answer).error();
  if (!*reply_lost || !error.is(kNoSuchUpload)) {
    co_return conditional_error(std::move(error), *reply_lost);
  }
  // A try whose answer was lost has ended the upload, or somebody else has: the object tells.
  const std::string expected = expected_etag(parts);
  Result<S3Object> object = co_await head_object(std::move(ctx), std::move(bucket), std::move(key));
  if (object && !expected.empty() && object->etag == expected) {
    co_return object;
  }
  co_return Error(kUnknownOutcome).append(": " + error.message());
}

Task<Result<void>> S3Client::abort_upload(Context ctx, std::string bucket, std::string key,
                                          std::string upload_id) {
  S3Call call = object_call("AbortMultipartUpload", "DELETE", std::move(bucket), std::move(key));
  call.query.emplace_back("uploadId", std::move(upload_id));
  auto reply_lost = std::make_shared<bool>(false);
  const Result<S3Answer> answer =
      co_await exchange_->run(std::move(ctx), std::move(call), reply_lost);
  if (!answer && !(*reply_lost && answer.error().is(kNoSuchUpload))) {
    co_return answer.error();
  }
  co_return Result<void>();
}

Task<Result<std::string>> S3Client::presign(Context ctx, std::string method, std::string bucket,
                                            std::string key, http::QueryPairs query,
                                            std::chrono::seconds expires_in) {
  if (expires_in < std::chrono::seconds(1) || expires_in > std::chrono::hours(7 * 24)) {
    co_return Error::with_message(kInvalidRequest, "presigned URLs live for 1 second to 7 days");
  }
  TARN_CO_CHECK_OK(co_await exchange_->find_region(ctx, bucket));
  TARN_CO_TRY(const CredentialsPtr credentials,
              co_await exchange_->credentials().credentials(std::move(ctx)));
  const S3Place place = exchange_->addressing().place(bucket, key, query);
  SigningScope scope;
  scope.region = place.region;
  scope.service = "s3";
  const std::string target = aws::presign(method, place.host, place.target, *credentials, scope,
                                          exchange_->services().clock.now(), expires_in);
  co_return place.base_url + target;
}

}  // namespace tarn::aws
