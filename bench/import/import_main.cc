// Imports a folder of small files into a fresh repository over RocksDB and the local block store, a
// few times, and prints one line of JSON for each: how long, files a second, growth of memory.
//
//     tarn_import_bench --files 500000 [--bytes 100] [--per-folder 1000] [--rounds 3] [--folder
//     DIR]
//
// The files are made first, in DIR/source, unless they are there; so the page cache is warm.
#include "block/open.h"
#include "catalog/imports.h"
#include "kv/open.h"
#include "runtime/timer.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;
using namespace tarn;

struct Options {
  std::size_t files = 500'000;
  std::size_t bytes = 100;
  std::size_t per_folder = 1000;
  std::size_t rounds = 3;
  std::string folder;
};

Options parse(int argc, char** argv) {
  Options out;
  out.folder = (fs::temp_directory_path() / "tarn-import-bench").string();
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--folder") {
      out.folder = argv[i + 1];
      continue;
    }
    std::size_t& number = name == "--files"        ? out.files
                          : name == "--bytes"      ? out.bytes
                          : name == "--per-folder" ? out.per_folder
                                                   : out.rounds;
    number = std::strtoull(argv[i + 1], nullptr, 10);
  }
  return out;
}

void make_source(const Options& options, const fs::path& source) {
  if (fs::exists(source)) {
    return;
  }
  for (std::size_t i = 0; i < options.files; ++i) {
    const fs::path folder = source / fmt::format("{:05}", i / options.per_folder);
    if (i % options.per_folder == 0) {
      fs::create_directories(folder);
    }
    std::string text = fmt::format("{:010}", i);
    text.resize(options.bytes, 'x');
    std::ofstream(folder / fmt::format("file-{:08}.dat", i)) << text;
  }
}

/// Kilobytes, as /proc tells them.
long memory_kb(const char* field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) {
      return std::strtol(line.c_str() + std::strlen(field), nullptr, 10);
    }
  }
  return 0;
}

template <class T>
T wait_for(Loops& loops, Task<T> task) {
  std::optional<T> out;
  auto run = [](Task<T> inner, std::optional<T>& result) -> Task<void> {
    T value = co_await std::move(inner);
    result.emplace(std::move(value));
  };
  block_on(loops.next(), run(std::move(task), out));
  return *std::move(out);
}

template <class T>
T must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().message());
    std::exit(1);
  }
  return *std::move(result);
}

Task<Result<catalog::ImportRecord>> import(catalog::Imports& imports,
                                           graveler::RepositoryPtr repository, BranchId branch,
                                           catalog::NewImport request) {
  Context ctx;
  TARN_CO_TRY(const std::string id,
              co_await imports.start(ctx, repository, branch, std::move(request)));
  for (;;) {
    TARN_CO_TRY(catalog::ImportRecord record, co_await imports.status(ctx, repository, id));
    if (record.ended()) {
      co_return record;
    }
    TARN_CO_CHECK_OK(co_await sleep_for(ctx, std::chrono::milliseconds(2)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const fs::path base = options.folder;
  const fs::path source = base / "source";
  make_source(options, source);
  fs::remove_all(base / "data");
  fs::create_directories(base / "data");

  SystemClock clock;
  SystemRng rng;
  XidGenerator xids(clock, rng);
  Metrics metrics;
  const Environment environment;
  BlockingPool kv_pool("kv", 4, 1000);
  BlockingPool fs_pool("fs", 8, 1000);
  Loops loops(2);
  const std::unique_ptr<http::Client> http = http::make_client({}, clock);
  kv::Config kv_config;
  kv_config.local.path = (base / "data" / "metadata").string();
  const auto kv = must(kv::open(kv_config, kv_pool, clock));
  block::Config block_config;
  block_config.local_path = (base / "data" / "block").string();
  block_config.local_external_prefixes = {source.string()};
  const block::Services services{fs_pool, clock, rng, *http, environment, metrics};
  const auto blocks = must(block::open(block_config, services));
  const auto walker = must(block::open_walker(block_config, services, *blocks));
  graveler::VersionStore versions({*kv, *blocks, clock, rng, xids, loops}, {});
  catalog::ImportsConfig config;
  config.folder = (base / "data" / "imports").string();
  catalog::Imports imports({versions, *kv, *walker, clock, xids, loops, fs_pool}, config);

  for (std::size_t round = 0; round < options.rounds; ++round) {
    const std::string name = fmt::format("repo-{}", round);
    const BranchId main_branch = BranchId::trusted("main");
    graveler::NewRepository fresh{RepositoryId::trusted(name),
                                  StorageNamespace::trusted("local://bucket/" + name), main_branch};
    const auto repository = must(wait_for(loops, versions.create_repository(Context(), fresh)));
    catalog::NewImport request;
    request.sources.push_back(
        {catalog::ImportSource::Kind::kCommonPrefix, "local://" + source.string() + "/", "in/"});
    const long before_kb = memory_kb("VmRSS:");
    const auto begin = clock.steady_now();
    const catalog::ImportRecord record =
        must(wait_for(loops, import(imports, repository, main_branch, std::move(request))));
    const std::chrono::duration<double> took = clock.steady_now() - begin;
    if (!record.completed) {
      fmt::print(stderr, "{}\n", record.error);
      return 1;
    }
    fmt::print(
        "{{\"files\": {}, \"seconds\": {:.3f}, \"files_per_s\": {:.0f}, \"rss_growth_kb\": "
        "{}, \"rss_peak_kb\": {}}}\n",
        record.objects, took.count(), static_cast<double>(record.objects) / took.count(),
        memory_kb("VmRSS:") - before_kb, memory_kb("VmHWM:"));
    std::fflush(stdout);
  }
  imports.stop();
  return 0;
}
