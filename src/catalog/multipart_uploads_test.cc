// Uploads in parts over memory drivers.
#include "catalog/multipart_uploads.h"

#include "base/encoding.h"
#include "base/hash.h"
#include "catalog/objects.h"
#include "graveler/testing/world.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

namespace tarn::catalog {
namespace {

using tarn::testing::run;

struct Shop {
  graveler::testing::World world;
  Secret key{"signing key"};
  block::PathProvider paths{world.clock, world.xids};
  Objects objects{Objects::Services{world.store(), *world.blocks, paths, world.clock, key}};
  MultipartUploads uploads{
      MultipartUploads::Services{world.store(), *world.kv, *world.blocks, paths, world.clock}};

  UploadTarget target(std::string path, std::string branch = "main") {
    return {world.repo, BranchId::trusted(std::move(branch)), ObjectPath::trusted(std::move(path))};
  }
  std::string create(const std::string& path) {
    NewUpload upload;
    upload.content_type = "text/csv";
    upload.metadata["X-Amz-Meta-a"] = "1";
    return run(uploads.create(Context(), target(path), std::move(upload))).value();
  }
  Result<PartRecord> put(const std::string& path, const std::string& id, std::uint32_t number,
                         std::string text) {
    const std::size_t size = text.size();
    return run(uploads.put_part(Context(), target(path), id, number, memory_source(std::move(text)),
                                size));
  }
  Result<CompletedUpload> complete(const std::string& path, const std::string& id,
                                   std::vector<ListedPart> parts, bool if_absent = false) {
    graveler::WriteCondition condition;
    condition.if_absent = if_absent;
    return run(uploads.complete(Context(), target(path), id, std::move(parts), condition));
  }
  std::string get(const std::string& path) {
    auto task = [this](ObjectPath at) -> Task<Result<std::string>> {
      TARN_CO_TRY(graveler::Entry entry,
                  co_await objects.stat(Context(), world.repo, "main", std::move(at)));
      TARN_CO_TRY(const std::unique_ptr<ByteSource> body,
                  co_await objects.read(Context(), world.repo, std::move(entry), std::nullopt));
      co_return co_await read_all(Context(), *body, 64 * kMiB);
    };
    const auto text = run(task(ObjectPath::trusted(path)));
    return text ? *text : text.error().message();
  }
  std::size_t rows(const std::string& partition) {
    return run(world.kv->scan(Context(), partition, kv::ScanOptions()))->entries.size();
  }
};

std::string md5_hex(std::string_view text) { return hex_encode(md5(text)); }

TEST(MultipartUploads, JoinTheirPartsInOrderOfNumbers) {
  Shop shop;
  const std::string id = shop.create("a.csv");
  const std::string large(kPartSizeBytesMin, 'x');
  const std::string small = "tail";
  ASSERT_TRUE(shop.put("a.csv", id, 7, small));
  ASSERT_TRUE(shop.put("a.csv", id, 2, "replaced"));
  const auto first = shop.put("a.csv", id, 2, large);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->etag, md5_hex(large));
  EXPECT_EQ(first->size_bytes, large.size());
  const auto done =
      shop.complete("a.csv", id, {ListedPart{2, md5_hex(large)}, ListedPart{7, md5_hex(small)}});
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_TRUE(done->etag.ends_with("-2")) << done->etag;
  EXPECT_EQ(done->etag, done->entry.etag + "-2");
  EXPECT_EQ(done->entry.content_type, "text/csv");
  EXPECT_EQ(done->entry.metadata.at("X-Amz-Meta-a"), "1");
  EXPECT_EQ(shop.get("a.csv"), large + small);
  // Nothing is left behind.
  EXPECT_EQ(shop.rows("multiparts"), 0U);
  EXPECT_EQ(shop.rows("multipart_parts/" + id), 0U);
}

// A client whose reply was lost asks again.
TEST(MultipartUploads, MayBeCompletedTwice) {
  Shop shop;
  const std::string id = shop.create("a");
  ASSERT_TRUE(shop.put("a", id, 1, "text"));
  const std::vector<ListedPart> parts{ListedPart{1, md5_hex("text")}};
  const auto once = shop.complete("a", id, parts);
  ASSERT_TRUE(once);
  const auto again = shop.complete("a", id, parts);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->etag, once->etag);
  EXPECT_EQ(again->entry.address, once->entry.address);
  EXPECT_TRUE(
      shop.complete("a", id, {ListedPart{1, md5_hex("other")}}).error().is(kUploadNotFound));
}

// The store has joined the parts, but the process died before the entry was written.
TEST(MultipartUploads, AreFinishedAfterACrashInTheMiddle) {
  Shop shop;
  const std::string id = shop.create("a");
  ASSERT_TRUE(shop.put("a", id, 1, "text"));
  const auto row = run(shop.world.kv->get(Context(), kv::Key{"multiparts", id}));
  const UploadRecord record = decode_upload(*row).value();
  const auto where = block::resolve(shop.world.repo->storage_namespace, record.physical_address,
                                    block::AddressType::kRelative);
  std::vector<block::UploadedPart> stored{block::UploadedPart{1, md5_hex("text")}};
  ASSERT_TRUE(run(shop.world.blocks->complete_upload(Context(), *where, id, stored)));
  EXPECT_EQ(shop.get("a"), "not found");
  ASSERT_TRUE(shop.complete("a", id, {ListedPart{1, md5_hex("text")}}));
  EXPECT_EQ(shop.get("a"), "text");
}

TEST(MultipartUploads, RefusePartsThatAreNotTheirs) {
  Shop shop;
  const std::string id = shop.create("a");
  const std::string one = md5_hex("one");
  const std::string two = md5_hex("two");
  ASSERT_TRUE(shop.put("a", id, 1, "one"));
  ASSERT_TRUE(shop.put("a", id, 2, "two"));
  EXPECT_TRUE(shop.complete("a", id, {ListedPart{1, two}}).error().is(kPartInvalid));
  EXPECT_TRUE(shop.complete("a", id, {ListedPart{3, one}}).error().is(kPartInvalid));
  EXPECT_TRUE(shop.complete("a", id, {ListedPart{2, two}, ListedPart{1, one}})
                  .error()
                  .is(kPartOrderInvalid));
  EXPECT_TRUE(shop.complete("a", id, {ListedPart{1, one}, ListedPart{1, one}})
                  .error()
                  .is(kPartOrderInvalid));
  EXPECT_TRUE(
      shop.complete("a", id, {ListedPart{1, one}, ListedPart{2, two}}).error().is(kPartTooSmall));
  EXPECT_TRUE(shop.put("a", id, 0, "x").error().is(kPartNumberInvalid));
  EXPECT_TRUE(shop.put("a", id, 10001, "x").error().is(kPartNumberInvalid));
  // All of that has changed nothing.
  EXPECT_TRUE(shop.complete("a", id, {ListedPart{2, two}}));
  EXPECT_EQ(shop.get("a"), "two");
}

TEST(MultipartUploads, BelongToOnePathOnOneBranch) {
  Shop shop;
  const std::string id = shop.create("a");
  EXPECT_TRUE(shop.put("b", id, 1, "x").error().is(kUploadNotFound));
  EXPECT_TRUE(shop.put("a", "0123", 1, "x").error().is(kUploadNotFound));
  EXPECT_TRUE(shop.put("a", "", 1, "x").error().is(kUploadNotFound));
  EXPECT_TRUE(
      run(shop.uploads.put_part(Context(), shop.target("a", "dev"), id, 1, memory_source("x"), 1))
          .error()
          .is(kUploadNotFound));
  auto other = std::make_shared<graveler::Repository>(*shop.world.repo);
  other->instance_uid = "another";
  UploadTarget recreated = shop.target("a");
  recreated.repository = other;
  EXPECT_TRUE(run(shop.uploads.abort(Context(), recreated, id)).error().is(kUploadNotFound));
  EXPECT_TRUE(run(shop.uploads.abort(Context(), shop.target("b"), id)).error().is(kUploadNotFound));
  EXPECT_TRUE(run(shop.uploads.abort(Context(), shop.target("a"), id)));
  EXPECT_TRUE(shop.put("a", id, 1, "x").error().is(kUploadNotFound));
  EXPECT_EQ(shop.rows("multiparts"), 0U);
}

TEST(MultipartUploads, KeepConditions) {
  Shop shop;
  ASSERT_TRUE(shop.world.put("a", "there"));
  const std::string id = shop.create("a");
  ASSERT_TRUE(shop.put("a", id, 1, "text"));
  const std::vector<ListedPart> parts{ListedPart{1, md5_hex("text")}};
  EXPECT_TRUE(shop.complete("a", id, parts, true).error().is(graveler::kPreconditionFailed));
  EXPECT_TRUE(shop.complete("a", id, parts, false));
  EXPECT_EQ(shop.get("a"), "text");
}

TEST(MultipartUploads, CopyPartsFromObjects) {
  Shop shop;
  Upload upload;
  upload.body = memory_source("0123456789");
  upload.size_bytes = 10;
  const auto source = run(shop.objects.upload(Context(), shop.world.repo, shop.world.main,
                                              ObjectPath::trusted("source"), std::move(upload)));
  ASSERT_TRUE(source);
  const std::string id = shop.create("a");
  const auto part = run(shop.uploads.copy_part(Context(), shop.target("a"), id, 1, shop.world.repo,
                                               *source, block::ByteRange{2, 3}));
  ASSERT_TRUE(part);
  EXPECT_EQ(part->size_bytes, 3U);
  ASSERT_TRUE(shop.complete("a", id, {ListedPart{1, part->etag}}));
  EXPECT_EQ(shop.get("a"), "234");
}

TEST(MultipartUploads, AreListedByKeyAndId) {
  Shop shop;
  const std::string b1 = shop.create("b");
  const std::string a = shop.create("a");
  const std::string b2 = shop.create("b");
  const auto names = [&shop](MultipartUploads::UploadPosition after, std::size_t limit) {
    const auto page =
        run(shop.uploads.list(Context(), shop.world.repo, std::move(after), limit)).value();
    std::string out;
    for (const auto& item : page.items) {
      out += item.position.key + "=" + item.position.upload_id + " ";
    }
    return out + (page.more ? "…" : "");
  };
  const std::string first_b = std::min(b1, b2);
  const std::string last_b = std::max(b1, b2);
  const std::string bs = "main/b=" + first_b + " main/b=" + last_b + " ";
  EXPECT_EQ(names({}, 10), "main/a=" + a + " " + bs);
  EXPECT_EQ(names({}, 1), "main/a=" + a + " …");
  EXPECT_EQ(names({"main/a", ""}, 10), bs);
  EXPECT_EQ(names({"main/b", first_b}, 10), "main/b=" + last_b + " ");
  EXPECT_EQ(names({"main/b", ""}, 10), "");

  for (std::uint32_t number = 1; number <= 3; ++number) {
    ASSERT_TRUE(shop.put("a", a, number, std::to_string(number)));
  }
  const auto parts = run(shop.uploads.list_parts(Context(), shop.target("a"), a, 1, 1)).value();
  ASSERT_EQ(parts.parts.size(), 1U);
  EXPECT_EQ(parts.parts.front().number, 2U);
  EXPECT_EQ(parts.parts.front().etag, md5_hex("2"));
  EXPECT_TRUE(parts.more);
}

// The bytes of a stored record stay readable: never change them.
TEST(UploadRecords, KeepTheirForm) {
  UploadRecord upload;
  upload.upload_id = "id";
  upload.path = "a";
  upload.creation_date = from_unix_seconds(5, 6);
  upload.physical_address = "data/x";
  upload.metadata["k"] = "v";
  upload.content_type = "t";
  upload.repository_partition = "r-1";
  upload.branch = "m";
  EXPECT_EQ(hex_encode(encode(upload)),
            "0a0269641201611a04080510062206646174612f782a060a016b120176320174a20603722d31aa06016d");
  const UploadRecord back = decode_upload(encode(upload)).value();
  EXPECT_EQ(back.metadata, upload.metadata);
  EXPECT_EQ(back.creation_date, upload.creation_date);
  PartRecord part;
  part.number = 3;
  part.etag = "e";
  part.size_bytes = 300;
  part.last_modified = from_unix_seconds(5);
  EXPECT_EQ(hex_encode(encode(part)), "080312016518ac0222020805");
  EXPECT_TRUE(decode_part("\xff").error().is(kCorruption));
  EXPECT_TRUE(decode_upload("\xff").error().is(kCorruption));
}

}  // namespace
}  // namespace tarn::catalog
