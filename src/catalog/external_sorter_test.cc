// Sorting against a map, with so little memory that runs are written, merged and merged again.
// Invariants: the keys come once each and in order; of the records of one key the last added of the
// highest rank; and the folder is empty all the time.
#include "catalog/external_sorter.h"

#include "base/rng.h"
#include "runtime/testing/temp_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

namespace tarn::catalog {
namespace {

using tarn::testing::TempFolder;
using Content = std::map<std::string, std::string>;

Content read(ExternalSorter& sorter) {
  Content out;
  auto reader = sorter.finish();
  EXPECT_TRUE(reader);
  std::string before;
  for (;;) {
    const Result<bool> more = (*reader)->next();
    EXPECT_TRUE(more) << more.error().message();
    if (!more || !*more) {
      return out;
    }
    const std::string key((*reader)->key());
    EXPECT_TRUE(out.empty() || before < key) << before << " then " << key;
    out.emplace(key, (*reader)->value());
    before = key;
  }
}

std::string random_key(SeededRng& rng) {
  std::string key = "common/";
  for (std::uint64_t left = rng.below(12); left > 0; --left) {
    key.push_back("ab\0\xff"[rng.below(4)]);
  }
  return key;
}

TEST(ExternalSorter, GivesTheLastOfTheHighestRankInOrder) {
  const TempFolder folder;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SeededRng rng(seed);
    ExternalSorter sorter({folder.path().string(), 64 + rng.below(2000)});
    std::map<std::string, std::pair<std::uint32_t, std::string>> model;
    const std::uint64_t batches = rng.below(300);
    for (std::uint64_t i = 0; i < batches; ++i) {
      ExternalSorter::Batch batch;
      for (std::uint64_t left = rng.below(10); left > 0; --left) {
        const std::string key = random_key(rng);
        const auto rank = static_cast<std::uint32_t>(rng.below(3));
        const std::string value(rng.below(40), static_cast<char>('a' + rng.below(26)));
        batch.add(key, rank, value);
        const auto known = model.find(key);
        if (known == model.end() || known->second.first <= rank) {
          model[key] = {rank, value};
        }
      }
      ASSERT_TRUE(sorter.add(batch));
    }
    Content expected;
    for (const auto& [key, value] : model) {
      expected.emplace(key, value.second);
    }
    EXPECT_EQ(read(sorter), expected) << "seed " << seed;
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  }
}

TEST(ExternalSorter, MergesRunsOfRuns) {
  const TempFolder folder;
  ExternalSorter sorter({folder.path().string(), 150});
  Content expected;
  for (int i = 0; i < 6000; ++i) {
    // 7919 is prime: every number once, in no order.
    const std::string key = std::to_string(100'000 + i * 7919 % 6000);
    ExternalSorter::Batch batch;
    batch.add(key, 0, std::to_string(i));
    expected[key] = std::to_string(i);
    ASSERT_TRUE(sorter.add(batch));
  }
  EXPECT_GT(sorter.runs_written(), 1024U);  // 32 of 32
  EXPECT_EQ(read(sorter), expected);
}

TEST(ExternalSorter, KeepsRecordsLargerThanItsBuffers) {
  const TempFolder folder;
  ExternalSorter sorter({folder.path().string(), 1000});
  Content expected;
  for (const char* key : {"b", "a", "c"}) {
    ExternalSorter::Batch batch;
    expected[key] = std::string(700'000, *key);
    batch.add(key, 0, expected[key]);
    ASSERT_TRUE(sorter.add(batch));
  }
  EXPECT_EQ(read(sorter), expected);
}

TEST(ExternalSorter, TakesRecordsFromManyThreads) {
  const TempFolder folder;
  ExternalSorter sorter({folder.path().string(), 4000});
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&sorter, thread] {
      for (int i = 0; i < 500; ++i) {
        ExternalSorter::Batch batch;
        batch.add(std::to_string(i * 4 + thread), 0, std::to_string(thread));
        batch.add("shared", static_cast<std::uint32_t>(thread), std::to_string(thread));
        EXPECT_TRUE(sorter.add(batch));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const Content all = read(sorter);
  EXPECT_EQ(all.size(), 2001U);
  EXPECT_EQ(all.at("shared"), "3");
}

TEST(ExternalSorter, SaysWhereItCannotWrite) {
  ExternalSorter sorter({"/nonexistent/folder", 1});
  ExternalSorter::Batch batch;
  batch.add("a", 0, "1");
  const Result<void> added = sorter.add(batch);
  ASSERT_FALSE(added);
  EXPECT_NE(added.error().message().find("/nonexistent/folder"), std::string::npos);
}

TEST(ExternalSorter, RemovesWhatADeadProcessLeft) {
  const TempFolder folder;
  for (const char* name : {"tarn-run-AbCdEf", "somebody-elses"}) {
    std::ofstream(folder.path() / name) << "x";
  }
  remove_left_runs(folder.path().string());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "tarn-run-AbCdEf"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "somebody-elses"));
  remove_left_runs("/nonexistent/folder");
}

TEST(ExternalSorter, IsEmptyWithoutRecords) {
  ExternalSorter sorter({"/nonexistent/folder", 1});
  EXPECT_EQ(read(sorter), Content());
}

}  // namespace
}  // namespace tarn::catalog
