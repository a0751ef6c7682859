// Merges and differences of random trees against the same over plain maps. Trees are made of few
// letters, so that contents meet by chance (two paths with one identity once hid conflicts
// elsewhere), and of small ranges, so that every way of skipping one is taken. Invariants: the
// merged tree holds what the merge table says for each key; conflicts are exactly those keys; a
// merge that changes nothing on one side gives the other side's very tree; a difference, however it
// is paged, is the naive one.
#include "block/open.h"
#include "graveler/merge.h"
#include "graveler/testing/model.h"
#include "graveler/testing/world.h"
#include "graveler/tree_writer.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace tarn::graveler {
namespace {

using tarn::testing::run;

const StorageNamespace kNamespace = StorageNamespace::trusted("mem://bucket/repo");
using testing::Content;
using testing::Model;
using testing::ModelDiff;
constexpr std::uint64_t kSeeds = 150;

/// Trees over a memory store, and their content.
class Forest {
 public:
  explicit Forest(std::uint64_t raggedness) { split_.raggedness_entries = raggedness; }

  TreeId write(const Content& content) {
    TreeWriter writer(tables_, kNamespace, split_);
    return {kNamespace, testing::write_tree(writer, content)};
  }

  Content read(const MetaRangeId& id) {
    Content out;
    auto all = [](Tables& tables, TreeId tree, Content& content) -> Task<Result<void>> {
      Context ctx;
      TreeCursor cursor(tables, std::move(tree));
      TARN_CO_CHECK_OK(co_await cursor.seek(ctx, std::string()));
      while (cursor.valid()) {
        TARN_CO_TRY(const sstable::Value value, cursor.value());
        TARN_CO_TRY(const Entry entry, decode_entry(value.data));
        content.emplace(cursor.key(), entry.etag);
        TARN_CO_TRY(const bool moved, cursor.step());
        if (!moved) {
          TARN_CO_CHECK_OK(co_await cursor.next_range(ctx));
        }
      }
      co_return Result<void>();
    };
    const Result<void> done = run(all(tables_, {kNamespace, id}, out));
    EXPECT_TRUE(done) << done.error().message();
    return out;
  }

  MergedTree merge(MergeTrees trees) {
    Result<MergedTree> merged = run(merge_trees(Context(), tables_, std::move(trees), split_));
    EXPECT_TRUE(merged) << merged.error().message();
    return *std::move(merged);
  }

  Paged<Difference> diff(MergeTrees trees, ListRequest request) {
    auto found = run(diff_trees(Context(), tables_, std::move(trees), std::move(request)));
    EXPECT_TRUE(found) << found.error().message();
    return *std::move(found);
  }

 private:
  SystemClock clock_;
  SeededRng rng_{1};
  std::unique_ptr<block::Adapter> blocks_ = block::open_mem(clock_, rng_);
  Tables tables_{*blocks_, {}};
  sstable::SplitOptions split_;
};

char letter(DiffType type) {
  constexpr char kLetters[] = {'+', '-', '~', '/', '!'};
  return kLetters[static_cast<std::size_t>(type)];
}

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : rng_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return rng_.below(bound); }

  std::string path() {
    std::string out;
    for (std::uint64_t depth = 1 + below(2); depth > 0; --depth) {
      out.append(out.empty() ? "" : "/").push_back(static_cast<char>('a' + below(4)));
    }
    // Runs of neighbours, so that some ranges stay as they are.
    return out + std::to_string(below(8));
  }
  std::string text() { return std::string(1, static_cast<char>('A' + below(4))); }

  Content content(std::uint64_t size_max) {
    Content out;
    for (std::uint64_t left = below(size_max + 1); left > 0; --left) {
      out.insert_or_assign(path(), text());
    }
    return out;
  }
  /// A few changes, sometimes of everything under a prefix.
  Content change(Content content) {
    for (std::uint64_t left = below(12); left > 0; --left) {
      if (below(6) == 0) {
        const std::string prefix(1, static_cast<char>('a' + below(5)));
        std::erase_if(content, [&](const auto& item) { return item.first.starts_with(prefix); });
      } else if (below(3) == 0 && !content.empty()) {
        content.erase(
            std::next(content.begin(), static_cast<std::ptrdiff_t>(below(content.size()))));
      } else {
        content.insert_or_assign(path(), text());
      }
    }
    return content;
  }

 private:
  SeededRng rng_;
};

TEST(MergeProperty, TreesMergeAndDifferAsMapsDo) {
  std::size_t with_conflicts = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Generator random(seed);
    Forest forest(1 + random.below(12));
    const Content base = random.content(random.below(4) == 0 ? 0 : 120);
    const Content source = random.change(base);
    const Content destination = random.change(base);
    const auto strategy = static_cast<MergeStrategy>(random.below(3));
    const MergeTrees trees{forest.write(base), forest.write(source), forest.write(destination),
                           strategy};
    const Content expected = Model::merge(base, source, destination, strategy).content;
    const std::vector<std::string> conflicts =
        Model::merge(base, source, destination, MergeStrategy::kNone).conflicts;
    const ModelDiff expected_differences = Model::diff(base, source, destination);
    with_conflicts += conflicts.empty() ? 0 : 1;

    const MergedTree merged = forest.merge(trees);
    if (strategy == MergeStrategy::kNone && !conflicts.empty()) {
      EXPECT_EQ(merged.conflicts, conflicts);
    } else {
      EXPECT_TRUE(merged.conflicts.empty());
      EXPECT_EQ(forest.read(merged.id), expected);
    }
    // Nothing happened on one side: the other side's tree, not only its content.
    EXPECT_EQ(forest.merge({trees.base, trees.source, trees.base, {}}).id, trees.source.id);
    EXPECT_EQ(forest.merge({trees.base, trees.base, trees.destination, {}}).id,
              trees.destination.id);

    ModelDiff differences;
    ListRequest request;
    request.amount = 1 + random.below(20);
    for (bool more = true; more;) {
      const Paged<Difference> page = forest.diff(trees, request);
      for (const Difference& item : page.items) {
        EXPECT_GT(item.path, request.after);
        differences[item.path] = {letter(item.type), item.entry->etag};
        request.after = item.path;
      }
      more = page.more;
      ASSERT_TRUE(!more || !page.items.empty());
    }
    EXPECT_EQ(differences, expected_differences);

    // By prefix, and folded at a delimiter.
    ListRequest folded;
    folded.prefix =
        random.below(2) == 0 ? "" : std::string(1, static_cast<char>('a' + random.below(5)));
    folded.delimiter = "/";
    folded.amount = 1000;
    std::set<std::string> groups;
    for (const auto& [path, change] : expected_differences) {
      if (path.starts_with(folded.prefix)) {
        const std::size_t slash = path.find('/', folded.prefix.size());
        groups.insert(slash == std::string::npos ? path : path.substr(0, slash + 1));
      }
    }
    std::set<std::string> seen;
    for (const Difference& item : forest.diff(trees, folded).items) {
      seen.insert(item.path);
    }
    EXPECT_EQ(seen, groups);
  }
  // The generator reaches what it is for.
  EXPECT_GT(with_conflicts, 15);
}

TEST(Merge, LooksAtTheKeyBeforeItComparesWithTheBase) {
  // Equal content under another path must neither hide a conflict nor swallow an addition.
  Forest forest(50000);
  const auto trees = [&forest](const Content& b, const Content& s, const Content& d) {
    return MergeTrees{forest.write(b), forest.write(s), forest.write(d), MergeStrategy::kNone};
  };
  const MergedTree conflict =
      forest.merge(trees({{"k", "X"}}, {{"a", "X"}, {"k", "X"}}, {{"a", "Y"}, {"k", "X"}}));
  EXPECT_EQ(conflict.conflicts, std::vector<std::string>{"a"});
  const MergedTree added =
      forest.merge(trees({{"b", "X"}, {"c", "Y"}}, {{"a", "X"}, {"b", "X"}, {"c", "Y"}}, {}));
  EXPECT_EQ(forest.read(added.id), (Content{{"a", "X"}}));
}

TEST(Merge, ConflictsAreListedUpToALimit) {
  Forest forest(50000);
  Content source;
  Content destination;
  for (int i = 0; i < 250; ++i) {
    const std::string path = "p" + std::to_string(1000 + i);
    source[path] = "s";
    destination[path] = "d";
  }
  const MergedTree merged = forest.merge(
      {forest.write({}), forest.write(source), forest.write(destination), MergeStrategy::kNone});
  ASSERT_EQ(merged.conflicts.size(), kConflictsMax);
  EXPECT_EQ(merged.conflicts.front(), "p1000");
  EXPECT_EQ(merged.conflicts.back(), "p1099");
}

TEST(MergeStrategyNames, ReadWhatTheApiTakes) {
  EXPECT_EQ(merge_strategy_from_string(""), MergeStrategy::kNone);
  EXPECT_EQ(merge_strategy_from_string("dest-wins"), MergeStrategy::kDestinationWins);
  EXPECT_EQ(merge_strategy_from_string("source-wins"), MergeStrategy::kSourceWins);
  EXPECT_EQ(merge_strategy_from_string("default"), std::nullopt);
  EXPECT_EQ(merge_strategy_from_string("theirs"), std::nullopt);
  EXPECT_EQ(to_string(MergeStrategy::kNone), "default");
  EXPECT_EQ(to_string(MergeStrategy::kSourceWins), "source-wins");
}

}  // namespace
}  // namespace tarn::graveler
