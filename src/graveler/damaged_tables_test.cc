// Goal: whoever reads a damaged tree gets an error that names the file, never a wrong or a missing
// answer, and what does not need the file works on. Method: each table of a commit damaged in each
// way, then everything that reads it, with a store that has not read it before.
#include "graveler/errors.h"
#include "graveler/testing/fsck_world.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

namespace tarn::graveler {
namespace {

using tarn::testing::run;
using testing::FsckWorld;

struct Damage {
  std::string name;
  /// Nothing = the file is removed.
  std::function<std::optional<Bytes>(Bytes)> change;
};

void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

const Damage kDamages[] = {
    {"Missing", [](const Bytes&) { return std::optional<Bytes>(); }},
    {"Empty", [](const Bytes&) { return std::optional(Bytes()); }},
    {"CutInTheMiddle",
     [](Bytes bytes) { return std::optional(bytes.substr(0, bytes.size() / 2)); }},
    {"CutByOneByte", [](Bytes bytes) { return std::optional(bytes.substr(0, bytes.size() - 1)); }},
    {"FirstBitFlipped",
     [](Bytes bytes) {
       bytes[0] = static_cast<char>(bytes[0] ^ 1);
       return std::optional(std::move(bytes));
     }},
    {"LastBitFlipped",
     [](Bytes bytes) {
       bytes.back() = static_cast<char>(bytes.back() ^ 1);
       return std::optional(std::move(bytes));
     }},
    {"AnotherFile", [](const Bytes&) { return std::optional(Bytes(5000, 'x')); }},
};

class DamagedTables : public ::testing::TestWithParam<Damage> {
 protected:
  /// Damages the table `id` and opens a store that has read nothing yet.
  void damage(const std::string& id) {
    const std::optional<Bytes> bytes = GetParam().change(world_.object(world_.table(id)));
    if (bytes) {
      world_.put_object(world_.table(id), *bytes);
    } else {
      world_.remove_object(world_.table(id));
    }
    testing::World& world = world_.world;
    VersionStore::Services services{*world.kv, *world.blocks, world.clock,
                                    world.rng, world.xids,    world.loops};
    store_.emplace(services, StoreConfig());
  }

  template <class T>
  void expect_named(const Result<T>& result, const std::string& id, const char* operation) {
    ASSERT_FALSE(result) << operation;
    const Error& error = result.error();
    EXPECT_EQ(error.kind(), ErrorKind::kCorruption) << operation << ": " << error.message();
    EXPECT_NE(error.message().find(id), std::string::npos) << operation << ": " << error.message();
  }

  FsckWorld world_;
  std::optional<VersionStore> store_;
};

TEST_P(DamagedTables, ARangeIsNamedByWhoeverNeedsIt) {
  const RangeInfo range = world_.ranges().back();
  const std::string id = range.id.str();
  const ObjectPath path = ObjectPath::trusted(range.max_key);
  damage(id);
  const RepositoryPtr& repo = world_.world.repo;
  const BranchId main = world_.world.main;
  expect_named(run(store_->get_entry(Context(), repo, "main", path)), id, "get");
  expect_named(run(store_->list(Context(), repo, "main", ListRequest())), id, "list");
  WriteCondition condition;
  condition.if_absent = true;
  expect_named(
      run(store_->set_entry(Context(), repo, main, path, testing::entry_of("x"), condition)), id,
      "conditional put");
  expect_named(run(store_->delete_entry(Context(), repo, main, path)), id, "delete");

  // A commit that has to rewrite the range.
  const Bytes before = world_.row("branches/dev");
  ASSERT_TRUE(run(store_->set_entry(Context(), repo, main, path, testing::entry_of("x"), {})));
  CommitRequest request;
  request.committer = "jo";
  request.message = "over damage";
  expect_named(run(store_->commit(Context(), repo, main, request)), id, "commit");
  EXPECT_EQ(world_.branch("main").commit_id, world_.second->id) << "the head stays";
  EXPECT_EQ(world_.row("branches/dev"), before);

  // What does not need it.
  const ObjectPath other = ObjectPath::trusted(world_.ranges().front().max_key);
  EXPECT_TRUE(run(store_->get_entry(Context(), repo, "v1", other)));
  EXPECT_TRUE(run(store_->get_entry(Context(), repo, "main", path))) << "what is staged over it";
  EXPECT_TRUE(run(store_->list_branches(Context(), repo, PageRequest(), false)));
}

TEST_P(DamagedTables, AMetarangeIsNamedByWhoeverNeedsIt) {
  const std::string id = world_.second->commit.meta_range_id.str();
  damage(id);
  const RepositoryPtr& repo = world_.world.repo;
  const ObjectPath path = ObjectPath::trusted("e");
  expect_named(run(store_->get_entry(Context(), repo, "v1", path)), id, "get");
  expect_named(run(store_->list(Context(), repo, "v1", ListRequest())), id, "list");
  EXPECT_TRUE(run(store_->get_entry(Context(), repo, "dev", path))) << "another tree";
  EXPECT_TRUE(run(store_->get_commit(Context(), repo, world_.second->id)));
}

INSTANTIATE_TEST_SUITE_P(Ways, DamagedTables, ::testing::ValuesIn(kDamages),
                         [](const ::testing::TestParamInfo<Damage>& info) {
                           return info.param.name;
                         });

}  // namespace
}  // namespace tarn::graveler
