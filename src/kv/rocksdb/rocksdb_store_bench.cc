// Group commit and memory reads of the embedded store. The folder is made under TMPDIR; point that
// at the disk of interest.
#include "kv/rocksdb/rocksdb_store.h"
#include "runtime/loops.h"
#include "runtime/task_group.h"
#include "runtime/testing/temp_folder.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <utility>

namespace tarn::kv {
namespace {

struct World {
  tarn::testing::TempFolder folder;
  SystemClock clock;
  BlockingPool pool{"kv", 2, 1000};
  std::unique_ptr<Store> store;

  World() {
    LocalConfig config;
    config.path = (folder.path() / "metadata").string();
    store = *RocksDbStore::open(config, pool, clock, nullptr);
  }
};

Task<void> writer(Store& store, int id, int count) {
  for (int i = 0; i < count; ++i) {
    Key key{.partition = "bench", .key = std::to_string(id) + "/" + std::to_string(i)};
    Bytes value(200, 'x');
    const Result<void> done =
        co_await store.set_if(Context(), std::move(key), std::move(value), Predicate::absent());
    benchmark::DoNotOptimize(done);
  }
}

/// set_if of 200 bytes by so many writers at once; `per_sync` is how many share a sync.
void BM_ConditionalWrites(benchmark::State& state) {
  const int writers = static_cast<int>(state.range(0));
  constexpr int kEach = 50;
  std::int64_t writes = 0;
  std::uint64_t batches = 0;
  for (auto _ : state) {
    state.PauseTiming();
    World world;
    Loops loops(1);
    TaskGroup group;
    state.ResumeTiming();
    for (int i = 0; i < writers; ++i) {
      group.spawn(loops.next(), writer(*world.store, i, kEach));
    }
    group.close();
    group.join_blocking();
    state.PauseTiming();
    writes += writers * kEach;
    batches += static_cast<RocksDbStore&>(*world.store).batches();
    loops.stop();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(writes);
  state.counters["per_sync"] = static_cast<double>(writes) / static_cast<double>(batches);
}
BENCHMARK(BM_ConditionalWrites)
    ->Arg(1)
    ->Arg(16)
    ->Arg(128)
    ->Arg(512)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void BM_GetNow(benchmark::State& state) {
  World world;
  Loops loops(1);
  block_on(loops.executor(0), writer(*world.store, 0, 1000));
  const Key key{.partition = "bench", .key = "0/500"};
  for (auto _ : state) {
    std::optional<Result<Bytes>> value = world.store->get_now(key);
    benchmark::DoNotOptimize(value);
  }
}
BENCHMARK(BM_GetNow);

Task<void> scan_pages(Store& store, std::size_t limit, int pages) {
  ScanOptions options;
  options.limit = limit;
  for (int i = 0; i < pages; ++i) {
    Result<Page> page = co_await store.scan(Context(), "bench", options);
    benchmark::DoNotOptimize(page);
  }
}

/// Pages of so many rows from the memtable; up to 128 rows are read on the loop, more on the pool.
void BM_ScanPage(benchmark::State& state) {
  World world;
  Loops loops(1);
  block_on(loops.executor(0), writer(*world.store, 0, 2000));
  constexpr int kPages = 100;
  for (auto _ : state) {
    block_on(loops.executor(0),
             scan_pages(*world.store, static_cast<std::size_t>(state.range(0)), kPages));
  }
  state.SetItemsProcessed(state.iterations() * kPages);
}
BENCHMARK(BM_ScanPage)->Arg(1)->Arg(100)->Arg(128)->Arg(129)->Arg(1000)->UseRealTime();

}  // namespace
}  // namespace tarn::kv
