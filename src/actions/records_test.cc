#include "actions/records.h"

#include "actions/run_store.h"
#include "base/encoding.h"
#include "base/id.h"
#include "block/open.h"
#include "kv/open.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

namespace tarn::actions {
namespace {

using tarn::testing::run;

ActionRun sample_run() {
  ActionRun sample;
  sample.id = "5fgam0abcdefghijklmn";
  sample.event = "pre-commit";
  sample.branch = "main";
  sample.commit_id = "c1";
  sample.source_ref = "main";
  sample.start = from_unix_seconds(1700000000, 5);
  sample.end = from_unix_seconds(1700000001);
  sample.passed = true;
  return sample;
}

HookRun sample_hook() {
  HookRun sample;
  sample.run_id = "5fgam0abcdefghijklmn";
  sample.id = "0000_0000";
  sample.hook_id = "check";
  sample.action = "Good files";
  sample.start = from_unix_seconds(1700000000, 5);
  sample.end = from_unix_seconds(1700000001);
  sample.passed = true;
  return sample;
}

TEST(ActionRecords, MatchTheirFrozenSamples) {
  EXPECT_EQ(hex_encode(encode(sample_run())),
            "0a14356667616d306162636465666768696a6b6c6d6e12046d61696e1a0263312204"
            "6d61696e2a0a7072652d636f6d6d697432080880e2cfaa0610053a060881e2cfaa064001");
  EXPECT_EQ(hex_encode(encode(sample_hook())),
            "0a14356667616d306162636465666768696a6b6c6d6e1209303030305f303030301a05636865636b"
            "220a476f6f642066696c65732a080880e2cfaa06100532060881e2cfaa064801");
  EXPECT_EQ(hex_encode(encode_index("repos/r/runs/x")), "0a0e7265706f732f722f72756e732f78");
}

TEST(ActionRecords, SkippedHooksHaveGosZeroTime) {
  HookRun skipped = sample_hook();
  skipped.start.reset();
  skipped.end.reset();
  skipped.passed = false;
  const Bytes bytes = encode(skipped);
  // Seconds -62135596800 as a 64-bit varint.
  EXPECT_NE(hex_encode(bytes).find("2a0b088092b8c398feffffff01"), std::string::npos);
  const HookRun back = decode_hook_run(bytes).value();
  EXPECT_TRUE(back.skipped());
  EXPECT_FALSE(back.end);
}

TEST(ActionRecords, ComeBackAsTheyWere) {
  const ActionRun back = decode_run(encode(sample_run())).value();
  EXPECT_EQ(back.id, sample_run().id);
  EXPECT_EQ(back.event, "pre-commit");
  EXPECT_EQ(back.start, sample_run().start);
  EXPECT_EQ(back.end, sample_run().end);
  EXPECT_EQ(decode_hook_run(encode(sample_hook()))->action, "Good files");
  EXPECT_EQ(decode_index(encode_index("k")).value(), "k");
  EXPECT_TRUE(decode_run("\xff").error().is(kCorruption));
  EXPECT_TRUE(decode_hook_run("\xff").error().is(kCorruption));
  EXPECT_TRUE(decode_index("\xff").error().is(kCorruption));
}

TEST(ActionRecords, ManifestIsOneLineOfJson) {
  HookRun skipped = sample_hook();
  skipped.id = "0000_0001";
  skipped.start.reset();
  skipped.end.reset();
  skipped.passed = false;
  ActionRun uncommitted = sample_run();
  uncommitted.commit_id.clear();
  EXPECT_EQ(
      manifest_of(uncommitted, {sample_hook(), skipped}),
      R"({"run":{"run_id":"5fgam0abcdefghijklmn","branch_id":"main","source_ref":"main",)"
      R"("event_type":"pre-commit","start_time":"2023-11-14T22:13:20.000000005Z",)"
      R"("end_time":"2023-11-14T22:13:21Z","passed":true},)"
      R"("hooks":[{"run_id":"5fgam0abcdefghijklmn","hook_run_id":"0000_0000","hook_id":"check",)"
      R"("action_name":"Good files","start_time":"2023-11-14T22:13:20.000000005Z",)"
      R"("end_time":"2023-11-14T22:13:21Z","passed":true},)"
      R"({"run_id":"5fgam0abcdefghijklmn","hook_run_id":"0000_0001","hook_id":"check",)"
      R"("action_name":"Good files","start_time":"0001-01-01T00:00:00Z",)"
      R"("end_time":"0001-01-01T00:00:00Z","passed":false}]})");
  EXPECT_NE(manifest_of(sample_run(), {}).find(R"("commit_id":"c1")"), std::string::npos);
}

class RunStoreTest : public ::testing::Test {
 protected:
  RunStoreTest() {
    repository_.id = RepositoryId::trusted("repo");
    repository_.storage_namespace = StorageNamespace::trusted("mem://bucket/repo");
  }
  void save(const std::string& id, const std::string& branch, const std::string& commit,
            std::size_t hooks = 1) {
    ActionRun one = sample_run();
    one.id = id;
    one.branch = branch;
    one.commit_id = commit;
    std::vector<HookRun> all;
    for (std::size_t i = 0; i < hooks; ++i) {
      HookRun hook = sample_hook();
      hook.run_id = id;
      hook.id = "0000_000" + std::to_string(i);
      all.push_back(std::move(hook));
    }
    ASSERT_TRUE(run(store_.write_manifest(Context(), repository_.storage_namespace, one, all)));
    ASSERT_TRUE(run(store_.save(Context(), repository_.id, std::move(one), std::move(all))));
  }
  /// `a b` and ` …` when there are more.
  std::string list(RunFilter filter = {}, const std::string& after = "", std::size_t amount = 100) {
    const auto page = run(store_.list(Context(), repository_.id, std::move(filter), after, amount));
    if (!page) {
      return page.error().message();
    }
    std::string out;
    for (const ActionRun& one : page->items) {
      out += (out.empty() ? "" : " ") + one.id;
    }
    return page->more ? out + " …" : out;
  }
  std::string object(const std::string& address) {
    const auto found = run(
        blocks_->get(Context(), {"bucket", "repo/_lakefs/actions/log/" + address}, std::nullopt));
    return found ? run(read_all(Context(), *found->body, kMiB)).value() : found.error().message();
  }

  SystemClock clock_;
  SeededRng rng_{1};
  std::unique_ptr<kv::Store> kv_ = kv::open_mem();
  std::unique_ptr<block::Adapter> blocks_ = block::open_mem(clock_, rng_);
  RunStore store_{*kv_, *blocks_};
  graveler::Repository repository_;
};

TEST_F(RunStoreTest, ListsByBranchAndCommitInPages) {
  save("r1", "main", "c1");
  save("r2", "dev", "");
  save("r3", "main", "c2");
  save("r4", "", "c2");
  EXPECT_EQ(list(), "r1 r2 r3 r4");
  EXPECT_EQ(list({}, "", 2), "r1 r2 …");
  EXPECT_EQ(list({}, "r2", 2), "r3 r4");
  EXPECT_EQ(list({.branch = "main", .commit = ""}), "r1 r3");
  EXPECT_EQ(list({.branch = "main", .commit = ""}, "r1", 1), "r3");
  EXPECT_EQ(list({.branch = "mai", .commit = ""}), "");
  EXPECT_EQ(list({.branch = "", .commit = "c2"}), "r3 r4");
  EXPECT_EQ(list({.branch = "a", .commit = "b"}),
            "can't use both branchID and MergedCommitID: parameters conflict");
  repository_.id = RepositoryId::trusted("rep");
  EXPECT_EQ(list(), "");
}

TEST_F(RunStoreTest, FindsRunsAndHooksByIdOnly) {
  save("r1", "main", "c1", 3);
  EXPECT_EQ(run(store_.run(Context(), repository_.id, "r1"))->branch, "main");
  for (const char* id : {"r2", "", "r1/0000_0000", "../tasks/r1", "r"}) {
    EXPECT_TRUE(run(store_.run(Context(), repository_.id, id)).error().is(kRunNotFound)) << id;
    EXPECT_TRUE(
        run(store_.list_hooks(Context(), repository_.id, id, "", 10)).error().is(kRunNotFound));
    EXPECT_TRUE(run(store_.hook_run(Context(), repository_.id, "r1", id)).error().is(kRunNotFound));
  }
  const auto page = run(store_.list_hooks(Context(), repository_.id, "r1", "0000_0000", 1));
  ASSERT_EQ(page->items.size(), 1U);
  EXPECT_EQ(page->items[0].id, "0000_0001");
  EXPECT_TRUE(page->more);
}

TEST_F(RunStoreTest, AddsTheCommitOfAPreRun) {
  save("r1", "main", "");
  EXPECT_EQ(list({.branch = "", .commit = "c9"}), "");
  EXPECT_TRUE(run(store_.set_commit(Context(), repository_, "r1", CommitId::trusted("c9"))));
  EXPECT_EQ(list({.branch = "", .commit = "c9"}), "r1");
  EXPECT_EQ(list({.branch = "main", .commit = ""}), "r1");
  EXPECT_NE(object("r1/run.manifest").find(R"("commit_id":"c9")"), std::string::npos);
  EXPECT_NE(object("r1/run.manifest").find("0000_0000"), std::string::npos);
  // No run was recorded: nothing to do.
  EXPECT_TRUE(run(store_.set_commit(Context(), repository_, "r7", CommitId::trusted("c9"))));
  EXPECT_EQ(list(), "r1");
}

TEST_F(RunStoreTest, LogsAreObjectsAndSkippedHooksHaveNone) {
  save("r1", "main", "", 1);
  HookRun skipped = sample_hook();
  skipped.start.reset();
  ActionRun other = sample_run();
  other.id = "r2";
  ASSERT_TRUE(run(store_.save(Context(), repository_.id, other, {skipped})));
  ASSERT_TRUE(
      run(store_.write_log(Context(), repository_.storage_namespace, "r1", "0000_0000", "text\n")));
  EXPECT_EQ(object("r1/0000_0000.log"), "text\n");
  auto log = run(store_.log(Context(), repository_, "r1", "0000_0000"));
  EXPECT_EQ(run(read_all(Context(), **log, 100)).value(), "text\n");
  auto empty = run(store_.log(Context(), repository_, "r2", "0000_0000"));
  EXPECT_EQ(run(read_all(Context(), **empty, 100)).value(), "");
  EXPECT_TRUE(run(store_.log(Context(), repository_, "r1", "0000_0009")).error().is(kRunNotFound));
}

TEST_F(RunStoreTest, DropsARepositoryAndNoOther) {
  for (int i = 0; i < 300; ++i) {
    save("r" + std::to_string(1000 + i), "main", "c", 2);
  }
  repository_.id = RepositoryId::trusted("repo2");
  save("r1", "main", "c");
  ASSERT_TRUE(run(store_.drop(Context(), RepositoryId::trusted("repo"))));
  EXPECT_EQ(list(), "r1");
  const auto rows = run(kv_->scan(Context(), "actions", {.start = "", .prefix = "repos/repo/"}));
  EXPECT_TRUE(rows->entries.empty());
}

TEST(RunIds, NewerOnesSortFirst) {
  class HandClock final : public Clock {
   public:
    WallTime now() const override { return from_unix_seconds(seconds); }
    SteadyTime steady_now() const override { return {}; }
    std::int64_t seconds = 0;
  } clock;
  SeededRng rng(1);
  XidGenerator ids(clock, rng);
  std::string last(20, 'z');
  for (const auto& [seconds, start] :
       {std::pair{1698588000, "5fr3d8"}, std::pair{1700000000, "5fgam0"},
        std::pair{1800000000, "4nlck0"}}) {
    clock.seconds = seconds;
    const std::string id = ids.descending(XidGenerator::kEpochYear3000);
    EXPECT_EQ(id.substr(0, 6), start);
    EXPECT_LT(id, last);
    last = id;
  }
}

}  // namespace
}  // namespace tarn::actions
