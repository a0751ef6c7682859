#include "kv/testing/store_suite.h"

#include "base/clock.h"
#include "runtime/loops.h"
#include "runtime/task_group.h"
#include "runtime/testing/run.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

namespace tarn::kv::testing {

using tarn::testing::run;

void StoreSuite::SetUp() { world_ = GetParam().make(); }

namespace {

Result<void> put(Store& store, std::string partition, std::string key, Bytes value) {
  return run(store.set(Context(), Key{.partition = std::move(partition), .key = std::move(key)},
                       std::move(value)));
}

Result<void> put_if(Store& store, std::string partition, std::string key, Bytes value,
                    Predicate expected) {
  return run(store.set_if(Context(), Key{.partition = std::move(partition), .key = std::move(key)},
                          std::move(value), std::move(expected)));
}

/// The row's value, or its error's text in angle brackets.
std::string fetch(Store& store, std::string partition, std::string key) {
  Result<Bytes> value =
      run(store.get(Context(), Key{.partition = std::move(partition), .key = std::move(key)}));
  return value ? *value : "<" + value.error().message() + ">";
}

/// All keys of a partition, page by page.
std::vector<std::string> keys(Store& store, const std::string& partition,
                              ScanOptions options = {}) {
  std::vector<std::string> all;
  for (;;) {
    Result<Page> page = run(store.scan(Context(), partition, options));
    if (!page) {
      ADD_FAILURE() << page.error().message();
      return all;
    }
    EXPECT_LE(page->entries.size(), options.limit == 0 ? 1U << 20 : options.limit);
    for (const Entry& entry : page->entries) {
      all.push_back(entry.key);
    }
    if (!page->more) {
      return all;
    }
    if (page->entries.empty()) {
      ADD_FAILURE() << "an empty page says that there is more";
      return all;
    }
    options.start = next_key(page->entries.back().key);
  }
}

using Keys = std::vector<std::string>;

}  // namespace

TEST_P(StoreSuite, ReadsWhatWasWritten) {
  ASSERT_TRUE(put(store(), "p", "k", "v"));
  EXPECT_EQ(fetch(store(), "p", "k"), "v");
  ASSERT_TRUE(put(store(), "p", "k", "w"));
  EXPECT_EQ(fetch(store(), "p", "k"), "w");
}

TEST_P(StoreSuite, SaysThatAKeyIsMissing) {
  ASSERT_TRUE(put(store(), "p", "k", "v"));
  Result<Bytes> value = run(store().get(Context(), Key{.partition = "p", .key = "other"}));
  ASSERT_FALSE(value);
  EXPECT_TRUE(value.error().is(kKeyNotFound));
  EXPECT_EQ(fetch(store(), "q", "k"), "<key not found>");
}

TEST_P(StoreSuite, KeepsEmptyValues) {
  ASSERT_TRUE(put(store(), "p", "k", ""));
  EXPECT_EQ(fetch(store(), "p", "k"), "");
  EXPECT_TRUE(put_if(store(), "p", "k", "v", Predicate::equals("")));
  EXPECT_FALSE(put_if(store(), "p", "absent", "v", Predicate::equals("")));
}

TEST_P(StoreSuite, RefusesEmptyPartitionsAndKeys) {
  EXPECT_TRUE(put(store(), "", "k", "v").error().is(kMissingPartition));
  EXPECT_TRUE(put(store(), "p", "", "v").error().is(kMissingKey));
  EXPECT_EQ(fetch(store(), "", "k"), "<missing partition key>");
  EXPECT_EQ(fetch(store(), "p", ""), "<missing key>");
  EXPECT_TRUE(put_if(store(), "p", "", "v", Predicate::absent()).error().is(kMissingKey));
  EXPECT_TRUE(
      run(store().remove(Context(), Key{.partition = "p", .key = ""})).error().is(kMissingKey));
  EXPECT_TRUE(run(store().scan(Context(), "", ScanOptions())).error().is(kMissingPartition));
  EXPECT_TRUE(run(store().remove_partition(Context(), "")).error().is(kMissingPartition));
  std::vector<Entry> rows{Entry{.key = "a", .value = "1"}, Entry{.key = "", .value = "2"}};
  EXPECT_TRUE(run(store().set_many(Context(), "p", rows)).error().is(kMissingKey));
  EXPECT_EQ(keys(store(), "p"), Keys{}) << "a refused batch writes nothing";
  EXPECT_TRUE(store().get_now(Key{.partition = "", .key = "k"})->error().is(kMissingPartition));
}

TEST_P(StoreSuite, RemovesRowsAndForgivesMissingOnes) {
  ASSERT_TRUE(put(store(), "p", "k", "v"));
  EXPECT_TRUE(run(store().remove(Context(), Key{.partition = "p", .key = "k"})));
  EXPECT_EQ(fetch(store(), "p", "k"), "<key not found>");
  EXPECT_TRUE(run(store().remove(Context(), Key{.partition = "p", .key = "k"})));
  EXPECT_TRUE(run(store().remove(Context(), Key{.partition = "nowhere", .key = "k"})));
}

TEST_P(StoreSuite, SetIfAbsentWritesOnce) {
  EXPECT_TRUE(put_if(store(), "p", "k", "first", Predicate::absent()));
  Result<void> second = put_if(store(), "p", "k", "second", Predicate::absent());
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(kPredicateFailed));
  EXPECT_EQ(fetch(store(), "p", "k"), "first");
  ASSERT_TRUE(run(store().remove(Context(), Key{.partition = "p", .key = "k"})));
  EXPECT_TRUE(put_if(store(), "p", "k", "third", Predicate::absent()));
}

TEST_P(StoreSuite, SetIfExistsNeedsTheRow) {
  EXPECT_TRUE(put_if(store(), "p", "k", "v", Predicate::exists()).error().is(kPredicateFailed));
  EXPECT_EQ(fetch(store(), "p", "k"), "<key not found>");
  ASSERT_TRUE(put(store(), "p", "k", "v"));
  EXPECT_TRUE(put_if(store(), "p", "k", "w", Predicate::exists()));
  EXPECT_EQ(fetch(store(), "p", "k"), "w");
}

TEST_P(StoreSuite, SetIfEqualsComparesAllBytes) {
  const Bytes binary("a\0b", 3);
  ASSERT_TRUE(put(store(), "p", "k", binary));
  EXPECT_FALSE(put_if(store(), "p", "k", "x", Predicate::equals("a")));
  EXPECT_FALSE(put_if(store(), "p", "k", "x", Predicate::equals(binary + '\0')));
  EXPECT_TRUE(put_if(store(), "p", "k", "x", Predicate::equals(binary)));
  EXPECT_EQ(fetch(store(), "p", "k"), "x");
}

TEST_P(StoreSuite, OrdersKeysAsUnsignedBytes) {
  const Keys expected{std::string("\0", 1),
                      std::string("\0\0", 2),
                      std::string("\0\xff", 2),
                      std::string("\1"),
                      "a",
                      std::string("a\0", 2),
                      "aa",
                      "b",
                      "\x7f",
                      "\x80",
                      "\xff",
                      "\xff\xff"};
  Keys shuffled = expected;
  std::reverse(shuffled.begin(), shuffled.end());
  for (const std::string& key : shuffled) {
    ASSERT_TRUE(put(store(), "p", key, "v"));
  }
  EXPECT_EQ(keys(store(), "p"), expected);
  ScanOptions from;
  from.start = "a";
  EXPECT_EQ(keys(store(), "p", from), Keys(expected.begin() + 4, expected.end()));
  from.start = next_key("a");
  EXPECT_EQ(keys(store(), "p", from), Keys(expected.begin() + 5, expected.end()));
  ScanOptions high;
  high.prefix = "\xff";
  EXPECT_EQ(keys(store(), "p", high), Keys(expected.end() - 2, expected.end()));
}

TEST_P(StoreSuite, PagesThroughManyRows) {
  std::vector<Entry> rows;
  Keys expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string key = std::to_string(10000 + i);
    rows.push_back(Entry{.key = key, .value = "v" + key});
    expected.push_back(key);
  }
  ASSERT_TRUE(run(store().set_many(Context(), "p", rows)));
  for (const std::size_t limit :
       {std::size_t{1}, std::size_t{7}, std::size_t{100}, std::size_t{999}, std::size_t{1000},
        std::size_t{5000}, std::size_t{0}}) {
    ScanOptions options;
    options.limit = limit;
    EXPECT_EQ(keys(store(), "p", options), expected) << "limit " << limit;
  }
  ScanOptions three;
  three.limit = 3;
  Result<Page> page = run(store().scan(Context(), "p", three));
  ASSERT_TRUE(page);
  ASSERT_EQ(page->entries.size(), 3U);
  EXPECT_TRUE(page->more);
  EXPECT_EQ(page->entries[1].value, "v10001");
}

TEST_P(StoreSuite, AFullLastPageMayEndTheScan) {
  ASSERT_TRUE(put(store(), "p", "a", "1"));
  ASSERT_TRUE(put(store(), "p", "b", "2"));
  ScanOptions two;
  two.limit = 2;
  EXPECT_EQ(keys(store(), "p", two), (Keys{"a", "b"}));
}

TEST_P(StoreSuite, ScansAPrefixOnly) {
  for (const char* key : {"a", "b", "b/", "b/1", "b/2", "b0", "c"}) {
    ASSERT_TRUE(put(store(), "p", key, "v"));
  }
  ScanOptions options;
  options.prefix = "b/";
  EXPECT_EQ(keys(store(), "p", options), (Keys{"b/", "b/1", "b/2"}));
  options.limit = 1;
  EXPECT_EQ(keys(store(), "p", options), (Keys{"b/", "b/1", "b/2"}));
  options.start = "b/1";
  EXPECT_EQ(keys(store(), "p", options), (Keys{"b/1", "b/2"}));
  options.start = "a";
  EXPECT_EQ(keys(store(), "p", options), (Keys{"b/", "b/1", "b/2"})) << "a start before the prefix";
  options.start = "c";
  EXPECT_EQ(keys(store(), "p", options), Keys{}) << "a start past the prefix";
  options.start.clear();
  options.prefix = "nothing";
  EXPECT_EQ(keys(store(), "p", options), Keys{});
}

TEST_P(StoreSuite, KeepsPartitionsApart) {
  // Partitions that are prefixes of one another, and partition/key pairs whose plain concatenations
  // are equal.
  const Keys partitions{"a",
                        "ab",
                        "a/",
                        std::string("a\0", 2),
                        std::string("a\0\x01", 3),
                        std::string("a\0\xff", 3),
                        std::string("a\x01"),
                        "\xff",
                        "\xff\xff"};
  for (const std::string& partition : partitions) {
    for (const std::string& key :
         {std::string("b"), std::string("bc"), std::string("\0", 1), std::string("\xff")}) {
      ASSERT_TRUE(put(store(), partition, key, partition + "|" + key));
    }
  }
  const Keys expected{std::string("\0", 1), "b", "bc", "\xff"};
  for (const std::string& partition : partitions) {
    EXPECT_EQ(keys(store(), partition), expected);
    EXPECT_EQ(fetch(store(), partition, "bc"), partition + "|bc");
  }
  ASSERT_TRUE(run(store().remove_partition(Context(), "a")));
  EXPECT_EQ(keys(store(), "a"), Keys{});
  for (std::size_t i = 1; i < partitions.size(); ++i) {
    EXPECT_EQ(keys(store(), partitions[i]), expected) << i;
  }
}

TEST_P(StoreSuite, RemovesSmallAndLargePartitions) {
  for (const int count : {1, 256, 257, 3000}) {
    std::vector<Entry> rows;
    for (int i = 0; i < count; ++i) {
      rows.push_back(Entry{.key = std::to_string(i), .value = "v"});
    }
    ASSERT_TRUE(run(store().set_many(Context(), "p", rows)));
    ASSERT_TRUE(run(store().remove_partition(Context(), "p")));
    EXPECT_EQ(keys(store(), "p"), Keys{}) << count;
    ASSERT_TRUE(put(store(), "p", "again", "v"));
    EXPECT_EQ(keys(store(), "p"), Keys{"again"}) << "a removed partition can be used again";
  }
  EXPECT_TRUE(run(store().remove_partition(Context(), "never written")));
}

TEST_P(StoreSuite, HoldsLargeValues) {
  std::string large(3 * kMiB, 'x');
  for (std::size_t i = 0; i < large.size(); i += 97) {
    large[i] = static_cast<char>(i);
  }
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(put(store(), "p", "k" + std::to_string(i), large));
  }
  EXPECT_EQ(fetch(store(), "p", "k2"), large);
  EXPECT_EQ(keys(store(), "p").size(), 4U);
  EXPECT_TRUE(put_if(store(), "p", "k2", "small", Predicate::equals(large)));
}

TEST_P(StoreSuite, SetManyWritesInOrder) {
  std::vector<Entry> rows{Entry{.key = "k", .value = "1"}, Entry{.key = "k", .value = "2"}};
  ASSERT_TRUE(run(store().set_many(Context(), "p", rows)));
  EXPECT_EQ(fetch(store(), "p", "k"), "2");
  EXPECT_TRUE(run(store().set_many(Context(), "p", std::vector<Entry>())));
}

TEST_P(StoreSuite, ReadsNowOnlyWhatIsTrue) {
  ASSERT_TRUE(put(store(), "p", "k", "v"));
  const std::optional<Result<Bytes>> present = store().get_now(Key{.partition = "p", .key = "k"});
  if (present) {
    EXPECT_EQ(present->value(), "v");
  }
  const std::optional<Result<Bytes>> absent =
      store().get_now(Key{.partition = "p", .key = "other"});
  if (absent) {
    EXPECT_TRUE(absent->error().is(kKeyNotFound));
  }
}

TEST_P(StoreSuite, DoesNothingForACancelledOrLateCaller) {
  CancelSource source;
  source.cancel(CancelReason::kClientGone);
  const Context gone("r1", source.token());
  const SystemClock clock;
  const Context late = Context().with_deadline(clock.steady_now() - std::chrono::seconds(1));
  const Key key{.partition = "p", .key = "k"};
  EXPECT_TRUE(run(store().set(gone, key, "v")).error().is(kCancelled));
  EXPECT_TRUE(run(store().set_if(late, key, "v", Predicate::absent())).error().is(kTimeout));
  EXPECT_TRUE(run(store().get(late, key)).error().is(kTimeout));
  EXPECT_TRUE(run(store().scan(gone, "p", ScanOptions())).error().is(kCancelled));
  EXPECT_EQ(fetch(store(), "p", "k"), "<key not found>");
}

namespace {

constexpr int kRacers = 200;

struct RaceCount {
  std::atomic<int> won = 0;
  std::atomic<int> lost = 0;
  std::atomic<int> failed = 0;

  void count(const Result<void>& outcome) {
    if (outcome) {
      ++won;
    } else if (outcome.error().is(kPredicateFailed)) {
      ++lost;
    } else {
      ++failed;
    }
  }
};

Task<void> create_once(Store& store, int value, RaceCount& race) {
  Key key{.partition = "p", .key = "k"};
  const Result<void> outcome =
      co_await store.set_if(Context(), std::move(key), std::to_string(value), Predicate::absent());
  race.count(outcome);
}

Task<void> swap_once(Store& store, int value, RaceCount& race) {
  Key key{.partition = "p", .key = "k"};
  const Result<void> outcome = co_await store.set_if(
      Context(), std::move(key), std::to_string(value), Predicate::equals("start"));
  race.count(outcome);
}

/// Adds one to a counter row by compare and swap, trying until it wins.
Task<void> increment(Store& store, RaceCount& race) {
  const Key key{.partition = "p", .key = "counter"};
  for (;;) {
    const Result<Bytes> old = co_await store.get(Context(), key);
    if (!old) {
      ++race.failed;
      co_return;
    }
    Bytes next = std::to_string(std::stoi(*old) + 1);
    const Result<void> outcome =
        co_await store.set_if(Context(), key, std::move(next), Predicate::equals(*old));
    race.count(outcome);
    if (outcome || !outcome.error().is(kPredicateFailed)) {
      co_return;
    }
  }
}

/// Runs `task(i)` for all racers over two loops and waits for them.
void run_race(const std::function<Task<void>(int)>& task, int racers = kRacers) {
  Loops loops(2);
  TaskGroup group;
  for (int i = 0; i < racers; ++i) {
    group.spawn(loops.next(), task(i));
  }
  group.close();
  group.join_blocking();
}

}  // namespace

TEST_P(StoreSuite, OneOfManyCreatorsWins) {
  RaceCount race;
  run_race([&](int i) { return create_once(store(), i, race); });
  EXPECT_EQ(race.won, 1);
  EXPECT_EQ(race.lost, kRacers - 1);
}

TEST_P(StoreSuite, OneOfManySwappersWins) {
  ASSERT_TRUE(put(store(), "p", "k", "start"));
  RaceCount race;
  run_race([&](int i) { return swap_once(store(), i, race); });
  EXPECT_EQ(race.won, 1);
  EXPECT_EQ(race.lost, kRacers - 1);
}

TEST_P(StoreSuite, LosesNoIncrement) {
  ASSERT_TRUE(put(store(), "p", "counter", "0"));
  RaceCount race;
  constexpr int count = 60;
  run_race([&](int) { return increment(store(), race); }, count);
  EXPECT_EQ(race.won, count);
  EXPECT_EQ(race.failed, 0);
  EXPECT_EQ(fetch(store(), "p", "counter"), std::to_string(count));
}

namespace {

Task<void> write_row(Store& store, int i, std::atomic<int>& written) {
  Key key{.partition = "p", .key = std::to_string(i)};
  const Result<void> outcome =
      co_await store.set(Context(), std::move(key), "value " + std::to_string(i));
  written += outcome ? 1 : 0;
}

}  // namespace

TEST_P(StoreSuite, KeepsRowsOfConcurrentWritersOverAReopening) {
  std::atomic<int> written = 0;
  run_race([&](int i) { return write_row(store(), i, written); });
  EXPECT_EQ(written, kRacers);
  ASSERT_TRUE(put(store(), "p", "swap", "old"));
  ASSERT_TRUE(put_if(store(), "p", "swap", "new", Predicate::equals("old")));
  ASSERT_TRUE(run(store().remove(Context(), Key{.partition = "p", .key = "0"})));
  if (!world_->reopen()) {
    GTEST_SKIP() << "this driver keeps nothing";
  }
  EXPECT_EQ(keys(store(), "p").size(), static_cast<std::size_t>(kRacers));
  EXPECT_EQ(fetch(store(), "p", "0"), "<key not found>");
  EXPECT_EQ(fetch(store(), "p", "199"), "value 199");
  EXPECT_EQ(fetch(store(), "p", "swap"), "new");
}

}  // namespace tarn::kv::testing
