// Imported trees: random trees and replaced paths against the same over plain maps; ranges taken
// over by id; the commit, its hooks and its refusals.
#include "graveler/import_tree.h"

#include "block/open.h"
#include "graveler/testing/world.h"
#include "graveler/tree_writer.h"
#include "runtime/testing/run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace tarn::graveler {
namespace {

using tarn::testing::run;
using testing::entry_of;
using testing::World;
using Content = std::map<std::string, std::string>;

constexpr std::uint64_t kSeeds = 200;

std::unique_ptr<TreeWriter> writer_of(World& world) {
  return world.store().tree_writer(world.repo);
}

MetaRangeId write(World& world, const Content& content) {
  return testing::write_tree(*writer_of(world), content);
}

struct Tree {
  Content content;
  std::vector<std::string> ranges;
};

Tree read(World& world, const MetaRangeId& id) {
  Tree out;
  auto all = [](Tables& tables, TreeId tree, Tree& into) -> Task<Result<void>> {
    Context ctx;
    RangeCursor ranges(tables, tree);
    TARN_CO_CHECK_OK(co_await ranges.seek(ctx, std::string()));
    while (ranges.valid()) {
      into.ranges.push_back(ranges.range().id.str());
      TARN_CO_CHECK_OK(ranges.next());
    }
    TreeCursor cursor(tables, std::move(tree));
    TARN_CO_CHECK_OK(co_await cursor.seek(ctx, std::string()));
    while (cursor.valid()) {
      TARN_CO_TRY(const sstable::Value value, cursor.value());
      TARN_CO_TRY(const Entry entry, decode_entry(value.data));
      into.content.emplace(cursor.key(), entry.etag);
      TARN_CO_TRY(const bool moved, cursor.step());
      if (!moved) {
        TARN_CO_CHECK_OK(co_await cursor.next_range(ctx));
      }
    }
    co_return Result<void>();
  };
  const Result<void> done =
      run(all(world.store().tables(), {world.repo->storage_namespace, id}, out));
  EXPECT_TRUE(done) << done.error().message();
  return out;
}

StoreConfig small_ranges(std::uint64_t raggedness) {
  StoreConfig config;
  config.split.raggedness_entries = raggedness;
  return config;
}

MetaRangeId overlay(World& world, const MetaRangeId& destination, const MetaRangeId& source,
                    std::vector<ReplacedPath> replaced, std::uint64_t raggedness) {
  const StorageNamespace& ns = world.repo->storage_namespace;
  OverlayTrees trees{{ns, destination}, {ns, source}, std::move(replaced)};
  Result<MetaRangeId> id = run(overlay_trees(Context(), world.store().tables(), std::move(trees),
                                             small_ranges(raggedness).split));
  EXPECT_TRUE(id) << id.error().message();
  return *id;
}

std::string random_path(SeededRng& rng) {
  std::string path;
  for (std::uint64_t left = 1 + rng.below(4); left > 0; --left) {
    path.push_back("ab/\xff"[rng.below(4)]);
  }
  return path;
}

Content random_content(SeededRng& rng) {
  Content out;
  for (std::uint64_t left = rng.below(60); left > 0; --left) {
    out[random_path(rng)] = std::string(1, static_cast<char>('0' + rng.below(3)));
  }
  return out;
}

TEST(OverlayTrees, IsTheSourceOverWhatIsNotReplaced) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SeededRng rng(seed);
    const std::uint64_t raggedness = 1 + rng.below(6);
    World world(small_ranges(raggedness));
    const Content before = random_content(rng);
    const Content source = random_content(rng);
    std::vector<ReplacedPath> replaced;
    for (std::uint64_t left = rng.below(4); left > 0; --left) {
      const bool is_prefix = rng.below(2) == 0;
      const bool everything = is_prefix && rng.below(8) == 0;
      replaced.push_back({everything ? "" : random_path(rng), is_prefix});
    }
    Content expected = source;
    for (const auto& item : before) {
      const std::string& path = item.first;
      const bool gone = std::ranges::any_of(replaced, [&path](const ReplacedPath& one) {
        return one.is_prefix ? path.starts_with(one.path) : path == one.path;
      });
      if (!gone) {
        expected.insert(item);
      }
    }
    const MetaRangeId made =
        overlay(world, write(world, before), write(world, source), replaced, raggedness);
    EXPECT_EQ(read(world, made).content, expected) << "seed " << seed;
  }
}

TEST(OverlayTrees, TakesRangesOverById) {
  World world(small_ranges(20));
  Content before;
  Content source;
  for (int i = 0; i < 1000; ++i) {
    before[fmt::format("a/{:04}", i)] = "1";
    before[fmt::format("z/{:04}", i)] = "1";
    source[fmt::format("m/{:04}", i)] = "1";
  }
  const MetaRangeId old_tree = write(world, before);
  const MetaRangeId new_tree = write(world, source);
  const std::vector<std::string> old_ranges = read(world, old_tree).ranges;
  const std::vector<std::string> new_ranges = read(world, new_tree).ranges;
  const auto taken = [](const std::vector<std::string>& from,
                        const std::vector<std::string>& into) {
    return std::ranges::count_if(
        from, [&into](const std::string& id) { return std::ranges::count(into, id) > 0; });
  };
  const auto made = read(world, overlay(world, old_tree, new_tree, {{"m/", true}}, 20)).ranges;
  ASSERT_GT(old_ranges.size(), 30U);
  // At most the range of the destination in which the source begins is written again, and the
  // source's first and last one, which may join with what is beside them.
  EXPECT_GE(taken(old_ranges, made), static_cast<std::ptrdiff_t>(old_ranges.size()) - 1);
  EXPECT_GE(taken(new_ranges, made), static_cast<std::ptrdiff_t>(new_ranges.size()) - 2);
  // The same again changes nothing.
  const MetaRangeId once = overlay(world, old_tree, new_tree, {{"m/", true}}, 20);
  const auto twice = read(world, overlay(world, once, new_tree, {{"m/", true}}, 20)).ranges;
  EXPECT_GE(taken(made, twice), static_cast<std::ptrdiff_t>(made.size()) - 2);
}

ImportRequest request_of(MetaRangeId source, std::string prefix) {
  ImportRequest request;
  request.source = std::move(source);
  request.replaced = {{std::move(prefix), true}};
  request.committer = "jo";
  request.message = "imported";
  request.metadata = {{"who", "cares"}};
  return request;
}

TEST(ImportTree, IsOneCommitOnTheHead) {
  World world;
  testing::RecordingHooks hooks;
  ASSERT_TRUE(world.put("a/old", "1"));
  ASSERT_TRUE(world.put("b", "1"));
  const auto head = world.commit("base");
  world.store().set_hooks(hooks);
  const MetaRangeId source = write(world, {{"a/new", "2"}});
  const auto made =
      run(world.store().import_tree(Context(), world.repo, world.main, request_of(source, "a/")));
  ASSERT_TRUE(made) << made.error().message();
  const Commit& commit = (*made)->commit;
  EXPECT_EQ(world.list("main"), "a/new=2 b=1");
  EXPECT_EQ(commit.parents, std::vector<CommitId>{(*head)->id});
  EXPECT_EQ(commit.generation, (*head)->commit.generation + 1);
  EXPECT_EQ(commit.message, "imported");
  EXPECT_EQ(commit.metadata,
            (Metadata{{"who", "cares"}, {".lakefs.merge.strategy", "source-wins"}}));
  EXPECT_EQ(hooks.seen, "pre-commit post-commit");
}

TEST(ImportTree, RefusesWhatItWouldSpoil) {
  World world;
  ASSERT_TRUE(world.put("a", "1"));
  ASSERT_TRUE(world.commit("base"));
  const MetaRangeId source = write(world, {{"n", "2"}});
  ASSERT_TRUE(world.put("b", "staged"));
  const auto dirty =
      run(world.store().import_tree(Context(), world.repo, world.main, request_of(source, "")));
  ASSERT_FALSE(dirty);
  EXPECT_TRUE(dirty.error().is(kDirtyBranch));
  ASSERT_TRUE(world.remove("b"));
  const auto missing =
      run(world.store().import_tree(Context(), world.repo, world.main,
                                    request_of(MetaRangeId::trusted(std::string(64, 'a')), "")));
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().is(kMetaRangeNotFound)) << missing.error().message();
  testing::RecordingHooks hooks;
  hooks.refuse = Event::kPreCommit;
  world.store().set_hooks(hooks);
  const auto refused =
      run(world.store().import_tree(Context(), world.repo, world.main, request_of(source, "")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "update branch main: pre-commit hook aborted, run id 'run1': no");
  EXPECT_EQ(world.list("main"), "a=1");
}

}  // namespace
}  // namespace tarn::graveler
