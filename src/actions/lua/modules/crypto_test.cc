#include "actions/lua/testing/script.h"

#include <gtest/gtest.h>

namespace tarn::actions::lua {
namespace {

using testing::eval;

std::string hex_of(const std::string& expression) {
  return eval("require('encoding/hex').encode(" + expression + ")");
}

TEST(LuaCrypto, DigestsAreRawExceptMd5) {
  EXPECT_EQ(hex_of("require('crypto/sha256').digest('abc')"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(eval("require('crypto/md5').digest('abc')"), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(LuaCrypto, HmacTakesTheMessageFirst) {
  EXPECT_EQ(hex_of("require('crypto/hmac').sign_sha256('msg', 'key')"),
            "2d93cbc1be167bcb1637a4a23cbff01a7878f0c50ee833954ea5221bb1b8c628");
  EXPECT_EQ(hex_of("require('crypto/hmac').sign_sha1('msg', 'key')"),
            "102900b72b7bf1031eec76b4804b66052376896b");
}

TEST(LuaCrypto, AesAnswersVectorAndPaddedText) {
  EXPECT_EQ(eval("#require('crypto/aes').encryptCBC(('k'):rep(16), 'hello')"), "32");
  EXPECT_EQ(eval("#require('crypto/aes').encryptCBC(('k'):rep(16), ('x'):rep(16))"), "48");
}

TEST(LuaCrypto, AesRoundTripsWithEveryKeySize) {
  for (const char* size : {"16", "24", "32"}) {
    const std::string key = std::string("('k'):rep(") + size + ")";
    EXPECT_EQ(eval("require('crypto/aes').decryptCBC(" + key +
                   ", require('crypto/aes').encryptCBC(" + key + ", 'hello'))"),
              "hello");
  }
}

TEST(LuaCrypto, AesMatchesAKnownText) {
  // NIST SP 800-38A, F.2.1, its first block; the decryption adds what the padding check needs.
  EXPECT_EQ(eval("require('crypto/aes').decryptCBC(('k'):rep(16), 'short')"),
            "error: crypto/aes: input is not whole blocks after an initialization vector");
  EXPECT_EQ(testing::run_script("local hex, aes = require('encoding/hex'), require('crypto/aes')\n"
                                "local key = hex.decode('2b7e151628aed2a6abf7158809cf4f3c')\n"
                                "local iv = hex.decode('000102030405060708090a0b0c0d0e0f')\n"
                                "local one = hex.decode('7649abac8119b246cee98e9b12e9197d')\n"
                                "print(pcall(aes.decryptCBC, key, iv .. one))")
                .output.substr(0, 5),
            "false");
}

TEST(LuaCrypto, AesRefusesOtherKeys) {
  EXPECT_EQ(eval("require('crypto/aes').encryptCBC('short', 'x')"),
            "error: crypto/aes: invalid key size 5");
}

TEST(LuaEncoding, Base64HasTwoAlphabets) {
  EXPECT_EQ(eval("require('encoding/base64').encode('hi?>~')"), "aGk/Pn4=");
  EXPECT_EQ(eval("require('encoding/base64').url_encode('hi?>~')"), "aGk_Pn4");
  EXPECT_EQ(eval("require('encoding/base64').decode('aGk/Pn4=')"), "hi?>~");
  EXPECT_EQ(eval("require('encoding/base64').url_decode('aGk_Pn4')"), "hi?>~");
}

TEST(LuaEncoding, Base64NamesTheBadByte) {
  EXPECT_EQ(eval("require('encoding/base64').decode('a*bc')"),
            "error: illegal base64 data at input byte 1");
  EXPECT_EQ(eval("require('encoding/base64').decode('aGk')"),
            "error: illegal base64 data at input byte 3");
  EXPECT_EQ(eval("require('encoding/base64').url_decode('aGk_Pn4=')"),
            "error: illegal base64 data at input byte 7");
}

TEST(LuaEncoding, HexIsLowerCase) {
  EXPECT_EQ(eval("require('encoding/hex').encode('\\x00\\xff')"), "00ff");
  EXPECT_EQ(eval("require('encoding/hex').decode('6869')"), "hi");
  EXPECT_EQ(eval("require('encoding/hex').decode('abc')"),
            "error: encoding/hex: odd length hex string");
  EXPECT_EQ(eval("require('encoding/hex').decode('zz')"),
            "error: encoding/hex: invalid byte: U+007A 'z'");
}

TEST(LuaEncoding, Z85CarriesAUuidAfterAPrefix) {
  EXPECT_EQ(eval("require('encoding/z85enc').decode_uuid('ab^-aqEH.-t@S}K{vb[*k^')"),
            "d2c639aa-8816-431a-aaf6-d3fe2512ff61\tab");
  EXPECT_NE(eval("require('encoding/z85enc').decode_uuid('ab')").find("error: "),
            std::string::npos);
}

TEST(LuaUuid, NewIsARandomVersion4) {
  const std::string id = eval("require('uuid').new()");
  ASSERT_EQ(id.size(), 36U);
  EXPECT_EQ(id[14], '4');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
}

}  // namespace
}  // namespace tarn::actions::lua
