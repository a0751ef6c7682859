// Goal: where bytes go, and where they must not. Method: folders of the test's own; an imposter
// plays server and object store for signed URLs.
#include "base/thread_annotations.h"
#include "base/time_text.h"
#include "ctl/errors.h"
#include "ctl/transfer/download.h"
#include "ctl/transfer/folder.h"
#include "ctl/transfer/local_tree.h"
#include "ctl/transfer/upload.h"
#include "ctl/transfer/workers.h"
#include "http/testing/imposter.h"
#include "runtime/testing/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tarn::ctl {
namespace {

namespace fs = std::filesystem;
using http::testing::Imposter;
using http::testing::ReceivedRequest;
using http::testing::Reply;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void write_file(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string read_file(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

Reply json(unsigned status, std::string body) {
  Reply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

class TransferTest : public ::testing::Test {
 protected:
  std::unique_ptr<Session> session(const std::string& url) {
    Config config;
    config.endpoint_url = url;
    config.access_key_id = "key";
    config.idle_timeout = std::chrono::minutes(1);
    return std::make_unique<Session>(config, clock_);
  }
  UploadTarget target(std::string path) const {
    UploadTarget out;
    out.repository = "repo";
    out.branch = "main";
    out.path = std::move(path);
    out.temporary_folder = folder_.path().string();
    return out;
  }

  SystemClock clock_;
  testing::TempFolder folder_;
};

constexpr const char* kStats =
    R"({"path":"p","path_type":"object","physical_address":"x","checksum":"c","mtime":1})";

TEST(SafeParts, RefuseWhatLeadsOutside) {
  for (const char* bad : {"../x", "a/../b", "..", "a/..", "", "/", ".", "a/", "a/./"}) {
    EXPECT_FALSE(safe_parts(bad)) << bad;
  }
  EXPECT_FALSE(safe_parts(std::string_view("a\0b", 3)));
  const auto parts = safe_parts("/a//./..b/c..");
  ASSERT_TRUE(parts);
  EXPECT_THAT(*parts, ElementsAre("a", "..b", "c.."));
}

TEST_F(TransferTest, FilesAppearWhenTheyAreComplete) {
  const auto folder = Folder::open((folder_.path() / "new/below").string());
  ASSERT_TRUE(folder) << folder.error().message();
  const fs::path place = folder_.path() / "new/below/a/b";
  {
    auto file = folder->create("a/b");
    ASSERT_TRUE(file) << file.error().message();
    ASSERT_TRUE(file->write(0, "half"));
    EXPECT_FALSE(fs::exists(place));
  }
  EXPECT_TRUE(fs::is_empty(place.parent_path())) << "the temporary file stays";
  auto file = folder->create("a/b");
  ASSERT_TRUE(file->write(0, "whole"));
  ASSERT_TRUE(file->publish());
  EXPECT_EQ(read_file(place), "whole");
  EXPECT_FALSE(folder->create("a")) << "a folder is in the way";
}

TEST_F(TransferTest, LinksAreNeitherFollowedNorWrittenThrough) {
  const fs::path root = folder_.path() / "root";
  write_file(folder_.path() / "outside/victim", "safe");
  fs::create_directories(root);
  fs::create_directory_symlink(folder_.path() / "outside", root / "link");
  fs::create_symlink(folder_.path() / "outside/victim", root / "file");
  const auto folder = Folder::open(root.string());
  EXPECT_FALSE(folder->create("link/victim"));
  auto file = folder->create("file");
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->write(0, "new"));
  ASSERT_TRUE(file->publish());
  EXPECT_EQ(read_file(folder_.path() / "outside/victim"), "safe");
  EXPECT_FALSE(fs::is_symlink(root / "file"));
  EXPECT_EQ(read_file(root / "file"), "new");
}

TEST_F(TransferTest, ListsAFolderInTheOrderOfKeys) {
  const fs::path root = folder_.path() / "t";
  for (const char* name :
       {"imported/0000/1", "imported/00000", "imported/00010/1", "imported.", "imported,/x",
        "subdir/x", "subdir-a/x", ".hidden", ".lakefs_ref.yaml", "d/.DS_Store"}) {
    write_file(root / name, "12");
  }
  fs::create_directories(root / "empty");
  const auto files = list_folder(root.string(), {});
  ASSERT_TRUE(files) << files.error().message();
  std::vector<std::string> names;
  for (const LocalFile& file : *files) {
    names.push_back(file.name);
    EXPECT_EQ(file.size_bytes, 2U);
  }
  EXPECT_THAT(names, ElementsAre(".hidden", "imported,/x", "imported.", "imported/0000/1",
                                 "imported/00000", "imported/00010/1", "subdir-a/x", "subdir/x"));
}

TEST_F(TransferTest, TreatsLinksAsItIsTold) {
  const fs::path root = folder_.path() / "t";
  write_file(root / "a", "1");
  fs::create_symlink("nowhere", root / "link");
  const auto refused = list_folder(root.string(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "link: not a regular file");
  const auto skipped = list_folder(root.string(), {.skip = true, .links = true});
  ASSERT_TRUE(skipped);
  EXPECT_EQ(skipped->size(), 1U);
  const auto taken = list_folder(root.string(), {.links = true});
  ASSERT_TRUE(taken);
  ASSERT_EQ(taken->size(), 2U);
  EXPECT_TRUE((*taken)[1].is_link);
  EXPECT_EQ((*taken)[1].link_target, "nowhere");
  EXPECT_FALSE(list_folder((root / "none").string(), {}));
}

TEST(PlanParts, StaysBelowTenThousand) {
  EXPECT_EQ(plan_parts(13'000'000).part_bytes, 5242880U);
  EXPECT_EQ(plan_parts(13'000'000).count, 3U);
  EXPECT_EQ(plan_parts(5242880).count, 1U);
  const std::uint64_t terabyte = 1'000'000'000'000;
  EXPECT_EQ(plan_parts(terabyte).part_bytes, terabyte / 10000 + 1);
  EXPECT_LE(plan_parts(terabyte).count, 10000U);
  EXPECT_GE(plan_parts(terabyte).count * plan_parts(terabyte).part_bytes, terabyte);
}

TEST(MetadataHeader, KnowsInternalKeys) {
  EXPECT_EQ(metadata_header("Key"), "x-lakefs-meta-key");
  EXPECT_EQ(metadata_header("::lakefs::client-mtime"), "x-lakefs-internal-client-mtime");
}

TEST(AboutToExpire, LeavesFifteenSeconds) {
  const auto now = parse_iso8601_basic("20260101T000000Z");
  ASSERT_TRUE(now);
  const auto url = [](const char* expires) {
    return std::string("http://s/b?X-Amz-Date=20260101T000000Z&X-Amz-Expires=") + expires;
  };
  EXPECT_FALSE(about_to_expire(url("16"), *now));
  EXPECT_TRUE(about_to_expire(url("15"), *now));
  EXPECT_TRUE(about_to_expire(url("x"), *now));
  EXPECT_TRUE(about_to_expire("http://s/b", *now));
  EXPECT_TRUE(about_to_expire("http://s/b?X-Amz-Expires=900", *now));
}

TEST(RunParallel, StopsAtTheFirstError) {
  std::atomic<int> done = 0;
  const auto result = run_parallel(1000, 1, [&](std::size_t index) -> Result<void> {
    ++done;
    if (index == 3) {
      return failure("three");
    }
    return {};
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "three");
  EXPECT_EQ(done, 4);
  done = 0;
  EXPECT_TRUE(run_parallel(100, 7, [&](std::size_t) -> Result<void> {
    ++done;
    return {};
  }));
  EXPECT_EQ(done, 100);
  EXPECT_TRUE(run_parallel(0, 7, [&](std::size_t) -> Result<void> { return failure("x"); }));
}

TEST_F(TransferTest, UploadsAFormThroughTheServer) {
  write_file(folder_.path() / "f", "content");
  Imposter server([](const ReceivedRequest&) { return json(201, kStats); });
  const auto client = session(server.base_url());
  Uploader uploader(*client, {});
  UploadTarget where = target("a b/c\"d");
  where.metadata["::lakefs::client-mtime"] = "12";
  auto source = UploadSource::open((folder_.path() / "f").string());
  ASSERT_TRUE(source);
  const auto stats = uploader.upload(where, *source);
  ASSERT_TRUE(stats) << stats.error().message();
  const ReceivedRequest sent = server.requests().front();
  EXPECT_EQ(sent.target, "/api/v1/repositories/repo/branches/main/objects?path=a%20b%2Fc%22d");
  EXPECT_EQ(sent.headers.get("x-lakefs-internal-client-mtime"), "12");
  const std::string type(sent.headers.get("Content-Type"));
  ASSERT_TRUE(type.starts_with("multipart/form-data; boundary=")) << type;
  const std::string boundary = type.substr(type.find('=') + 1);
  EXPECT_EQ(sent.body, "--" + boundary +
                           "\r\nContent-Disposition: form-data; name=\"content\"; "
                           "filename=\"c\\\"d\"\r\nContent-Type: application/octet-stream\r\n\r\n"
                           "content\r\n--" +
                           boundary + "--\r\n");
  EXPECT_TRUE(sent.headers.contains("Content-Length"));
}

TEST_F(TransferTest, UploadsToASignedUrlAndLinksIt) {
  write_file(folder_.path() / "f", "content");
  std::atomic<int> links = 0;
  std::string base;
  Imposter server([&](const ReceivedRequest& request) {
    if (request.path() == "/store") {
      Reply reply;
      reply.headers.add("ETag", "\"abc\"");
      return reply;
    }
    if (request.method == "GET") {
      return json(
          200, R"({"physical_address":"s3://b/k","presigned_url":")" + base + R"(/store?sig=1"})");
    }
    return links++ == 0 ? json(409, R"({"message":"again"})") : json(200, kStats);
  });
  base = server.base_url();
  const auto client = session(base);
  Uploader uploader(*client, {.on = true});
  auto source = UploadSource::open((folder_.path() / "f").string());
  UploadTarget where = target("p");
  where.content_type = "text/x";
  const auto stats = uploader.upload(where, *source);
  ASSERT_TRUE(stats) << stats.error().message();
  const auto sent = server.requests();
  ASSERT_EQ(sent.size(), 6U) << "a conflict repeats the whole upload";
  EXPECT_THAT(sent[0].target, HasSubstr("presign=true"));
  EXPECT_EQ(sent[1].method, "PUT");
  EXPECT_EQ(sent[1].body, "content");
  EXPECT_EQ(sent[1].headers.get("Content-Type"), "text/x");
  EXPECT_FALSE(sent[1].headers.contains("Authorization"));
  EXPECT_THAT(sent[2].body, HasSubstr(R"("checksum":"abc")"));
  EXPECT_THAT(sent[2].body, HasSubstr(R"("size_bytes":7)"));
  EXPECT_THAT(sent[2].body, HasSubstr(R"("physical_address":"s3://b/k")"));
}

TEST_F(TransferTest, GivesUpOnEndlessConflicts) {
  std::string base;
  Imposter server([&](const ReceivedRequest& request) {
    if (request.path() == "/store") {
      Reply reply;
      reply.headers.add("Content-MD5", "q80=");
      return reply;
    }
    return request.method == "GET" ? json(200, R"({"presigned_url":")" + base + R"(/store"})")
                                   : json(409, R"({"message":"again"})");
  });
  base = server.base_url();
  const auto client = session(base);
  Uploader uploader(*client, {.on = true});
  const auto stats = uploader.upload(target("p"), UploadSource::empty());
  ASSERT_FALSE(stats);
  EXPECT_TRUE(stats.error().is(kApiConflict));
  EXPECT_THAT(server.requests().back().body, HasSubstr(R"("checksum":"abcd")"));
}

class MultipartTest : public TransferTest {
 protected:
  static constexpr std::size_t kSize = 13'000'000;

  /// A server that signs parts and a store that keeps them; part `broken_` is refused.
  Reply answer(const ReceivedRequest& request) {
    if (request.path().starts_with("/store/")) {
      const int number = std::stoi(request.path().substr(7));
      Reply reply;
      reply.status = number == broken_ ? 403 : 200;
      reply.headers.add("ETag", "\"e" + std::to_string(number) + "\"");
      const MutexLock lock(mutex_);
      parts_[number] = request.body;
      return reply;
    }
    if (request.method == "POST") {
      return json(201, R"({"upload_id":"u","physical_address":"s3://b/k","presigned_urls":[")" +
                           url(1) + R"(",")" + url(2) + R"(",")" + base_ + R"(/store/3"]})");
    }
    if (request.path().ends_with("/parts/3")) {
      return json(200, R"({"presigned_url":")" + url(3) + R"("})");
    }
    return request.method == "DELETE" ? json(204, "") : json(200, kStats);
  }
  std::string url(int number) const {
    return base_ + "/store/" + std::to_string(number) +
           "?X-Amz-Date=22000101T000000Z&X-Amz-Expires=900";
  }

  std::string base_;
  int broken_ = 0;
  Mutex mutex_;
  std::map<int, std::string> parts_;
};

TEST_F(MultipartTest, UploadsPartsAndCompletes) {
  std::string content(kSize, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) {
    content[i] = static_cast<char>(i * 7 + i / 1000);
  }
  write_file(folder_.path() / "f", content);
  Imposter server([&](const ReceivedRequest& request) { return answer(request); });
  base_ = server.base_url();
  const auto client = session(base_);
  Uploader uploader(*client, {.on = true, .multipart = true});
  auto source = UploadSource::open((folder_.path() / "f").string());
  const auto stats = uploader.upload(target("p"), *source);
  ASSERT_TRUE(stats) << stats.error().message();
  EXPECT_EQ(parts_[1].size(), 5242880U);
  EXPECT_EQ(parts_[3].size(), 2514240U);
  EXPECT_TRUE(parts_[1] + parts_[2] + parts_[3] == content);
  const ReceivedRequest last = server.requests().back();
  EXPECT_EQ(last.method, "PUT");
  EXPECT_THAT(last.body, HasSubstr(R"("etag":"e3")"));
  EXPECT_THAT(server.requests().front().target, HasSubstr("parts=3"));
}

TEST_F(MultipartTest, AbortsWhenAPartFails) {
  write_file(folder_.path() / "f", std::string(kSize, 'x'));
  Imposter server([&](const ReceivedRequest& request) { return answer(request); });
  base_ = server.base_url();
  broken_ = 2;
  const auto client = session(base_);
  Uploader uploader(*client, {.on = true, .multipart = true});
  auto source = UploadSource::open((folder_.path() / "f").string());
  const auto stats = uploader.upload(target("p"), *source);
  ASSERT_FALSE(stats);
  EXPECT_EQ(stats.error().message(), "the object store refused the upload: 403 Forbidden");
  EXPECT_EQ(server.requests().back().method, "DELETE");
}

TEST_F(TransferTest, DownloadsRangesFromASignedUrl) {
  const std::string content = "0123456789abcdefghij";
  std::string base;
  std::atomic<int> cuts = 0;
  Imposter server([&](const ReceivedRequest& request) {
    if (request.path() == "/store") {
      const std::string range(request.headers.get("Range"));
      const std::size_t dash = range.find('-');
      const std::size_t begin = std::stoul(range.substr(6, dash - 6));
      const std::size_t end = std::stoul(range.substr(dash + 1));
      Reply reply = json(206, content.substr(begin, end - begin + 1));
      if (begin == 8 && cuts++ == 0) {
        reply.cut_at = 3;
      }
      return reply;
    }
    return json(200, R"({"path":"p","path_type":"object","physical_address":")" + base +
                         R"(/store?s=1","checksum":"c","mtime":1,"size_bytes":20})");
  });
  base = server.base_url();
  const auto client = session(base);
  Downloader downloader(*client, {.on = true}, {.part_bytes = 8});
  const auto folder = Folder::open(folder_.path().string());
  const auto done = downloader.download("repo", "main", "p", *folder, "x/p");
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(read_file(folder_.path() / "x/p"), content);
  EXPECT_EQ(cuts, 2) << "a range that broke off is fetched again";
}

TEST_F(TransferTest, DownloadsAgainWhatBrokeOff) {
  std::atomic<int> tries = 0;
  Imposter server([&](const ReceivedRequest&) {
    Reply reply = json(200, "the whole content");
    if (tries++ == 0) {
      reply.cut_at = 5;
    }
    return reply;
  });
  const auto client = session(server.base_url());
  Downloader downloader(*client, {}, {});
  const auto folder = Folder::open(folder_.path().string());
  const auto done = downloader.download("repo", "main", "p", *folder, "p");
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(read_file(folder_.path() / "p"), "the whole content");
}

TEST_F(TransferTest, LeavesNothingWhenADownloadFails) {
  Imposter server([](const ReceivedRequest&) { return json(404, R"({"message":"not found"})"); });
  const auto client = session(server.base_url());
  Downloader downloader(*client, {}, {});
  write_file(folder_.path() / "p", "old");
  const auto folder = Folder::open(folder_.path().string());
  const auto done = downloader.download("repo", "main", "p", *folder, "p");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(), "request failed: 404 Not Found");
  EXPECT_EQ(read_file(folder_.path() / "p"), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(TransferTest, RestoresLinksOnDemand) {
  Imposter server([](const ReceivedRequest&) {
    return json(200, R"({"path":"p","path_type":"object","physical_address":"x","checksum":"c",)"
                     R"("mtime":1,"metadata":{"::lakefs::symlink-target":"../else/where"}})");
  });
  const auto client = session(server.base_url());
  const auto folder = Folder::open(folder_.path().string());
  Downloader links(*client, {}, {.symlink_support = true});
  ASSERT_TRUE(links.download("repo", "main", "p", *folder, "p"));
  EXPECT_EQ(fs::read_symlink(folder_.path() / "p"), "../else/where");
  Downloader skips(*client, {}, {.symlink_support = true, .skip_non_regular_files = true});
  const auto skipped = skips.download("repo", "main", "p", *folder, "q");
  ASSERT_TRUE(skipped);
  EXPECT_FALSE(*skipped);
  EXPECT_FALSE(fs::exists(fs::symlink_status(folder_.path() / "q")));
}

}  // namespace
}  // namespace tarn::ctl
