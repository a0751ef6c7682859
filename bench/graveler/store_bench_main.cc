// One case of the version store's benchmark in an empty folder; bench/graveler/run.py runs them
// all.
#include "bench/graveler/store_bench.h"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

namespace {

int usage() {
  fmt::print(stderr,
             "usage: tarn_store_bench FOLDER CASE ENTRIES\n"
             "cases: commit, prefix, scattered, read, merges\n"
             "FOLDER is empty or missing; the figures are printed as one JSON object.\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tarn::bench;
  if (argc != 4) {
    return usage();
  }
  const std::string_view name = argv[2];
  const auto entries = static_cast<std::uint64_t>(std::strtoull(argv[3], nullptr, 10));
  if (entries < 1000) {
    return usage();
  }
  StoreBench bench(argv[1]);
  Figures figures;
  if (name == "commit") {
    figures = commit_case(bench, entries);
  } else if (name == "prefix") {
    figures = prefix_case(bench, entries);
  } else if (name == "scattered") {
    figures = scattered_case(bench, entries);
  } else if (name == "read") {
    figures = read_case(bench, entries);
  } else if (name == "merges") {
    figures = merges_case(bench, entries, 32);
  } else {
    return usage();
  }
  std::string text;
  for (const auto& [figure, value] : figures) {
    text += fmt::format("{}\"{}\": {:.3f}", text.empty() ? "" : ", ", figure, value);
  }
  fmt::print("{{{}}}\n", text);
  return 0;
}
