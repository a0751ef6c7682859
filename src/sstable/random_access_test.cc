#include "sstable/random_access.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>

namespace tarn::sstable {
namespace {

class File {
 public:
  explicit File(std::string_view bytes)
      : path_(std::filesystem::temp_directory_path() /
              ("tarn-source-" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) +
               "-" + ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~File() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

void check_reads(const RandomAccess& source) {
  std::string scratch;
  EXPECT_EQ(source.size(), 10U);
  EXPECT_EQ(*source.read(0, 10, scratch), "0123456789");
  EXPECT_EQ(*source.read(3, 4, scratch), "3456");
  EXPECT_EQ(*source.read(10, 0, scratch), "");
  constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();
  EXPECT_TRUE(source.read(0, 11, scratch).error().is(kCorruption));
  EXPECT_TRUE(source.read(11, 0, scratch).error().is(kCorruption));
  EXPECT_TRUE(source.read(kHuge, 2, scratch).error().is(kCorruption));
  EXPECT_TRUE(
      source.read(2, std::numeric_limits<std::size_t>::max(), scratch).error().is(kCorruption));
}

TEST(RandomAccess, ReadsMemoryWithinBounds) {
  check_reads(*memory_source("0123456789"));
  const std::string mine = "0123456789";
  check_reads(*borrowed_source(mine));
}

TEST(RandomAccess, ReadsAFileWithinBounds) {
  const File file("0123456789");
  const auto source = open_file_source(file.path());
  ASSERT_TRUE(source);
  check_reads(**source);
}

TEST(RandomAccess, ReadsAnUnlinkedFile) {
  Result<std::shared_ptr<const RandomAccess>> source = Error(kInternal);
  {
    const File file("0123456789");
    source = open_file_source(file.path());
  }
  ASSERT_TRUE(source);
  check_reads(**source);
}

TEST(RandomAccess, ReportsAFileThatShrank) {
  const File file("0123456789");
  const auto source = open_file_source(file.path());
  ASSERT_TRUE(source);
  std::filesystem::resize_file(file.path(), 5);
  std::string scratch;
  EXPECT_TRUE((*source)->read(0, 10, scratch).error().is(kCorruption));
}

TEST(RandomAccess, TellsAMissingFileFromAnUnreadableOne) {
  EXPECT_TRUE(open_file_source("/nonexistent/file").error().is(kFileNotFound));
  const auto folder = open_file_source(std::filesystem::temp_directory_path().string());
  std::string scratch;
  EXPECT_TRUE(!folder || !(*folder)->read(0, 1, scratch));
}

}  // namespace
}  // namespace tarn::sstable
