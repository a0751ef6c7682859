#include "aws/testing/s3_imposter.h"

#include "aws/sigv4.h"
#include "aws/xml.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time_text.h"
#include "http/range.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>

namespace tarn::aws::testing {

using http::testing::Gate;

/// A request taken apart.
struct S3Imposter::Asked {
  const Received& received;
  std::string bucket;
  std::string key;
  std::map<std::string, std::string> query;
  std::string operation;

  std::string_view header(std::string_view name) const { return received.headers.get(name); }
  std::string parameter(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? "" : found->second;
  }
};

namespace {

http::testing::Reply refuse(unsigned status, std::string_view code, std::string_view more = "") {
  http::testing::Reply reply;
  reply.status = status;
  reply.headers.add("Content-Type", "application/xml");
  reply.body = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>text of "
      "{}</Message>{}</Error>",
      code, code, more);
  return reply;
}

http::testing::Reply document(std::string xml) {
  http::testing::Reply reply;
  reply.headers.add("Content-Type", "application/xml");
  // As S3 does it for answers that take long.
  reply.body = "  \n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + std::move(xml);
  return reply;
}

std::string in_quotes(std::string_view etag) { return fmt::format("\"{}\"", etag); }

/// As S3 encodes keys in listings: `~` too, and a space as `+`.
std::string url_encoded(std::string_view text) {
  std::string out = percent_encode(text, "/*");
  for (const auto& [from, to] : {std::pair("%20", "+"), std::pair("~", "%7E")}) {
    for (std::size_t at = out.find(from); at != std::string::npos; at = out.find(from, at + 1)) {
      out.replace(at, std::string_view(from).size(), to);
    }
  }
  return out;
}

std::string operation_of(const std::string& method, bool has_key,
                         const std::map<std::string, std::string>& query, bool copies) {
  const bool upload = query.contains("uploadId");
  if (!has_key) {
    if (method == "POST" && query.contains("delete")) {
      return "DeleteObjects";
    }
    return method == "HEAD" ? "HeadBucket" : method == "GET" ? "ListObjectsV2" : "?";
  }
  if (method == "PUT" && upload) {
    return copies ? "UploadPartCopy" : "UploadPart";
  }
  if (method == "PUT") {
    return copies ? "CopyObject" : "PutObject";
  }
  if (method == "POST") {
    return upload                      ? "CompleteMultipartUpload"
           : query.contains("uploads") ? "CreateMultipartUpload"
                                       : "?";
  }
  if (method == "DELETE") {
    return upload ? "AbortMultipartUpload" : "DeleteObject";
  }
  return method == "GET" ? "GetObject" : method == "HEAD" ? "HeadObject" : "?";
}

}  // namespace

S3Imposter::S3Imposter(Options options) : options_(std::move(options)) {
  {
    const MutexLock lock(mutex_);
    buckets_.insert(options_.buckets.begin(), options_.buckets.end());
  }
  imposter_ = std::make_unique<http::testing::Imposter>(
      [this](const Received& received) { return answer(received); });
}

S3Imposter::~S3Imposter() {
  gate_->open();
  imposter_.reset();
}

Credentials S3Imposter::credentials() {
  Credentials out;
  out.access_key_id = "AKIDEXAMPLE";
  out.secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  return out;
}

void S3Imposter::inject(S3Fault fault) {
  const MutexLock lock(mutex_);
  faults_.push_back(std::move(fault));
}

void S3Imposter::clear_faults() {
  const MutexLock lock(mutex_);
  faults_.clear();
}

std::optional<std::string> S3Imposter::object(const std::string& bucket,
                                              const std::string& key) const {
  const MutexLock lock(mutex_);
  const auto found = objects_.find({bucket, key});
  return found == objects_.end() ? std::nullopt : std::optional(found->second.bytes);
}

void S3Imposter::set_object(const std::string& bucket, const std::string& key, std::string bytes) {
  const MutexLock lock(mutex_);
  Object& object = objects_[{bucket, key}];
  object.etag = hex_encode(md5(bytes));
  object.bytes = std::move(bytes);
}

std::size_t S3Imposter::object_count() const {
  const MutexLock lock(mutex_);
  return objects_.size();
}

std::size_t S3Imposter::open_uploads() const {
  const MutexLock lock(mutex_);
  return uploads_.size();
}

std::vector<std::string> S3Imposter::operations() const {
  const MutexLock lock(mutex_);
  return operations_;
}

std::size_t S3Imposter::count(const std::string& operation) const {
  const std::vector<std::string> all = operations();
  return static_cast<std::size_t>(std::count(all.begin(), all.end(), operation));
}

std::optional<S3Fault> S3Imposter::next_fault(const std::string& operation) {
  for (S3Fault& fault : faults_) {
    if (fault.times == 0 || (!fault.operation.empty() && fault.operation != operation)) {
      continue;
    }
    if (fault.skip > 0) {
      --fault.skip;
      continue;
    }
    --fault.times;
    return fault;
  }
  return std::nullopt;
}

/// Signs what arrived once more: whatever was changed behind the signature, or never covered by it,
/// shows.
std::optional<http::testing::Reply> S3Imposter::check_signature(const Asked& asked) const {
  const std::string authorization(asked.header("Authorization"));
  const std::string_view hash = asked.header("x-amz-content-sha256");
  const auto now = parse_iso8601_basic(asked.header("x-amz-date"));
  const std::size_t signed_at = authorization.find("SignedHeaders=");
  if (!now || hash.empty() || signed_at == std::string::npos) {
    return refuse(403, "AccessDenied");
  }
  if (hash != kUnsignedPayload && hash != hex_encode(sha256(asked.received.body))) {
    return refuse(400, "XAmzContentSHA256Mismatch");
  }
  std::string_view names = std::string_view(authorization).substr(signed_at + 14);
  names = names.substr(0, names.find(','));
  http::Request again;
  again.method = asked.received.method;
  again.target = asked.received.target;
  for (const http::Headers::Field& field : asked.received.headers) {
    const std::string name = ascii_lower(field.name);
    const bool is_signed =
        (";" + std::string(names) + ";").find(";" + name + ";") != std::string::npos;
    if (is_signed && name != "x-amz-date" && name != "x-amz-content-sha256") {
      again.headers.add(name, field.value);
    }
    if (!is_signed && name.starts_with("x-amz-")) {
      return refuse(403, "AccessDenied", "<Header>" + name + "</Header>");
    }
  }
  SigningScope scope;
  scope.service = "s3";
  const std::size_t slash = authorization.find('/', authorization.find('/') + 1);
  scope.region = authorization.substr(slash + 1, authorization.find('/', slash + 1) - slash - 1);
  sign(again, credentials(), scope, *now, hash);
  if (again.headers.get("Authorization") != authorization) {
    return refuse(403, "SignatureDoesNotMatch");
  }
  const auto elsewhere = options_.regions.find(asked.bucket);
  const std::string& region =
      elsewhere == options_.regions.end() ? options_.region : elsewhere->second;
  if (scope.region != region) {
    http::testing::Reply reply =
        refuse(400, "AuthorizationHeaderMalformed", "<Region>" + region + "</Region>");
    reply.headers.add("x-amz-bucket-region", region);
    return reply;
  }
  return std::nullopt;
}

http::testing::Reply S3Imposter::answer(const Received& received) {
  Asked asked{.received = received, .bucket = {}, .key = {}, .query = {}, .operation = {}};
  const std::string path = received.path();
  const std::size_t slash = path.find('/', 1);
  asked.bucket = percent_decode(path.substr(1, slash - 1)).value_or("?");
  if (slash != std::string::npos) {
    asked.key = percent_decode(path.substr(slash + 1)).value_or("?");
  }
  const auto pairs = http::parse_query(received.query());
  if (pairs) {
    asked.query.insert(pairs->begin(), pairs->end());
  }
  asked.operation = operation_of(received.method, !asked.key.empty(), asked.query,
                                 received.headers.contains("x-amz-copy-source"));
  EXPECT_NE(asked.operation, "?") << received.method << " " << received.target;
  EXPECT_FALSE(received.headers.contains("Transfer-Encoding")) << asked.operation;

  const MutexLock lock(mutex_);
  operations_.push_back(asked.operation);
  const std::optional<S3Fault> fault = next_fault(asked.operation);
  Reply reply;
  if (fault && fault->kind == S3Fault::Kind::kDrop) {
    reply.drop = true;
    return reply;
  }
  if (fault && fault->kind == S3Fault::Kind::kRefuse) {
    reply = refuse(fault->status, fault->code);
    reply.headers.erase("Content-Type");
    return reply;
  }
  if (fault && fault->kind == S3Fault::Kind::kRefuseInside200) {
    return document(
        fmt::format("<Error><Code>{}</Code><Message>inside</Message></Error>", fault->code));
  }
  const std::optional<Reply> unsigned_reply = check_signature(asked);
  reply = unsigned_reply                    ? *unsigned_reply
          : buckets_.contains(asked.bucket) ? apply(asked)
                                            : refuse(404, "NoSuchBucket");
  if (fault) {
    switch (fault->kind) {
      case S3Fault::Kind::kLoseReply:
        reply.drop = true;
        break;
      case S3Fault::Kind::kHang:
        reply.before = gate_;
        break;
      case S3Fault::Kind::kCutBody:
        reply.cut_at = reply.body.size() / 2;
        break;
      default:
        break;
    }
  }
  return reply;
}

http::testing::Reply S3Imposter::apply(const Asked& asked) {
  const std::string& operation = asked.operation;
  if (operation == "PutObject") {
    return put_object(asked);
  }
  if (operation == "GetObject" || operation == "HeadObject") {
    return get_object(asked);
  }
  if (operation == "CopyObject") {
    return copy_object(asked);
  }
  if (operation == "DeleteObjects") {
    return delete_objects(asked);
  }
  if (operation == "ListObjectsV2") {
    return list_objects(asked);
  }
  if (operation == "UploadPart" || operation == "UploadPartCopy") {
    return upload_part(asked);
  }
  if (operation == "CompleteMultipartUpload") {
    return complete_upload(asked);
  }
  Reply reply;
  if (operation == "DeleteObject") {
    objects_.erase({asked.bucket, asked.key});
    reply.status = 204;
    return reply;
  }
  if (operation == "CreateMultipartUpload") {
    const std::string id = fmt::format("upload-{}+/=", next_upload_++);
    Upload& upload = uploads_[id];
    upload.bucket = asked.bucket;
    upload.key = asked.key;
    upload.content_type = asked.header("Content-Type");
    return document("<InitiateMultipartUploadResult><UploadId>" + id +
                    "</UploadId></InitiateMultipartUploadResult>");
  }
  if (operation == "AbortMultipartUpload") {
    if (uploads_.erase(asked.parameter("uploadId")) == 0) {
      return refuse(404, "NoSuchUpload");
    }
    reply.status = 204;
    return reply;
  }
  reply.headers.add("x-amz-bucket-region", options_.region);
  return reply;
}

http::testing::Reply S3Imposter::put_object(const Asked& asked) {
  if (!asked.received.headers.contains("Content-Length")) {
    return refuse(411, "MissingContentLength");
  }
  const bool exists = objects_.contains({asked.bucket, asked.key});
  if (asked.received.headers.contains("If-None-Match")) {
    EXPECT_EQ(asked.header("If-None-Match"), "*");
    if (exists) {
      return refuse(412, "PreconditionFailed");
    }
  }
  Object& object = objects_[{asked.bucket, asked.key}];
  object.bytes = asked.received.body;
  object.etag = hex_encode(md5(object.bytes));
  object.content_type = asked.header("Content-Type");
  Reply reply;
  reply.headers.add("ETag", in_quotes(object.etag));
  return reply;
}

http::testing::Reply S3Imposter::get_object(const Asked& asked) {
  const auto found = objects_.find({asked.bucket, asked.key});
  if (found == objects_.end()) {
    return refuse(404, "NoSuchKey");
  }
  const Object& object = found->second;
  const std::string_view if_match = asked.header("If-Match");
  if (!if_match.empty() && if_match != in_quotes(object.etag)) {
    return refuse(412, "PreconditionFailed");
  }
  Reply reply;
  reply.headers.add("ETag", in_quotes(object.etag));
  reply.headers.add("Last-Modified", "Tue, 14 Nov 2023 22:13:20 GMT");
  reply.headers.add("Content-Type",
                    object.content_type.empty() ? "binary/octet-stream" : object.content_type);
  if (asked.received.headers.contains("Range")) {
    const http::RangeRequest range = http::parse_range(asked.header("Range"), object.bytes.size());
    EXPECT_NE(range.kind, http::RangeRequest::Kind::kInvalid) << asked.header("Range");
    if (range.kind != http::RangeRequest::Kind::kRanges) {
      return refuse(416, "InvalidRange");
    }
    reply.status = 206;
    reply.headers.add("Content-Range", http::content_range(range.ranges[0], object.bytes.size()));
    reply.body = object.bytes.substr(range.ranges[0].offset, range.ranges[0].size_bytes);
  } else {
    reply.body = object.bytes;
  }
  return reply;
}

std::optional<std::string> S3Imposter::copy_source(const Asked& asked) {
  const std::string source =
      percent_decode(asked.header("x-amz-copy-source")).value_or(std::string());
  const std::size_t slash = source.find('/', 1);
  if (!source.starts_with('/') || slash == std::string::npos) {
    ADD_FAILURE() << "copy source " << source;
    return std::nullopt;
  }
  const auto found = objects_.find({source.substr(1, slash - 1), source.substr(slash + 1)});
  if (found == objects_.end()) {
    return std::nullopt;
  }
  const std::string& bytes = found->second.bytes;
  const std::string_view range = asked.header("x-amz-copy-source-range");
  if (range.empty()) {
    return bytes;
  }
  const http::RangeRequest wanted = http::parse_range(range, bytes.size());
  if (wanted.kind != http::RangeRequest::Kind::kRanges) {
    return std::nullopt;
  }
  return bytes.substr(wanted.ranges[0].offset, wanted.ranges[0].size_bytes);
}

http::testing::Reply S3Imposter::copy_object(const Asked& asked) {
  std::optional<std::string> bytes = copy_source(asked);
  if (!bytes) {
    return refuse(404, "NoSuchKey");
  }
  Object& object = objects_[{asked.bucket, asked.key}];
  object.bytes = *std::move(bytes);
  object.etag = hex_encode(md5(object.bytes));
  return document(
      "<CopyObjectResult><LastModified>2023-11-14T22:13:20.000Z</LastModified><ETag>"
      "&quot;" +
      object.etag + "&quot;</ETag></CopyObjectResult>");
}

http::testing::Reply S3Imposter::delete_objects(const Asked& asked) {
  if (asked.header("Content-MD5") != base64_encode(md5(asked.received.body))) {
    return refuse(400, "InvalidDigest");
  }
  const Result<XmlDocument> wanted = parse_xml(asked.received.body);
  if (!wanted) {
    return refuse(400, "MalformedXML");
  }
  std::string failures;
  for (XmlElement entry = wanted->root().child("Object"); entry; entry = entry.next("Object")) {
    const std::string key = entry.child_text("Key");
    if (key.starts_with("locked")) {
      XmlWriter(failures)
          .open("Error")
          .element("Key", key)
          .element("Code", "AccessDenied")
          .element("Message", "no")
          .close("Error");
    } else {
      objects_.erase({asked.bucket, key});
    }
  }
  return document("<DeleteResult>" + failures + "</DeleteResult>");
}

http::testing::Reply S3Imposter::list_objects(const Asked& asked) {
  EXPECT_EQ(asked.parameter("list-type"), "2");
  const std::string prefix = asked.parameter("prefix");
  const std::string delimiter = asked.parameter("delimiter");
  const std::string after =
      std::max(asked.parameter("start-after"), asked.parameter("continuation-token"));
  std::size_t limit = 1000;
  const std::string text = asked.parameter("max-keys");
  std::from_chars(text.data(), text.data() + text.size(), limit);
  const bool encoded = asked.parameter("encoding-type") == "url";
  const auto shown = [encoded](std::string_view value) {
    return encoded ? url_encoded(value) : std::string(value);
  };
  std::string entries;
  std::string last;
  std::size_t count = 0;
  bool truncated = false;
  for (const auto& [name, object] : objects_) {
    const auto& [bucket, key] = name;
    if (bucket != asked.bucket || !key.starts_with(prefix) || key <= after) {
      continue;
    }
    const std::size_t cut =
        delimiter.empty() ? std::string::npos : key.find(delimiter, prefix.size());
    const std::string folder =
        cut == std::string::npos ? "" : key.substr(0, cut + delimiter.size());
    if (!folder.empty() && (folder == last || after.starts_with(folder))) {
      continue;
    }
    if (count == limit) {
      truncated = true;
      break;
    }
    ++count;
    XmlWriter writer(entries);
    if (!folder.empty()) {
      writer.open("CommonPrefixes").element("Prefix", shown(folder)).close("CommonPrefixes");
      last = folder;
      continue;
    }
    last = key;
    writer.open("Contents")
        .element("Key", shown(key))
        .element("LastModified", "2023-11-14T22:13:20.000Z")
        .element("ETag", in_quotes(object.etag))
        .element("Size", std::to_string(object.bytes.size()))
        .close("Contents");
  }
  std::string out;
  XmlWriter writer(out);
  writer.open("ListBucketResult", "http://s3.amazonaws.com/doc/2006-03-01/")
      .element("IsTruncated", truncated ? "true" : "false");
  if (encoded) {
    writer.element("EncodingType", "url");
  }
  if (truncated) {
    writer.element("NextContinuationToken", last);
  }
  writer.raw(entries).close("ListBucketResult");
  return document(std::move(out));
}

http::testing::Reply S3Imposter::upload_part(const Asked& asked) {
  const auto upload = uploads_.find(asked.parameter("uploadId"));
  if (upload == uploads_.end() || upload->second.bucket != asked.bucket ||
      upload->second.key != asked.key) {
    return refuse(404, "NoSuchUpload");
  }
  std::uint32_t number = 0;
  const std::string text = asked.parameter("partNumber");
  std::from_chars(text.data(), text.data() + text.size(), number);
  if (number < 1 || number > 10'000) {
    return refuse(400, "InvalidArgument");
  }
  std::optional<std::string> bytes = asked.received.body;
  const bool copies = asked.operation == "UploadPartCopy";
  if (copies) {
    bytes = copy_source(asked);
    if (!bytes) {
      return refuse(404, "NoSuchKey");
    }
  }
  Part& part = upload->second.parts[number];
  part.bytes = *std::move(bytes);
  part.etag = hex_encode(md5(part.bytes));
  if (copies) {
    return document("<CopyPartResult><ETag>&quot;" + part.etag + "&quot;</ETag></CopyPartResult>");
  }
  Reply reply;
  reply.headers.add("ETag", in_quotes(part.etag));
  return reply;
}

http::testing::Reply S3Imposter::complete_upload(const Asked& asked) {
  const auto upload = uploads_.find(asked.parameter("uploadId"));
  if (upload == uploads_.end()) {
    return refuse(404, "NoSuchUpload");
  }
  const Result<XmlDocument> wanted = parse_xml(asked.received.body);
  if (!wanted || !wanted->root().child("Part")) {
    return refuse(400, "MalformedXML");
  }
  if (asked.received.headers.contains("If-None-Match") &&
      objects_.contains({asked.bucket, asked.key})) {
    return refuse(412, "PreconditionFailed");
  }
  std::string bytes;
  std::string digests;
  std::uint32_t previous = 0;
  std::size_t count = 0;
  for (XmlElement entry = wanted->root().child("Part"); entry; entry = entry.next("Part")) {
    std::uint32_t number = 0;
    const std::string text = entry.child_text("PartNumber");
    std::from_chars(text.data(), text.data() + text.size(), number);
    const auto part = upload->second.parts.find(number);
    if (number <= previous) {
      return refuse(400, "InvalidPartOrder");
    }
    if (part == upload->second.parts.end() ||
        entry.child("ETag").text() != in_quotes(part->second.etag)) {
      return refuse(400, "InvalidPart");
    }
    if (entry.next("Part") && part->second.bytes.size() < options_.part_bytes_min) {
      return refuse(400, "EntityTooSmall");
    }
    previous = number;
    ++count;
    bytes += part->second.bytes;
    digests += md5(part->second.bytes);
  }
  Object& object = objects_[{asked.bucket, asked.key}];
  object.bytes = std::move(bytes);
  object.etag = fmt::format("{}-{}", hex_encode(md5(digests)), count);
  object.content_type = upload->second.content_type;
  uploads_.erase(upload);
  return document("<CompleteMultipartUploadResult><ETag>&quot;" + object.etag +
                  "&quot;</ETag></CompleteMultipartUploadResult>");
}

}  // namespace tarn::aws::testing
