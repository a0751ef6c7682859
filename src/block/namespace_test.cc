#include "block/namespace.h"

#include "block/path_provider.h"

#include <gtest/gtest.h>

namespace tarn::block {
namespace {

StorageNamespace ns(std::string text) { return StorageNamespace::trusted(std::move(text)); }

TEST(Resolve, PutsRelativeAddressesUnderTheNamespace) {
  const auto plain = resolve(ns("s3://bucket"), "data/x", AddressType::kRelative);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->bucket, "bucket");
  EXPECT_EQ(plain->key, "data/x");
  const auto nested = resolve(ns("s3://bucket/a/b/"), "data/x", AddressType::kRelative);
  EXPECT_EQ(nested->key, "a/b/data/x");
}

TEST(Resolve, ReadsFullAddressesByThemselves) {
  const auto full = resolve(ns("s3://bucket"), "s3://other/k/e%20y", AddressType::kFull);
  ASSERT_TRUE(full);
  EXPECT_EQ(full->bucket, "other");
  EXPECT_EQ(full->key, "k/e%20y");
  EXPECT_TRUE(resolve(ns("s3://bucket"), "data/x", AddressType::kFull).error().is(kInvalidAddress));
}

TEST(Resolve, GuessesAddressesOfOldEntries) {
  EXPECT_EQ(resolve(ns("s3://bucket"), "s3://other/key", AddressType::kUnknown)->bucket, "other");
  EXPECT_EQ(resolve(ns("s3://bucket"), "odd://other/key", AddressType::kUnknown)->key,
            "odd://other/key");
}

TEST(CheckNamespace, WantsTheStoresSchemeAndABucket) {
  EXPECT_TRUE(check_namespace(ns("s3://b/p"), "s3"));
  for (const char* bad : {"s3://", "s3:///", "local://b", "b"}) {
    EXPECT_TRUE(check_namespace(ns(bad), "s3").error().is(kInvalidNamespace)) << bad;
  }
}

TEST(PhysicalAddress, TrimsTheNamespace) {
  EXPECT_EQ(physical_address(ns("s3://b/p/"), "data/x", AddressType::kRelative), "s3://b/p/data/x");
  EXPECT_EQ(physical_address(ns("s3://b"), "s3://c/x", AddressType::kFull), "s3://c/x");
}

TEST(Normalize, KeepsOnlyDataOfTheNamespaceRelative) {
  EXPECT_EQ(normalize(ns("s3://b/p"), "s3://b/p/data/x/y").address, "data/x/y");
  EXPECT_EQ(normalize(ns("s3://b/p"), "s3://b/p/other").type, AddressType::kFull);
  EXPECT_EQ(normalize(ns("s3://b/p"), "s3://b/pdata/x").type, AddressType::kFull);
}

TEST(KnownExtension, KeepsWhatEnginesDecodeBy) {
  EXPECT_EQ(known_extension("a/b.csv.gz"), ".csv.gz");
  EXPECT_EQ(known_extension("a/b.parquet"), ".parquet");
  EXPECT_EQ(known_extension("a/part-0.snappy.parquet"), ".parquet");
  EXPECT_EQ(known_extension("a/b.gz"), ".gz");
  EXPECT_EQ(known_extension("a.csv/b"), "");
  EXPECT_EQ(known_extension("a/b.exe"), "");
}

class SteppedClock final : public Clock {
 public:
  WallTime now() const override { return from_unix_seconds(1704164645); }
  SteadyTime steady_now() const override { return steady; }
  SteadyTime steady{};
};

TEST(PathProvider, ChangesThePartitionByCountAndAge) {
  SteppedClock clock;
  SeededRng rng(1);
  XidGenerator xids(clock, rng);
  PathProvider paths(clock, xids);
  const std::string first = paths.next("a.csv");
  ASSERT_EQ(first.size(), 5 + 20 + 1 + 20 + 4);
  EXPECT_EQ(first.substr(0, 5), "data/");
  std::string last;
  for (std::size_t i = 1; i < PathProvider::kNamesPerPartitionMax; ++i) {
    last = paths.next("a");
  }
  EXPECT_EQ(last.substr(0, 25), first.substr(0, 25));
  const std::string next = paths.next("a");
  EXPECT_NE(next.substr(0, 25), first.substr(0, 25));
  clock.steady += std::chrono::hours(1);
  EXPECT_NE(paths.next("a").substr(0, 25), next.substr(0, 25));
}

}  // namespace
}  // namespace tarn::block
