// The folder's border: no name, link or odd path reaches outside it.
#include "base/encoding.h"
#include "base/rng.h"
#include "block/errors.h"
#include "block/local/file_system.h"
#include "block/local/key_path.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tarn::block::local {
namespace {

namespace fs = std::filesystem;

class PosixFileSystemTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SystemRng rng;
    base_ = fs::temp_directory_path() / ("tarn-fs-" + hex_encode(rng.bytes(8)));
    fs::create_directories(base_ / "outside");
    std::ofstream(base_ / "outside" / "secret") << "secret";
    auto opened = open_file_system((base_ / "root").string());
    ASSERT_TRUE(opened);
    files_ = *std::move(opened);
  }
  void TearDown() override { fs::remove_all(base_); }

  fs::path base_;
  std::unique_ptr<FileSystem> files_;
};

TEST_F(PosixFileSystemTest, DoesNotFollowPathsOutOfItsRoot) {
  fs::create_symlink(base_ / "outside", base_ / "root" / "link");
  fs::create_symlink("../outside", base_ / "root" / "relative");
  for (const char* path : {"link/secret", "relative/secret", "../outside/secret", "link"}) {
    EXPECT_FALSE(files_->open(path)) << path;
    EXPECT_FALSE(files_->stat(path)) << path;
  }
  const std::string absolute = (base_ / "outside" / "secret").string();
  EXPECT_FALSE(files_->open(absolute));
  EXPECT_FALSE(files_->create("link/new"));
  EXPECT_FALSE(files_->remove("link/secret"));
  EXPECT_FALSE(files_->make_folder("relative/new"));
  EXPECT_TRUE(fs::exists(base_ / "outside" / "secret"));
  EXPECT_FALSE(fs::exists(base_ / "outside" / "new"));
}

TEST_F(PosixFileSystemTest, ReportsAPlaceItCannotMake) {
  const auto opened = open_file_system((base_ / "outside" / "secret" / "x").string());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message().find("secret"), std::string::npos);
}

TEST(KeyPath, LeavesOrdinaryKeysAsTheyAre) {
  EXPECT_EQ(path_of_key("bucket", "data/a b/c%20d.csv"), "bucket/data/a b/c%20d.csv");
}

TEST(KeyPath, EscapesWhatAFolderCannotHold) {
  EXPECT_EQ(path_of_key("b", "../x"), "b/.tarn~=../x");
  EXPECT_EQ(path_of_key("b", "a//x"), "b/a/.tarn~=/x");
  EXPECT_EQ(path_of_key("b", "tail/"), "b/tail/.tarn~=");
  EXPECT_EQ(path_of_key("..", "x"), ".tarn~=../x");
  const std::string escaped = path_of_key("b", std::string(300, 'n') + "\n");
  std::size_t at = 0;
  while (at < escaped.size()) {
    const std::size_t end = std::min(escaped.find('/', at), escaped.size());
    EXPECT_LE(end - at, 255U);
    at = end + 1;
  }
}

TEST(KeyPath, ReadsItsOwnEscapesOnly) {
  EXPECT_EQ(KeyDecoder::step("plain")->text, "plain");
  EXPECT_EQ(KeyDecoder::step(".tarn~=..")->text, "..");
  EXPECT_TRUE(KeyDecoder::step(".tarn~+ab")->unfinished);
  EXPECT_FALSE(KeyDecoder::step(".tarn~"));
  EXPECT_FALSE(KeyDecoder::step(".tarn~=%4"));
}

}  // namespace
}  // namespace tarn::block::local
