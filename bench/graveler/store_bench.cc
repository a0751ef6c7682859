#include "bench/graveler/store_bench.h"

#include "graveler/tree_writer.h"
#include "http/client.h"
#include "runtime/context.h"
#include "sstable/sink.h"
#include "sstable/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace tarn::bench {

using graveler::CommitPtr;

namespace {

constexpr std::size_t kStageBatch = 2000;

std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

double status_mb(const std::string& field) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(field)) {
      return std::strtod(line.c_str() + field.size(), nullptr) / 1024;
    }
  }
  return 0;
}

}  // namespace

void fail(const Error& error) {
  fmt::print(stderr, "{}\n", error.message());
  // At once: this may be a loop's own thread.
  std::_Exit(1);
}

StoreBench::StoreBench(const std::string& folder)
    : loops(std::max(1U, std::thread::hardware_concurrency())),
      client_(http::make_client({}, clock)) {
  kv::Config kv_config;
  kv_config.local.path = folder + "/metadata";
  kv_ = must(kv::open(kv_config, kv_pool_, clock));
  block::Config block_config;
  block_config.local_path = folder + "/block";
  const block::Services services{fs_pool_, clock, rng_, *client_, environment_, metrics_};
  blocks_ = must(block::open(block_config, services));
  store_ = std::make_unique<graveler::VersionStore>(
      graveler::VersionStore::Services{*kv_, *blocks_, clock, rng_, xids_, loops},
      graveler::StoreConfig());
  run_ms([](StoreBench& self) -> Task<void> {
    graveler::NewRepository request;
    request.id = RepositoryId::trusted("bench");
    request.storage_namespace = StorageNamespace::trusted("local://b/bench");
    request.default_branch = self.main;
    self.repository_ = co_await must(self.store_->create_repository(Context(), request));
  }(*this));
}

StoreBench::~StoreBench() {
  store_.reset();
  loops.stop();
}

double StoreBench::run_ms(Task<void> task) {
  const SteadyTime start = clock.steady_now();
  block_on(loops.executor(0), std::move(task));
  return std::chrono::duration<double, std::milli>(clock.steady_now() - start).count();
}

Task<void> StoreBench::stage(BranchId branch, std::uint64_t first, std::uint64_t count,
                             std::uint64_t step, std::uint64_t version) {
  const graveler::Branch row = co_await must(store_->branch(Context(), repository_, branch));
  std::vector<kv::Entry> batch;
  for (std::uint64_t i = first; i < first + count; i += step) {
    const std::string path = path_of(i);
    batch.push_back({path, encode_staged(path, to_value(entry_of(i, version)))});
    if (batch.size() == kStageBatch || i + step >= first + count) {
      co_await must(kv_->set_many(Context(), row.staging_token.str(), std::move(batch)));
      batch.clear();
    }
  }
}

Task<CommitPtr> StoreBench::commit(BranchId branch, std::string message) {
  graveler::CommitRequest request;
  request.committer = "bench";
  request.message = std::move(message);
  co_return co_await must(store_->commit(Context(), repository_, std::move(branch), request));
}

Task<void> StoreBench::branch_off(BranchId id, std::string source) {
  graveler::VersionStore::NewBranch request;
  request.id = std::move(id);
  request.source = std::move(source);
  co_await must(store_->create_branch(Context(), repository_, request));
}

Task<void> StoreBench::fill_main(std::uint64_t count) {
  graveler::TreeWriter writer(store_->tables(), repository_->storage_namespace, {});
  for (std::uint64_t i = 0; i < count; ++i) {
    const graveler::Value value = to_value(entry_of(i, 0));
    const std::string path = path_of(i);
    const sstable::Value stored{value.identity, value.data};
    co_await must(writer.add(Context(), path, stored));
  }
  graveler::CommitRequest request;
  request.committer = "bench";
  request.message = "fill";
  request.source_meta_range = co_await must(writer.finish(Context()));
  co_await must(store_->commit(Context(), repository_, main, request));
}

std::string prefix_of(std::uint64_t number) {
  return fmt::format("events/p={:06}/", number / kEntriesPerPrefix);
}

std::string path_of(std::uint64_t number) {
  return fmt::format("events/p={:06}/part-{:010}.parquet", number / kEntriesPerPrefix, number);
}

graveler::Entry entry_of(std::uint64_t number, std::uint64_t version) {
  const std::uint64_t seed = mix(number * 2 + 1) ^ mix(version);
  graveler::Entry entry;
  entry.address = fmt::format("data/gqm6h3c2lqn0{:08x}/{:020}.parquet", seed >> 32, mix(seed + 1));
  entry.etag = fmt::format("{:016x}{:016x}", mix(seed + 2), mix(seed + 3));
  entry.size_bytes = static_cast<std::int64_t>(seed % 1'000'000'000);
  entry.last_modified = from_unix_seconds(1'780'000'000 + static_cast<std::int64_t>(number % 86400),
                                          static_cast<std::int64_t>(seed % 1'000'000'000));
  entry.content_type = "application/octet-stream";
  return entry;
}

double resident_mb() { return status_mb("VmRSS:"); }
double peak_mb() { return status_mb("VmHWM:"); }
void reset_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  const auto last = static_cast<double>(values.size() - 1);
  return values[static_cast<std::size_t>(last * share + 0.5)];
}

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

namespace {

Task<std::vector<graveler::TablePtr>> ranges_of(StoreBench& bench, CommitPtr commit) {
  const graveler::TreeId tree{bench.repository()->storage_namespace, commit->commit.meta_range_id};
  graveler::Tables& tables = bench.store().tables();
  graveler::RangeCursor cursor(tables, tree);
  co_await must(cursor.seek(Context(), std::string()));
  std::vector<graveler::TablePtr> out;
  while (cursor.valid()) {
    graveler::TablePtr table =
        co_await must(tables.open(Context(), tree.storage_namespace, cursor.range().id.str()));
    out.push_back(std::move(table));
    must(cursor.next());
  }
  co_return out;
}

std::uint64_t rewrite(const graveler::TablePtr& table) {
  std::string file;
  sstable::StringSink sink(file);
  sstable::Writer writer(sink, sstable::range_metadata());
  sstable::Iterator it = table->iterator();
  must(it.seek_first());
  while (it.valid()) {
    must(writer.add(it.key(), it.value()));
    must(it.next());
  }
  return must(writer.finish()).count;
}

}  // namespace

double rewrite_ns(StoreBench& bench, const CommitPtr& commit, std::size_t threads) {
  std::vector<graveler::TablePtr> tables;
  bench.run_ms([](StoreBench& b, CommitPtr c, std::vector<graveler::TablePtr>& out) -> Task<void> {
    out = co_await ranges_of(b, std::move(c));
  }(bench, commit, tables));
  std::atomic<std::size_t> next = 0;
  std::atomic<std::uint64_t> entries = 0;
  const SteadyTime start = bench.clock.steady_now();
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      for (std::size_t at = next++; at < tables.size(); at = next++) {
        entries += rewrite(tables[at]);
      }
    });
  }
  for (std::thread& worker : workers) {
    worker.join();
  }
  const std::chrono::duration<double, std::nano> took = bench.clock.steady_now() - start;
  return took.count() / static_cast<double>(entries.load());
}

}  // namespace tarn::bench
