// Imports over memory drivers and a scripted store: what a branch holds afterwards, and that it
// holds what it held when something goes wrong.
#include "catalog/imports.h"

#include "base/encoding.h"
#include "base/hash.h"
#include "block/list_walker.h"
#include "graveler/testing/world.h"
#include "runtime/testing/run.h"
#include "runtime/testing/temp_folder.h"
#include "runtime/timer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace tarn::catalog {
namespace {

using graveler::testing::RecordingHooks;
using tarn::testing::run;
using tarn::testing::TempFolder;

constexpr auto kPrefix = ImportSource::Kind::kCommonPrefix;
constexpr auto kObject = ImportSource::Kind::kObject;

/// A store that lists what it is told, in that order, and then fails, or waits until it is
/// cancelled, if it is told so.
class ScriptedWalker final : public block::Walker {
 public:
  explicit ScriptedWalker(BlockingPool& pool) : pool_(pool) {}

  Task<Result<void>> walk(Context ctx, std::string prefix, block::WalkSink sink) override {
    for (std::size_t at = 0; at < names.size(); at += batch) {
      std::vector<block::WalkedObject> found;
      for (std::size_t i = at; i < std::min(names.size(), at + batch); ++i) {
        block::WalkedObject object;
        object.name = names[i];
        object.etag = names[i] + "@" + prefix;
        found.push_back(std::move(object));
      }
      auto job = [&sink, &found] { return sink(std::move(found)); };
      TARN_CO_CHECK_OK(co_await run_blocking(pool_, job));
    }
    if (hangs) {
      co_return co_await sleep_for(ctx, std::chrono::hours(1));
    }
    if (fails) {
      co_return Error(kUnavailable, "the store");
    }
    co_return Result<void>();
  }
  Task<Result<block::WalkedObject>> object(Context, std::string uri) override {
    block::WalkedObject object;
    object.etag = "object@" + uri;
    if (uri.ends_with("missing")) {
      co_return Error(block::kObjectNotFound, uri);
    }
    co_return object;
  }
  Result<std::string> canonical(std::string_view uri) const override {
    return uri.starts_with("mem://") ? Result<std::string>(std::string(uri))
                                     : Error(block::kInvalidAddress, uri);
  }

  std::vector<std::string> names;
  std::size_t batch = 7;
  bool fails = false;
  bool hangs = false;

 private:
  BlockingPool& pool_;
};

struct Shop {
  graveler::testing::World world;
  TempFolder folder;
  BlockingPool pool{"fs", 4, 1000};
  ScriptedWalker scripted{pool};
  ImportsConfig config;
  std::optional<Imports> imports;

  explicit Shop(graveler::StoreConfig store = {}) : world(std::move(store)) {
    config.folder = (folder.path() / "runs").string();
    config.sort_memory_bytes = 4000;
    config.update_interval = std::chrono::milliseconds(5);
    open(scripted);
  }
  ~Shop() { imports.reset(); }

  Imports::Services services(block::Walker& walker) {
    return {world.store(), *world.kv, walker, world.clock, world.xids, world.loops, pool};
  }
  void open(block::Walker& walker) { imports.emplace(services(walker), config); }

  Result<std::string> start(std::vector<ImportSource> sources) {
    NewImport request;
    request.sources = std::move(sources);
    request.committer = "jo";
    request.metadata = {{"k", "v"}};
    return run(imports->start(Context(), world.repo, world.main, std::move(request)));
  }
  Result<ImportRecord> status(const std::string& id) {
    return run(imports->status(Context(), world.repo, id));
  }
  ImportRecord wait(const std::string& id) {
    for (int left = 12'000; left > 0; --left) {
      const Result<ImportRecord> record = status(id);
      EXPECT_TRUE(record) << record.error().message();
      if (!record || record->ended()) {
        return record.value_or(ImportRecord());
      }
      (void)run(sleep_for(Context(), std::chrono::milliseconds(5)));
    }
    ADD_FAILURE() << "the import does not end";
    return {};
  }
  ImportRecord import(std::vector<ImportSource> sources) {
    const Result<std::string> id = start(std::move(sources));
    EXPECT_TRUE(id) << id.error().message();
    return id ? wait(*id) : ImportRecord();
  }
  graveler::CommitPtr head() {
    return run(world.store().resolve_commit(Context(), world.repo, "main")).value();
  }
};

std::vector<std::string> shuffled_names(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) {
    names.push_back(fmt::format("{:06}", (static_cast<std::int64_t>(i) * 7919) % count));
  }
  return names;
}

TEST(Imports, SortWhatAStoreListsInNoOrder) {
  graveler::StoreConfig store;
  store.split.raggedness_entries = 1000;
  Shop shop(store);
  constexpr int kCount = 50'000;  // no multiple of 7919, so every name comes once
  shop.scripted.names = shuffled_names(kCount);
  shop.scripted.batch = 1000;
  shop.config.sort_memory_bytes = 200'000;
  shop.open(shop.scripted);
  const ImportRecord record = shop.import({{kPrefix, "mem://src/a/", "in"}});
  ASSERT_TRUE(record.completed) << record.error;
  EXPECT_EQ(record.objects, kCount);
  EXPECT_EQ(record.meta_range_id, shop.head()->commit.meta_range_id);
  graveler::ListRequest list;
  list.amount = 10'000;
  int seen = 0;
  for (bool more = true; more;) {
    const auto page = run(shop.world.store().list(Context(), shop.world.repo, "main", list));
    ASSERT_TRUE(page);
    for (const graveler::ListedPath& item : page->items) {
      ASSERT_EQ(item.path, fmt::format("in/{:06}", seen));
      ++seen;
      list.after = item.path;
    }
    more = page->more;
  }
  EXPECT_EQ(seen, kCount);
  EXPECT_TRUE(std::filesystem::is_empty(shop.config.folder));
}

TEST(Imports, EntriesAreThoseOfTheStore) {
  Shop shop;
  const auto listed = block::make_list_walker(*shop.world.blocks, shop.pool);
  shop.open(*listed);
  for (const char* key : {"src/a", "src/b/c", "src/b/", "other"}) {
    ASSERT_TRUE(run(shop.world.blocks->put(Context(), {"lake", key}, memory_source("text"), 4,
                                           block::PutOptions())));
  }
  const ImportRecord record = shop.import({{kPrefix, "mem://lake/src/", ""}});
  ASSERT_TRUE(record.completed) << record.error;
  const auto entry = run(
      shop.world.store().get_entry(Context(), shop.world.repo, "main", ObjectPath::trusted("b/c")));
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->address, "mem://lake/src/b/c");
  EXPECT_EQ(entry->address_type, block::AddressType::kFull);
  EXPECT_EQ(entry->etag, hex_encode(md5("text")));
  EXPECT_EQ(entry->size_bytes, 4);
  EXPECT_EQ(entry->content_type, "");
  EXPECT_GT(unix_seconds(entry->last_modified), 1'600'000'000);
  const std::string etag = hex_encode(md5("text"));
  EXPECT_EQ(shop.world.list("main"), "a=" + etag + " b/=" + etag + " b/c=" + etag);
}

TEST(Imports, ALaterSourceWins) {
  Shop shop;
  shop.scripted.names = {"x", "y"};
  const ImportRecord record = shop.import({{kPrefix, "mem://one/", "in/"},
                                           {kObject, "mem://two/o", "in/y"},
                                           {kPrefix, "mem://three/f/", "in/deep"},
                                           {kObject, "mem://four/o", "in/deep/x"}});
  ASSERT_TRUE(record.completed) << record.error;
  EXPECT_EQ(record.objects, 4);
  EXPECT_EQ(shop.world.list("main"),
            "in/deep/x=object@mem://four/o in/deep/y=y@mem://three/f/ in/x=x@mem://one/ "
            "in/y=object@mem://two/o");
}

TEST(Imports, ReplaceTheirDestinationAndNothingBesideIt) {
  Shop shop;
  for (const char* path : {"foo/old", "foo", "foobar/x", "one", "one2", "z"}) {
    ASSERT_TRUE(shop.world.put(path, "1"));
  }
  ASSERT_TRUE(shop.world.commit("base"));
  shop.scripted.names = {"new"};
  const ImportRecord record =
      shop.import({{kPrefix, "mem://src/", "foo"}, {kObject, "mem://src/o", "one"}});
  ASSERT_TRUE(record.completed) << record.error;
  EXPECT_EQ(shop.world.list("main"),
            "foo=1 foo/new=new@mem://src/ foobar/x=1 one=object@mem://src/o one2=1 z=1");
  ASSERT_TRUE(shop.import({{kPrefix, "mem://src/", ""}}).completed);
  EXPECT_EQ(shop.world.list("main"), "new=new@mem://src/");
}

TEST(Imports, MakeOneCommitAndRememberWhen) {
  Shop shop;
  RecordingHooks hooks;
  shop.world.store().set_hooks(hooks);
  shop.scripted.names = {"x"};
  const ImportRecord record = shop.import({{kPrefix, "mem://src/", ""}});
  ASSERT_TRUE(record.completed) << record.error;
  const graveler::CommitPtr head = shop.head();
  ASSERT_TRUE(record.commit);
  EXPECT_EQ(record.commit->id, head->id);
  EXPECT_EQ(head->commit.message, "Import objects");
  EXPECT_EQ(head->commit.committer, "jo");
  EXPECT_EQ(head->commit.metadata,
            (graveler::Metadata{{"k", "v"}, {".lakefs.merge.strategy", "source-wins"}}));
  EXPECT_EQ(hooks.seen, "pre-commit post-commit");
  const auto metadata =
      run(shop.world.store().repository_metadata(Context(), shop.world.repo)).value();
  EXPECT_EQ(metadata,
            (graveler::Metadata{{".lakefs.last.import.timestamp",
                                 std::to_string(unix_seconds(head->commit.creation_date))}}));
  // The same again is a commit, too, of the same tree.
  const ImportRecord again = shop.import({{kPrefix, "mem://src/", ""}});
  EXPECT_TRUE(again.completed);
  EXPECT_EQ(shop.head()->commit.meta_range_id, head->commit.meta_range_id);
  EXPECT_EQ(shop.head()->commit.parents, std::vector<CommitId>{head->id});
}

TEST(Imports, LeaveTheBranchAloneWhenTheStoreFails) {
  Shop shop;
  ASSERT_TRUE(shop.world.put("a", "1"));
  ASSERT_TRUE(shop.world.commit("base"));
  const CommitId before = shop.head()->id;
  shop.scripted.names = shuffled_names(100);
  shop.scripted.fails = true;
  const ImportRecord failed = shop.import({{kPrefix, "mem://src/", ""}});
  EXPECT_FALSE(failed.completed);
  EXPECT_EQ(failed.error, "error on ingest: the store: unavailable");
  EXPECT_EQ(shop.head()->id, before);
  shop.scripted.fails = false;
  const ImportRecord missing = shop.import({{kObject, "mem://src/missing", "x"}});
  EXPECT_FALSE(missing.completed);
  EXPECT_NE(missing.error.find("object not found"), std::string::npos) << missing.error;
  shop.scripted.names = {std::string(1025, 'l')};
  const ImportRecord lengthy = shop.import({{kPrefix, "mem://src/", ""}});
  EXPECT_NE(lengthy.error.find("longer than 1024 bytes"), std::string::npos) << lengthy.error;
  shop.scripted.names = {"bad\xff"};
  const ImportRecord bytes = shop.import({{kPrefix, "mem://src/", ""}});
  EXPECT_EQ(bytes.error,
            "error on ingest: mem://src/bad%FF: invalid import source: the name is not UTF-8");
  EXPECT_EQ(shop.head()->id, before);
  EXPECT_EQ(shop.world.list("main"), "a=1");
  EXPECT_TRUE(std::filesystem::is_empty(shop.config.folder));
}

TEST(Imports, NeitherOverwriteNorCommitWhatIsStaged) {
  Shop shop;
  ASSERT_TRUE(shop.world.put("staged", "1"));
  shop.scripted.names = {"x"};
  shop.scripted.hangs = true;  // the branch is looked at first
  const ImportRecord record = shop.import({{kPrefix, "mem://src/", ""}});
  EXPECT_EQ(record.error, "uncommitted changes (dirty branch)");
  EXPECT_EQ(shop.world.list("main"), "staged=1");
}

TEST(Imports, AreRefusedByAPreCommitHook) {
  Shop shop;
  RecordingHooks hooks;
  hooks.refuse = graveler::Event::kPreCommit;
  shop.world.store().set_hooks(hooks);
  shop.scripted.names = {"x"};
  const ImportRecord record = shop.import({{kPrefix, "mem://src/", ""}});
  EXPECT_EQ(record.error, "update branch main: pre-commit hook aborted, run id 'run1': no");
  EXPECT_EQ(shop.world.list("main"), "");
}

TEST(Imports, CanBeCanceledInTheMiddle) {
  Shop shop;
  shop.scripted.names = {"x"};
  shop.scripted.hangs = true;
  const std::string id = shop.start({{kPrefix, "mem://src/", ""}}).value();
  EXPECT_FALSE(shop.status(id)->ended());
  ASSERT_TRUE(run(shop.imports->cancel(Context(), shop.world.repo, id)));
  const ImportRecord record = shop.wait(id);
  EXPECT_EQ(record.error, "Canceled");
  EXPECT_FALSE(record.completed);
  ASSERT_TRUE(run(shop.imports->cancel(Context(), shop.world.repo, id)));  // again
  shop.imports->stop();
  EXPECT_EQ(shop.imports->running(), 0U);
  EXPECT_EQ(shop.status(id)->error, "Canceled");
  EXPECT_EQ(shop.world.list("main"), "");
}

TEST(Imports, CanBeCanceledByAnotherServer) {
  Shop shop;
  shop.scripted.names = {"x"};
  shop.scripted.hangs = true;
  const std::string id = shop.start({{kPrefix, "mem://src/", ""}}).value();
  ImportsConfig config = shop.config;
  config.is_sole_server = false;
  Imports other(shop.services(shop.scripted), config);
  EXPECT_FALSE(run(other.status(Context(), shop.world.repo, id))->ended());
  ASSERT_TRUE(run(other.cancel(Context(), shop.world.repo, id)));
  for (int left = 2000; left > 0 && shop.imports->running() > 0; --left) {
    (void)run(sleep_for(Context(), std::chrono::milliseconds(5)));
  }
  EXPECT_EQ(shop.imports->running(), 0U);
  EXPECT_EQ(shop.status(id)->error, "Canceled");
}

TEST(Imports, CannotBeCanceledWhenTheyAreDone) {
  Shop shop;
  shop.scripted.names = {"x"};
  const std::string id = shop.start({{kPrefix, "mem://src/", ""}}).value();
  ASSERT_TRUE(shop.wait(id).completed);
  const auto refused = run(shop.imports->cancel(Context(), shop.world.repo, id));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kImportEnded));
  EXPECT_TRUE(shop.status(id)->completed);
  EXPECT_TRUE(run(shop.imports->cancel(Context(), shop.world.repo, "nope"))
                  .error()
                  .is(graveler::kNotFound));
  EXPECT_TRUE(shop.status("nope").error().is(graveler::kNotFound));
}

TEST(Imports, EndWithTheServer) {
  Shop shop;
  shop.scripted.hangs = true;
  const std::string id = shop.start({{kPrefix, "mem://src/", ""}}).value();
  shop.imports->stop();
  EXPECT_EQ(shop.status(id)->error, "the server was stopped");
  EXPECT_FALSE(shop.start({{kPrefix, "mem://src/", ""}}));
}

TEST(Imports, OfADeadServerAreReportedAsFailed) {
  Shop shop;
  ImportRecord record;
  record.id = "died";
  record.updated_at = shop.world.clock.now();
  ASSERT_TRUE(
      run(shop.world.kv->set(Context(), import_key(*shop.world.repo, "died"), encode(record))));
  record.id = "committing";
  record.committing = true;
  ASSERT_TRUE(run(
      shop.world.kv->set(Context(), import_key(*shop.world.repo, "committing"), encode(record))));
  // Several servers: it may be the work of another one, as long as it says something.
  ImportsConfig several = shop.config;
  several.is_sole_server = false;
  {
    Imports other(shop.services(shop.scripted), several);
    EXPECT_FALSE(run(other.status(Context(), shop.world.repo, "died"))->ended());
  }
  several.lost_after = std::chrono::seconds(0);
  {
    Imports other(shop.services(shop.scripted), several);
    EXPECT_EQ(run(other.status(Context(), shop.world.repo, "died"))->error,
              "the server that ran it stopped");
  }
  EXPECT_EQ(shop.status("died")->error, "the server that ran it stopped");
  EXPECT_NE(shop.status("committing")->error.find("see the log of the branch"), std::string::npos);
}

TEST(Imports, RecordsAreRemovedAfterADay) {
  Shop shop;
  for (const int hours : {1, 23, 25, 400}) {
    ImportRecord record;
    record.id = std::to_string(hours);
    record.completed = true;
    record.updated_at = shop.world.clock.now() - std::chrono::hours(hours);
    ASSERT_TRUE(run(
        shop.world.kv->set(Context(), import_key(*shop.world.repo, record.id), encode(record))));
  }
  ASSERT_TRUE(run(shop.imports->remove_old(Context())));
  EXPECT_TRUE(shop.status("23"));
  EXPECT_TRUE(shop.status("1"));
  EXPECT_FALSE(shop.status("25"));
  EXPECT_FALSE(shop.status("400"));
  EXPECT_EQ(shop.world.list("main"), "");  // the repository's other rows are there
}

TEST(Imports, RefuseTheirOwnNamespace) {
  Shop shop;  // mem://bucket/repo
  for (const char* bad : {"mem://bucket/repo", "mem://bucket/repo/", "mem://bucket/repo/data/",
                          "mem://bucket/", "mem://bucket", "mem://bucket/re"}) {
    const auto refused = shop.start({{kPrefix, bad, ""}});
    EXPECT_FALSE(refused) << bad;
    EXPECT_TRUE(refused.error().is(kInvalidImportSource)) << bad;
  }
  EXPECT_TRUE(
      shop.start({{kObject, "mem://bucket/repo/data/x", "x"}}).error().is(kInvalidImportSource));
  for (const char* good :
       {"mem://bucket/repo2/", "mem://bucket/rep/", "mem://other/", "mem://buck"}) {
    EXPECT_TRUE(shop.start({{kPrefix, good, ""}})) << good;
  }
}

TEST(Imports, RefuseWhatNobodyCouldWalk) {
  Shop shop;
  EXPECT_TRUE(shop.start({}).error().is(kInvalidImportSource));
  EXPECT_TRUE(shop.start({{kPrefix, "s3://b/", ""}}).error().is(kInvalidImportSource));
  EXPECT_FALSE(shop.start({{kObject, "mem://src/x", ""}}));
  shop.world.main = BranchId::trusted("nowhere");
  EXPECT_TRUE(shop.start({{kPrefix, "mem://src/", ""}}).error().is(graveler::kBranchNotFound));
  shop.config.enabled = false;
  shop.open(shop.scripted);
  EXPECT_TRUE(shop.start({{kPrefix, "mem://src/", ""}}).error().is(kImportUnsupported));
}

TEST(ImportRecord, IsLakeFSsAndKeepsItsForm) {
  ImportRecord record;
  record.id = "id";
  record.updated_at = from_unix_seconds(1'700'000'000, 5);
  record.objects = 7;
  record.meta_range_id = MetaRangeId::trusted("aa");
  record.error = "e";
  EXPECT_EQ(hex_encode(encode(record)), "0a0269641a080880e2cfaa06100520072a0261613a0165");
}

}  // namespace
}  // namespace tarn::catalog
