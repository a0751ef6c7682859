// Dumps of references and their restoration, over memory drivers: round trips, dumps under change,
// and dumps that are no dumps, of which nothing may reach the KV store.
#include "graveler/refs_dump.h"

#include "block/namespace.h"
#include "graveler/commit_set.h"
#include "graveler/refs_restore.h"
#include "graveler/testing/world.h"
#include "graveler/tree_writer.h"
#include "runtime/testing/run.h"
#include "sstable/random_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace tarn::graveler {
namespace {

using tarn::testing::run;
using ::testing::HasSubstr;
using testing::World;

const DumpProgress kNoProgress = [](std::int64_t) {};

CommitId id_of(char digit) { return CommitId::trusted(std::string(64, digit)); }

struct DumpWorld : World {
  explicit DumpWorld(StoreConfig config = {}) : World(std::move(config)) {}

  /// A bare repository on the same namespace.
  RepositoryPtr bare(const std::string& name, const std::string& default_branch = "main") {
    NewRepository request{RepositoryId::trusted(name), repo->storage_namespace,
                          BranchId::trusted(default_branch)};
    request.bare = true;
    return run(store().create_repository(Context(), request)).value();
  }
  void tag(const std::string& name, const std::string& ref) {
    ASSERT_TRUE(run(store().create_tag(Context(), repo, TagId::trusted(name), ref, false)));
  }
  /// Commits on two branches, a merge, tags with odd names.
  void fill() {
    for (const char* path : {"a", "b", "c"}) {
      ASSERT_TRUE(put(path, path));
      ASSERT_TRUE(commit(path));
    }
    EXPECT_TRUE(branch("dev", "main~1"));
    EXPECT_TRUE(branch("hidden", "dev", true));
    MergeRequest merge;
    merge.source = "main";
    merge.committer = "jo";
    ASSERT_TRUE(run(store().merge(Context(), repo, BranchId::trusted("dev"), merge)));
    tag("v1", "main");
    tag("v~2", "dev");
  }
  RefsDump dump() { return run(store().dump_refs(Context(), repo, kNoProgress)).value(); }
  Result<void> restore(const RepositoryPtr& into, RefsDump dump, bool force = false) {
    return run(store().restore_refs(Context(), into, std::move(dump), force, kNoProgress));
  }
  std::string restore_error(const RepositoryPtr& into, RefsDump dump) {
    const auto done = restore(into, std::move(dump));
    return done ? "no error" : done.error().message();
  }
  /// Every row of a repository but those of staging areas.
  std::map<std::string, Bytes> rows(const RepositoryPtr& of) {
    std::map<std::string, Bytes> out;
    kv::ScanOptions options;
    for (;;) {
      const kv::Page page = run(kv->scan(Context(), of->partition(), options)).value();
      for (const kv::Entry& entry : page.entries) {
        out.emplace(entry.key, entry.value);
      }
      if (!page.more || page.entries.empty()) {
        return out;
      }
      options.start = kv::next_key(page.entries.back().key);
    }
  }
  block::Location table(const std::string& id) {
    return block::resolve(repo->storage_namespace, "_lakefs/" + id, block::AddressType::kRelative)
        .value();
  }
  Bytes read_table(const std::string& id) {
    auto task = [this](block::Location where) -> Task<Result<Bytes>> {
      TARN_CO_TRY(const block::ObjectBody object,
                  co_await blocks->get(Context(), std::move(where), std::nullopt));
      co_return co_await read_all(Context(), *object.body, kGiB);
    };
    return run(task(table(id))).value();
  }
  void write_table(const std::string& id, Bytes bytes) {
    const std::size_t size = bytes.size();
    ASSERT_TRUE(run(blocks->put(Context(), table(id), memory_source(std::move(bytes)), size,
                                block::PutOptions())));
    // The store keeps tables open.
    store().tables().forget(repo->storage_namespace);
  }
  /// A tree of records with the properties of a dump.
  MetaRangeId write_dump(const DumpTable& table, const std::map<std::string, Value>& records,
                         std::string entity = {}) {
    sstable::Metadata more{
        {"entity", entity.empty() ? std::string(table.entity) : std::move(entity)}};
    auto task = [&]() -> Task<Result<MetaRangeId>> {
      TreeWriter writer(store().tables(), repo->storage_namespace, sstable::SplitOptions(), more);
      for (const auto& [key, value] : records) {
        const sstable::Value stored{value.identity, value.data};
        TARN_CO_CHECK_OK(co_await writer.add(Context(), key, stored));
      }
      co_return co_await writer.finish(Context());
    };
    return run(task()).value();
  }
  Value branch_record(const std::string& name, const CommitId& commit) {
    Branch branch;
    branch.id = BranchId::trusted(name);
    branch.commit_id = commit;
    return {commit.str(), encode(branch)};
  }
  CommitRecord make_commit(const std::string& message, std::vector<CommitId> parents,
                           std::int32_t generation = 1) {
    CommitRecord record;
    record.commit.message = message;
    record.commit.parents = std::move(parents);
    record.commit.generation = generation;
    record.commit.creation_date = from_unix_seconds(1'700'000'000);
    record.id = commit_id_of(record.commit);
    return record;
  }
  MetaRangeId write_commits(const std::vector<CommitRecord>& commits) {
    std::map<std::string, Value> records;
    for (const CommitRecord& record : commits) {
      records[record.id.str()] = Value{record.id.str(), encode(record)};
    }
    return write_dump(kCommitsTable, records);
  }
};

TEST(CommitSet, LeavesOutWhatLacksAncestors) {
  CommitSet set;
  // 1 <- 2 <- 5, 3 <- 4, and 3 names 9, which is not there; 6 is a merge of both.
  ASSERT_TRUE(set.add(id_of('1'), {}));
  ASSERT_TRUE(set.add(id_of('2'), {id_of('1')}));
  ASSERT_TRUE(set.add(id_of('3'), {id_of('9')}));
  ASSERT_TRUE(set.add(id_of('4'), {id_of('3')}));
  ASSERT_TRUE(set.add(id_of('5'), {id_of('2')}));
  ASSERT_TRUE(set.add(id_of('6'), {id_of('5'), id_of('4')}));
  const auto gap = set.drop_incomplete();
  ASSERT_TRUE(gap);
  EXPECT_EQ(gap->commit, id_of('3'));
  EXPECT_EQ(gap->parent, id_of('9'));
  EXPECT_EQ(set.size(), 3U);
  std::string kept;
  for (const char digit : std::string("123456789")) {
    kept += set.contains(id_of(digit)) ? digit : '-';
  }
  EXPECT_EQ(kept, "12--5----");
}

TEST(CommitSet, OrdersIdsAsTheirTexts) {
  CommitSet set;
  ASSERT_TRUE(set.add(id_of('7'), {}));
  ASSERT_TRUE(set.add(id_of('8'), {}));  // a byte with its high bit set
  ASSERT_TRUE(set.add(id_of('f'), {id_of('7'), id_of('8')}));
  EXPECT_FALSE(set.drop_incomplete());
  EXPECT_EQ(set.size(), 3U);
  EXPECT_EQ(set.add(id_of('9'), {}).error().kind(), ErrorKind::kCorruption);
  EXPECT_EQ(set.add(CommitId::trusted("nonsense"), {}).error().kind(), ErrorKind::kCorruption);
}

TEST(RefsDump, ComesBackAsItWas) {
  DumpWorld world;
  world.fill();
  ASSERT_TRUE(world.put("staged", "1"));
  const RefsDump dump = world.dump();
  const RepositoryPtr other = world.bare("other");
  ASSERT_TRUE(world.restore(other, dump));
  auto before = world.rows(world.repo);
  auto after = world.rows(other);
  ASSERT_EQ(before.size(), after.size());
  for (const auto& [key, bytes] : before) {
    ASSERT_TRUE(after.contains(key)) << key;
    if (!key.starts_with("branches/")) {
      EXPECT_EQ(bytes, after[key]) << key;  // commits and tags, bit for bit
      continue;
    }
    const Branch was = decode_branch(bytes).value();
    const Branch is = decode_branch(after[key]).value();
    EXPECT_EQ(was.id, is.id);
    EXPECT_EQ(was.commit_id, is.commit_id);
    EXPECT_NE(was.staging_token, is.staging_token);
    EXPECT_TRUE(is.sealed_tokens.empty());
    EXPECT_FALSE(is.hidden);
  }
  // What is staged did not travel.
  const auto listed = run(world.store().list(Context(), other, "main", ListRequest())).value();
  EXPECT_EQ(listed.items.size(), 3U);
  // And a dump of the copy is the same dump.
  const RefsDump again = run(world.store().dump_refs(Context(), other, kNoProgress)).value();
  EXPECT_EQ(again.commits, dump.commits);
  EXPECT_EQ(again.branches, dump.branches);
  EXPECT_EQ(again.tags, dump.tags);
}

TEST(RefsDump, SplitsIntoRangesAndComesBack) {
  StoreConfig config;
  config.split.raggedness_entries = 3;
  DumpWorld world(config);
  world.fill();
  for (int i = 0; i < 40; ++i) {
    world.tag("t" + std::to_string(i), "main");
  }
  const RefsDump dump = world.dump();
  const RepositoryPtr other = world.bare("other");
  ASSERT_TRUE(world.restore(other, dump));
  PageRequest all;
  all.amount = 100;
  EXPECT_EQ(run(world.store().list_tags(Context(), other, all))->items.size(), 42U);
}

TEST(RefsDump, WritesTheManifestAsLakeFsDoes) {
  DumpWorld world;
  const RefsDump dump = world.dump();
  ASSERT_TRUE(run(world.store().write_refs_manifest(Context(), world.repo, dump)));
  EXPECT_EQ(world.read_table("refs_manifest.json"),
            "{\n  \"branches_meta_range_id\": \"" + dump.branches.str() +
                "\",\n  \"commits_meta_range_id\": \"" + dump.commits.str() +
                "\",\n  \"tags_meta_range_id\": \"" + dump.tags.str() + "\"\n}");
}

TEST(RefsDump, TablesSayWhatTheyHold) {
  DumpWorld world;
  world.fill();
  const RefsDump dump = world.dump();
  for (const DumpTable* table : {&kCommitsTable, &kBranchesTable, &kTagsTable}) {
    const auto metarange = run(world.store().tables().open(Context(), world.repo->storage_namespace,
                                                           (dump.*table->id).str()));
    ASSERT_TRUE(metarange);
    auto properties = (*metarange)->properties().all;
    EXPECT_EQ(properties["type"], "metaranges");
    EXPECT_EQ(properties["entity"], table->entity);
    EXPECT_EQ(properties["schema_name"], table->schema_name);
    EXPECT_EQ(properties["schema_definition"], table->schema_definition);
    sstable::Iterator at = (*metarange)->iterator();
    ASSERT_TRUE(at.seek_first());
    ASSERT_TRUE(at.valid());
    const std::string range_id(sstable::decode_value(at.value())->identity);
    const auto range =
        run(world.store().tables().open(Context(), world.repo->storage_namespace, range_id));
    ASSERT_TRUE(range);
    properties = (*range)->properties().all;
    EXPECT_EQ(properties["type"], "ranges");
    EXPECT_EQ(properties["entity"], table->entity);
  }
}

/// Commits and branches come while a dump is under way: at every number of steps, the dump that
/// results can be restored.
TEST(RefsDump, IsWholeWhileCommitsGoOn) {
  DumpWorld world;
  world.fill();
  auto writer = [&world](int rounds) -> Task<void> {
    for (int i = 0; i < rounds; ++i) {
      VersionStore::NewBranch request;
      request.id = BranchId::trusted("w" + std::to_string(i));
      request.source = "main";
      const auto made = co_await world.store().create_branch(Context(), world.repo, request);
      EXPECT_TRUE(made);
      for (int k = 0; k < 3; ++k) {
        CommitRequest commit;
        commit.committer = "jo";
        commit.message = std::to_string(k);
        commit.allow_empty = true;
        const auto done = co_await world.store().commit(Context(), world.repo, request.id, commit);
        EXPECT_TRUE(done);
      }
    }
  };
  std::size_t dumps = 0;
  auto both = [&]() -> Task<void> {
    TaskGroup group;
    group.spawn(world.loops.executor(0), writer(20));
    while (group.running() > 0) {
      const auto dump = co_await world.store().dump_refs(Context(), world.repo, kNoProgress);
      EXPECT_TRUE(dump);
      NewRepository request{RepositoryId::trusted("copy" + std::to_string(dumps)),
                            world.repo->storage_namespace, world.main};
      request.bare = true;
      const auto bare = co_await world.store().create_repository(Context(), request);
      EXPECT_TRUE(bare);
      const auto restored =
          co_await world.store().restore_refs(Context(), *bare, *dump, false, kNoProgress);
      EXPECT_TRUE(restored) << restored.error().message();
      ++dumps;
    }
    group.close();
    co_await group.join();
  };
  run(both());
  EXPECT_GE(dumps, 2U);
}

TEST(RefsRestore, WantsABareRepository) {
  DumpWorld world;
  world.fill();
  const RefsDump dump = world.dump();
  EXPECT_TRUE(world.restore(world.repo, dump).error().is(kNotBare));
  const RepositoryPtr other = world.bare("other");
  ASSERT_TRUE(world.restore(other, dump));
  EXPECT_EQ(world.restore_error(other, dump), "can only restore into a bare repository");
}

TEST(RefsRestore, GoesOnWhereAnotherOneWasCutShort) {
  DumpWorld world;
  world.fill();
  const RefsDump dump = world.dump();
  const RepositoryPtr other = world.bare("other");
  ASSERT_TRUE(world.restore(other, dump));
  const auto whole = world.rows(other);
  // As if it had stopped before the default branch, and before one of the tags.
  ASSERT_TRUE(run(world.kv->remove(Context(), {other->partition(), "branches/main"})));
  ASSERT_TRUE(run(world.kv->remove(Context(), {other->partition(), "tags/v1"})));
  ASSERT_TRUE(world.restore(other, dump));
  EXPECT_EQ(world.rows(other).size(), whole.size());
  // But references of others are not touched.
  const RepositoryPtr third = world.bare("third");
  const Tag foreign{TagId::trusted("v1"), id_of('1')};
  ASSERT_TRUE(run(world.store().refs().add_tag(Context(), third, foreign)));
  EXPECT_TRUE(world.restore(third, dump).error().is(kTagExists));
  EXPECT_EQ(world.rows(third).size(), 1U);
}

TEST(RefsRestore, LeavesReadOnlyRepositoriesAlone) {
  DumpWorld world;
  const RefsDump dump = world.dump();
  NewRepository request{RepositoryId::trusted("frozen"), world.repo->storage_namespace, world.main};
  request.bare = true;
  request.read_only = true;
  const RepositoryPtr frozen = run(world.store().create_repository(Context(), request)).value();
  EXPECT_TRUE(world.restore(frozen, dump).error().is(kReadOnlyRepository));
  EXPECT_TRUE(world.restore(frozen, dump, true));
}

/// Each table of a dump cut at many places, and with single bytes changed, in the metarange and in
/// the range: an error that names the table, and no row.
TEST(RefsRestore, RefusesDamagedTablesAndWritesNothing) {
  DumpWorld world;
  world.fill();
  const RefsDump dump = world.dump();
  const RepositoryPtr other = world.bare("other");
  for (const DumpTable* table : {&kCommitsTable, &kBranchesTable, &kTagsTable}) {
    const std::string metarange = (dump.*table->id).str();
    const auto open =
        run(world.store().tables().open(Context(), world.repo->storage_namespace, metarange));
    sstable::Iterator at = (*open)->iterator();
    ASSERT_TRUE(at.seek_first());
    const std::string range(sstable::decode_value(at.value())->identity);
    for (const std::string& id : {metarange, range}) {
      const Bytes whole = world.read_table(id);
      const auto check = [&](const Bytes& damaged, const std::string& how) {
        SCOPED_TRACE(std::string(table->argument) + " " + id + " " + how);
        world.write_table(id, damaged);
        const auto done = world.restore(other, dump);
        ASSERT_FALSE(done);
        EXPECT_TRUE(done.error().is(kBadDump)) << done.error().message();
        EXPECT_THAT(done.error().message(), HasSubstr(table->argument));
        EXPECT_TRUE(world.rows(other).empty());
      };
      for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 13) {
        check(whole.substr(0, size), "cut to " + std::to_string(size));
      }
      // The first byte is a record's, the middle lies in records or properties.
      for (const std::size_t place : {std::size_t{0}, std::size_t{40}}) {
        Bytes damaged = whole;
        damaged[place] = static_cast<char>(damaged[place] ^ 1);
        check(damaged, "byte " + std::to_string(place));
      }
      check("", "empty");
      check("no table at all", "text");
      ASSERT_TRUE(run(world.blocks->remove(Context(), world.table(id))));
      world.store().tables().forget(world.repo->storage_namespace);
      EXPECT_TRUE(world.restore(other, dump).error().is(kDumpTableMissing));
      EXPECT_TRUE(world.rows(other).empty());
      world.write_table(id, whole);
    }
  }
  EXPECT_TRUE(world.restore(other, dump));
}

TEST(RefsRestore, RefusesTablesOfAnotherKind) {
  DumpWorld world;
  world.fill();
  const RefsDump dump = world.dump();
  const RepositoryPtr other = world.bare("other");
  RefsDump swapped = dump;
  std::swap(swapped.branches, swapped.tags);
  EXPECT_THAT(world.restore_error(other, swapped),
              HasSubstr("branches_meta_range_id: " + dump.tags.str() +
                        " holds entities 'tag', not entities 'branch'"));
  // A tree of objects.
  RefsDump objects = dump;
  objects.commits = run(world.store().resolve_commit(Context(), world.repo, "main"))
                        .value()
                        ->commit.meta_range_id;
  EXPECT_THAT(world.restore_error(other, objects), HasSubstr("holds no entities"));
  // A file under the name of another one.
  RefsDump renamed = dump;
  renamed.tags = MetaRangeId::trusted(std::string(64, 'a'));
  world.write_table(renamed.tags.str(), world.read_table(dump.tags.str()));
  EXPECT_THAT(world.restore_error(other, renamed),
              HasSubstr("has the content of " + dump.tags.str()));
  RefsDump none = dump;
  none.branches = MetaRangeId();
  EXPECT_THAT(world.restore_error(other, none), HasSubstr("branches_meta_range_id: no id"));
  EXPECT_TRUE(world.rows(other).empty());
}

TEST(RefsRestore, RefusesRecordsThatDoNotFit) {
  DumpWorld world;
  const CommitRecord first = world.make_commit("first", {});
  const CommitRecord second = world.make_commit("second", {first.id}, 2);
  const RepositoryPtr other = world.bare("other");
  RefsDump good;
  good.commits = world.write_commits({first, second});
  good.branches =
      world.write_dump(kBranchesTable, {{"main", world.branch_record("main", second.id)}});
  good.tags = world.write_dump(kTagsTable, {});

  RefsDump dump = good;
  CommitRecord old = world.make_commit("old", {}, 0);
  dump.commits = world.write_commits({old});
  EXPECT_TRUE(world.restore(other, dump).error().is(kDumpTooOld));

  dump = good;
  CommitRecord forged = second;
  forged.commit.message = "another one";
  dump.commits = world.write_commits({first, forged});
  EXPECT_EQ(world.restore_error(other, dump), "commit ID does not match for " + forged.id.str() +
                                                  ": commit id: invalid value: validation error");

  dump = good;
  dump.commits = world.write_commits({second});
  EXPECT_THAT(world.restore_error(other, dump), HasSubstr("names the parent " + first.id.str()));
  dump.commits = world.write_commits({first});
  EXPECT_THAT(world.restore_error(other, dump),
              HasSubstr("'main' is at commit " + second.id.str() + ", which is missing"));
  dump.commits =
      world.write_dump(kCommitsTable, {{first.id.str(), {second.id.str(), encode(second)}}});
  EXPECT_THAT(world.restore_error(other, dump), HasSubstr("is no commit of that id"));
  dump.commits = world.write_dump(kCommitsTable, {{first.id.str(), {first.id.str(), "\xff"}}});
  EXPECT_THAT(world.restore_error(other, dump), HasSubstr("is no commit of that id"));

  dump = good;
  dump.branches =
      world.write_dump(kBranchesTable, {{"dev", world.branch_record("dev", second.id)}});
  EXPECT_THAT(world.restore_error(other, dump), HasSubstr("default branch 'main' is missing"));
  dump.branches =
      world.write_dump(kBranchesTable, {{"main", world.branch_record("other", second.id)}});
  EXPECT_THAT(world.restore_error(other, dump), HasSubstr("'main' is no branch of that name"));
  dump.branches =
      world.write_dump(kBranchesTable, {{"-bad", world.branch_record("-bad", second.id)},
                                        {"main", world.branch_record("main", second.id)}});
  EXPECT_THAT(world.restore_error(other, dump), HasSubstr("'-bad' is no branch of that name"));

  dump = good;
  const Tag lost{TagId::trusted("v1"), id_of('1')};
  dump.tags = world.write_dump(kTagsTable, {{"v1", {lost.commit_id.str(), encode(lost)}}});
  EXPECT_THAT(world.restore_error(other, dump), HasSubstr("tags_meta_range_id: 'v1' is at commit"));

  EXPECT_TRUE(world.rows(other).empty());
  EXPECT_TRUE(world.restore(other, good));
}

/// lakeFS's own dumps may hold a commit whose parent came too late for the dump; nothing needs it.
TEST(RefsRestore, LeavesOutCommitsThatNothingNeedsAndThatLackAncestors) {
  DumpWorld world;
  const CommitRecord first = world.make_commit("first", {});
  const CommitRecord lost = world.make_commit("lost", {id_of('1')}, 2);
  const CommitRecord after = world.make_commit("after", {lost.id}, 3);
  RefsDump dump;
  dump.commits = world.write_commits({first, lost, after});
  dump.branches =
      world.write_dump(kBranchesTable, {{"main", world.branch_record("main", first.id)}});
  dump.tags = world.write_dump(kTagsTable, {});
  const RepositoryPtr other = world.bare("other");
  ASSERT_TRUE(world.restore(other, dump));
  EXPECT_EQ(world.rows(other).size(), 2U);  // the branch and its commit
}

}  // namespace
}  // namespace tarn::graveler
