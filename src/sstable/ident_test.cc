#include "sstable/ident.h"

#include "base/encoding.h"
#include "sstable/testing/golden.h"

#include <gtest/gtest.h>

#include <vector>

namespace tarn::sstable {
namespace {

using Map = std::map<std::string, std::string>;

// What a commit hashes (docs/formats/identifiers.md); graveler has the real one.
IdentityEncoder commit(std::string_view committer, std::string_view message,
                       std::string_view metarange, std::int64_t date,
                       const std::vector<std::string>& parents, const Map& metadata) {
  IdentityEncoder encoder;
  encoder.str("commit:v1").str(committer).str(message).str(metarange).i64(date).map(metadata);
  encoder.embed(IdentityEncoder().strs(parents).digest());
  return encoder;
}

IdentityEncoder entry(std::int64_t size, std::string_view etag, const Map& metadata,
                      std::string_view content_type) {
  IdentityEncoder encoder;
  encoder.i64(size).str(etag).map(metadata);
  if (!content_type.empty()) {
    encoder.str(content_type);
  }
  return encoder;
}

constexpr std::string_view kM1 = "1bdee98c5ec6442c7e82a0b6c8b7326b0bdf921fee6e4e197b176ad5e4c1031e";
constexpr const char* kC3 = "dfe571e480bbddfab1f8a91fab276753cff16b1d60eacf9f6a4d96fd72c568b6";
constexpr const char* kC4 = "64b31290ef348860fe86b3d98cb51dca8622cbee4970f53c3e9bee976c725401";

TEST(IdentityEncoder, GivesTheCommitIdsOfLakeFs) {
  EXPECT_EQ(commit("user1", "message1", "deadbeef123", -62135596800, {"deadbeef1", "deadbeef12"},
                   {{"foo", "bar"}})
                .hex_digest(),
            "2277b5abd2d3ba6b4d35c48a0e358b0c4bcf5cd6d891c67437fb4c4af0d2fd4b");
  EXPECT_EQ(
      commit("user1", "message1", "deadbeef123", 1606834800, {}, {{"foo", "bar"}}).hex_digest(),
      "fac53a04432b2e6e7185f3ac8314a874c556b2557adf3aa8d5b1df985cf96566");
  EXPECT_EQ(commit("", "Repository created", "", 1704164645, {}, {}).hex_digest(), kC3);
  EXPECT_EQ(
      commit("alice", "first", kM1, 1704164700, {kC3}, {{"k1", "v1"}, {"k2", "v2"}}).hex_digest(),
      kC4);
  EXPECT_EQ(commit("bob", "Merge", kM1, 1704164800, {kC4, kC3},
                   {{".lakefs.merge.strategy", "default"}, {"ключ", "значение"}})
                .hex_digest(),
            "99cc403f6841fde5ab729f6b4626c73b73d085b270b19477f01d283f528b1d36");
}

TEST(IdentityEncoder, GivesTheEntryIdentitiesOfLakeFs) {
  const std::string etag = "5d41402abc4b2a76b9719d911017c592";
  EXPECT_EQ(entry(5, etag, {}, "text/plain").hex_digest(), testing::kEntryIdentity);
  EXPECT_EQ(entry(5, etag, {{"a", "1"}, {"b", "2"}}, "text/plain").hex_digest(),
            "73d3c863c1b9e9bf846b3869cc1ad4b3000c75f5f1fe0447cc45132f8dbd1c3c");
  EXPECT_EQ(entry(0, "d41d8cd98f00b204e9800998ecf8427e", {}, "").hex_digest(),
            "b21f58f6b6bc4bfc6e2621edd4076e51c73c707a96479922eb8722450543094e");
}

TEST(IdentityEncoder, WritesItemsWithTypeAndLength) {
  const auto hex = [](const IdentityEncoder& encoder) { return hex_encode(encoder.encoded()); };
  EXPECT_EQ(hex(IdentityEncoder().i64(5)), "02080000000000000005");
  EXPECT_EQ(hex(IdentityEncoder().i64(-1)), "0208ffffffffffffffff");
  EXPECT_EQ(hex(IdentityEncoder().str("ab")), "01020800000000000000026162");
  EXPECT_EQ(hex(IdentityEncoder().bytes("ab")), "00020800000000000000026162");
  EXPECT_EQ(hex(IdentityEncoder().embed("ab")), "0500020800000000000000026162");
  EXPECT_EQ(hex(IdentityEncoder().map(Map())), "0402080000000000000000");
  const std::vector<std::string> two = {"a", ""};
  EXPECT_EQ(hex(IdentityEncoder().strs(two)),
            "0302080000000000000002010208000000000000000161"
            "0102080000000000000000");
}

TEST(IdentityEncoder, DigestsTheEmptyListOfParents) {
  EXPECT_EQ(IdentityEncoder().strs({}).hex_digest(),
            "c05d0ae027f29a4a5776bafad29a3b776473f1da64ad40219803783b75286a6d");
}

TEST(IdentityEncoder, TakesKeysOfAMapInOrderOfUnsignedBytes) {
  const Map map = {{"\xff", ""}, {"a", ""}, {"Z", ""}};
  const std::string encoded = IdentityEncoder().map(map).encoded();
  EXPECT_LT(encoded.find('Z'), encoded.find('a'));
  EXPECT_EQ(encoded.substr(encoded.size() - 12, 1), "\xff");
}

}  // namespace
}  // namespace tarn::sstable
