// Listing and point reads at a commit, without HTTP.
#include "bench/graveler/store_bench.h"

namespace tarn::bench {
namespace {

constexpr int kRounds = 5;
constexpr std::uint64_t kReads = 200'000;
/// Paths that the reads go over, each in a block of its own and fewer than the store's caches hold:
/// what a processor's cache holds too, and what it does not.
constexpr std::uint64_t kHotPaths = 500;
constexpr std::uint64_t kPaths = 20'000;

Task<void> list_all(StoreBench& bench, std::string ref, std::uint64_t& listed) {
  graveler::ListRequest request;
  request.amount = 1000;
  for (;;) {
    const auto page =
        co_await must(bench.store().list(Context(), bench.repository(), ref, request));
    listed += page.items.size();
    if (!page.more) {
      co_return;
    }
    request.after = page.items.back().path;
  }
}

Task<void> read_many(StoreBench& bench, std::string ref, std::vector<ObjectPath> paths) {
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < kReads; ++i) {
    at = (at + 7919) % paths.size();
    const graveler::Entry entry =
        co_await must(bench.store().get_entry(Context(), bench.repository(), ref, paths[at]));
    if (entry.etag.empty()) {
      fail(Error(kInternal, "an entry without ETag"));
    }
  }
}

/// Median over the rounds, after one to warm up.
double point_read_us(StoreBench& bench, const std::string& commit, std::uint64_t entries,
                     std::uint64_t count) {
  std::vector<ObjectPath> paths;
  for (std::uint64_t i = 0; i < count; ++i) {
    paths.push_back(ObjectPath::trusted(path_of(i * (entries / count))));
  }
  std::vector<double> reads;
  for (int round = 0; round <= kRounds; ++round) {
    const double ms = bench.run_ms(read_many(bench, commit, paths));
    if (round > 0) {
      reads.push_back(ms * 1000 / static_cast<double>(kReads));
    }
  }
  return median(reads);
}

}  // namespace

Figures read_case(StoreBench& bench, std::uint64_t entries) {
  bench.run_ms(bench.fill_main(entries));
  std::string commit;
  bench.run_ms([](StoreBench& b, std::string& out) -> Task<void> {
    const auto head = co_await must(b.store().resolve_commit(Context(), b.repository(), "main"));
    out = head->id.str();
  }(bench, commit));
  std::vector<double> rates;
  for (int round = 0; round < kRounds; ++round) {
    std::uint64_t listed = 0;
    const double ms = bench.run_ms(list_all(bench, commit, listed));
    if (listed != entries) {
      fail(Error(kInternal, "the listing is not complete"));
    }
    rates.push_back(static_cast<double>(listed) / ms * 1000);
  }
  return {{"entries", static_cast<double>(entries)},
          {"listed_entries_per_s", median(rates)},
          {"point_read_hot_us", point_read_us(bench, commit, entries, kHotPaths)},
          {"point_read_us", point_read_us(bench, commit, entries, kPaths)}};
}

}  // namespace tarn::bench
