#include "base/encoding.h"

#include "base/rng.h"

#include <gtest/gtest.h>

#include <utility>

namespace tarn {
namespace {

using namespace std::string_literals;

TEST(Hex, EncodesAndDecodes) {
  EXPECT_EQ(hex_encode("\x00\xff\x1a"s), "00ff1a");
  EXPECT_EQ(hex_decode("00FF1a").value(), "\x00\xff\x1a"s);
  EXPECT_EQ(hex_decode("").value(), "");
  EXPECT_FALSE(hex_decode("0"));
  EXPECT_FALSE(hex_decode("0g"));
}

// RFC 4648, section 10.
TEST(Base64, HasTheVectorsOfItsRfc) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64_encode(plain), encoded);
    EXPECT_EQ(base64_decode(encoded).value(), plain);
    const std::string bare = std::string(encoded).substr(0, std::string(encoded).find('='));
    EXPECT_EQ(base64url_encode(plain), bare);
    EXPECT_EQ(base64url_decode(bare).value(), plain);
    EXPECT_EQ(base64url_decode(encoded).value(), plain) << "padding is optional there";
  }
  EXPECT_EQ(base64_encode("\xfb\xff\xfe"), "+//+");
  EXPECT_EQ(base64url_encode("\xfb\xff\xfe"), "-__-");
}

TEST(Base64, RefusesWhatIsNot) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Zm9v=", "Zm9vYg=a", "Zm 9v",
                           "Zm9v\n", "-__-", "Z=g="}) {
    EXPECT_FALSE(base64_decode(text)) << text;
  }
  for (const char* text : {"Z", "Zg=", "+//+", "Zm9v="}) {
    EXPECT_FALSE(base64url_decode(text)) << text;
  }
}

TEST(Base64, ReadsBackWhatItWrote) {
  SeededRng rng(7);
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string bytes = rng.bytes(size);
    EXPECT_EQ(base64_decode(base64_encode(bytes)).value(), bytes);
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)).value(), bytes);
    EXPECT_EQ(hex_decode(hex_encode(bytes)).value(), bytes);
    EXPECT_EQ(percent_decode(percent_encode(bytes)).value(), bytes);
  }
}

// RFC 4648, section 10, in lower case and without padding.
TEST(Base32Hex, HasTheVectorsOfItsRfc) {
  EXPECT_EQ(base32hex_encode(""), "");
  EXPECT_EQ(base32hex_encode("f"), "co");
  EXPECT_EQ(base32hex_encode("fo"), "cpng");
  EXPECT_EQ(base32hex_encode("foo"), "cpnmu");
  EXPECT_EQ(base32hex_encode("foob"), "cpnmuog");
  EXPECT_EQ(base32hex_encode("fooba"), "cpnmuoj1");
  EXPECT_EQ(base32hex_encode("foobar"), "cpnmuoj1e8");
}

TEST(Percent, KeepsOnlyTheUnreserved) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b/c+d%"), "a%20b%2Fc%2Bd%25");
  EXPECT_EQ(percent_encode("a/b", "/"), "a/b");
  EXPECT_EQ(percent_encode("\xd0\xba"), "%D0%BA");
}

TEST(Percent, DecodesOnce) {
  EXPECT_EQ(percent_decode("%2541").value(), "%41");
  EXPECT_EQ(percent_decode("a+b").value(), "a+b");
  EXPECT_EQ(percent_decode("a+b%2b", true).value(), "a b+");
  EXPECT_EQ(percent_decode("%00").value(), "\0"s);
  EXPECT_EQ(percent_decode("%41").value(), "A");
  for (const char* text : {"%", "%4", "%zz", "a%4", "%4%41"}) {
    EXPECT_FALSE(percent_decode(text)) << text;
  }
}

TEST(Utf8, TellsWellFormedFromNot) {
  for (const char* text : {"", "abc", "\u00e9", "\u20ac", "\U0001f600", "\U0010ffff", "\ud7ff"}) {
    EXPECT_TRUE(is_valid_utf8(text)) << hex_encode(text);
  }
  const std::string bad[] = {"\x80",
                             "\xc3",
                             "\xc0\xaf",
                             "\xe0\x80\xaf",
                             "\xed\xa0\x80",
                             "\xf0\x80\x80\x80",
                             "\xf4\x90\x80\x80",
                             "\xf8\x88\x80\x80\x80",
                             "\xff",
                             "a\xc3",
                             "\xe2\x82",
                             "\xc3("};
  for (const std::string& text : bad) {
    EXPECT_FALSE(is_valid_utf8(text)) << hex_encode(text);
  }
}

}  // namespace
}  // namespace tarn
