#include "base/hash.h"

#include "base/encoding.h"
#include "base/rng.h"

#include <gtest/gtest.h>

namespace tarn {
namespace {

TEST(Hash, HasTheKnownDigests) {
  EXPECT_EQ(hex_encode(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_encode(sha256("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_encode(md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hex_encode(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

// RFC 4231, cases 1, 2 and 6 (a key longer than a block).
TEST(Hash, HmacHasTheVectorsOfItsRfc) {
  EXPECT_EQ(hex_encode(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex_encode(hmac_sha256(std::string(131, '\xaa'),
                                   "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex_encode(hmac_sha256(std::string_view(), "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

// RFC 2202, cases 1, 2 and 6 (a key longer than a block).
TEST(Hash, HmacSha1HasTheVectorsOfItsRfc) {
  EXPECT_EQ(hex_encode(hmac_sha1(std::string(20, '\x0b'), "Hi There")),
            "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(hex_encode(hmac_sha1("Jefe", "what do ya want for nothing?")),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(hex_encode(hmac_sha1(std::string(80, '\xaa'),
                                 "Test Using Larger Than Block-Size Key - Hash Key First")),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

TEST(Hash, AStreamGivesTheSameDigest) {
  Hasher hasher(Hasher::Algorithm::kSha256);
  hasher.update("a");
  hasher.update("");
  hasher.update("bc");
  EXPECT_EQ(hasher.finish(), sha256("abc"));
}

TEST(Hash, FnvHasTheKnownValues) {
  static_assert(fnv1a_64("") == 0xcbf29ce484222325ULL);
  EXPECT_EQ(fnv1a_64("a"), 0xaf63dc4c8601ec8cULL);
  EXPECT_EQ(fnv1a_64("foobar"), 0x85944171f73967e8ULL);
}

TEST(Crc, HasTheKnownValues) {
  EXPECT_EQ(crc32("123456789"), 0xcbf43926U);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(""), 0U);
  // RFC 3720, B.4.
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  std::string rising;
  for (int i = 0; i < 32; ++i) {
    rising.push_back(static_cast<char>(i));
  }
  EXPECT_EQ(crc32c(rising), 0x46dd794eU);
}

TEST(Crc, Crc64NvmeHasTheKnownValues) {
  EXPECT_EQ(crc64nvme("123456789"), 0xae8b14860a799888ULL);
  EXPECT_EQ(crc64nvme(""), 0U);
  // Of many words: base64 `pRf+emrnL+A=` in S3's own form.
  EXPECT_EQ(crc64nvme(std::string(66560, 'a')), 0xa517fe7a6ae72fe0ULL);
}

TEST(Crc, ContinuesFromAnyCut) {
  SeededRng rng(3);
  const std::string bytes = rng.bytes(100);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::string_view whole(bytes);
    EXPECT_EQ(crc32c(whole.substr(cut), crc32c(whole.substr(0, cut))), crc32c(whole));
    EXPECT_EQ(crc32(whole.substr(cut), crc32(whole.substr(0, cut))), crc32(whole));
    EXPECT_EQ(crc64nvme(whole.substr(cut), crc64nvme(whole.substr(0, cut))), crc64nvme(whole));
  }
}

TEST(EqualConstantTime, ComparesAllBytes) {
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_TRUE(equal_constant_time("secret", "secret"));
  EXPECT_FALSE(equal_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_constant_time("secret", "secret "));
}

}  // namespace
}  // namespace tarn
