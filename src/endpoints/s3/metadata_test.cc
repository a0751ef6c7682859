#include "endpoints/s3/metadata.h"

#include "endpoints/s3/errors.h"

#include <gtest/gtest.h>

namespace tarn::endpoints::s3 {
namespace {

const std::string kHebrew = "והארץ היתה תהו ובהו";
const std::string kHebrewWords =
    "=?utf-8?q?=D7=95=D7=94=D7=90=D7=A8=D7=A5_=D7=94=D7=99=D7=AA=D7=94_=D7=AA?= "
    "=?utf-8?q?=D7=94=D7=95_=D7=95=D7=91=D7=94=D7=95?=";

TEST(EncodedWords, AreThoseOfLakeFs) {
  EXPECT_EQ(encode_words(kHebrew), kHebrewWords);
  EXPECT_EQ(decode_words(kHebrewWords).value(), kHebrew);
  EXPECT_EQ(encode_words("plain =?_ text"), "plain =?_ text");
  EXPECT_EQ(encode_words("a=?_é"), "=?utf-8?q?a=3D=3F=5F=C3=A9?=");
  // Bytes that are no UTF-8 travel too.
  EXPECT_EQ(encode_words("\xff"), "=?utf-8?q?=FF?=");
  EXPECT_EQ(encode_words("a\nb"), "=?utf-8?q?a=0Ab?=");
}

TEST(EncodedWords, AreReadInEveryForm) {
  EXPECT_EQ(decode_words("=?UTF-8?B?w6k=?=").value(), "é");
  EXPECT_EQ(decode_words("=?iso-8859-1?Q?caf=E9?=").value(), "café");
  EXPECT_EQ(decode_words("=?us-ascii?q?a_b?=").value(), "a b");
  EXPECT_EQ(decode_words("x =?utf-8?q?a?= y  =?utf-8?q?b?=\t=?utf-8?q?c?= ").value(), "x a y  bc ");
  EXPECT_EQ(decode_words("raw é").value(), "raw é");
  for (const char* text : {"=?utf-8?x?a?=", "=?utf-8?q?a", "=?utf-8?q?=X1?=", "=?utf-8?b?*?=", "=?",
                           "=??", "=?utf-8?q?=4?="}) {
    EXPECT_EQ(decode_words(text).value(), text);
  }
  EXPECT_TRUE(decode_words("=?koi8-r?q?a?=").error().is(kInvalidHeaderValue));
}

http::Headers fields(std::vector<std::pair<std::string, std::string>> pairs) {
  http::Headers out;
  for (auto& [name, value] : pairs) {
    out.add(std::move(name), std::move(value));
  }
  return out;
}

TEST(Metadata, ComesFromItsFields) {
  const auto found = metadata_of(fields({{"X-Amz-Meta-My-Key", "v"},
                                         {"x-amz-meta-my-key", "second"},
                                         {"x-amz-meta-", "no name"},
                                         {"x-amz-metax", "other"},
                                         {"x-amz-meta-words", kHebrewWords}}));
  const graveler::Metadata expected{{"X-Amz-Meta-my-key", "v"}, {"X-Amz-Meta-words", kHebrew}};
  EXPECT_EQ(found.value(), expected);
}

TEST(Metadata, IsLimited) {
  const auto of_size = [](std::size_t size) {
    return metadata_of(
        fields({{"x-amz-meta-a", "x"}, {"x-amz-meta-b", std::string(size - 3, 'y')}}));
  };
  EXPECT_TRUE(of_size(kMetadataBytesMax));
  EXPECT_TRUE(of_size(kMetadataBytesMax + 1).error().is(kMetadataTooLarge));
}

TEST(Metadata, GoesBackToFields) {
  http::Headers headers;
  add_metadata({{"X-Amz-Meta-a", "1"},
                {"X-Amz-Meta-b", "é"},
                {"X-Amz-Meta-", "x"},
                {"X-Amz-Meta-c d", "x"},
                {"other", "x"}},
               headers);
  EXPECT_EQ(headers.size(), 3U);
  EXPECT_EQ(headers.get("X-Amz-Meta-a"), "1");
  EXPECT_EQ(headers.get("X-Amz-Meta-b"), "=?utf-8?q?=C3=A9?=");
  EXPECT_EQ(headers.get("X-Amz-Missing-Meta"), "2");
}

}  // namespace
}  // namespace tarn::endpoints::s3
