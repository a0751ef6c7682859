// Bytes and entries together, over memory drivers.
#include "catalog/objects.h"

#include "block/link_signature.h"
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

  Result<graveler::Entry> put(const std::string& path, std::string text, bool if_absent = false) {
    Upload upload;
    upload.size_bytes = text.size();
    upload.body = memory_source(std::move(text));
    upload.content_type = "text/csv";
    upload.condition.if_absent = if_absent;
    return run(objects.upload(Context(), world.repo, world.main, ObjectPath::trusted(path),
                              std::move(upload)));
  }
  std::string get(const std::string& ref, const std::string& path) {
    auto task = [this](std::string from, ObjectPath at) -> Task<Result<std::string>> {
      TARN_CO_TRY(graveler::Entry entry,
                  co_await objects.stat(Context(), world.repo, std::move(from), std::move(at)));
      TARN_CO_TRY(const std::unique_ptr<ByteSource> body,
                  co_await objects.read(Context(), world.repo, std::move(entry), std::nullopt));
      co_return co_await read_all(Context(), *body, kMiB);
    };
    const auto text = run(task(ref, ObjectPath::trusted(path)));
    return text ? *text : text.error().message();
  }
  std::size_t stored() {
    return run(world.blocks->list(Context(), "bucket", "repo/data/", "", 1000))->objects.size();
  }
};

TEST(Objects, GiveBackTheirBytesAndKeepTheirExtension) {
  Shop shop;
  const auto entry = shop.put("tables/a.csv.gz", "1,2\n");
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry->address.ends_with(".csv.gz")) << entry->address;
  EXPECT_EQ(shop.get("main", "tables/a.csv.gz"), "1,2\n");
  ASSERT_TRUE(shop.put("empty", ""));
  EXPECT_EQ(shop.get("main", "empty"), "");
}

TEST(Objects, RefuseBeforeBytesAreStored) {
  Shop shop;
  ASSERT_TRUE(shop.put("a", "1"));
  const std::size_t before = shop.stored();
  EXPECT_TRUE(shop.put("a", "2", true).error().is(kPathExists));
  shop.world.main = BranchId::trusted("nowhere");
  EXPECT_TRUE(shop.put("b", "2").error().is(graveler::kBranchNotFound));
  EXPECT_EQ(shop.stored(), before);
}

TEST(Objects, AreCopiedWithBytesOfTheirOwn) {
  Shop shop;
  ASSERT_TRUE(shop.put("a", "text"));
  const auto from = ObjectPath::trusted("a");
  const auto to = ObjectPath::trusted("b");
  const auto copy = run(shop.objects.copy(Context(), shop.world.repo, shop.world.main, to, "main",
                                          from, std::nullopt, false));
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->content_type, "text/csv");
  EXPECT_NE(copy->address,
            run(shop.objects.stat(Context(), shop.world.repo, "main", from))->address);
  ASSERT_TRUE(shop.world.remove("a"));
  EXPECT_EQ(shop.get("main", "b"), "text");
}

TEST(Objects, AreCopiedWithOtherTypeAndUnderConditions) {
  Shop shop;
  const auto source = shop.put("a", "text");
  ASSERT_TRUE(source);
  const auto to = ObjectPath::trusted("b");
  CopyOptions options;
  options.content_type = "text/plain";
  options.metadata = graveler::Metadata{{"k", "v"}};
  options.condition.if_absent = true;
  const auto copy = [&] {
    return run(shop.objects.copy_entry(Context(), shop.world.repo, shop.world.main, to,
                                       shop.world.repo, *source, options));
  };
  const auto made = copy();
  ASSERT_TRUE(made);
  EXPECT_EQ(made->content_type, "text/plain");
  EXPECT_EQ(made->metadata.at("k"), "v");
  const std::size_t before = shop.stored();
  EXPECT_TRUE(copy().error().is(kPathExists));
  options.condition.if_absent = false;
  options.condition.if_match_etag = "other";
  EXPECT_TRUE(copy().error().is(graveler::kPreconditionFailed));
  EXPECT_EQ(shop.stored(), before);
}

TEST(Objects, SayWhenTheirBytesAreGone) {
  Shop shop;
  const auto entry = shop.put("a", "text");
  const auto where =
      block::resolve(shop.world.repo->storage_namespace, entry->address, entry->address_type);
  ASSERT_TRUE(run(shop.world.blocks->remove(Context(), *where)));
  EXPECT_EQ(shop.get("main", "a"), "No data");
}

TEST(Links, TakeBackOnlyTheAddressesTheyGave) {
  Shop shop;
  const auto path = ObjectPath::trusted("a.parquet");
  Link link;
  link.physical_address = shop.objects.new_staging_address(shop.world.repo, shop.world.main, path);
  link.checksum = "abc";
  link.size_bytes = 3;
  const auto linked =
      run(shop.objects.link_staged(Context(), shop.world.repo, shop.world.main, path, link));
  ASSERT_TRUE(linked) << linked.error().message();
  EXPECT_EQ(linked->address_type, block::AddressType::kRelative);
  EXPECT_EQ(Objects::physical_address(*shop.world.repo, *linked), link.physical_address);
  const auto other = ObjectPath::trusted("b.parquet");
  EXPECT_TRUE(
      run(shop.objects.link_staged(Context(), shop.world.repo, shop.world.main, other, link))
          .error()
          .is(block::kLinkSignatureWrong));
  link.physical_address = link.physical_address.substr(0, link.physical_address.rfind(','));
  EXPECT_TRUE(run(shop.objects.link_staged(Context(), shop.world.repo, shop.world.main, path, link))
                  .error()
                  .is(block::kLinkNotSigned));
}

TEST(Links, StageForeignAddressesOfTheSameStoreOnly) {
  Shop shop;
  const auto path = ObjectPath::trusted("a");
  Link link;
  link.physical_address = "mem://elsewhere/x";
  const auto staged =
      run(shop.objects.stage(Context(), shop.world.repo, shop.world.main, path, link));
  ASSERT_TRUE(staged);
  EXPECT_EQ(staged->address_type, block::AddressType::kFull);
  link.physical_address = "s3://elsewhere/x";
  EXPECT_TRUE(run(shop.objects.stage(Context(), shop.world.repo, shop.world.main, path, link))
                  .error()
                  .is(kForeignAddress));
}

}  // namespace
}  // namespace tarn::catalog
