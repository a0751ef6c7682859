#include "kv/rocksdb/data_folder.h"

#include "kv/open.h"
#include "runtime/testing/temp_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace tarn::kv {
namespace {

namespace fs = std::filesystem;
using tarn::testing::TempFolder;

void write_file(const fs::path& path, const std::string& text = "x") {
  std::ofstream(path) << text;
}

/// Every file under `folder` and its bytes.
std::map<std::string, std::string> snapshot(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& at : fs::recursive_directory_iterator(folder)) {
    std::ifstream in(at.path());
    files[at.path()] = at.is_directory() ? "" : std::string(std::istreambuf_iterator<char>(in), {});
  }
  return files;
}

void expect_refused(const fs::path& folder, const std::string& reason) {
  const auto before = snapshot(folder);
  Result<std::string> claimed = claim_data_folder(folder);
  ASSERT_FALSE(claimed);
  EXPECT_TRUE(claimed.error().is(kForeignFolder));
  EXPECT_NE(claimed.error().message().find(reason), std::string::npos) << claimed.error().message();
  EXPECT_EQ(snapshot(folder), before) << "a refused folder is not touched";
}

TEST(DataFolder, CreatesMissingFoldersWithParents) {
  TempFolder temp;
  const fs::path folder = temp.path() / "a" / "b";
  Result<std::string> claimed = claim_data_folder(folder);
  ASSERT_TRUE(claimed) << claimed.error().message();
  EXPECT_EQ(*claimed, folder / "db");
  EXPECT_TRUE(fs::is_directory(folder / "db"));
  std::ifstream marker(folder / "TARN_KV");
  std::string line;
  std::getline(marker, line);
  EXPECT_EQ(line, "tarn-kv 1");
  EXPECT_TRUE(claim_data_folder(folder)) << "its own folder is accepted again";
}

TEST(DataFolder, TakesAnEmptyFolder) {
  TempFolder temp;
  fs::create_directory(temp.path() / "lost+found");
  write_file(temp.path() / "TARN_KV.tmp", "");  // what a crash while marking leaves
  EXPECT_TRUE(claim_data_folder(temp.path()));
}

TEST(DataFolder, RefusesABadgerDatabase) {
  TempFolder temp;
  write_file(temp.path() / "MANIFEST");
  write_file(temp.path() / "KEYREGISTRY");
  write_file(temp.path() / "000001.vlog");
  expect_refused(temp.path(), "Badger");
}

TEST(DataFolder, RefusesAPostgresDatabase) {
  TempFolder temp;
  write_file(temp.path() / "PG_VERSION", "15\n");
  expect_refused(temp.path(), "PostgreSQL");
}

TEST(DataFolder, RefusesAnotherRocksDb) {
  TempFolder temp;
  write_file(temp.path() / "CURRENT");
  write_file(temp.path() / "MANIFEST-000001");
  expect_refused(temp.path(), "RocksDB");
}

TEST(DataFolder, RefusesAnyOtherFiles) {
  TempFolder temp;
  write_file(temp.path() / "thesis.tex");
  expect_refused(temp.path(), "not empty");
}

TEST(DataFolder, RefusesAFile) {
  TempFolder temp;
  write_file(temp.path() / "file");
  Result<std::string> claimed = claim_data_folder(temp.path() / "file");
  ASSERT_FALSE(claimed);
  EXPECT_TRUE(claimed.error().is(kForeignFolder));
}

TEST(DataFolder, RefusesANewerFormat) {
  TempFolder temp;
  write_file(temp.path() / "TARN_KV", "tarn-kv 2\n");
  expect_refused(temp.path(), "format version 2");
}

// RocksDB would make a new, empty database there: every row would be gone without a word.
TEST(DataFolder, RefusesADatabaseThatLostItsCurrentFile) {
  TempFolder temp;
  ASSERT_TRUE(claim_data_folder(temp.path()));
  write_file(temp.path() / "db" / "000012.sst");
  Result<std::string> claimed = claim_data_folder(temp.path());
  ASSERT_FALSE(claimed);
  EXPECT_TRUE(claimed.error().is(kCorruption));
}

}  // namespace
}  // namespace tarn::kv
