// The driver over an S3 that breaks on purpose: what is repeated, what is cleaned up, and what
// callers are told. The driver's promises as such are in block/testing/adapter_suite.h.
#include "block/s3/adapter.h"

#include "aws/testing/s3_bench.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "block/s3/exact_source.h"
#include "block/s3/part_reader.h"
#include "block/testing/adapter_suite.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace tarn::block::s3 {
namespace {

using aws::testing::S3Bench;
using aws::testing::S3Fault;
using aws::testing::S3Imposter;
using tarn::testing::run;
using testing::pattern;
using testing::pattern_source;
using Kind = aws::testing::S3Fault::Kind;

const Location kWhere{"bucket", "data/p/name.csv"};
const std::optional<std::uint64_t> kUnknown;

/// Small, so that tests need no megabytes.
Limits small_limits() {
  Limits out;
  out.single_put_bytes_max = 5000;
  out.part_bytes = 1000;
  out.parts_per_size = 10;
  out.part_bytes_max = 4000;
  out.unsized_part_bytes_max = 2000;
  out.copy_bytes_max = 3000;
  out.copy_part_bytes = 1000;
  return out;
}

struct Bench : S3Bench {
  Bench() : S3Bench(options()) { open({.limits = small_limits()}); }
  static S3Imposter::Options options() {
    S3Imposter::Options out;
    out.part_bytes_min = 1000;
    return out;
  }
  void open(AdapterConfig config) { adapter = make_adapter(config, client(), nullptr, clock); }
  void inject(Kind kind, std::string operation, std::size_t times = 1, std::size_t skip = 0) {
    S3Fault fault;
    fault.kind = kind;
    fault.operation = std::move(operation);
    fault.times = times;
    fault.skip = skip;
    s3.inject(fault);
  }
  Result<ObjectInfo> put(std::uint64_t size, std::optional<std::uint64_t> promised,
                         PutOptions put_options = {}) {
    return run(adapter->put(Context(), kWhere, pattern_source(size), promised, put_options));
  }
  std::string stored() { return s3.object(kWhere.bucket, kWhere.key).value_or("nothing"); }

  std::unique_ptr<Adapter> adapter;
};

TEST(S3Adapter, SendsShortBodiesWhole) {
  Bench bench;
  PutOptions options;
  options.content_type = "text/csv";
  options.storage_class = "STANDARD_IA";
  const auto info = bench.put(5000, 5000, options);
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->etag, hex_encode(md5(pattern(5000))));
  EXPECT_EQ(info->content_type, "text/csv");
  EXPECT_EQ(bench.s3.operations(), std::vector<std::string>{"PutObject"});
  EXPECT_EQ(bench.s3.requests()[0].headers.get("x-amz-storage-class"), "STANDARD_IA");
  // Unknown length, but it ends within the first part.
  ASSERT_TRUE(bench.put(999, kUnknown));
  EXPECT_EQ(bench.stored(), pattern(999));
  EXPECT_EQ(bench.s3.count("CreateMultipartUpload"), 0U);
}

TEST(S3Adapter, SendsLongBodiesInParts) {
  const struct {
    std::uint64_t size;
    std::optional<std::uint64_t> promised;
    std::size_t parts;
  } rows[] = {{5001, 5001, 6}, {12'345, kUnknown, 12}, {1000, kUnknown, 1}, {2000, kUnknown, 2}};
  for (const auto& row : rows) {
    Bench bench;
    PutOptions options;
    options.content_type = "text/csv";
    options.storage_class = "GLACIER_IR";
    const auto info = bench.put(row.size, row.promised, options);
    ASSERT_TRUE(info) << info.error().message();
    EXPECT_EQ(info->size_bytes, row.size);
    EXPECT_EQ(info->content_type, "text/csv");
    EXPECT_TRUE(info->etag.ends_with("-" + std::to_string(row.parts))) << info->etag;
    EXPECT_EQ(bench.stored(), pattern(row.size));
    EXPECT_EQ(bench.s3.count("UploadPart"), row.parts);
    EXPECT_EQ(bench.s3.open_uploads(), 0U);
    EXPECT_EQ(bench.s3.requests()[0].headers.get("x-amz-storage-class"), "GLACIER_IR");
    EXPECT_EQ(run(bench.adapter->stat(Context(), kWhere))->content_type, "text/csv");
  }
}

TEST(S3Adapter, RepeatsPartsOfAStreamThatIsGone) {
  for (const Kind kind : {Kind::kDrop, Kind::kLoseReply, Kind::kRefuse}) {
    for (const std::string operation :
         {"CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"}) {
      Bench bench;
      bench.inject(kind, operation, 2);
      const auto info = bench.put(7500, kUnknown);
      ASSERT_TRUE(info) << operation << ": " << info.error().message();
      EXPECT_EQ(bench.stored(), pattern(7500));
      if (operation != "CreateMultipartUpload" || kind != Kind::kLoseReply) {
        // An upload whose id nobody got cannot be aborted; buckets have lifecycle rules for those.
        EXPECT_EQ(bench.s3.open_uploads(), 0U) << operation;
      }
    }
  }
}

TEST(S3Adapter, LeavesNothingOfAFailedUpload) {
  const struct {
    std::string operation;
    std::size_t skip;
  } rows[] = {{"CreateMultipartUpload", 0}, {"UploadPart", 0}, {"UploadPart", 5}};
  for (const auto& row : rows) {
    for (const Kind kind : {Kind::kDrop, Kind::kRefuse}) {
      Bench bench;
      bench.inject(kind, row.operation, 1000, row.skip);
      const auto info = bench.put(12'000, kUnknown);
      ASSERT_FALSE(info);
      // Even a lost answer is a plain failure here: without completion there is no object.
      EXPECT_TRUE(info.error().is(kUnavailable)) << info.error().message();
      EXPECT_EQ(bench.stored(), "nothing");
      EXPECT_EQ(bench.s3.open_uploads(), 0U);
    }
  }
  Bench bench;
  bench.inject(Kind::kDrop, "CompleteMultipartUpload", 1000);
  EXPECT_TRUE(bench.put(12'000, kUnknown).error().is(kUnknownOutcome));
  EXPECT_EQ(bench.s3.open_uploads(), 0U);
}

TEST(S3Adapter, LeavesNothingOfABodyThatBreaks) {
  for (const std::uint64_t cut : {1U, 999U, 1000U, 1001U, 6543U}) {
    Bench bench;
    const auto info = run(
        bench.adapter->put(Context(), kWhere, pattern_source(9000, cut), kUnknown, PutOptions()));
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().message(), "the sender went away: unavailable");
    EXPECT_EQ(bench.s3.open_uploads(), 0U);
    EXPECT_EQ(bench.stored(), "nothing");
  }
  for (const std::uint64_t size : {8999U, 9001U}) {
    Bench bench;
    EXPECT_TRUE(bench.put(size, 9000).error().is(kBodyMismatch));
    EXPECT_EQ(bench.s3.open_uploads(), 0U);
    EXPECT_EQ(bench.stored(), "nothing");
  }
}

/// Cancels its own call after some bytes.
class CancellingSource final : public ByteSource {
 public:
  explicit CancellingSource(CancelSource& cancel) : cancel_(cancel) {}
  Task<Result<Bytes>> read(Context, std::size_t max_bytes) override {
    at_ += max_bytes;
    if (at_ > 5000) {
      cancel_.cancel(CancelReason::kClientGone);
    }
    co_return Bytes(max_bytes, 'c');
  }
  std::optional<std::uint64_t> remaining() const override { return std::nullopt; }

 private:
  CancelSource& cancel_;
  std::uint64_t at_ = 0;
};

TEST(S3Adapter, AbortsTheUploadOfACancelledCall) {
  Bench bench;
  CancelSource cancel;
  const Context ctx("request", cancel.token());
  const auto info = run(bench.adapter->put(ctx, kWhere, std::make_unique<CancellingSource>(cancel),
                                           kUnknown, PutOptions()));
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().kind(), ErrorKind::kCancelled);
  EXPECT_EQ(bench.s3.count("AbortMultipartUpload"), 1U);
  EXPECT_EQ(bench.s3.open_uploads(), 0U);
  EXPECT_EQ(bench.stored(), "nothing");
}

TEST(S3Adapter, WritesInPartsOnlyIfAbsent) {
  Bench bench;
  PutOptions options;
  options.if_absent = true;
  ASSERT_TRUE(bench.put(6000, kUnknown, options));
  EXPECT_TRUE(bench.put(7000, kUnknown, options).error().is(kPreconditionFailed));
  EXPECT_EQ(bench.stored(), pattern(6000));
  EXPECT_EQ(bench.s3.open_uploads(), 0U);
}

TEST(S3Adapter, CopiesLargeObjectsInParts) {
  Bench bench;
  PutOptions options;
  options.content_type = "text/csv";
  ASSERT_TRUE(bench.put(4500, 4500, options));
  const Location to{"bucket", "copy"};
  const auto info = run(bench.adapter->copy(Context(), kWhere, to));
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->size_bytes, 4500U);
  EXPECT_TRUE(info->etag.ends_with("-5")) << info->etag;
  EXPECT_EQ(bench.s3.object("bucket", "copy"), pattern(4500));
  EXPECT_EQ(run(bench.adapter->stat(Context(), to))->content_type, "text/csv");
  bench.inject(Kind::kRefuse, "UploadPartCopy", 1000, 2);
  EXPECT_TRUE(
      run(bench.adapter->copy(Context(), kWhere, {"bucket", "other"})).error().is(kUnavailable));
  EXPECT_EQ(bench.s3.open_uploads(), 0U);
  EXPECT_FALSE(bench.s3.object("bucket", "other"));
}

TEST(S3Adapter, TakesPartsOfUnknownLengthUpToALimit) {
  Bench bench;
  const auto id = run(bench.adapter->create_upload(Context(), kWhere, PutOptions()));
  ASSERT_TRUE(id);
  const auto part =
      run(bench.adapter->put_part(Context(), kWhere, *id, 1, pattern_source(2000), kUnknown));
  ASSERT_TRUE(part) << part.error().message();
  EXPECT_EQ(part->etag, hex_encode(md5(pattern(2000))));
  EXPECT_EQ(run(bench.adapter->put_part(Context(), kWhere, *id, 2, pattern_source(2001), kUnknown))
                .error()
                .kind(),
            ErrorKind::kInvalid);
  const std::optional<std::uint64_t> promised = 7;
  EXPECT_TRUE(run(bench.adapter->put_part(Context(), kWhere, *id, 2, pattern_source(8), promised))
                  .error()
                  .is(kBodyMismatch));
  for (const std::uint32_t number : {0U, 10'001U}) {
    EXPECT_TRUE(
        run(bench.adapter->put_part(Context(), kWhere, *id, number, pattern_source(8), kUnknown))
            .error()
            .is(kInvalidPart));
  }
}

TEST(S3Adapter, MapsRefusalsToTheContract) {
  const struct {
    unsigned status;
    std::string code;
    ErrorKind kind;
  } rows[] = {{403, "AccessDenied", ErrorKind::kForbidden},
              {403, "ExpiredToken", ErrorKind::kForbidden},
              {503, "SlowDown", ErrorKind::kThrottled},
              {500, "InternalError", ErrorKind::kUnavailable},
              {400, "InvalidArgument", ErrorKind::kInvalid},
              {404, "NoSuchBucket", ErrorKind::kNotFound}};
  for (const auto& row : rows) {
    Bench bench;
    S3Fault fault;
    fault.kind = Kind::kRefuse;
    fault.status = row.status;
    fault.code = row.code;
    fault.times = 1000;
    bench.s3.inject(fault);
    const auto id = run(bench.adapter->create_upload(Context(), kWhere, PutOptions()));
    const Result<ObjectInfo> copied = run(bench.adapter->copy(Context(), kWhere, {"bucket", "x"}));
    std::vector<Error> errors{
        id.error(), copied.error(),
        run(bench.adapter->remove(Context(), kWhere)).error(),
        run(bench.adapter->list(Context(), "bucket", "", "", 5)).error(),
        bench.put(10, 10).error()};
    errors.erase(errors.begin() + 1);  // HEAD has no code
    for (const Error& error : errors) {
      EXPECT_EQ(error.kind(), row.kind) << row.code << ": " << error.message();
      EXPECT_TRUE(error.message().starts_with(row.code + ": ")) << error.message();
    }
  }
}

TEST(S3Adapter, PresignsWhatItMay) {
  Bench bench;
  EXPECT_TRUE(bench.adapter->capabilities().presign);
  EXPECT_TRUE(bench.adapter->capabilities().presign_multipart);
  PresignRequest request;
  request.expires_in = std::chrono::seconds(120);
  const auto url = run(bench.adapter->presign(Context(), kWhere, request));
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->starts_with(bench.s3.base_url() + "/bucket/data/p/name.csv?")) << *url;
  request.method = PresignMethod::kPut;
  request.upload_id = "u";
  EXPECT_TRUE(run(bench.adapter->presign(Context(), kWhere, request)).error().is(kInvalidPart));
  request.part_number = 7;
  const auto part = run(bench.adapter->presign(Context(), kWhere, request));
  ASSERT_TRUE(part);
  EXPECT_NE(part->find("?partNumber=7&uploadId=u&"), std::string::npos) << *part;
  bench.open({.presign = true, .presign_multipart = false, .limits = {}});
  EXPECT_TRUE(run(bench.adapter->presign(Context(), kWhere, request)).error().is(kUnsupported));
  bench.open({.presign = false, .presign_multipart = true, .limits = {}});
  EXPECT_FALSE(bench.adapter->capabilities().presign_multipart);
  EXPECT_TRUE(
      run(bench.adapter->presign(Context(), kWhere, PresignRequest())).error().is(kUnsupported));
}

TEST(S3Adapter, ReadsEmptyRanges) {
  Bench bench;
  ASSERT_TRUE(bench.put(10, 10));
  const auto body = run(bench.adapter->get(Context(), kWhere, ByteRange{3, 0}));
  ASSERT_TRUE(body);
  EXPECT_EQ(body->info.size_bytes, 10U);
  EXPECT_EQ(body->body->remaining(), 0U);
  EXPECT_TRUE(
      run(bench.adapter->get(Context(), kWhere, ByteRange{10, 0})).error().is(kInvalidRange));
}

TEST(PartReader, MakesLargerPartsWhenThereWouldBeTooMany) {
  Limits limits = small_limits();
  limits.parts_max = 4;
  const auto sizes = [&limits](std::uint64_t size, std::optional<std::uint64_t> promised) {
    PartReader reader(pattern_source(size), promised, limits);
    std::vector<std::size_t> out;
    while (!reader.ended()) {
      out.push_back(run(reader.next(Context()))->size());
    }
    EXPECT_EQ(reader.bytes_read(), size);
    return out;
  };
  EXPECT_EQ(sizes(4001, 4001), (std::vector<std::size_t>{1001, 1001, 1001, 998}));
  limits.parts_per_size = 2;
  EXPECT_EQ(sizes(15'000, kUnknown),
            (std::vector<std::size_t>{1000, 1000, 2000, 2000, 4000, 4000, 1000}));
}

TEST(ExactSource, ChecksBeforeTheLastByte) {
  const auto read = [](std::uint64_t size, std::uint64_t promised) {
    auto source = exact_source(pattern_source(size), promised);
    const auto all = run(read_all(Context(), *source, kMiB));
    return all ? std::to_string(all->size()) : all.error().message();
  };
  EXPECT_EQ(read(300'000, 300'000), "300000");
  EXPECT_EQ(read(0, 0), "0");
  for (const auto& [size, promised] :
       {std::pair(0, 1), std::pair(1, 0), std::pair(5, 4), std::pair(4, 5)}) {
    EXPECT_EQ(read(size, promised), Error(kBodyMismatch).message());
  }
  auto source = exact_source(memory_source("twice"), 5);
  EXPECT_EQ(run(read_all(Context(), *source, 10)).value(), "twice");
  EXPECT_TRUE(source->rewind());
  EXPECT_EQ(source->remaining(), 5U);
  EXPECT_EQ(run(read_all(Context(), *source, 10)).value(), "twice");
}

}  // namespace
}  // namespace tarn::block::s3
