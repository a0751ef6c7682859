// Goal: what commands ask for and print, those too that a server of ours does not answer yet.
// Method: the whole client against an imposter whose answers are given by method and path.
#include "ctl/cli.h"

#include "base/thread_annotations.h"
#include "http/message.h"
#include "http/testing/imposter.h"
#include "runtime/testing/temp_folder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>

namespace tarn::ctl {
namespace {

using http::testing::Imposter;
using http::testing::ReceivedRequest;
using http::testing::Reply;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A file in memory that a console writes to.
class Capture {
 public:
  Capture() : descriptor_(::memfd_create("capture", MFD_CLOEXEC)) {}
  ~Capture() { ::close(descriptor_); }
  int get() const { return descriptor_; }
  std::string text() const {
    std::string out(static_cast<std::size_t>(::lseek(descriptor_, 0, SEEK_END)), '\0');
    const ssize_t got = ::pread(descriptor_, out.data(), out.size(), 0);
    return got == static_cast<ssize_t>(out.size()) ? out : "cannot read";
  }

 private:
  int descriptor_;
};

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

constexpr const char* kNoMore =
    R"("pagination":{"has_more":false,"next_offset":"","results":1,"max_per_page":1000})";
constexpr const char* kMore =
    R"("pagination":{"has_more":true,"next_offset":"next","results":1,"max_per_page":1000})";

std::string page(const char* pagination, const std::string& results) {
  return std::string("{") + pagination + R"(,"results":[)" + results + "]}";
}

class CliTest : public ::testing::Test {
 protected:
  CliTest() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    on("GET /config", 200, R"({"version_config":{"version":"9.9.9","version_context":"lakeFS"}})");
  }

  /// What the server answers to this method and path below /api/v1.
  void on(const std::string& call, unsigned status, std::string body) {
    Reply reply;
    reply.status = status;
    reply.body = std::move(body);
    replies_[call] = std::move(reply);
  }
  void header(const std::string& call, const std::string& name, const std::string& value) {
    replies_[call].headers.add(name, value);
  }

  Outcome run(std::vector<std::string> words) {
    Capture out;
    Capture err;
    Outcome outcome;
    {
      Console console(out.get(), err.get());
      Environment::Map variables = variables_;
      variables["LAKECTL_SERVER_ENDPOINT_URL"] = server_.base_url();
      variables["LAKECTL_SERVER_RETRIES_ENABLED"] = "false";
      variables["HOME"] = folder_.path().string();
      outcome.code = run_cli(std::move(words), Environment(std::move(variables)), console, clock_);
    }
    outcome.out = out.text();
    outcome.err = err.text();
    return outcome;
  }
  /// Output of a command that must succeed.
  std::string output(std::vector<std::string> words) {
    const Outcome outcome = run(std::move(words));
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    return outcome.out;
  }
  /// `METHOD path?query body` of each request after the first /config.
  std::vector<std::string> sent() const {
    std::vector<std::string> out;
    for (const ReceivedRequest& request : server_.requests()) {
      const std::string target = request.target.substr(std::string("/api/v1").size());
      if (target != "/config") {
        out.push_back(request.method + " " + target + (request.body.empty() ? "" : " ") +
                      request.body);
      }
    }
    return out;
  }

  std::map<std::string, Reply> replies_;
  /// Asked before `replies_`; on the imposter's threads.
  std::function<std::optional<Reply>(const ReceivedRequest&)> script_;
  Environment::Map variables_;
  Imposter server_{[this](const ReceivedRequest& request) {
    const std::string call =
        request.method + " " + request.path().substr(std::string("/api/v1").size());
    if (script_) {
      if (std::optional<Reply> scripted = script_(request)) {
        return *std::move(scripted);
      }
    }
    const auto found = replies_.find(call);
    if (found == replies_.end()) {
      Reply reply;
      reply.status = 418;
      reply.body = R"({"message":"unexpected )" + call + R"("})";
      return reply;
    }
    return found->second;
  }};
  SystemClock clock_;
  testing::TempFolder folder_;
};

constexpr const char* kRun =
    R"({"run_id":"r1","branch":"main","start_time":"2026-11-23T02:58:16.402334884Z",)"
    R"("end_time":"2026-11-23T02:58:17Z","event_type":"pre-commit","status":"completed","commit_id":"c1"})";

TEST_F(CliTest, ListsRuns) {
  on("GET /repositories/repo/actions/runs", 200,
     page(kMore, std::string(kRun) +
                     R"(,{"run_id":"r2","branch":"b","start_time":"2026-11-23T02:58:16Z",)"
                     R"("event_type":"post-merge","status":"failed","commit_id":""})"));
  EXPECT_EQ(output({"actions", "runs", "list", "lakefs://repo", "--branch", "main"}),
            "r1\tpre-commit\t2026-11-23 02:58:16.402334884 +0000 UTC\t2026-11-23 02:58:17 +0000 UTC"
            "\tmain\tc1\tcompleted\n"
            "r2\tpost-merge\t2026-11-23 02:58:16 +0000 UTC\t<nil>\tb\t\tfailed\n\n");
  EXPECT_THAT(sent().back(), HasSubstr("branch=main"));
  variables_["LAKECTL_INTERACTIVE"] = "true";
  const std::string drawn = output({"actions", "runs", "list", "lakefs://repo", "--amount", "2"});
  EXPECT_THAT(drawn, HasSubstr("| \x1b[33mr1\x1b[0m     | pre-commit |"));
  EXPECT_THAT(drawn, HasSubstr("\x1b[31mfailed\x1b[0m    |\n"));
  EXPECT_TRUE(
      drawn.ends_with("for more results run with \x1b[93m--amount 2 --after \"next\"\x1b[0m\n\n"));
}

TEST_F(CliTest, DescribesARunWithTheOutputOfItsHooks) {
  on("GET /repositories/repo/actions/runs/r1", 200, kRun);
  on("GET /repositories/repo/actions/runs/r1/hooks", 200,
     page(kNoMore, R"({"hook_run_id":"h1","action":"act","hook_id":"hook",)"
                   R"("start_time":"2026-11-23T02:58:16Z","end_time":"2026-11-23T02:58:17Z",)"
                   R"("status":"skipped"})"));
  on("GET /repositories/repo/actions/runs/r1/hooks/h1/output", 200, "what it said\n");
  EXPECT_EQ(output({"actions", "runs", "describe", "lakefs://repo", "r1"}),
            "Repository: lakefs://repo\n"
            "r1\tpre-commit\tmain\t2026-11-23 02:58:16.402334884 +0000 UTC\t"
            "2026-11-23 02:58:17 +0000 UTC\tc1\tcompleted\n"
            "h1\thook\t2026-11-23 02:58:16 +0000 UTC\t2026-11-23 02:58:17 +0000 UTC\tact\tskipped\n"
            "what it said\n\n");
  EXPECT_EQ(output({"cat-hook-output", "lakefs://repo", "r1", "h1"}),
            "Repository: lakefs://repo\nwhat it said\n\n");
}

TEST_F(CliTest, ComparesReferencesPageByPage) {
  on("GET /repositories/repo/refs/main/diff/side", 200,
     page(kNoMore, R"({"type":"added","path":"a","path_type":"object"},)"
                   R"({"type":"conflict","path":"c","path_type":"object"},)"
                   R"({"type":"changed","path":"b","path_type":"object"})"));
  EXPECT_EQ(
      output({"diff", "lakefs://repo/main", "lakefs://repo/side", "--two-way", "--prefix", "p"}),
      "Left ref: lakefs://repo/main\nRight ref: lakefs://repo/side\n"
      "+ added a\n* conflict c\n~ modified b\n");
  EXPECT_THAT(sent().back(), HasSubstr("type=two_dot"));
  EXPECT_THAT(sent().back(), HasSubstr("prefix=p"));
  on("GET /repositories/repo/refs/main/diff/side", 404, R"({"message":"no such ref"})");
  EXPECT_EQ(run({"diff", "lakefs://repo/main", "lakefs://repo/side"}).err,
            "diff remote failed. HTTP 404: no such ref\nError executing command.\n");
}

constexpr const char* kCommit =
    R"({"id":"c2","parents":["c1","c0"],"committer":"me","message":"m","creation_date":1700000000,)"
    R"("meta_range_id":"mr"})";

TEST_F(CliTest, Merges) {
  on("POST /repositories/repo/refs/side/merge/main", 200, R"({"reference":"c2"})");
  EXPECT_EQ(output({"merge", "lakefs://repo/side", "lakefs://repo/main", "--strategy", "dest-wins",
                    "--meta", "k=v", "--squash"}),
            "Source: lakefs://repo/side\nDestination: lakefs://repo/main\n"
            "Merged \"side\" into \"main\" to get \"c2\".\n");
  EXPECT_EQ(sent().back(),
            "POST /repositories/repo/refs/side/merge/main "
            R"({"message":"","metadata":{"k":"v"},"squash_merge":true,"strategy":"dest-wins"})");
  on("POST /repositories/repo/refs/side/merge/main", 409, R"({"reference":"c2"})");
  EXPECT_EQ(run({"merge", "lakefs://repo/side", "lakefs://repo/main"}).err,
            "Conflict found.\nError executing command.\n");
  EXPECT_EQ(run({"merge", "lakefs://repo/side", "lakefs://repo/main", "--strategy", "mine"}).err,
            "Invalid strategy value. Expected \"dest-wins\" or \"source-wins\"\n"
            "Error executing command.\n");
}

TEST_F(CliTest, PicksCommitsAndFindsTheirBase) {
  on("POST /repositories/repo/branches/main/cherry-pick", 201, kCommit);
  EXPECT_EQ(output({"cherry-pick", "lakefs://repo/c9", "lakefs://repo/main"}),
            "Branch: lakefs://repo/main\nCommit for branch \"main\" completed.\n\nID: c2\n"
            "Message: m\nTimestamp: 2023-11-14 22:13:20 +0000 UTC\nParents: c1, c0\n\n");
  EXPECT_EQ(sent().back(),
            R"(POST /repositories/repo/branches/main/cherry-pick {"parent_number":1,"ref":"c9"})");
  EXPECT_EQ(run({"cherry-pick", "lakefs://repo/c9", "lakefs://repo/main", "-m", "0"}).err,
            "parent number must be positive, if specified\nError executing command.\n");
  on("GET /repositories/repo/refs/a/merge/b", 200,
     R"({"source_commit_id":"1","destination_commit_id":"2","base_commit_id":"3"})");
  EXPECT_EQ(output({"find-merge-base", "lakefs://repo/a", "lakefs://repo/b"}),
            "Source: lakefs://repo/a\nDestination: lakefs://repo/b\n"
            "Found base \"3\" when merging \"1\" into \"2\".\n");
}

TEST_F(CliTest, RevertsOneAfterTheOther) {
  on("POST /repositories/repo/branches/main/revert", 204, "");
  EXPECT_EQ(output({"branch", "revert", "lakefs://repo/main", "c1", "c2", "-y", "-m", "2"}),
            "Branch: lakefs://repo/main\ncommit c1 successfully reverted\n"
            "commit c2 successfully reverted\n");
  EXPECT_THAT(sent(), ElementsAre(HasSubstr(R"("ref":"c1")"), HasSubstr(R"("ref":"c2")")));
}

TEST_F(CliTest, ResetsWhatItIsTold) {
  on("PUT /repositories/repo/branches/main", 204, "");
  EXPECT_EQ(output({"branch", "reset", "lakefs://repo/main", "-y"}),
            "Branch: lakefs://repo/main\n");
  EXPECT_THAT(sent().back(), HasSubstr(R"({"type":"reset"})"));
  output({"branch", "reset", "lakefs://repo/main", "-y", "--prefix", "p/", "--object", "o"});
  EXPECT_THAT(sent().back(), HasSubstr(R"({"path":"p/","type":"common_prefix"})"));
  output({"branch", "reset", "lakefs://repo/main", "-y", "--object", "o"});
  EXPECT_THAT(sent().back(), HasSubstr(R"({"path":"o","type":"object"})"));
}

TEST_F(CliTest, Annotates) {
  on("GET /repositories/repo/refs/main/objects/ls", 200,
     page(kNoMore, R"({"path":"aaa/","path_type":"common_prefix","physical_address":"",)"
                   R"("checksum":"","mtime":0})"));
  on("GET /repositories/repo/refs/main/commits", 200,
     page(kMore, R"({"id":"3609587ba32f7b22ffff","parents":[],"committer":"esti",)"
                 R"("message":"main 1\\nrest","creation_date":1700000000,"meta_range_id":""})"));
  EXPECT_EQ(output({"blame", "lakefs://repo/main/"}),
            "aaa/            esti                 3609587ba32f7b22     "
            "2023-11-14 22:13:20 +0000 UTC  main 1\n");
  EXPECT_THAT(sent().back(), HasSubstr("prefixes=aaa%2F"));
}

TEST_F(CliTest, LogsPagesUntilItHasEnough) {
  on("GET /repositories/repo/refs/main/commits", 200, page(kMore, kCommit));
  const std::string out = output({"log", "lakefs://repo/main", "--amount", "3"});
  EXPECT_EQ(sent().size(), 3U);
  EXPECT_THAT(sent()[0], HasSubstr("amount=3"));
  EXPECT_THAT(sent()[1], HasSubstr("after=next"));
  EXPECT_THAT(sent()[1], HasSubstr("amount=2"));
  const std::string block =
      "\nID:            c2\nAuthor:        me\nDate:          2023-11-14 22:13:20 +0000 UTC\n"
      "Merge:         c1, c0\n\n\tm\n\n";
  EXPECT_EQ(out, block + block + block);
}

TEST_F(CliTest, ProtectsBranchesIfNobodyElseChangedTheRules) {
  const std::string call = "/repositories/repo/settings/branch_protection";
  on("GET " + call, 200, R"([{"pattern":"main"}])");
  header("GET " + call, "ETag", "\"v1\"");
  on("PUT " + call, 204, "");
  EXPECT_EQ(output({"branch-protect", "list", "lakefs://repo"}), "main\n\n");
  EXPECT_EQ(output({"branch-protect", "add", "lakefs://repo", "v*"}), "");
  EXPECT_THAT(sent().back(), HasSubstr(R"([{"pattern":"main"},{"pattern":"v*"}])"));
  EXPECT_EQ(server_.requests().back().headers.get("If-Match"), "\"v1\"");
  EXPECT_EQ(output({"branch-protect", "delete", "lakefs://repo", "main"}), "");
  EXPECT_THAT(sent().back(), HasSubstr("[]"));
  EXPECT_EQ(run({"branch-protect", "delete", "lakefs://repo", "none"}).err,
            "Branch protection rule not found\nError executing command.\n");
}

TEST_F(CliTest, ShowsRetentionRules) {
  on("GET /repositories/repo/settings/gc_rules", 200,
     R"({"default_retention_days":21,"branches":[{"branch_id":"main","retention_days":28}]})");
  EXPECT_EQ(
      output({"gc", "get-config", "lakefs://repo"}),
      "Default Retention Days: 21\nBranch Rules: \n  - Branch: main\n    Retention Days: 28\n");
  EXPECT_EQ(
      output({"gc", "get-config", "lakefs://repo", "-p"}),
      "{\n  \"branches\": [\n    {\n      \"branch_id\": \"main\",\n      \"retention_days\": 28\n"
      "    }\n  ],\n  \"default_retention_days\": 21\n}");
}

TEST_F(CliTest, ManagesUsersAndKeys) {
  on("GET /user", 200, R"({"user":{"id":"me","creation_date":1700000000,"email":"me@x"}})");
  on("GET /auth/users", 200,
     page(kNoMore, R"({"id":"u1","creation_date":1700000000,"friendly_name":"Fritz"},)"
                   R"({"id":"u2","creation_date":1700000000,"email":"u2@x"})"));
  on("POST /auth/users/me/credentials", 201,
     R"({"access_key_id":"AKIA","secret_access_key":"hush","creation_date":1700000000})");
  on("POST /auth/users", 201, R"({"id":"new","creation_date":1700000000})");
  on("DELETE /auth/users/u1", 204, "");
  EXPECT_EQ(
      output({"auth", "users", "list"}),
      "u1\tFritz\t2023-11-14 22:13:20 +0000 UTC\nu2\tu2@x\t2023-11-14 22:13:20 +0000 UTC\n\n");
  EXPECT_EQ(output({"auth", "users", "create", "--id", "new"}),
            "User created successfully.\nID: new\nCreation Date: 2023-11-14 22:13:20 +0000 UTC\n");
  EXPECT_EQ(output({"auth", "users", "delete", "--id", "u1"}), "User deleted successfully\n");
  EXPECT_EQ(
      output({"auth", "users", "credentials", "create"}),
      "Credentials created successfully.\nAccess Key ID:     AKIA\nSecret Access Key: hush\n\n"
      "Keep these somewhere safe since you will not be able to see the secret key again\n");
  EXPECT_EQ(run({"auth", "users", "create"}).err, "Error: required flag(s) \"id\" not set\n");
  EXPECT_EQ(output({"identity"}),
            "User ID:          me\nEmail:            me@x\n"
            "Creation Date:    2023-11-14 22:13:20 +0000 UTC\n");
}

TEST_F(CliTest, ShowsAndCreatesPolicies) {
  const char* policy =
      R"({"id":"p","creation_date":1700000000,"statement":[)"
      R"({"effect":"allow","resource":"*","action":["fs:*","a<b"]},)"
      R"({"effect":"deny","resource":"[\"x\",\"y\"]","action":["fs:ReadObject"]}]})";
  on("GET /auth/policies/p", 200, policy);
  on("POST /auth/policies", 201, policy);
  on("GET /auth/users/u/policies", 200, page(kNoMore, policy));
  const std::string shown =
      "\nID: p\nCreation Date: 2023-11-14 22:13:20 +0000 UTC\nStatements:\n"
      "{\n  \"statement\": [\n    {\n      \"action\": [\n        \"fs:*\",\n        "
      "\"a\\u003cb\"\n"
      "      ],\n      \"effect\": \"allow\",\n      \"resource\": \"*\"\n    },\n    {\n"
      "      \"action\": [\n        \"fs:ReadObject\"\n      ],\n      \"effect\": \"deny\",\n"
      "      \"resource\": [\n        \"x\",\n        \"y\"\n      ]\n    }\n  ]\n}\n\n";
  EXPECT_EQ(output({"auth", "policies", "show", "--id", "p"}), shown);
  const std::string file = (folder_.path() / "statement.json").string();
  const auto write = [&](const char* text) { std::ofstream(file) << text; };
  write(R"({"statement":[{"effect":"allow","resource":"*","action":["fs:*"]}]})");
  EXPECT_EQ(output({"auth", "policies", "create", "--id", "p", "--statement-document", file}),
            "Policy created successfully.\n" + shown);
  EXPECT_EQ(
      sent().back(),
      R"(POST /auth/policies {"id":"p","statement":[{"action":["fs:*"],"effect":"allow","resource":"*"}]})");
  write("{");
  EXPECT_THAT(run({"auth", "policies", "create", "--id", "p", "--statement-document", file}).err,
              HasSubstr("could not parse statement JSON document: "));
  EXPECT_THAT(run({"auth", "policies", "create", "--id", "p", "--statement-document", "/none"}).err,
              HasSubstr("could not open policy document: open /none: no such file or directory\n"));
  EXPECT_EQ(output({"auth", "users", "policies", "list", "--id", "u"}),
            "p\t2023-11-14 22:13:20 +0000 UTC\t0\t*\tallow\tfs:*, a<b\n"
            "p\t2023-11-14 22:13:20 +0000 UTC\t1\t[\"x\",\"y\"]\tdeny\tfs:ReadObject\n\n");
  variables_["LAKECTL_INTERACTIVE"] = "1";
  EXPECT_THAT(output({"auth", "users", "policies", "list", "--id", "u"}),
              HasSubstr("| STATEMENT # | RESOURCE  | EFFECT |"));
  EXPECT_THAT(output({"auth", "users", "policies", "list", "--id", "u"}),
              HasSubstr("|           0 | *         | allow  |"));
}

/// A listing of `count` objects `<prefix>0000…`, some a page; `after` is the last key of the page
/// before.
class ListingTest : public CliTest {
 protected:
  static constexpr std::size_t kPage = 3;

  ListingTest() {
    script_ = [this](const ReceivedRequest& request) -> std::optional<Reply> {
      if (request.path().ends_with("/objects/ls")) {
        return listing(request);
      }
      return std::nullopt;
    };
  }

  static std::string query_value(const ReceivedRequest& request, const std::string& name) {
    const auto query = http::parse_query(request.query());
    for (const auto& [key, value] : *query) {
      if (key == name) {
        return value;
      }
    }
    return "";
  }

  Reply listing(const ReceivedRequest& request) const {
    const std::string prefix = query_value(request, "prefix");
    const std::string after = query_value(request, "after");
    std::string results;
    std::string last;
    std::size_t given = 0;
    bool more = false;
    for (const auto& [key, content] : objects_) {
      if (!key.starts_with(prefix) || key <= after) {
        continue;
      }
      if (given == kPage) {
        more = true;
        break;
      }
      results += (given++ == 0 ? "" : ",") +
                 fmt::format(R"({{"path":"{}","path_type":"object","physical_address":"x",)"
                             R"("checksum":"c","mtime":1700000000,"size_bytes":{}}})",
                             key, content.size());
      last = key;
    }
    Reply reply;
    reply.body = page(
        more ? R"("pagination":{"has_more":true,"next_offset":"@","results":3,"max_per_page":3})"
             : kNoMore,
        results);
    if (more) {
      reply.body.replace(reply.body.find('@'), 1, last);
    }
    return reply;
  }

  std::map<std::string, std::string> objects_;
};

TEST_F(ListingTest, ListsAllPages) {
  for (int i = 0; i < 8; ++i) {
    objects_[fmt::format("a/{}", i)] = "12345";
  }
  const std::string out = output({"fs", "ls", "-r", "lakefs://repo/main/a/"});
  EXPECT_EQ(std::ranges::count(out, '\n'), 8);
  EXPECT_TRUE(
      out.starts_with("object          2023-11-14 22:13:20 +0000 UTC    5 B             a/0\n"))
      << out;
  EXPECT_EQ(sent().size(), 3U);
}

TEST_F(ListingTest, RemovesPageByPageAndReportsWhatIsLeft) {
  for (int i = 0; i < 7; ++i) {
    objects_[fmt::format("a/{}", i)] = "x";
  }
  Mutex mutex;
  std::vector<std::string> bodies;
  const auto list = script_;
  script_ = [&](const ReceivedRequest& request) -> std::optional<Reply> {
    if (!request.path().ends_with("/objects/delete")) {
      return list(request);
    }
    const MutexLock lock(mutex);
    bodies.push_back(request.body);
    Reply reply;
    reply.body = R"({"errors":[]})";
    if (request.body.find("a/3") != std::string::npos) {
      reply.body = R"({"errors":[{"status_code":403,"message":"no","path":"a/4"}]})";
    } else if (request.body.find("a/6") != std::string::npos) {
      reply.status = 404;
      reply.body = R"({"message":"branch not found"})";
    }
    return reply;
  };
  const Outcome outcome = run({"fs", "rm", "-r", "lakefs://repo/main/a/", "-C", "2"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "rm a/4: [403] no\nrm objects - branch not found\n");
  EXPECT_EQ(bodies.size(), 3U);
  EXPECT_THAT(bodies, ::testing::Contains(R"({"paths":["a/0","a/1","a/2"]})"));
}

TEST_F(ListingTest, DownloadsAllPagesAndStopsAtAnError) {
  for (int i = 0; i < 7; ++i) {
    objects_[fmt::format("a/{}", i)] = fmt::format("content {}", i);
  }
  objects_["a/folder/"] = "";
  const auto list = script_;
  script_ = [&](const ReceivedRequest& request) -> std::optional<Reply> {
    if (!request.path().ends_with("/objects")) {
      return list(request);
    }
    const auto found = objects_.find(query_value(request, "path"));
    Reply reply;
    reply.status = found == objects_.end() ? 404 : 200;
    reply.body = found == objects_.end() ? R"({"message":"gone"})" : found->second;
    return reply;
  };
  const std::string target = (folder_.path() / "t").string();
  const std::string out = output({"fs", "download", "-r", "lakefs://repo/main/a", target});
  EXPECT_TRUE(out.ends_with("\nDownload Summary:\n\nDownloaded: 7\n\n")) << out;
  std::string text;
  std::getline(std::ifstream(target + "/6"), text);
  EXPECT_EQ(text, "content 6");

  script_ = [&](const ReceivedRequest& request) -> std::optional<Reply> {
    if (!request.path().ends_with("/objects")) {
      return list(request);
    }
    Reply reply;
    reply.status = 404;
    reply.body = R"({"message":"gone"})";
    return reply;
  };
  const Outcome failed =
      run({"fs", "download", "-r", "-p", "1", "lakefs://repo/main/a", target + "2"});
  EXPECT_EQ(failed.code, 1);
  EXPECT_EQ(failed.out, "download 0 ... fail!\n");
  EXPECT_EQ(failed.err,
            "download failed: failed to download '0' object: request failed: 404 Not Found\n"
            "Error executing command.\n");
}

TEST_F(ListingTest, UploadsWhatDiffersOnAnyPage) {
  const std::filesystem::path source = folder_.path() / "s";
  std::filesystem::create_directories(source);
  const auto old = std::filesystem::file_time_type::clock::from_sys(
      std::chrono::sys_seconds(std::chrono::seconds(1700000000)));
  for (int i = 0; i < 8; ++i) {
    const std::string name = fmt::to_string(i);
    std::ofstream(source / name) << "content";
    std::filesystem::last_write_time(source / name, old);
    objects_["a/" + name] = "content";
  }
  objects_.erase("a/2");                   // to be added
  objects_["a/4"] = "longer than before";  // to be changed by its size
  objects_["a/55"] = "only there";
  std::filesystem::last_write_time(source / "7", old + std::chrono::seconds(1));
  Mutex mutex;
  std::vector<std::string> paths;
  const auto list = script_;
  script_ = [&](const ReceivedRequest& request) -> std::optional<Reply> {
    if (request.method != "POST") {
      return list(request);
    }
    const MutexLock lock(mutex);
    paths.push_back(query_value(request, "path"));
    Reply reply;
    reply.status = 201;
    reply.body =
        R"({"path":"p","path_type":"object","physical_address":"x","checksum":"c","mtime":1})";
    return reply;
  };
  const std::string out =
      output({"fs", "upload", "-r", "lakefs://repo/main/a/", "-s", source.string()});
  EXPECT_TRUE(out.ends_with("\nUpload Summary:\n\nUploaded: 3\n\n")) << out;
  EXPECT_THAT(paths, ::testing::UnorderedElementsAre("a/2", "a/4", "a/7"));
}

TEST_F(CliTest, WarnsAboutOtherEditions) {
  on("GET /user", 200, R"({"user":{"id":"me","creation_date":1700000000}})");
  on("GET /config", 200, R"({"version_config":{"version_context":"lakeFS-Enterprise"}})");
  const Outcome warned = run({"identity"});
  EXPECT_EQ(warned.code, 0);
  EXPECT_TRUE(warned.err.starts_with("WARNING: This lakectl is built for lakeFS Community (OSS)"));
  variables_["LAKECTL_SKIP_ENTERPRISE_CHECK"] = "true";
  EXPECT_EQ(run({"identity"}).err, "");
}

TEST_F(CliTest, ShowsVersions) {
  EXPECT_EQ(output({"--version"}),
            "lakectl version: " TARN_VERSION " (tarn)\nlakeFS version: 9.9.9\n");
  on("GET /config", 401, R"({"message":"who?"})");
  EXPECT_EQ(output({"-v"}), "lakectl version: " TARN_VERSION " (tarn)\n");
  EXPECT_EQ(output({"-v", "--verbose"}), "lakectl version: " TARN_VERSION
                                         " (tarn)\nFailed getting lakeFS server version: who?\n");
}

TEST_F(CliTest, NegotiatesSignedUrls) {
  on("GET /config", 200,
     R"({"storage_config":{"blockstore_type":"s3","blockstore_namespace_example":"",)"
     R"("blockstore_namespace_validity_regex":"","pre_sign_support":true,"pre_sign_support_ui":false,)"
     R"("import_support":false,"import_validity_regex":""}})");
  on("GET /repositories/repo/refs/main/objects/stat", 200,
     R"({"path":"a","path_type":"object","physical_address":"http://signed/a?x","checksum":"c",)"
     R"("physical_address_expiry":1700000000,"mtime":1,"size_bytes":20971520,"content_type":"t"})");
  EXPECT_EQ(output({"fs", "presign", "lakefs://repo/main/a"}), "http://signed/a?x\n");
  EXPECT_THAT(sent().back(), HasSubstr("presign=true"));
  EXPECT_EQ(
      output({"fs", "stat", "lakefs://repo/main/a"}),
      "Path: a\nModified Time: 1970-01-01 00:00:01 +0000 UTC\nSize: 20971520 bytes\n"
      "Human Size: 21.0 MB\nPhysical Address: http://signed/a?x\n"
      "Physical Address Expires: 2023-11-14 22:13:20 +0000 UTC\nChecksum: c\nContent-Type: t\n");
  output({"fs", "stat", "lakefs://repo/main/a", "--pre-sign=false"});
  EXPECT_THAT(sent().back(), HasSubstr("presign=false"));
  on("GET /repositories/repo/refs/main/objects/stat", 404, R"({"message":"no"})");
  EXPECT_EQ(run({"fs", "download", "lakefs://repo/main/a", folder_.path().string()}).err,
            "download failed: request failed: 404 Not Found\nError executing command.\n");
}

}  // namespace
}  // namespace tarn::ctl
