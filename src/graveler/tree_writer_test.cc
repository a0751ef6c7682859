// The writer works on several threads; a naive one that takes record after record is its oracle.
// Invariants: same metarange whatever the sizes; ranges before their metarange; bounded uploads.
#include "graveler/tree_writer.h"

#include "block/open.h"
#include "graveler/testing/gated_blocks.h"
#include "graveler/tree.h"
#include "runtime/loop_event.h"
#include "runtime/loops.h"
#include "runtime/parallel.h"
#include "runtime/testing/run.h"
#include "sstable/errors.h"
#include "sstable/sink.h"
#include "sstable/writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace tarn::graveler {
namespace {

using tarn::testing::run;
using testing::GatedBlocks;

const StorageNamespace kNamespace = StorageNamespace::trusted("mem://bucket/repo");
using Records = std::map<std::string, std::string>;

std::string stored(const std::string& text) {
  std::string out;
  EXPECT_TRUE(sstable::append_value({text, text}, out));
  return out;
}

/// A metarange of ranges written one after the other, on one thread and in memory.
class Naive {
 public:
  explicit Naive(sstable::SplitOptions split) : split_(split) {}

  void add(const std::string& key, const std::string& value) {
    if (!writer_) {
      writer_.emplace(sink_, sstable::range_metadata());
    }
    ASSERT_TRUE(writer_->add(key, value));
    if (sstable::ends_range(split_, key, writer_->estimated_size_bytes())) {
      close();
    }
  }
  void close() {
    if (!writer_) {
      return;
    }
    const auto info = writer_->finish();
    ASSERT_TRUE(info);
    ranges.push_back(RangeInfo{RangeId::trusted(info->id), info->min_key, info->max_key,
                               info->estimated_size_bytes, static_cast<std::int64_t>(info->count)});
    writer_.reset();
  }
  std::string finish() {
    close();
    sstable::Writer writer(sink_, sstable::metarange_metadata());
    for (const RangeInfo& range : ranges) {
      const Bytes data = encode_range_data(range);
      const sstable::Value value{range.id.str(), data};
      EXPECT_TRUE(writer.add(range.max_key, value));
    }
    return writer.finish()->id;
  }

  std::vector<RangeInfo> ranges;

 private:
  const sstable::SplitOptions split_;
  Bytes file_;
  sstable::StringSink sink_{file_};
  std::optional<sstable::Writer> writer_;
};

class TreeWriterTest : public ::testing::Test {
 protected:
  Task<Result<MetaRangeId>> write(Records records, sstable::SplitOptions split) {
    TreeWriter writer(tables_, kNamespace, split);
    for (const auto& [key, value] : records) {
      TARN_CO_TRY(const bool room, writer.put(key, std::string_view(value)));
      if (!room) {
        TARN_CO_CHECK_OK(co_await writer.flow(Context()));
      }
    }
    co_return co_await writer.finish(Context());
  }

  /// Keys that share beginnings, values of very different sizes.
  Records records(std::uint64_t seed, std::size_t count, std::size_t value_max) {
    SeededRng rng(seed);
    Records out;
    while (out.size() < count) {
      const std::string key =
          "p" + std::to_string(rng.below(20)) + "/" + std::to_string(rng.below(1'000'000));
      out[key] = stored(rng.bytes(rng.below(value_max)));
    }
    return out;
  }

  SystemClock clock_;
  SeededRng rng_{1};
  GatedBlocks blocks_{block::open_mem(clock_, rng_)};
  Tables tables_{blocks_, {.workers = 3, .uploads_max = 4}};
};

TEST_F(TreeWriterTest, SplitsAsOneThreadWould) {
  struct Case {
    std::size_t count;
    std::size_t value_max;
    sstable::SplitOptions split;
  };
  const std::vector<Case> cases{
      {0, 10, {}},
      {1, 10, {}},
      {3000, 300, {.raggedness_entries = 50}},
      {3000, 300, {.raggedness_entries = 1}},
      {3000, 300, {.max_range_size_bytes = 5000, .raggedness_entries = 200}},
      {3000, 300, {.min_range_size_bytes = 9000, .raggedness_entries = 20}},
      {3000,
       300,
       {.min_range_size_bytes = 3000, .max_range_size_bytes = 4000, .raggedness_entries = 7}},
      // Several batches in a section, and several sections in a batch.
      {6000, 1500, {.raggedness_entries = 1000}},
      {6000, 1500, {.max_range_size_bytes = 700'000, .raggedness_entries = 100'000}},
      {6000, 1500, {.min_range_size_bytes = 600'000, .raggedness_entries = 30}},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Records all = records(i + 1, cases[i].count, cases[i].value_max);
    Naive naive(cases[i].split);
    for (const auto& [key, value] : all) {
      naive.add(key, value);
    }
    const std::string expected = naive.finish();
    const auto id = run(write(all, cases[i].split));
    ASSERT_TRUE(id) << id.error().message();
    EXPECT_EQ(id->str(), expected) << "case " << i << ", " << naive.ranges.size() << " ranges";
  }
}

TEST_F(TreeWriterTest, PutsWholeRangesBetweenRecords) {
  const sstable::SplitOptions split{.raggedness_entries = 30};
  const Records all = records(7, 4000, 100);
  Naive other(split);
  for (const auto& [key, value] : all) {
    other.add(key, value);
  }
  other.close();
  ASSERT_GT(other.ranges.size(), 60U);
  // Every third range is reused, the others are written again, and a record is added behind some.
  Naive expected(split);
  auto rewrite = [&](TreeWriter& writer) -> Task<Result<MetaRangeId>> {
    for (std::size_t i = 0; i < other.ranges.size(); ++i) {
      const RangeInfo& range = other.ranges[i];
      if (i % 3 == 0) {
        expected.close();
        expected.ranges.push_back(range);
        TARN_CO_CHECK_OK(co_await writer.add_range(Context(), range));
      } else {
        for (auto at = all.find(range.min_key); at != all.end() && at->first <= range.max_key;
             ++at) {
          expected.add(at->first, at->second);
          TARN_CO_TRY(const bool room, writer.put(at->first, std::string_view(at->second)));
          if (!room) {
            TARN_CO_CHECK_OK(co_await writer.flow(Context()));
          }
        }
      }
      if (i % 5 == 0) {
        const std::string key = range.max_key + "+";
        expected.add(key, stored("new"));
        const std::string identity = "new";
        const sstable::Value value{identity, identity};
        TARN_CO_CHECK_OK(co_await writer.add(Context(), key, value));
      }
    }
    co_return co_await writer.finish(Context());
  };
  TreeWriter writer(tables_, kNamespace, split);
  const auto id = run(rewrite(writer));
  ASSERT_TRUE(id) << id.error().message();
  EXPECT_EQ(id->str(), expected.finish());
}

TEST_F(TreeWriterTest, RangesAreDurableBeforeTheMetarangeAndUploadsBounded) {
  SeededRng rng(3);
  blocks_.before_put = [&rng](std::string) -> Task<Result<void>> {
    // Puts end in another order than they begin.
    for (std::uint64_t turns = rng.below(20); turns > 0; --turns) {
      co_await yield_loop();
    }
    co_return Result<void>();
  };
  const auto id = run(write(records(5, 5000, 200), {.raggedness_entries = 40}));
  ASSERT_TRUE(id) << id.error().message();
  const std::vector<std::string> done = blocks_.done();
  ASSERT_GT(done.size(), 80U);
  EXPECT_TRUE(done.back().ends_with(id->str()));
  EXPECT_GT(blocks_.running_max, 1);
  EXPECT_LE(blocks_.running_max, 4);
}

TEST_F(TreeWriterTest, AFailedUploadFailsTheTreeAndPublishesNoMetarange) {
  int puts = 0;
  blocks_.before_put = [&puts](std::string) -> Task<Result<void>> {
    co_await yield_loop();
    co_return ++puts == 30 ? Result<void>(Error(kUnavailable, "no room")) : Result<void>();
  };
  const Records all = records(5, 5000, 200);
  const auto id = run(write(all, {.raggedness_entries = 40}));
  ASSERT_FALSE(id);
  EXPECT_TRUE(id.error().is(kUnavailable));
  // Another writer of the same records does not take what failed for done.
  blocks_.before_put = nullptr;
  const auto again = run(write(all, {.raggedness_entries = 40}));
  ASSERT_TRUE(again);
  EXPECT_TRUE(blocks_.done().back().ends_with(again->str()));
}

TEST_F(TreeWriterTest, KeysMustAscendAndRecordsHaveTheirSize) {
  auto disorder = [this]() -> Task<Result<void>> {
    TreeWriter writer(tables_, kNamespace, {});
    const std::string value = stored("v");
    TARN_CO_CHECK_OK(writer.put("b", std::string_view(value)));
    EXPECT_TRUE(writer.put("a", std::string_view(value)).error().is(sstable::kKeysOutOfOrder));
    EXPECT_TRUE(writer.put("b", std::string_view(value)).error().is(sstable::kKeysOutOfOrder));
    TARN_CO_CHECK_OK(co_await writer.flow(Context()));
    EXPECT_TRUE(writer.put("b", std::string_view(value)).error().is(sstable::kKeysOutOfOrder));
    RangeInfo range{RangeId::trusted("r"), "d", "f", 1, 1};
    TARN_CO_CHECK_OK(co_await writer.add_range(Context(), range));
    EXPECT_TRUE(writer.put("e", std::string_view(value)).error().is(sstable::kKeysOutOfOrder));
    range.min_key = "f";
    const Result<void> overlap = co_await writer.add_range(Context(), range);
    EXPECT_TRUE(!overlap && overlap.error().is(sstable::kKeysOutOfOrder));
    // A refused record leaves the tree as it was.
    TARN_CO_CHECK_OK(writer.put("g", std::string_view(value)));
    TARN_CO_CHECK_OK(co_await writer.finish(Context()));
    TreeWriter large(tables_, kNamespace, {});
    const std::string key(2 * kMiB, 'k');
    TARN_CO_CHECK_OK(large.put(key, std::string_view(value)));
    const auto refused = co_await large.finish(Context());
    EXPECT_TRUE(!refused && refused.error().is(sstable::kRecordTooLarge));
    co_return Result<void>();
  };
  const Result<void> done = run(disorder());
  EXPECT_TRUE(done) << done.error().message();
}

TEST_F(TreeWriterTest, ManyWritersShareTheWorkers) {
  const Records all = records(11, 2000, 400);
  const sstable::SplitOptions split{.raggedness_entries = 25};
  Naive naive(split);
  for (const auto& [key, value] : all) {
    naive.add(key, value);
  }
  const std::string expected = naive.finish();
  std::vector<std::string> ids(8);
  auto one = [&](std::size_t index) -> Task<Result<void>> {
    TARN_CO_TRY(const MetaRangeId id, co_await write(all, split));
    ids[index] = id.str();
    co_return Result<void>();
  };
  const Result<void> done = run(parallel_for(ids.size(), ids.size(), one));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(ids, std::vector<std::string>(8, expected));
}

TEST_F(TreeWriterTest, ATreeCanBeReadBeforeItIsDurable) {
  bool open = false;
  LoopEvent opened;
  blocks_.before_put = [&](std::string) -> Task<Result<void>> {
    while (!open) {
      co_await opened.wait();
    }
    co_return Result<void>();
  };
  auto read_early = [&]() -> Task<Result<void>> {
    auto uploads =
        std::make_shared<TableUploads>(Context(), tables_, kNamespace, TableUploads::Reading::kYes);
    TreeWriter writer(tables_, uploads, {.raggedness_entries = 2});
    const std::string text = "one";
    const sstable::Value value{text, text};
    TARN_CO_CHECK_OK(co_await writer.add(Context(), "a", value));
    TARN_CO_CHECK_OK(co_await writer.add(Context(), "b", value));
    TARN_CO_TRY(const MetaRangeId id, co_await writer.finish(Context()));
    EXPECT_TRUE(blocks_.done().empty());
    EXPECT_GT(uploads->readable_bytes(), 0U);
    TreeId tree{kNamespace, id, uploads};
    TARN_CO_TRY(const std::optional<Value> found,
                co_await find_in_tree(Context(), tables_, tree, "b"));
    EXPECT_TRUE(found && found->data == "one");
    // Nobody else may take it for published.
    tree.unpublished = nullptr;
    const auto published = co_await find_in_tree(Context(), tables_, tree, "b");
    EXPECT_FALSE(published);
    open = true;
    opened.notify();
    TARN_CO_CHECK_OK(co_await uploads->wait());
    TARN_CO_TRY(const std::optional<Value> later,
                co_await find_in_tree(Context(), tables_, tree, "b"));
    EXPECT_TRUE(later && later->data == "one");
    co_return Result<void>();
  };
  const Result<void> done = run(read_early());
  EXPECT_TRUE(done) << done.error().message();
}

struct Walked {
  Records content;
  std::vector<RangeInfo> ranges;
};

Task<Result<Walked>> walk(Tables& tables, TreeId tree) {
  Walked out;
  RangeCursor ranges(tables, tree);
  TARN_CO_CHECK_OK(co_await ranges.seek(Context(), std::string()));
  while (ranges.valid()) {
    out.ranges.push_back(ranges.range());
    TARN_CO_CHECK_OK(ranges.next());
  }
  TreeCursor records(tables, tree);
  TARN_CO_CHECK_OK(co_await records.seek(Context(), std::string()));
  while (records.valid()) {
    TARN_CO_TRY(const sstable::Value value, records.value());
    std::string whole;
    TARN_CO_CHECK_OK(sstable::append_value(value, whole));
    out.content.emplace(records.key(), std::move(whole));
    TARN_CO_TRY(const bool more, records.step());
    if (!more) {
      TARN_CO_CHECK_OK(co_await records.next_range(Context()));
    }
  }
  co_return out;
}

/// Puts the ranges of a tree and the records between them into a new one.
Task<Result<MetaRangeId>> put_together(TreeWriter& writer, std::vector<RangeInfo> ranges,
                                       Records records) {
  auto at = records.begin();
  ranges.push_back({});
  for (const RangeInfo& range : ranges) {
    const bool last = &range == &ranges.back();
    for (; at != records.end() && (last || at->first < range.min_key); ++at) {
      TARN_CO_TRY(const bool room, writer.put(at->first, std::string_view(at->second)));
      if (!room) {
        TARN_CO_CHECK_OK(co_await writer.flow(Context()));
      }
    }
    if (!last) {
      TARN_CO_CHECK_OK(co_await writer.add_range(Context(), range));
    }
  }
  co_return co_await writer.finish(Context());
}

// Goal: trees that grow by few records at a time are made of few ranges, and lose nothing. Method:
// records between and behind the ranges of a random tree; the content is that of a map, and no new
// range has a neighbour with which it should have been one.
TEST_F(TreeWriterTest, JoinsSmallRangesWithRecordsBesideThem) {
  constexpr std::uint64_t kJoin = 3000;
  std::size_t joined = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SeededRng rng(seed);
    const sstable::SplitOptions old_split{.max_range_size_bytes = 400 + rng.below(4000),
                                          .raggedness_entries = 5 + rng.below(1000)};
    const Records all = records(seed, 50 + rng.below(400), 60);
    Records kept;
    Records added;
    for (const auto& [key, value] : all) {
      (rng.below(8) == 0 ? added : kept)[key] = value;
    }
    const auto old_id = run(write(kept, old_split));
    ASSERT_TRUE(old_id);
    const auto before = run(walk(tables_, TreeId{kNamespace, *old_id}));
    ASSERT_TRUE(before);
    // A record inside a range belongs to those who rewrite it.
    std::erase_if(added, [&before](const auto& record) {
      return std::ranges::any_of(before->ranges, [&record](const RangeInfo& range) {
        return record.first > range.min_key && record.first < range.max_key;
      });
    });
    const sstable::SplitOptions split{.raggedness_entries = 100'000, .join_size_bytes = kJoin};
    TreeWriter writer(tables_, kNamespace, split);
    const auto id = run(put_together(writer, before->ranges, added));
    ASSERT_TRUE(id) << id.error().message();
    const auto after = run(walk(tables_, TreeId{kNamespace, *id}));
    ASSERT_TRUE(after) << after.error().message();
    Records expected = kept;
    expected.insert(added.begin(), added.end());
    ASSERT_EQ(after->content, expected) << "seed " << seed;
    const auto is_old = [&before](const RangeInfo& range) {
      return std::ranges::find(before->ranges, range.id, &RangeInfo::id) != before->ranges.end();
    };
    for (std::size_t i = 0; i < after->ranges.size(); ++i) {
      const RangeInfo& range = after->ranges[i];
      if (is_old(range)) {
        continue;
      }
      joined += range.count > 1 ? 1 : 0;
      // One that begins with an old range has joined what was before it.
      const bool begins_old = std::ranges::find(before->ranges, range.min_key,
                                                &RangeInfo::min_key) != before->ranges.end();
      if (i > 0 && is_old(after->ranges[i - 1]) && !begins_old) {
        EXPECT_GT(after->ranges[i - 1].estimated_size_bytes, kJoin / 2) << "seed " << seed;
      }
      if (i + 1 < after->ranges.size()) {
        EXPECT_GT(range.estimated_size_bytes + after->ranges[i + 1].estimated_size_bytes, kJoin / 2)
            << "seed " << seed;
      }
    }
    if (added.empty()) {
      EXPECT_EQ(*id, *old_id);
    }
  }
  EXPECT_GT(joined, 30U);
}

TEST_F(TreeWriterTest, ATreeThatGrowsRecordByRecordHasFewRanges) {
  const sstable::SplitOptions split{.join_size_bytes = 4000};
  std::vector<RangeInfo> ranges;
  Records all;
  SeededRng rng(9);
  for (int i = 0; i < 300; ++i) {
    const std::string key = "k" + std::to_string(100'000 + i);
    const Records one{{key, stored(rng.bytes(50))}};
    all.insert(one.begin(), one.end());
    TreeWriter writer(tables_, kNamespace, split);
    const auto id = run(put_together(writer, ranges, one));
    ASSERT_TRUE(id) << id.error().message();
    const auto walked = run(walk(tables_, TreeId{kNamespace, *id}));
    ASSERT_TRUE(walked);
    ranges = walked->ranges;
    ASSERT_EQ(walked->content, all);
  }
  // 300 records of some 110 bytes, at least 2,000 bytes a range.
  EXPECT_LE(ranges.size(), 17U);
}

TEST_F(TreeWriterTest, ARangeToJoinThatIsGoneIsCorruption) {
  const RangeInfo gone{RangeId::trusted(std::string(64, 'a')), "m", "n", 10, 1};
  for (const char* key : {"a", "z"}) {
    TreeWriter writer(tables_, kNamespace, {.join_size_bytes = 1000});
    const auto id = run(put_together(writer, {gone}, {{key, stored("v")}}));
    ASSERT_FALSE(id) << key;
    EXPECT_TRUE(id.error().is(kCorruption)) << id.error().message();
  }
}

}  // namespace
}  // namespace tarn::graveler
