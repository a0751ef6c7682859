#include "aws/s3_client.h"

#include "aws/testing/s3_bench.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <functional>

namespace tarn::aws {
namespace {

using tarn::testing::run;
using testing::S3Bench;
using testing::S3Fault;
using Kind = testing::S3Fault::Kind;

/// Bytes in order that cannot be had twice; fails after `cut` of them.
class OnceSource final : public ByteSource {
 public:
  explicit OnceSource(std::uint64_t size, std::uint64_t cut = ~std::uint64_t{0})
      : size_(size), cut_(cut) {}
  Task<Result<Bytes>> read(Context, std::size_t max_bytes) override {
    if (at_ >= cut_) {
      co_return Error(kCorruption, "the source broke");
    }
    const Bytes chunk(std::min<std::uint64_t>(max_bytes, std::min(size_, cut_) - at_), 'x');
    at_ += chunk.size();
    co_return chunk;
  }
  std::optional<std::uint64_t> remaining() const override { return std::nullopt; }

 private:
  std::uint64_t size_;
  std::uint64_t cut_;
  std::uint64_t at_ = 0;
};

Result<S3Object> put(S3Client& client, std::string key, std::string bytes,
                     S3PutOptions options = {}) {
  const std::uint64_t size = bytes.size();
  return run(client.put_object(Context(), "bucket", std::move(key), memory_source(std::move(bytes)),
                               size, std::move(options)));
}

Task<Result<std::string>> get_task(S3Client& client, Context ctx, std::string key,
                                   std::optional<S3Range> range) {
  TARN_CO_TRY(S3Client::Body object,
              co_await client.get_object(ctx, "bucket", std::move(key), range));
  co_return co_await read_all(ctx, *object.body, kGiB);
}

Result<std::string> get(S3Client& client, std::string key,
                        std::optional<S3Range> range = std::nullopt) {
  return run(get_task(client, Context(), std::move(key), range));
}

TEST(S3Client, PutsGetsAndDeletes) {
  S3Bench bench;
  auto client = bench.client();
  S3PutOptions options;
  options.content_type = "text/csv";
  options.storage_class = "STANDARD_IA";
  const auto info = put(*client, "a/b c", "one,two\n", options);
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->etag, hex_encode(md5("one,two\n")));
  EXPECT_EQ(bench.s3.requests()[0].headers.get("x-amz-storage-class"), "STANDARD_IA");
  EXPECT_EQ(bench.s3.requests()[0].target, "/bucket/a/b%20c");

  EXPECT_EQ(get(*client, "a/b c").value(), "one,two\n");
  const auto head = run(client->head_object(Context(), "bucket", "a/b c"));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->size_bytes, 8U);
  EXPECT_EQ(head->etag, info->etag);
  EXPECT_EQ(head->content_type, "text/csv");
  EXPECT_EQ(unix_seconds(head->last_modified), 1'700'000'000);

  ASSERT_TRUE(run(client->copy_object(Context(), "bucket", "a/b c", "bucket", "copy+%")));
  EXPECT_EQ(bench.s3.object("bucket", "copy+%"), "one,two\n");
  ASSERT_TRUE(run(client->delete_object(Context(), "bucket", "a/b c")));
  ASSERT_TRUE(run(client->delete_object(Context(), "bucket", "a/b c")));
  EXPECT_EQ(get(*client, "a/b c").error().message(), "NoSuchKey: text of NoSuchKey");
}

TEST(S3Client, ReadsRangesAndTellsTheWholeSize) {
  S3Bench bench;
  auto client = bench.client();
  bench.s3.set_object("bucket", "k", "0123456789");
  EXPECT_EQ(get(*client, "k", S3Range{3, 4}).value(), "3456");
  EXPECT_EQ(get(*client, "k", S3Range{8, ~std::uint64_t{0}}).value(), "89");
  EXPECT_TRUE(get(*client, "k", S3Range{10, 1}).error().is(kInvalidRange));
  EXPECT_TRUE(get(*client, "k", S3Range{1, 0}).error().is(kInvalidRange));
  const auto object = run(client->get_object(Context(), "bucket", "k", S3Range{3, 4}));
  ASSERT_TRUE(object);
  EXPECT_EQ(object->info.size_bytes, 10U);
  EXPECT_EQ(object->body->remaining(), 4U);
}

TEST(S3Client, MapsRefusals) {
  S3Bench bench;
  auto client = bench.client();
  EXPECT_TRUE(get(*client, "none").error().is(kNotFound));
  EXPECT_TRUE(run(client->head_object(Context(), "bucket", "none")).error().is(kNotFound));
  EXPECT_TRUE(run(client->head_object(Context(), "bucket", "none"))
                  .error()
                  .message()
                  .starts_with("NotFound: "));
  const std::optional<S3Range> all;
  EXPECT_TRUE(run(client->get_object(Context(), "other", "k", all)).error().is(kNoSuchBucket));
  Credentials wrong = testing::S3Imposter::credentials();
  wrong.secret_access_key = Secret("wrong");
  bench.credentials = static_credentials(wrong);
  auto stranger = bench.client();
  const auto refused = put(*stranger, "k", "x");
  EXPECT_TRUE(refused.error().is(kAccessDenied));
  EXPECT_TRUE(refused.error().message().starts_with("SignatureDoesNotMatch: "));
  EXPECT_EQ(bench.s3.count("PutObject"), 1U) << "a refusal is not repeated";
  const struct {
    unsigned status;
    std::string code;
    const ErrorId& id;
  } rows[] = {{400, "InvalidArgument", kInvalidRequest},
              {403, "AccessDenied", kAccessDenied},
              {409, "BucketAlreadyExists", kAlreadyExists},
              {405, "MethodNotAllowed", kInvalidRequest},
              {501, "NotImplemented", kInvalidRequest},
              {412, "PreconditionFailed", kPreconditionFailed}};
  for (const auto& row : rows) {
    S3Fault fault;
    fault.kind = Kind::kRefuse;
    fault.status = row.status;
    fault.code = row.code;
    bench.s3.inject(fault);
    EXPECT_TRUE(get(*client, "k").error().is(row.id)) << row.code;
  }
}

TEST(S3Client, PutsIfAbsentOnce) {
  S3Bench bench;
  auto client = bench.client();
  S3PutOptions options;
  options.if_absent = true;
  ASSERT_TRUE(put(*client, "k", "first", options));
  EXPECT_TRUE(put(*client, "k", "second", options).error().is(kPreconditionFailed));
  // "It exists" after a lost answer may speak of our own object.
  S3Fault lost;
  lost.kind = Kind::kLoseReply;
  lost.operation = "PutObject";
  bench.s3.inject(lost);
  EXPECT_TRUE(put(*client, "new", "third", options).error().is(kUnknownOutcome));
  EXPECT_EQ(bench.s3.object("bucket", "new"), "third");
}

TEST(S3Client, ListsWithPrefixDelimiterAndPages) {
  S3Bench bench;
  auto client = bench.client();
  for (const std::string key : {"a", "d/1", "d/2", "d/e/3", "d\n&~ +%", "e"}) {
    bench.s3.set_object("bucket", key, key);
  }
  S3ListRequest request;
  request.bucket = "bucket";
  request.keys_max = 2;
  std::vector<std::string> keys;
  for (bool more = true; more;) {
    const auto page = run(client->list_objects(Context(), request));
    ASSERT_TRUE(page) << page.error().message();
    for (const S3Object& object : page->objects) {
      keys.push_back(object.key);
      EXPECT_EQ(object.size_bytes, object.key.size());
      EXPECT_EQ(object.etag, hex_encode(md5(object.key)));
    }
    more = page->is_truncated;
    request.continuation_token = page->next_continuation_token;
  }
  EXPECT_EQ(keys, (std::vector<std::string>{"a", "d\n&~ +%", "d/1", "d/2", "d/e/3", "e"}));
  S3ListRequest folder;
  folder.bucket = "bucket";
  folder.prefix = "d/";
  folder.delimiter = "/";
  folder.start_after = "d/1";
  const auto page = run(client->list_objects(Context(), folder));
  ASSERT_TRUE(page);
  ASSERT_EQ(page->objects.size(), 1U);
  EXPECT_EQ(page->objects[0].key, "d/2");
  EXPECT_EQ(page->common_prefixes, std::vector<std::string>{"d/e/"});
}

TEST(S3Client, DeletesManyAndTellsWhatStays) {
  S3Bench bench;
  auto client = bench.client();
  for (const std::string key : {"a<&>", "locked", "keep"}) {
    bench.s3.set_object("bucket", key, key);
  }
  const std::vector<std::string> keys{"a<&>", "locked", "missing"};
  const auto failures = run(client->delete_objects(Context(), "bucket", keys));
  ASSERT_TRUE(failures) << failures.error().message();
  ASSERT_EQ(failures->size(), 1U);
  EXPECT_EQ((*failures)[0].key, "locked");
  EXPECT_EQ((*failures)[0].code, "AccessDenied");
  EXPECT_EQ(bench.s3.object_count(), 2U);
}

TEST(S3Client, SignsSmallBodiesAndStreamsTheRest) {
  S3Bench bench;
  auto client = bench.client();
  ASSERT_TRUE(put(*client, "small", std::string(kBufferedBodyBytesMax, 's')));
  ASSERT_TRUE(put(*client, "large", std::string(kBufferedBodyBytesMax + 1, 'l')));
  ASSERT_TRUE(put(*client, "empty", ""));
  const auto requests = bench.s3.requests();
  EXPECT_EQ(requests[0].headers.get("x-amz-content-sha256"),
            hex_encode(sha256(std::string(kBufferedBodyBytesMax, 's'))));
  EXPECT_EQ(requests[1].headers.get("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  EXPECT_EQ(requests[1].headers.get("Expect"), "100-continue");
  EXPECT_EQ(requests[2].headers.get("Content-Length"), "0");
  EXPECT_FALSE(requests[2].headers.contains("Expect"));
}

TEST(S3Client, KeepsConnections) {
  S3Bench bench;
  auto client = bench.client();
  auto twice = [](S3Client& s3) -> Task<Result<void>> {
    for (int i = 0; i < 3; ++i) {
      (void)co_await s3.head_object(Context(), "bucket", "none");
      (void)co_await get_task(s3, Context(), "k", std::nullopt);
      (void)co_await s3.copy_object(Context(), "bucket", "k", "bucket", "l");
    }
    co_return Result<void>();
  };
  bench.s3.set_object("bucket", "k", std::string(300'000, 'k'));
  ASSERT_TRUE(run(twice(*client)));
  for (const auto& request : bench.s3.requests()) {
    EXPECT_EQ(request.connection, 1U);
  }
}

/// One call for each operation, on a store that holds object `k` and an upload with part 1.
struct Prepared {
  explicit Prepared(S3Client& s3) : client(s3) {
    EXPECT_TRUE(put(client, "k", std::string(1000, 'k')));
    upload = run(client.create_upload(Context(), "bucket", "u", S3PutOptions())).value();
    part =
        run(client.upload_part(Context(), "bucket", "u", upload, 1, memory_source("p"), 1)).value();
  }
  S3Client& client;
  std::string upload;
  S3Part part;
};
using Outcome = std::optional<Error>;
template <class T>
Outcome outcome(Result<T> result) {
  return result ? std::nullopt : Outcome(result.error());
}
struct Operation {
  std::string name;
  bool is_write;
  std::function<Outcome(Prepared&)> call;
};
const Operation kOperations[] = {
    {"PutObject", true, [](Prepared& p) { return outcome(put(p.client, "new", "bytes")); }},
    {"GetObject", false, [](Prepared& p) { return outcome(get(p.client, "k")); }},
    {"HeadObject", false,
     [](Prepared& p) { return outcome(run(p.client.head_object(Context(), "bucket", "k"))); }},
    {"CopyObject", true,
     [](Prepared& p) {
       return outcome(run(p.client.copy_object(Context(), "bucket", "k", "bucket", "new")));
     }},
    {"DeleteObject", true,
     [](Prepared& p) { return outcome(run(p.client.delete_object(Context(), "bucket", "k"))); }},
    {"DeleteObjects", true,
     [](Prepared& p) {
       return outcome(
           run(p.client.delete_objects(Context(), "bucket", std::vector<std::string>{"k"})));
     }},
    {"ListObjectsV2", false,
     [](Prepared& p) {
       S3ListRequest request;
       request.bucket = "bucket";
       return outcome(run(p.client.list_objects(Context(), request)));
     }},
    {"CreateMultipartUpload", true,
     [](Prepared& p) {
       return outcome(run(p.client.create_upload(Context(), "bucket", "v", S3PutOptions())));
     }},
    {"UploadPart", true,
     [](Prepared& p) {
       return outcome(
           run(p.client.upload_part(Context(), "bucket", "u", p.upload, 2, memory_source("q"), 1)));
     }},
    {"UploadPartCopy", true,
     [](Prepared& p) {
       return outcome(run(p.client.upload_part_copy(Context(), "bucket", "u", p.upload, 2, "bucket",
                                                    "k", S3Range{5, 10})));
     }},
    {"CompleteMultipartUpload", true,
     [](Prepared& p) {
       return outcome(run(p.client.complete_upload(Context(), "bucket", "u", p.upload,
                                                   std::vector<S3Part>{p.part}, false)));
     }},
    {"AbortMultipartUpload", true,
     [](Prepared& p) {
       return outcome(run(p.client.abort_upload(Context(), "bucket", "u", p.upload)));
     }},
};

// Every failure that passes, on every operation: repeated until it works, or the right error.
TEST(S3Client, RepeatsWhatPassesAndNamesWhatDoesNot) {
  struct Row {
    S3Fault fault;
    const ErrorId& read_error;
    const ErrorId& write_error;
  };
  const auto refuse = [](unsigned status, std::string code) {
    S3Fault fault;
    fault.kind = Kind::kRefuse;
    fault.status = status;
    fault.code = std::move(code);
    return fault;
  };
  S3Fault drop;
  S3Fault lose;
  lose.kind = Kind::kLoseReply;
  const Row rows[] = {{drop, kServiceFailed, kUnknownOutcome},
                      {lose, kServiceFailed, kUnknownOutcome},
                      {refuse(500, "InternalError"), kServiceFailed, kServiceFailed},
                      {refuse(503, "SlowDown"), kSlowDown, kSlowDown},
                      {refuse(429, "TooManyRequests"), kSlowDown, kSlowDown},
                      {refuse(400, "RequestTimeout"), kServiceFailed, kServiceFailed},
                      {refuse(409, "OperationAborted"), kConflict, kConflict},
                      {refuse(504, ""), kServiceFailed, kUnknownOutcome}};
  for (const Operation& operation : kOperations) {
    for (const Row& row : rows) {
      if (operation.name == "HeadObject" && row.fault.status == 400) {
        continue;  // without a body there is no telling it from other 400s
      }
      const std::string what =
          operation.name + " " + row.fault.code + std::to_string(static_cast<int>(row.fault.kind));
      for (const bool passes : {true, false}) {
        S3Bench bench;
        auto client = bench.client();
        Prepared prepared(*client);
        S3Fault fault = row.fault;
        fault.operation = operation.name;
        fault.times = passes ? 2 : 1000;
        bench.s3.inject(fault);
        const Outcome got = operation.call(prepared);
        // An upload that a lost try ended is looked up, and is known to be complete.
        const bool found_out =
            fault.kind == Kind::kLoseReply && (operation.name == "CompleteMultipartUpload");
        if (passes) {
          EXPECT_FALSE(got) << what << ": " << got->message();
          EXPECT_EQ(bench.s3.count(operation.name) >= 3, true) << what;
        } else if (!found_out) {
          ASSERT_TRUE(got) << what;
          EXPECT_TRUE(got->is(operation.is_write ? row.write_error : row.read_error))
              << what << ": " << got->message();
        }
      }
    }
  }
}

TEST(S3Client, ReadsRefusalsInsideOf200) {
  for (const std::string name : {"CopyObject", "CompleteMultipartUpload", "UploadPartCopy"}) {
    S3Bench bench;
    auto client = bench.client();
    Prepared prepared(*client);
    S3Fault fault;
    fault.kind = Kind::kRefuseInside200;
    fault.operation = name;
    const auto operation = std::find_if(std::begin(kOperations), std::end(kOperations),
                                        [&](const Operation& o) { return o.name == name; });
    bench.s3.inject(fault);
    EXPECT_FALSE(operation->call(prepared)) << name;
    EXPECT_EQ(bench.s3.count(name), 2U) << name;
    fault.code = "AccessDenied";
    bench.s3.inject(fault);
    Prepared again(*client);
    const Outcome got = operation->call(again);
    ASSERT_TRUE(got) << name;
    EXPECT_EQ(got->message(), "AccessDenied: inside");
  }
}

TEST(S3Client, FindsOutWhetherAnUploadWasCompleted) {
  S3Bench bench;
  auto client = bench.client();
  S3Fault lost;
  lost.kind = Kind::kLoseReply;
  lost.operation = "CompleteMultipartUpload";
  Prepared prepared(*client);
  bench.s3.inject(lost);
  const std::vector<S3Part> parts{prepared.part};
  const auto done =
      run(client->complete_upload(Context(), "bucket", "u", prepared.upload, parts, false));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(bench.s3.object("bucket", "u"), "p");
  EXPECT_TRUE(done->etag.ends_with("-1"));
  // The object under the key is another: who knows.
  Prepared second(*client);
  bench.s3.inject(lost);
  bench.s3.inject({.kind = Kind::kRefuse,
                   .operation = "CompleteMultipartUpload",
                   .status = 404,
                   .code = "NoSuchUpload"});
  bench.s3.set_object("bucket", "u", "something else");
  S3Fault hide;
  hide.kind = Kind::kRefuse;
  hide.operation = "HeadObject";
  hide.status = 404;
  hide.code = "NoSuchKey";
  bench.s3.inject(hide);
  EXPECT_TRUE(run(client->complete_upload(Context(), "bucket", "u", second.upload, parts, false))
                  .error()
                  .is(kUnknownOutcome));
}

TEST(S3Client, CountsARefusedConnectionAsNothingSent) {
  S3Bench bench;
  S3Config config = bench.config();
  {
    testing::S3Imposter gone;
    config.endpoint.base_url = gone.base_url();
  }
  auto client = bench.client(config);
  const auto refused = put(*client, "k", "x");
  EXPECT_TRUE(refused.error().is(kServiceFailed)) << refused.error().message();
}

TEST(S3Client, DoesNotRepeatAStreamThatIsGone) {
  S3Bench bench;
  auto client = bench.client();
  S3Fault fault;
  fault.kind = Kind::kRefuse;
  fault.operation = "PutObject";
  bench.s3.inject(fault);
  const std::uint64_t size = kMiB;
  const auto refused = run(client->put_object(
      Context(), "bucket", "k", std::make_unique<OnceSource>(size), size, S3PutOptions()));
  EXPECT_TRUE(refused.error().is(kServiceFailed));
  EXPECT_EQ(bench.s3.count("PutObject"), 1U);
  // Small enough to be held: repeated.
  bench.s3.inject(fault);
  EXPECT_TRUE(run(client->put_object(Context(), "bucket", "k", std::make_unique<OnceSource>(1000),
                                     1000, S3PutOptions())));
}

TEST(S3Client, GivesTheErrorOfABody) {
  S3Bench bench;
  auto client = bench.client();
  const std::uint64_t size = kMiB;
  for (const std::uint64_t cut : {std::uint64_t{0}, size / 2}) {
    const auto failed = run(client->put_object(
        Context(), "bucket", "k", std::make_unique<OnceSource>(size, cut), size, S3PutOptions()));
    EXPECT_TRUE(failed.error().is(kCorruption)) << failed.error().message();
  }
  const auto shorter = run(client->put_object(
      Context(), "bucket", "k", std::make_unique<OnceSource>(size - 1), size, S3PutOptions()));
  EXPECT_EQ(shorter.error().kind(), ErrorKind::kInvalid) << shorter.error().message();
  EXPECT_EQ(bench.s3.object_count(), 0U);
}

TEST(S3Client, ContinuesABodyThatBreaksOff) {
  S3Bench bench;
  auto client = bench.client();
  std::string bytes;
  for (int i = 0; bytes.size() < kMiB; ++i) {
    bytes += std::to_string(i) + ",";
  }
  bench.s3.set_object("bucket", "k", bytes);
  S3Fault cut;
  cut.kind = Kind::kCutBody;
  cut.operation = "GetObject";
  cut.times = 3;
  bench.s3.inject(cut);
  EXPECT_EQ(get(*client, "k").value(), bytes);
  const auto requests = bench.s3.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[1].headers.get("If-Match"), "\"" + hex_encode(md5(bytes)) + "\"");
  EXPECT_TRUE(requests[1].headers.get("Range").starts_with("bytes="));

  cut.times = 1;
  bench.s3.inject(cut);
  EXPECT_EQ(get(*client, "k", S3Range{1000, 500'000}).value(), bytes.substr(1000, 500'000));

  cut.times = 1'000'000;
  bench.s3.inject(cut);
  bench.s3.inject({.kind = Kind::kRefuse, .operation = "HeadObject"});
  const auto never = get(*client, "k");
  // Each half brings bytes, until only one byte is left, which never comes.
  ASSERT_FALSE(never);
  EXPECT_TRUE(never.error().is(kServiceFailed)) << never.error().message();
}

TEST(S3Client, DoesNotMixTwoVersionsOfAnObject) {
  S3Bench bench;
  auto client = bench.client();
  bench.s3.set_object("bucket", "k", std::string(kMiB, 'a'));
  bench.s3.inject({.kind = Kind::kCutBody, .operation = "GetObject"});
  auto task = [](S3Bench& all, S3Client& s3) -> Task<Result<std::string>> {
    const std::optional<S3Range> whole;
    TARN_CO_TRY(S3Client::Body object, co_await s3.get_object(Context(), "bucket", "k", whole));
    all.s3.set_object("bucket", "k", std::string(kMiB, 'b'));
    co_return co_await read_all(Context(), *object.body, kGiB);
  };
  const auto mixed = run(task(bench, *client));
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().message(), "object was replaced while it was read");
}

TEST(S3Client, GivesUpTriesThatHang) {
  S3Bench bench;
  S3Config config = bench.config();
  config.try_timeout = std::chrono::milliseconds(500);
  auto client = bench.client(config);
  Prepared prepared(*client);
  bench.s3.inject({.kind = Kind::kHang, .operation = "PutObject"});
  bench.s3.inject({.kind = Kind::kHang, .operation = "GetObject"});
  EXPECT_TRUE(put(*client, "new", "bytes"));
  EXPECT_TRUE(get(*client, "k"));
  // The context ends the call, not only a try.
  S3Fault always;
  always.kind = Kind::kHang;
  always.times = 1000;
  bench.s3.inject(always);
  const Context hurry = Context().with_timeout(bench.clock, std::chrono::milliseconds(100));
  EXPECT_TRUE(run(get_task(*client, hurry, "k", std::nullopt)).error().is(kTimeout));
  const Context hurry2 = Context().with_timeout(bench.clock, std::chrono::milliseconds(100));
  const auto unknown =
      run(client->put_object(hurry2, "bucket", "new", memory_source("x"), 1, S3PutOptions()));
  EXPECT_TRUE(unknown.error().is(kUnknownOutcome)) << unknown.error().message();
  const Context over = Context().with_timeout(bench.clock, std::chrono::milliseconds(-1));
  const std::size_t before = bench.s3.operations().size();
  EXPECT_TRUE(run(client->delete_object(over, "bucket", "k")).error().is(kTimeout));
  EXPECT_EQ(bench.s3.operations().size(), before) << "nothing is sent after the deadline";
}

TEST(S3Client, FollowsABucketToItsRegion) {
  testing::S3Imposter::Options options;
  options.regions["bucket"] = "eu-west-1";
  S3Bench bench(options);
  auto client = bench.client();
  ASSERT_TRUE(put(*client, "k", "x"));
  EXPECT_EQ(bench.s3.count("PutObject"), 2U);
  EXPECT_EQ(get(*client, "k").value(), "x");
  EXPECT_EQ(bench.s3.count("GetObject"), 1U) << "it remembers";
  S3Config config = bench.config();
  config.discover_region = false;
  auto stubborn = bench.client(config);
  const auto refused = get(*stubborn, "k");
  EXPECT_TRUE(refused.error().is(kInvalidRequest));
  EXPECT_EQ(refused.error().message(),
            "PermanentRedirect: bucket \"bucket\" is in region eu-west-1, and was looked for in "
            "us-east-1");
  EXPECT_TRUE(run(stubborn->head_object(Context(), "bucket", "k")).error().is(kInvalidRequest));
}

TEST(S3Client, PresignsForItsEndpoint) {
  S3Bench bench;
  auto client = bench.client();
  http::QueryPairs part;
  part.emplace_back("uploadId", "a/b");
  const auto url =
      run(client->presign(Context(), "PUT", "bucket", "a b", part, std::chrono::seconds(60)));
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->starts_with(bench.s3.base_url() + "/bucket/a%20b?uploadId=a%2Fb&")) << *url;
  EXPECT_NE(url->find("X-Amz-Expires=60"), std::string::npos);
  for (const int seconds : {0, -1, 7 * 24 * 3600 + 1}) {
    EXPECT_TRUE(
        run(client->presign(Context(), "GET", "bucket", "k", part, std::chrono::seconds(seconds)))
            .error()
            .is(kInvalidRequest));
  }
}

TEST(S3Client, CountsItsCalls) {
  S3Bench bench;
  auto client = bench.client();
  bench.s3.inject({.kind = Kind::kRefuse, .operation = "HeadObject"});
  EXPECT_FALSE(run(client->head_object(Context(), "bucket", "none")));
  const std::string text = bench.metrics.render();
  EXPECT_NE(text.find("tarn_aws_requests_total{operation=\"HeadObject\",outcome=\"not_found\","
                      "service=\"s3\"} 1"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("tarn_aws_retries_total{operation=\"HeadObject\",service=\"s3\"} 1"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace tarn::aws
