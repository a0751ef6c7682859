#pragma once

#include "base/environment.h"
#include "base/id.h"
#include "base/metrics.h"
#include "block/open.h"
#include "graveler/store.h"
#include "kv/open.h"
#include "runtime/loops.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tarn::bench {

/// A version store as the server has it (RocksDB, local block store, one loop a core) in an empty
/// folder, with one repository and its branch `main`. Errors end the process: a benchmark that
/// failed has no result.
class StoreBench {
 public:
  explicit StoreBench(const std::string& folder);
  ~StoreBench();

  graveler::VersionStore& store() { return *store_; }
  const graveler::RepositoryPtr& repository() const { return repository_; }
  const BranchId main = BranchId::trusted("main");
  Loops loops;
  SystemClock clock;

  /// Runs `task` on a loop and waits; the time that takes, in milliseconds.
  double run_ms(Task<void> task);

  /// Stages entries [first, first + count) of the fixture (every `step`-th of them) on a branch,
  /// past the store's own writes: many in one batch. `version` makes their content differ.
  Task<void> stage(BranchId branch, std::uint64_t first, std::uint64_t count, std::uint64_t step,
                   std::uint64_t version);
  Task<graveler::CommitPtr> commit(BranchId branch, std::string message);
  Task<void> branch_off(BranchId id, std::string source);
  /// A commit on `main` of entries [0, count), written as a tree at once.
  Task<void> fill_main(std::uint64_t count);

 private:
  SystemRng rng_;
  XidGenerator xids_{clock, rng_};
  Metrics metrics_;
  Environment environment_;
  std::unique_ptr<http::Client> client_;
  BlockingPool kv_pool_{"kv", 4, 16384};
  BlockingPool fs_pool_{"fs", 8, 16384};
  std::unique_ptr<kv::Store> kv_;
  std::unique_ptr<block::Adapter> blocks_;
  std::unique_ptr<graveler::VersionStore> store_;
  graveler::RepositoryPtr repository_;
};

/// Entries under one prefix of the fixture.
inline constexpr std::uint64_t kEntriesPerPrefix = 1000;
/// `events/p=<number / 1000>/part-<number>.parquet`: ascending numbers are ascending paths.
std::string path_of(std::uint64_t number);
std::string prefix_of(std::uint64_t number);
/// What a lake's entries hold: some 200 bytes, most of which do not compress.
graveler::Entry entry_of(std::uint64_t number, std::uint64_t version);

/// Ends the process with the error's text.
[[noreturn]] void fail(const Error& error);
template <class T>
T must(Result<T> result) {
  if (!result) {
    fail(result.error());
  }
  if constexpr (!std::is_void_v<T>) {
    return *std::move(result);
  }
}

template <class T>
Task<T> must(Task<Result<T>> task) {
  Result<T> result = co_await std::move(task);
  co_return must(std::move(result));
}

/// Memory of this process in MB: now, and its highest mark since reset_peak.
double resident_mb();
double peak_mb();
void reset_peak();

/// What a case measured, by name.
using Figures = std::map<std::string, double>;
double median(std::vector<double> values);
/// `share` in [0, 1] of the values are at most this.
double quantile(std::vector<double> values, double share);

/// Nanoseconds to read, hash and write one entry of the ranges of `commit` on one core: each range
/// is read from its blocks and written anew into memory. `threads` share the ranges; the figure is
/// wall time by entries.
double rewrite_ns(StoreBench& bench, const graveler::CommitPtr& commit, std::size_t threads);

// The cases; each in a process of its own, as memory is measured.
Figures commit_case(StoreBench& bench, std::uint64_t entries);
Figures prefix_case(StoreBench& bench, std::uint64_t entries);
Figures scattered_case(StoreBench& bench, std::uint64_t entries);
Figures read_case(StoreBench& bench, std::uint64_t entries);
Figures merges_case(StoreBench& bench, std::uint64_t merges, std::uint64_t clients);

}  // namespace tarn::bench
