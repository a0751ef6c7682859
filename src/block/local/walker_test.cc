// Walks over real folders: what is found, what is passed over, and where a walk may not go.
#include "block/local/walker.h"

#include "base/encoding.h"
#include "base/hash.h"
#include "base/rng.h"
#include "base/thread_annotations.h"
#include "block/local/open.h"
#include "block/namespace.h"
#include "runtime/testing/run.h"
#include "runtime/testing/temp_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace tarn::block::local {
namespace {

namespace fs = std::filesystem;
using tarn::testing::run;
using tarn::testing::TempFolder;
using Found = std::map<std::string, WalkedObject>;

class LocalWalkerTest : public ::testing::Test {
 protected:
  LocalWalkerTest() {
    fs::create_directories(data());
    fs::create_directories(base() / "root");
    make(false);
  }

  fs::path base() const { return fs::canonical(folder_.path()); }
  fs::path data() const { return base() / "data"; }
  std::string uri(const std::string& below) const { return "local://" + (data() / below).string(); }
  void write(const std::string& below, const std::string& text) const {
    fs::create_directories((data() / below).parent_path());
    std::ofstream(data() / below) << text;
  }
  void make(bool with_hidden) {
    auto folders =
        ExternalFolders::make((base() / "root").string(), {data().string() + "/", "/nonexistent"});
    ASSERT_TRUE(folders);
    external_ = *folders;
    walker_ = make_walker(*std::move(folders), with_hidden, pool_);
  }

  Result<Found> walk(const std::string& prefix) {
    Mutex mutex;
    Found out;
    const WalkSink sink = [&](std::vector<WalkedObject> objects) -> Result<void> {
      MutexLock lock(mutex);
      for (WalkedObject& object : objects) {
        std::string name = object.name;
        EXPECT_TRUE(out.emplace(std::move(name), std::move(object)).second) << "found twice";
      }
      return {};
    };
    TARN_CHECK_OK(run(walker_->walk(Context(), prefix, sink)));
    return out;
  }
  /// Names, separated by spaces; the error's text.
  std::string names(const std::string& prefix) {
    const Result<Found> found = walk(prefix);
    std::string out;
    for (const auto& [name, object] : found ? *found : Found()) {
      out.append(out.empty() ? "" : " ").append(name);
    }
    return found ? out : "error: " + found.error().message();
  }

  const TempFolder folder_;
  BlockingPool pool_{"fs", 4, 1000};
  SystemRng rng_;
  ExternalFolders external_;
  std::unique_ptr<Walker> walker_;
};

TEST_F(LocalWalkerTest, FindsEveryFileOnceWithSizeTimeAndMd5) {
  std::set<std::string> expected;
  for (int i = 0; i < 3000; ++i) {  // one large folder, many small ones, a deep one
    for (const std::string& name :
         {fmt::format("flat/{}", i), fmt::format("tree/{}/{}/x", i % 50, i)}) {
      write(name, std::to_string(i));
      expected.insert(name);
    }
  }
  write("a/b/c/d/e/f/g", "deep");
  expected.insert("a/b/c/d/e/f/g");
  fs::create_directories(data() / "empty" / "empty");
  const Result<Found> found = walk(uri(""));
  ASSERT_TRUE(found) << found.error().message();
  std::set<std::string> seen;
  for (const auto& [name, object] : *found) {
    seen.insert(name);
  }
  EXPECT_EQ(seen, expected);
  const WalkedObject& one = found->at("flat/2999");
  EXPECT_EQ(one.etag, hex_encode(md5("2999")));
  EXPECT_EQ(one.size_bytes, 4U);
  const auto age = SystemClock().now() - one.last_modified;
  EXPECT_LT(age, std::chrono::hours(1));
  EXPECT_GE(age, std::chrono::nanoseconds(0));
}

TEST_F(LocalWalkerTest, ReadsLargeFilesInPieces) {
  const std::string text = std::string(300'000, 'x') + "end";
  write("large", text);
  write("empty", "");
  const Result<Found> found = walk(uri(""));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->at("large").etag, hex_encode(md5(text)));
  EXPECT_EQ(found->at("large").size_bytes, text.size());
  EXPECT_EQ(found->at("empty").etag, hex_encode(md5("")));
}

TEST_F(LocalWalkerTest, TakesAPrefixAsTheBeginningOfNames) {
  for (const char* name : {"a/x1", "a/xy/z", "a/y", "ax", "b"}) {
    write(name, "1");
  }
  EXPECT_EQ(names(uri("a/x")), "x1 xy/z");
  EXPECT_EQ(names(uri("a/")), "x1 xy/z y");
  EXPECT_EQ(names(uri("a")), "a/x1 a/xy/z a/y ax");
  EXPECT_EQ(names(uri("nothing")), "");
  EXPECT_NE(names(uri("nothing/")).find("No such file or directory"), std::string::npos);
}

TEST_F(LocalWalkerTest, PassesOverHiddenNamesUnlessAsked) {
  for (const char* name : {"seen", ".hidden", ".folder/x", "a/.b/c"}) {
    write(name, "1");
  }
  EXPECT_EQ(names(uri("")), "seen");
  EXPECT_EQ(names(uri(".folder/")), "x");  // asked for by name
  make(true);
  EXPECT_EQ(names(uri("")), ".folder/x .hidden a/.b/c seen");
}

TEST_F(LocalWalkerTest, FollowsNoLinksAndOpensNoPipes) {
  write("real/x", "1");
  fs::create_directories(base() / "outside");
  std::ofstream(base() / "outside" / "secret") << "secret";
  fs::create_symlink(base() / "outside", data() / "out");
  fs::create_symlink("real", data() / "in");
  fs::create_symlink("x", data() / "real" / "link");
  ASSERT_EQ(::mkfifo((data() / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(names(uri("")), "real/x");
  EXPECT_TRUE(names(uri("in/")).starts_with("error: "));
  EXPECT_TRUE(names(uri("out/")).starts_with("error: "));
  for (const char* name : {"out/secret", "real/link", "pipe", "real", "none"}) {
    EXPECT_FALSE(run(walker_->object(Context(), uri(name)))) << name;
  }
  const auto object = run(walker_->object(Context(), uri("real/x")));
  ASSERT_TRUE(object) << object.error().message();
  EXPECT_EQ(object->etag, hex_encode(md5("1")));
}

TEST_F(LocalWalkerTest, StaysBelowWhatIsAllowed) {
  write("x", "1");
  std::ofstream(base() / "data-too") << "1";
  const std::string above = "local://" + base().string();
  for (const std::string& bad :
       {above + "/", above + "/data-too", above + "/outside/", std::string("local:///etc/passwd"),
        std::string("local:///"), uri("../x"), uri("a//b"), uri("./x"), std::string("s3://b/x"),
        std::string("local://bucket"), std::string("nonsense"), above + "/root/.tarn~uploads/x"}) {
    EXPECT_TRUE(names(bad).starts_with("error: ")) << bad << " gave " << names(bad);
    EXPECT_FALSE(run(walker_->object(Context(), bad))) << bad;
    EXPECT_FALSE(walker_->canonical(bad)) << bad;
  }
}

TEST_F(LocalWalkerTest, WalksTheStoreItselfByItsKeys) {
  auto files = open_file_system((base() / "root").string());
  ASSERT_TRUE(files);
  auto adapter = make_adapter(*std::move(files), pool_, rng_);
  ASSERT_TRUE(adapter);
  const std::string odd = "a//b";
  const std::string lengthy = "long/" + std::string(300, 'l');
  for (const std::string& key : {std::string("plain"), std::string("f/x"), odd, lengthy}) {
    ASSERT_TRUE(run(
        (*adapter)->put(Context(), {"bucket", "src/" + key}, memory_source("1"), 1, PutOptions())));
  }
  EXPECT_EQ(names("local://bucket/src/"), "a//b f/x " + lengthy + " plain");
  EXPECT_EQ(names("local://bucket/src/p"), "plain");
  EXPECT_EQ(names("local://bucket/s"), "src/a//b src/f/x src/" + lengthy + " src/plain");
  EXPECT_TRUE(run(walker_->object(Context(), "local://bucket/src/" + lengthy)));
  const auto upload = run((*adapter)->create_upload(Context(), {"bucket", "u"}, PutOptions()));
  ASSERT_TRUE(upload);
  ASSERT_TRUE(
      run((*adapter)->put_part(Context(), {"bucket", "u"}, *upload, 1, memory_source("part"), 4)));
  make(true);
  EXPECT_EQ(names("local://" + (base() / "root/.tarn").string()), "");
  EXPECT_EQ(names("local://" + (base() / "root/").string()).find("tarn~up"), std::string::npos);
  // The same files by their paths.
  const std::string root = "local://" + (base() / "root").string();
  EXPECT_EQ(names(root + "/bucket/src/f/"), "x");
  EXPECT_EQ(walker_->canonical("local://bucket/src/f/").value(), root + "/bucket/src/f/");
  EXPECT_EQ(walker_->canonical(root + "/bucket/src/f/").value(), root + "/bucket/src/f/");
}

TEST_F(LocalWalkerTest, KnowsAPlaceByAnotherName) {
  fs::create_directories(base() / "root" / "bucket");
  fs::create_symlink(base() / "root", base() / "alias");
  auto folders = ExternalFolders::make((base() / "root").string(), {(base() / "alias").string()});
  ASSERT_TRUE(folders);
  walker_ = make_walker(*std::move(folders), false, pool_);
  EXPECT_EQ(walker_->canonical("local://" + (base() / "alias/bucket/x").string()).value(),
            walker_->canonical("local://bucket/x").value());
}

TEST_F(LocalWalkerTest, EndsWhenItIsCancelledOrTheSinkFails) {
  for (int i = 0; i < 100; ++i) {
    write(fmt::format("{}/{}", i % 10, i), "1");
  }
  CancelSource cancel;
  const WalkSink cancelling = [&cancel](std::vector<WalkedObject>) -> Result<void> {
    cancel.cancel(CancelReason::kRequested);
    return {};
  };
  cancel.cancel(CancelReason::kRequested);
  const auto cancelled = run(walker_->walk(Context("", cancel.token()), uri(""), cancelling));
  ASSERT_FALSE(cancelled);
  EXPECT_TRUE(cancelled.error().is(kCancelled));
  const WalkSink failing = [](std::vector<WalkedObject>) -> Result<void> {
    return Error(kUnavailable, "full");
  };
  const auto failed = run(walker_->walk(Context(), uri(""), failing));
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message().find("full"), std::string::npos);
}

TEST_F(LocalWalkerTest, WhatWasFoundCanBeReadAndNotWritten) {
  write("x", "text");
  auto files = open_file_system((base() / "root").string());
  ASSERT_TRUE(files);
  auto adapter = make_adapter(*std::move(files), pool_, rng_, external_);
  ASSERT_TRUE(adapter);
  const auto at = [](const std::string& address) {
    return resolve(StorageNamespace::trusted("local://bucket/repo"), address, AddressType::kFull)
        .value();
  };
  const auto read = [&](const std::string& address) -> std::string {
    auto body = run((*adapter)->get(Context(), at(address), std::nullopt));
    return body ? run(read_all(Context(), *body->body, kMiB)).value() : body.error().message();
  };
  EXPECT_EQ(read(uri("x")), "text");
  EXPECT_EQ(run((*adapter)->stat(Context(), at(uri("x"))))->size_bytes, 4U);
  fs::create_symlink("/etc/passwd", data() / "link");
  ASSERT_EQ(::mkfifo((data() / "pipe").c_str(), 0600), 0);
  for (const std::string& bad : {uri("link"), uri("pipe"), uri("../root"),
                                 std::string("local:///etc/passwd"), uri("none")}) {
    EXPECT_FALSE(run((*adapter)->get(Context(), at(bad), std::nullopt))) << bad;
  }
  EXPECT_FALSE(
      run((*adapter)->put(Context(), at(uri("new")), memory_source("1"), 1, PutOptions())));
  EXPECT_FALSE(run((*adapter)->remove(Context(), at(uri("x")))));
  EXPECT_TRUE(fs::exists(data() / "x"));
  EXPECT_FALSE(fs::exists(data() / "new"));
}

TEST(ExternalFolders, MustBeAbsolute) {
  EXPECT_FALSE(ExternalFolders::make("/root", {"relative"}));
  EXPECT_FALSE(ExternalFolders::make("/root", {"/a/../b"}));
  EXPECT_TRUE(ExternalFolders::make("/root", {"/"}));
}

}  // namespace
}  // namespace tarn::block::local
