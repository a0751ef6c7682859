// What changes cost: large commits, few changes under one prefix of a large tree, scattered ones.
#include "bench/graveler/store_bench.h"

namespace tarn::bench {

using graveler::CommitPtr;

namespace {

constexpr int kRounds = 5;
constexpr std::uint64_t kChanged = 1000;

Task<void> keep(Task<CommitPtr> task, CommitPtr& out) { out = co_await std::move(task); }

CommitPtr timed_commit(StoreBench& bench, const BranchId& branch, double& ms) {
  CommitPtr made;
  ms = bench.run_ms(keep(bench.commit(branch, "change"), made));
  return made;
}

Task<void> count_differences(StoreBench& bench, std::string left, std::string right,
                             std::size_t& out) {
  graveler::ListRequest request;
  request.amount = 10 * kChanged;
  const auto page = co_await must(
      bench.store().diff_refs(Context(), bench.repository(), left, right, false, request));
  out = page.items.size();
}

Task<void> merge(StoreBench& bench, std::string source, BranchId destination) {
  graveler::MergeRequest request;
  request.source = std::move(source);
  request.committer = "bench";
  const auto merged = co_await must(
      bench.store().merge(Context(), bench.repository(), std::move(destination), request));
  if (!merged.conflicts.empty()) {
    fail(Error(kInternal, "a merge of the benchmark conflicts"));
  }
}

void expect_differences(std::size_t found, std::size_t wanted) {
  if (found != wanted) {
    fail(Error(kInternal, "the benchmark's differences are not those it made"));
  }
}

}  // namespace

Figures commit_case(StoreBench& bench, std::uint64_t entries) {
  bench.run_ms(bench.stage(bench.main, 0, entries, 1, 0));
  reset_peak();
  const double before_mb = resident_mb();
  Figures out;
  const CommitPtr made = timed_commit(bench, bench.main, out["ms"]);
  out["growth_mb"] = peak_mb() - before_mb;
  out["entries"] = static_cast<double>(entries);
  out["rewrite_ns_per_entry"] = rewrite_ns(bench, made, 1);
  return out;
}

/// The same prefixes whatever the size of the tree, so that the touched ranges are the same.
Figures prefix_case(StoreBench& bench, std::uint64_t entries) {
  bench.run_ms(bench.fill_main(entries));
  std::vector<double> commits;
  std::vector<double> differences;
  std::vector<double> merges;
  for (int round = 0; round <= kRounds; ++round) {
    const std::uint64_t first = 100'000 + 150'000 * static_cast<std::uint64_t>(round);
    const BranchId branch = BranchId::trusted("dev" + std::to_string(round));
    bench.run_ms(bench.branch_off(branch, "main"));
    // Somewhere else, so that the merge has something to put together.
    bench.run_ms(bench.stage(bench.main, first + 75'000, 1, 1, 1));
    double ms = 0;
    timed_commit(bench, bench.main, ms);
    bench.run_ms(bench.stage(branch, first, kChanged, 1, 1));
    timed_commit(bench, branch, ms);
    std::size_t found = 0;
    const std::string base = branch.str() + "~1";
    const double diff_ms = bench.run_ms(count_differences(bench, base, branch.str(), found));
    expect_differences(found, kChanged);
    const double merge_ms = bench.run_ms(merge(bench, branch.str(), bench.main));
    if (round == 0) {
      continue;  // to warm up
    }
    commits.push_back(ms);
    differences.push_back(diff_ms);
    merges.push_back(merge_ms);
  }
  return {{"entries", static_cast<double>(entries)}, {"commit_ms", median(commits)},
          {"commit_ms_max", quantile(commits, 1)},   {"diff_ms", median(differences)},
          {"diff_ms_max", quantile(differences, 1)}, {"merge_ms", median(merges)},
          {"merge_ms_max", quantile(merges, 1)}};
}

/// Every thousandth entry changes, so that every range is touched.
Figures scattered_case(StoreBench& bench, std::uint64_t entries) {
  bench.run_ms(bench.fill_main(entries));
  std::vector<double> commits;
  std::vector<double> merges;
  std::vector<double> differences;
  double alone = 0;
  double together = 0;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    const BranchId branch = BranchId::trusted("dev" + std::to_string(round));
    bench.run_ms(bench.branch_off(branch, "main"));
    bench.run_ms(bench.stage(branch, round, entries, 1000, 1));
    double ms = 0;
    const CommitPtr made = timed_commit(bench, branch, ms);
    commits.push_back(ms);
    std::size_t found = 0;
    differences.push_back(
        bench.run_ms(count_differences(bench, branch.str() + "~1", branch.str(), found)));
    expect_differences(found, std::min<std::size_t>(entries / 1000, 10 * kChanged));
    bench.run_ms(bench.stage(bench.main, 500 + round, entries, 1000, 1));
    timed_commit(bench, bench.main, ms);
    merges.push_back(bench.run_ms(merge(bench, branch.str(), bench.main)));
    if (round == 0) {
      alone = rewrite_ns(bench, made, 1);
      together = rewrite_ns(bench, made, bench.loops.size());
    }
  }
  const double touched = static_cast<double>(entries) / 1e6;
  return {{"entries_in_touched_ranges", static_cast<double>(entries)},
          {"commit_ms", median(commits)},
          {"diff_ms", median(differences)},
          {"merge_ms", median(merges)},
          {"rewrite_ns_per_entry_one_core", alone},
          {"rewrite_ns_per_entry_all_cores", together},
          {"commit_to_rewrite_on_one_core", median(commits) / (touched * alone)},
          {"commit_to_rewrite_on_all_cores", median(commits) / (touched * together)},
          {"merge_to_rewrite_on_one_core", median(merges) / (touched * alone)}};
}

}  // namespace tarn::bench
