// Exports a table that follows its ref to S3 and Glue in this process, whose answers take 2 ms.
// Each case is a process of its own and prints one line of JSON (run.py has the goals):
//
//   first     all of a new table
//   change    the next commits touch one partition each
//   unchanged the next commits touch nothing of it
//   throttled as `first`, by a Glue that answers 20 requests in 100 ms and refuses the others
//   memory    how far the process grows in `first`, after an export of a small table
//
//     tarn_exports_bench CASE [--latency-us 2000] [--partitions 10000] [--files 5] [--rounds 20]
//
// What is read comes from a version that is made up as it is listed, so listing costs nothing. What
// the imposter holds and what it takes of the processor count, too: they are in the process.
#include "aws/credentials.h"
#include "aws/glue_client.h"
#include "aws/s3_client.h"
#include "bench/exports/catalog_imposter.h"
#include "http/client.h"
#include "tables/glue_catalog.h"
#include "tables/table_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace tarn;
using bench::CatalogImposter;

struct Options {
  std::string name;
  std::size_t latency_us = 2000;
  std::size_t partitions = 10'000;
  std::size_t files = 5;
  std::size_t rounds = 20;
};

[[noreturn]] void fail(std::string_view why) {
  fmt::print(stderr, "tarn_exports_bench: {}\n", why);
  std::exit(1);
}

Options parse(int argc, char** argv) {
  Options out;
  if (argc < 2) {
    fail("which case?");
  }
  out.name = argv[1];
  for (int i = 2; i < argc; i += 2) {
    const std::string_view name = argv[i];
    std::size_t* number = name == "--latency-us"   ? &out.latency_us
                          : name == "--partitions" ? &out.partitions
                          : name == "--files"      ? &out.files
                          : name == "--rounds"     ? &out.rounds
                                                   : nullptr;
    if (number == nullptr || i + 1 == argc) {
      fail(fmt::format("{} is no option, or lacks its number", name));
    }
    *number = std::strtoull(argv[i + 1], nullptr, 10);
  }
  return out;
}

constexpr std::string_view kPrefix = "tables/events/";

std::string folder(std::size_t partition) {
  return fmt::format("{}day={:07}/", kPrefix, partition);
}

/// `partitions` folders of `files` objects each, made up on the fly.
class Version final : public tables::ObjectReader {
 public:
  Version(std::size_t partitions, std::size_t files) : partitions_(partitions), files_(files) {}

  Task<Result<tables::ObjectPage>> list(Context, std::string prefix, std::string after,
                                        std::size_t amount) override {
    tables::ObjectPage page;
    for (std::size_t at = first(prefix, after); at < partitions_ * files_; ++at) {
      std::string path = path_of(at);
      if (!path.starts_with(prefix)) {
        break;
      }
      if (page.objects.size() == amount) {
        page.has_more = true;
        page.next_after = page.objects.back().path;
        break;
      }
      page.objects.push_back(
          {.path = std::move(path),
           .physical_address = fmt::format("s3://bucket/ns/data/gk3v5v2h5l2c7q0bnj2g/{:032}", at),
           .size_bytes = 1000});
    }
    co_return page;
  }
  Task<Result<std::optional<tables::TableObject>>> find(Context, std::string) override {
    co_return Error(kInternal);
  }
  Task<Result<Bytes>> get(Context, std::string) override { co_return Error(kInternal); }
  Task<Result<Bytes>> get_range(Context, std::string, std::uint64_t, std::size_t) override {
    co_return Error(kInternal);
  }

 private:
  std::string path_of(std::size_t at) const {
    return fmt::format("{}part-{:07}.parquet", folder(at / files_), at % files_);
  }
  /// Of the first object that begins with `prefix` and comes after `after`.
  std::size_t first(const std::string& prefix, const std::string& after) const {
    std::size_t low = 0;
    std::size_t high = partitions_ * files_;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      const std::string path = path_of(middle);
      if (path < prefix || path <= after) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  const std::size_t partitions_;
  const std::size_t files_;
};

class Changes final : public tables::ChangeReader {
 public:
  Task<Result<tables::ChangePage>> changes(Context, std::string, std::string, std::string,
                                           std::string, std::size_t) override {
    tables::ChangePage page;
    page.paths = paths;
    co_return page;
  }
  Task<Result<bool>> is_ancestor(Context, std::string, std::string) override { co_return false; }
  std::vector<std::string> paths;
};

class S3Writer final : public tables::ManifestWriter {
 public:
  explicit S3Writer(aws::S3Client& client) : client_(client) {}
  Task<Result<void>> put(Context ctx, std::string bucket, std::string key, Bytes content) override {
    const std::uint64_t size_bytes = content.size();
    std::unique_ptr<ByteSource> body = memory_source(std::move(content));
    aws::S3PutOptions options;
    TARN_CO_CHECK_OK(co_await client_.put_object(std::move(ctx), std::move(bucket), std::move(key),
                                                 std::move(body), size_bytes, std::move(options)));
    co_return Result<void>();
  }

 private:
  aws::S3Client& client_;
};

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

/// From now on VmHWM is of what comes.
void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

/// A catalog, a bucket and a table in them.
class World {
 public:
  World(const Options& options, std::size_t partitions, std::size_t files)
      : imposter_(std::chrono::microseconds(options.latency_us)), version_(partitions, files) {
    aws::Credentials keys;
    keys.access_key_id = "AKIDEXAMPLE";
    keys.secret_access_key = Secret("secret");
    const auto provider = std::shared_ptr<aws::CredentialsProvider>(aws::static_credentials(keys));
    const aws::Services services{*http_, clock_, rng_};
    aws::GlueConfig glue;
    glue.endpoint = {.base_url = imposter_.base_url(), .custom = true};
    glue_.emplace(std::move(glue), provider, services);
    aws::S3Config s3;
    s3.endpoint = {.base_url = imposter_.base_url(), .custom = true};
    s3.path_style = true;
    s3_.emplace(std::move(s3), provider, services);
  }

  struct Measured {
    tables::TableExportReport report;
    double seconds = 0;
    std::uint64_t remote_calls = 0;
  };
  Measured run(std::size_t commit, std::vector<std::string> changed) {
    tables::TableExport spec;
    spec.descriptor.name = "events";
    spec.descriptor.type = "hive";
    spec.descriptor.path = "tables/events";
    spec.descriptor.partition_columns = {"day"};
    for (const char* name : {"day", "user", "kind", "amount"}) {
      tables::TableField field;
      field.name = name;
      field.type = "string";
      spec.descriptor.fields.push_back(std::move(field));
    }
    spec.file = "_lakefs_tables/events.yaml";
    spec.source = {.repository_id = "lake",
                   .ref = "main",
                   .commit_id = fmt::format("{:064}", commit + (std::size_t(1) << 60U)),
                   .base_uri = "s3://bucket/ns"};
    std::ranges::reverse(spec.source.commit_id);
    spec.table = "events";
    spec.table_input = Json::object();
    spec.table_input.set("StorageDescriptor", Json::object());
    changes_.paths = std::move(changed);
    S3Writer writer(*s3_);
    tables::GlueCatalog catalog(*glue_, clock_, "lake_main");
    const std::uint64_t before = imposter_.requests();
    const SteadyTime start = clock_.steady_now();
    std::optional<Result<tables::TableExportReport>> done;
    auto work = [&]() -> Task<void> {
      Context ctx;
      Result<tables::TableExportReport> report =
          co_await tables::export_table(ctx, version_, changes_, writer, catalog, spec);
      done.emplace(std::move(report));
    };
    block_on(loops_.next(), work());
    if (!*done) {
      fail(done->error().message());
    }
    const std::chrono::duration<double> took = clock_.steady_now() - start;
    return {.report = **std::move(done),
            .seconds = took.count(),
            .remote_calls = imposter_.requests() - before};
  }

  CatalogImposter& imposter() { return imposter_; }

 private:
  SystemClock clock_;
  SystemRng rng_;
  std::unique_ptr<http::Client> http_ = http::make_client({}, clock_);
  CatalogImposter imposter_;
  Version version_;
  Changes changes_;
  std::optional<aws::GlueClient> glue_;
  std::optional<aws::S3Client> s3_;
  Loops loops_{1};
};

/// The export has to be whole, or its time says nothing.
void check_all(World& world, const Options& options, const World::Measured& measured) {
  if (world.imposter().partitions() != options.partitions ||
      world.imposter().manifests() != options.partitions ||
      measured.report.objects != options.partitions * options.files) {
    fail("not all of it was exported");
  }
}

void first(const Options& options) {
  World world(options, options.partitions, options.files);
  const World::Measured measured = world.run(1, {});
  check_all(world, options, measured);
  fmt::print(R"({{"partitions":{},"files":{},"seconds":{:.3f},"remote_calls":{},)"
             R"("manifests":{},"partition_requests":{},"batch_max":{}}})"
             "\n",
             world.imposter().partitions(), measured.report.objects, measured.seconds,
             measured.remote_calls, world.imposter().manifests(),
             world.imposter().partition_requests(), world.imposter().batch_max());
}

void throttled(const Options& options) {
  World world(options, options.partitions, options.files);
  world.imposter().throttle(20, std::chrono::milliseconds(100));
  const World::Measured measured = world.run(1, {});
  check_all(world, options, measured);
  fmt::print(R"({{"partitions":{},"seconds":{:.3f},"partition_requests":{},"refused":{}}})"
             "\n",
             world.imposter().partitions(), measured.seconds, world.imposter().partition_requests(),
             world.imposter().throttled());
}

void next_commits(const Options& options, std::uint64_t manifests_each,
                  const std::vector<std::string>& changed) {
  World world(options, options.partitions, options.files);
  check_all(world, options, world.run(1, {}));
  std::vector<double> seconds;
  std::uint64_t calls = 0;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const World::Measured measured = world.run(2 + round, changed);
    if (measured.report.manifests != manifests_each ||
        measured.report.kind != tables::TableExportReport::Kind::kIncremental) {
      fail("not what changed was exported");
    }
    seconds.push_back(measured.seconds);
    calls = std::max(calls, measured.remote_calls);
  }
  std::ranges::sort(seconds);
  fmt::print(R"({{"partitions":{},"rounds":{},"median_ms":{:.1f},"max_ms":{:.1f},)"
             R"("remote_calls_max":{}}})"
             "\n",
             world.imposter().partitions(), seconds.size(), seconds[seconds.size() / 2] * 1000,
             seconds.back() * 1000, calls);
}

void memory(const Options& options) {
  {
    // Connections, their buffers, code that is read from disk. Small: what a large table leaves on
    // the heap would hide what the one that is measured takes.
    World warm(options, 50, 50);
    (void)warm.run(1, {});
  }
  World world(options, options.partitions, options.files);
  forget_peak();
  const long before = memory_kb("VmRSS:");
  const World::Measured measured = world.run(1, {});
  check_all(world, options, measured);
  fmt::print(R"({{"partitions":{},"files":{},"seconds":{:.3f},"manifest_mb":{:.1f},)"
             R"("growth_mb":{:.1f}}})"
             "\n",
             world.imposter().partitions(), measured.report.objects, measured.seconds,
             static_cast<double>(world.imposter().manifest_bytes()) / (1024 * 1024),
             static_cast<double>(memory_kb("VmHWM:") - before) / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  if (options.name == "first") {
    first(options);
  } else if (options.name == "change") {
    next_commits(options, 1, {folder(options.partitions / 2) + "part-0000001.parquet"});
  } else if (options.name == "unchanged") {
    next_commits(options, 0, {});
  } else if (options.name == "throttled") {
    throttled(options);
  } else if (options.name == "memory") {
    memory(options);
  } else {
    fail("there is no case " + options.name);
  }
  return 0;
}
