// Speed of writing, scanning and looking up, over entries shaped like those of a lake: 60-byte
// paths, 150-byte values.
#include "base/rng.h"
#include "sstable/testing/exercise.h"
#include "sstable/value.h"

#include <benchmark/benchmark.h>

namespace tarn::sstable {
namespace {

const testing::Records& records() {
  static const testing::Records all = [] {
    SeededRng rng(1);
    testing::Records out;
    for (int i = 0; i < 100000; ++i) {
      const std::string identity = rng.bytes(32);
      const std::string data = "data/gqm6h3c2lqn00000000g/" + std::to_string(rng.next_u64()) +
                               "\x12\x06\x08\xa5\xfa\xcd\xac\x06\x18\x05 " +
                               std::to_string(rng.next_u64()) + "application/octet-stream";
      std::string value;
      (void)append_value({.identity = identity, .data = data}, value);
      out.emplace_back("tables/events/day=2026-11-" + std::to_string(10 + i / 10000) + "/part-" +
                           std::to_string(1000000 + i) + ".parquet",
                       std::move(value));
    }
    return out;
  }();
  return all;
}

const std::string& file() {
  static const std::string bytes = testing::write_table(records());
  return bytes;
}

void write(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(testing::write_table(records()));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records().size()));
  state.counters["file_bytes_per_record"] =
      static_cast<double>(file().size()) / static_cast<double>(records().size());
}
BENCHMARK(write)->Unit(benchmark::kMillisecond);

std::shared_ptr<const Reader> open(std::shared_ptr<BlockCache> cache) {
  return *Reader::open(borrowed_source(file()), {.name = {}, .cache = std::move(cache)});
}

void scan(benchmark::State& state) {
  const auto reader = open(state.range(0) != 0 ? std::make_shared<BlockCache>(256 << 20) : nullptr);
  std::size_t bytes = 0;
  for (auto _ : state) {
    Iterator it = reader->iterator();
    (void)it.seek_first();
    while (it.valid()) {
      bytes += it.key().size() + decode_value(it.value())->data.size();
      (void)it.next();
    }
  }
  benchmark::DoNotOptimize(bytes);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records().size()));
}
BENCHMARK(scan)->ArgName("cached")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void get(benchmark::State& state) {
  const auto reader = open(state.range(0) != 0 ? std::make_shared<BlockCache>(256 << 20) : nullptr);
  std::size_t i = 0;
  for (auto _ : state) {
    i = (i + 7919) % records().size();
    benchmark::DoNotOptimize(reader->get(records()[i].first));
  }
}
BENCHMARK(get)->ArgName("cached")->Arg(0)->Arg(1);

void open_table(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(open(nullptr));
  }
}
BENCHMARK(open_table);

}  // namespace
}  // namespace tarn::sstable
