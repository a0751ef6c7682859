// Replays the fuzzer's corpus, so that every compiler runs it, without libFuzzer.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
#include "sstable/range_reader_fuzz.cc"  // NOLINT(bugprone-suspicious-include): the fuzzer's body, without its main

namespace tarn::sstable {
namespace {

TEST(RangeReaderCorpus, RunsThrough) {
  int count = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(std::string(TARN_TEST_DATA) + "/corpus")) {
    std::ifstream stream(file.path(), std::ios::binary);
    std::stringstream buffer;
    buffer << stream.rdbuf();
    const std::string input = buffer.str();
    EXPECT_EQ(
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size()),
        0);
    ++count;
  }
  EXPECT_GE(count, 5) << "the corpus is gone";
}

}  // namespace
}  // namespace tarn::sstable
