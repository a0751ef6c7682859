#include "base/deflate.h"

#include <gtest/gtest.h>

#include <string>

namespace tarn {
namespace {

std::string sample(std::size_t size_bytes) {
  std::string text;
  for (std::size_t at = 0; text.size() < size_bytes; ++at) {
    text.append(std::to_string(at * 7919)).push_back(at % 5 == 0 ? '\n' : ' ');
  }
  text.resize(size_bytes);
  return text;
}

TEST(Deflate, ComesBack) {
  for (const DeflateForm form : {DeflateForm::kRaw, DeflateForm::kGzip}) {
    for (const std::size_t size : {0U, 1U, 65'535U, 65'536U, 65'537U, 300'000U}) {
      const std::string text = sample(size);
      const Bytes packed = deflate(text, form);
      const Result<Bytes> back = inflate(packed, form, size);
      ASSERT_TRUE(back) << size << ": " << back.error().message();
      EXPECT_EQ(*back, text);
    }
  }
}

TEST(Deflate, WhatOthersMadeIsRead) {
  // printf hello | gzip -n
  const std::string packed(
      "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36"
      "\x05\0\0\0",
      25);
  EXPECT_EQ(inflate(packed, DeflateForm::kGzip, 100).value(), "hello");
  EXPECT_EQ(inflate(packed + packed, DeflateForm::kGzip, 100).value(), "hellohello");
}

TEST(Deflate, ALimitIsALimit) {
  const Bytes bomb = deflate(std::string(10 * kMiB, '0'), DeflateForm::kRaw);
  ASSERT_LT(bomb.size(), 20 * kKiB);
  const Result<Bytes> refused = inflate(bomb, DeflateForm::kRaw, 10 * kMiB - 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "compressed data becomes more than 10485759 bytes");
  EXPECT_TRUE(inflate(bomb, DeflateForm::kRaw, 10 * kMiB));
}

TEST(Deflate, DamageIsNoticed) {
  const Bytes packed = deflate(sample(5000), DeflateForm::kGzip);
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_FALSE(inflate(packed.substr(0, size), DeflateForm::kGzip, kMiB)) << size;
  }
  EXPECT_FALSE(inflate(packed + "x", DeflateForm::kGzip, kMiB));
  Bytes wrong = packed;
  wrong[packed.size() / 2] ^= 1;
  EXPECT_FALSE(inflate(wrong, DeflateForm::kGzip, kMiB));
  const Bytes raw = deflate("text", DeflateForm::kRaw);
  EXPECT_EQ(inflate(raw + "xyz", DeflateForm::kRaw, kMiB).value(), "text") << "as PyIceberg writes";
  for (std::size_t size = 0; size < raw.size(); ++size) {
    EXPECT_FALSE(inflate(raw.substr(0, size), DeflateForm::kRaw, kMiB)) << size;
  }
  EXPECT_FALSE(inflate("", DeflateForm::kRaw, kMiB));
}

}  // namespace
}  // namespace tarn
