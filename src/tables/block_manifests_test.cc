#include "tables/block_manifests.h"

#include "base/clock.h"
#include "base/rng.h"
#include "block/open.h"
#include "runtime/testing/run.h"
#include "tables/testing/fake_reader.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tarn::tables {
namespace {

using tarn::testing::run;

class BlockManifestsTest : public ::testing::Test {
 protected:
  SystemClock clock;
  SeededRng rng{3};
  const std::unique_ptr<block::Adapter> blocks = block::open_mem(clock, rng);
};

std::vector<std::string> keys_of(BlockManifests& store, const std::string& bucket,
                                 const std::string& prefix) {
  std::vector<std::string> keys;
  std::string token;
  do {
    const auto page = run(store.list({}, bucket, prefix, token));
    EXPECT_TRUE(page) << page.error().message();
    for (const ManifestStore::Item& item : page->items) {
      keys.push_back(item.key);
    }
    token = page->token;
  } while (!token.empty());
  return keys;
}

TEST_F(BlockManifestsTest, WriteListAndRemove) {
  BlockManifests store(*blocks);
  ASSERT_TRUE(run(store.put({}, "bucket", "ns/a/symlink.txt", "one\n")));
  ASSERT_TRUE(run(store.put({}, "bucket", "ns/a/symlink.txt", "two\n"))) << "written anew";
  ASSERT_TRUE(run(store.put({}, "bucket", "ns/b/symlink.txt", "three\n")));
  EXPECT_EQ(keys_of(store, "bucket", "ns/"),
            (std::vector<std::string>{"ns/a/symlink.txt", "ns/b/symlink.txt"}));
  EXPECT_EQ(run(store.get({}, "bucket", "ns/a/symlink.txt")).value(), "two\n");
  EXPECT_EQ(run(store.get({}, "bucket", "ns/c")).error().kind(), ErrorKind::kNotFound);
  ASSERT_TRUE(run(store.remove({}, "bucket", {"ns/a/symlink.txt", "ns/none"})));
  EXPECT_EQ(keys_of(store, "bucket", "ns/"), std::vector<std::string>{"ns/b/symlink.txt"});
}

TEST_F(BlockManifestsTest, KeysAreFilesOfALocalStore) {
  BlockManifests files(*blocks, "/var/lake/");
  BlockManifests plain(*blocks);
  ASSERT_TRUE(run(files.put({}, "", "var/lake/ns/a/symlink.txt", "one\n")));
  EXPECT_EQ(keys_of(plain, "ns", ""), std::vector<std::string>{"a/symlink.txt"});
  EXPECT_EQ(keys_of(files, "", "var/lake/ns/a/"),
            std::vector<std::string>{"var/lake/ns/a/symlink.txt"});
  ASSERT_TRUE(run(files.remove({}, "", {"var/lake/ns/a/symlink.txt"})));
  EXPECT_TRUE(keys_of(plain, "ns", "").empty());
  for (const char* outside : {"etc/passwd", "var/lake", "var/lake/", "var/lake/ns", "var/lakes/a/b",
                              "var/lake//etc/passwd"}) {
    const auto refused = run(files.put({}, "", outside, "x"));
    ASSERT_FALSE(refused) << outside;
    EXPECT_NE(refused.error().message().find("lies in no folder of the block store"),
              std::string::npos);
  }
}

TEST(LocalFiles, NamesAddressesAsEnginesDo) {
  const LocalFiles files("/var/lake/");
  EXPECT_EQ(files.uri("local://ns/data/a"), "file:///var/lake/ns/data/a");
  EXPECT_EQ(files.uri("local:///imported/a"), "file:///imported/a");
  EXPECT_EQ(files.uri("s3://bucket/a"), "s3://bucket/a");
  testing::FakeReader version(
      std::vector<TableObject>{{.path = "t/a", .physical_address = "local://ns/data/a"}});
  LocalFileReader reader(version, files);
  EXPECT_EQ(run(reader.list({}, "t/", "", 10))->objects[0].physical_address,
            "file:///var/lake/ns/data/a");
}

}  // namespace
}  // namespace tarn::tables
