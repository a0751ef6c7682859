#include "server/fsck.h"

#include "actions/records.h"
#include "auth/records.h"
#include "base/metrics.h"
#include "base/rng.h"
#include "catalog/upload_records.h"
#include "graveler/fsck.h"
#include "graveler/trash_records.h"
#include "runtime/loops.h"
#include "server/fsck_report.h"
#include "server/stores.h"

#include <fmt/format.h>

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <thread>

namespace tarn::server {
namespace {

constexpr int kClean = 0;
constexpr int kDamaged = 1;
constexpr int kNotChecked = 2;
constexpr std::size_t kPoolQueueMax = 16384;
constexpr std::size_t kObjectWidth = 32;

int fail(const Error& error) {
  fmt::print(stderr, "tarn: {}\n", error.message());
  return kNotChecked;
}

/// A row that has only to be readable.
template <class Decode>
std::function<Result<void>(ByteView)> readable(Decode decode) {
  return [decode](ByteView bytes) -> Result<void> {
    TARN_CHECK_OK(decode(bytes));
    return {};
  };
}

std::vector<graveler::fsck::RowKind> row_kinds() {
  const auto run = readable(actions::decode_run);
  const auto hook = readable(actions::decode_hook_run);
  const auto index = readable(actions::decode_index);
  const auto link = readable(auth::decode_link);
  return {
      {"actions", "runs/", "action run", true, run},
      {"actions", "tasks/", "hook run", true, hook},
      {"actions", "branches/", "index of runs by branch", true, index},
      {"actions", "commits/", "index of runs by commit", true, index},
      {"graveler", "deleted-repos/", "deleted repository", false,
       readable(graveler::decode_deleted_repository)},
      {"graveler", "deleted-branches/", "deleted branch", false,
       readable(graveler::decode_deleted_branch)},
      {"multiparts", "", "multipart upload", false, readable(catalog::decode_upload)},
      {"auth", "users/", "user", false, readable(auth::decode_user)},
      {"auth", "uCredentials/", "access key", false, readable(auth::decode_credentials)},
      {"auth", "policies/", "policy", false, readable(auth::decode_policy)},
      {"auth", "gUsers/", "member of group", false, link},
      {"auth", "gPolicies/", "policy of group", false, link},
      {"auth", "uPolicies/", "policy of user", false, link},
  };
}

/// Every file of the database is open at once.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

Task<void> run(graveler::fsck::Services services, graveler::fsck::Options options,
               FsckReport& report, Result<void>& outcome) {
  outcome =
      co_await graveler::fsck::check(Context(), std::move(services), std::move(options), report);
}

}  // namespace

int fsck(const Settings& settings, const Environment& environment, const FsckOptions& wanted) {
  raise_file_limit();
  graveler::fsck::Options options;
  options.objects = wanted.objects;
  options.width = std::max<std::size_t>(2, std::thread::hardware_concurrency());
  options.object_width = kObjectWidth;
  options.table_prefix = settings.get_string("committed.block_storage_prefix");
  for (const std::string& name : wanted.repositories) {
    Result<RepositoryId> id = RepositoryId::parse(name);
    if (!id) {
      return fail(std::move(id).error().append(": " + name));
    }
    options.repositories.push_back(*std::move(id));
  }
  SystemClock clock;
  SystemRng rng;
  Metrics metrics;
  BlockingPool pool("fsck", options.width + 2, kPoolQueueMax);
  Loops loops(1);
  const auto client = http::make_client(block_client_config(settings), clock);
  Result<std::unique_ptr<block::Adapter>> blocks = block::open_read_only(
      block_config(settings), block::Services{pool, clock, rng, *client, environment, metrics});
  if (!blocks) {
    return fail(blocks.error());
  }
  const kv::Config rows = kv_config(settings);
  auto view = [&]() -> Result<std::shared_ptr<kv::Store>> {
    TARN_TRY(std::unique_ptr<kv::Store> opened, kv::open_read_only(rows, pool, clock));
    return std::shared_ptr<kv::Store>(std::move(opened));
  };
  graveler::fsck::Services services{**blocks, pool, view, row_kinds()};
  FsckReport report(wanted.json, [](const std::string& line) { std::fputs(line.c_str(), stdout); });
  Result<void> outcome = Error(kInternal);
  block_on(loops.next(), run(std::move(services), std::move(options), report, outcome));
  loops.stop();
  if (std::fflush(stdout) != 0) {
    return fail(Error(kUnavailable, "the report could not be written"));
  }
  if (!outcome) {
    return fail(outcome.error());
  }
  if (report.damages() > 0) {
    return kDamaged;
  }
  return report.unreadable() > 0 ? kNotChecked : kClean;
}

}  // namespace tarn::server
