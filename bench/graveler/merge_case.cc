// Many small merges into one branch at once.
#include "bench/graveler/store_bench.h"
#include "runtime/task_group.h"

namespace tarn::bench {
namespace {

/// What one client saw; each has its own.
struct Client {
  std::vector<double> latencies_ms;
  std::uint64_t errors = 0;
};

BranchId branch_of(std::uint64_t number) {
  return BranchId::trusted("topic-" + std::to_string(number));
}

/// Branches of one file each, all from the same commit.
Task<void> make_branches(StoreBench& bench, std::uint64_t first, std::uint64_t end) {
  for (std::uint64_t i = first; i < end; ++i) {
    const BranchId branch = branch_of(i);
    co_await bench.branch_off(branch, "main");
    const ObjectPath path = ObjectPath::trusted(path_of(i));
    co_await must(bench.store().set_entry(Context(), bench.repository(), branch, path,
                                          entry_of(i, 0), graveler::WriteCondition()));
    co_await bench.commit(branch, "one file");
  }
}

Task<void> merge_branches(StoreBench& bench, std::uint64_t first, std::uint64_t end,
                          Client& client) {
  for (std::uint64_t i = first; i < end; ++i) {
    graveler::MergeRequest request;
    request.source = branch_of(i).str();
    request.committer = "bench";
    const SteadyTime start = bench.clock.steady_now();
    const auto merged =
        co_await bench.store().merge(Context(), bench.repository(), bench.main, request);
    const std::chrono::duration<double, std::milli> took = bench.clock.steady_now() - start;
    client.latencies_ms.push_back(took.count());
    if (!merged || !merged->conflicts.empty()) {
      ++client.errors;
    }
  }
}

/// Every client takes an equal share of [0, count), and a loop in turn.
template <class Work>
double at_once(StoreBench& bench, std::uint64_t count, std::uint64_t clients, Work work) {
  TaskGroup group;
  const SteadyTime start = bench.clock.steady_now();
  for (std::uint64_t i = 0; i < clients; ++i) {
    group.spawn(bench.loops.next(), work(i, count * i / clients, count * (i + 1) / clients));
  }
  group.close();
  group.join_blocking();
  return std::chrono::duration<double, std::milli>(bench.clock.steady_now() - start).count();
}

}  // namespace

Figures merges_case(StoreBench& bench, std::uint64_t merges, std::uint64_t clients) {
  bench.run_ms(bench.stage(bench.main, 10'000'000, 1000, 1, 0));
  bench.run_ms([](StoreBench& b) -> Task<void> { co_await b.commit(b.main, "base"); }(bench));
  at_once(bench, merges, clients, [&](std::uint64_t, std::uint64_t first, std::uint64_t end) {
    return make_branches(bench, first, end);
  });
  std::vector<Client> all(clients);
  const double ms = at_once(bench, merges, clients,
                            [&](std::uint64_t client, std::uint64_t first, std::uint64_t end) {
                              return merge_branches(bench, first, end, all[client]);
                            });
  std::vector<double> latencies;
  double errors = 0;
  for (const Client& client : all) {
    latencies.insert(latencies.end(), client.latencies_ms.begin(), client.latencies_ms.end());
    errors += static_cast<double>(client.errors);
  }
  std::uint64_t listed = 0;
  bench.run_ms([](StoreBench& b, std::uint64_t& out) -> Task<void> {
    graveler::ListRequest request;
    request.amount = 1'000'000;
    const auto page = co_await must(b.store().list(Context(), b.repository(), "main@", request));
    out = page.items.size();
  }(bench, listed));
  if (errors == 0 && listed != merges + 1000) {
    fail(Error(kInternal, "main does not hold what was merged into it"));
  }
  return {{"merges", static_cast<double>(merges)},
          {"clients", static_cast<double>(clients)},
          {"errors", errors},
          {"merges_per_s", static_cast<double>(merges) / ms * 1000},
          {"p50_ms", median(latencies)},
          {"p99_ms", quantile(latencies, 0.99)},
          {"max_ms", quantile(latencies, 1)}};
}

}  // namespace tarn::bench
