#include "actions/run_store.h"

#include "block/namespace.h"
#include "kv/errors.h"
#include "runtime/byte_source.h"
#include "runtime/parallel.h"

#include <algorithm>
#include <utility>

namespace tarn::actions {

using graveler::Paged;
using graveler::Repository;

namespace {

constexpr std::string_view kPartition = "actions";
constexpr std::size_t kPageMax = 1000;
constexpr std::size_t kDropWidth = 16;

std::string repository_key(const RepositoryId& repository) {
  return "repos/" + repository.str() + "/";
}
std::string runs_prefix(const RepositoryId& repository) {
  return repository_key(repository) + "runs/";
}
std::string run_key(const RepositoryId& repository, std::string_view run_id) {
  return runs_prefix(repository).append(run_id);
}
std::string hooks_prefix(const RepositoryId& repository, std::string_view run_id) {
  return (repository_key(repository) + "tasks/").append(run_id).append("/");
}
std::string branch_prefix(const RepositoryId& repository, std::string_view branch) {
  return (repository_key(repository) + "branches/").append(branch).append("/");
}
std::string commit_prefix(const RepositoryId& repository, std::string_view commit) {
  return (repository_key(repository) + "commits/").append(commit).append("/");
}

std::string log_folder(std::string_view run_id) {
  return std::string("_lakefs/actions/log/").append(run_id).append("/");
}

/// Ids from outside that can be part of a key: no separator, so that no other row is reached.
bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-';
  });
}

kv::Key row(std::string key) { return {std::string(kPartition), std::move(key)}; }

}  // namespace

Task<Result<void>> RunStore::put(Context ctx, StorageNamespace storage_namespace,
                                 std::string address, Bytes text) {
  TARN_CO_TRY(block::Location where,
              block::resolve(storage_namespace, address, block::AddressType::kRelative));
  const std::optional<std::uint64_t> size = text.size();
  std::unique_ptr<ByteSource> body = memory_source(std::move(text));
  block::PutOptions options;
  Result<block::ObjectInfo> written = co_await blocks_.put(
      std::move(ctx), std::move(where), std::move(body), size, std::move(options));
  if (!written) {
    co_return std::move(written).error();
  }
  co_return Result<void>();
}

Task<Result<void>> RunStore::write_log(Context ctx, StorageNamespace storage_namespace,
                                       std::string run_id, std::string hook_run_id, Bytes text) {
  std::string address = log_folder(run_id).append(hook_run_id).append(".log");
  co_return co_await put(std::move(ctx), std::move(storage_namespace), std::move(address),
                         std::move(text));
}

Task<Result<void>> RunStore::write_manifest(Context ctx, StorageNamespace storage_namespace,
                                            ActionRun run, std::vector<HookRun> hooks) {
  std::string manifest = manifest_of(run, hooks);
  std::string address = log_folder(run.id) + "run.manifest";
  co_return co_await put(std::move(ctx), std::move(storage_namespace), std::move(address),
                         std::move(manifest));
}

Task<Result<void>> RunStore::save(Context ctx, RepositoryId repository, ActionRun run,
                                  std::vector<HookRun> hooks) {
  std::vector<kv::Entry> rows;
  for (const HookRun& hook : hooks) {
    rows.push_back({hooks_prefix(repository, run.id) + hook.id, encode(hook)});
  }
  const std::string key = run_key(repository, run.id);
  if (!run.branch.empty()) {
    rows.push_back({branch_prefix(repository, run.branch) + run.id, encode_index(key)});
  }
  if (!run.commit_id.empty()) {
    rows.push_back({commit_prefix(repository, run.commit_id) + run.id, encode_index(key)});
  }
  // Last, for drivers that write row by row.
  rows.push_back({key, encode(run)});
  co_return co_await kv_.set_many(std::move(ctx), std::string(kPartition), std::move(rows));
}

Task<Result<void>> RunStore::set_commit(Context ctx, Repository repository, std::string run_id,
                                        CommitId commit) {
  Result<ActionRun> found = co_await run(ctx, repository.id, run_id);
  if (!found) {
    co_return found.error().is(kRunNotFound) ? Result<void>() : std::move(found).error();
  }
  std::vector<HookRun> hooks;
  std::string after;
  for (bool more = true; more;) {
    TARN_CO_TRY(Paged<HookRun> page,
                co_await list_hooks(ctx, repository.id, run_id, after, kPageMax));
    more = page.more;
    if (!page.items.empty()) {
      after = page.items.back().id;
    }
    std::ranges::move(page.items, std::back_inserter(hooks));
  }
  found->commit_id = commit.str();
  // Both are there already, so neither has to wait for the other.
  std::function<Task<Result<void>>(std::size_t)> write = [this, &ctx, &repository, &found,
                                                          &hooks](std::size_t index) {
    return index == 0 ? write_manifest(ctx, repository.storage_namespace, *found, hooks)
                      : save(ctx, repository.id, *found, hooks);
  };
  co_return co_await parallel_for(2, 2, std::move(write));
}

Task<Result<Bytes>> RunStore::read(Context ctx, std::string key) {
  Result<Bytes> value = co_await kv_.get(std::move(ctx), row(std::move(key)));
  if (!value && value.error().is(kv::kKeyNotFound)) {
    co_return Error(kRunNotFound);
  }
  co_return value;
}

Task<Result<ActionRun>> RunStore::run(Context ctx, RepositoryId repository, std::string run_id) {
  if (!is_id(run_id)) {
    co_return Error(kRunNotFound, "run");
  }
  Result<Bytes> value = co_await read(std::move(ctx), run_key(repository, run_id));
  if (!value) {
    co_return std::move(value).error().wrap("run '" + run_id + "'");
  }
  co_return decode_run(*value);
}

Task<Result<Paged<kv::Entry>>> RunStore::page(Context ctx, std::string prefix, std::string after,
                                              std::size_t amount) {
  Paged<kv::Entry> out;
  kv::ScanOptions options;
  options.prefix = prefix;
  options.start = after.empty() ? prefix : kv::next_key(prefix + after);
  amount = std::min(amount, kPageMax);
  for (;;) {
    options.limit = amount + 1 - out.items.size();
    TARN_CO_TRY(kv::Page found, co_await kv_.scan(ctx, std::string(kPartition), options));
    std::ranges::move(found.entries, std::back_inserter(out.items));
    if (out.items.size() > amount) {
      out.items.resize(amount);
      out.more = true;
      co_return out;
    }
    if (!found.more || found.entries.empty()) {
      co_return out;
    }
    options.start = kv::next_key(out.items.back().key);
  }
}

Task<Result<Paged<ActionRun>>> RunStore::list(Context ctx, RepositoryId repository,
                                              RunFilter filter, std::string after,
                                              std::size_t amount) {
  if (!filter.branch.empty() && !filter.commit.empty()) {
    co_return Error(kConflictingFilters);
  }
  const bool indexed = !filter.branch.empty() || !filter.commit.empty();
  const std::string prefix = !filter.branch.empty()   ? branch_prefix(repository, filter.branch)
                             : !filter.commit.empty() ? commit_prefix(repository, filter.commit)
                                                      : runs_prefix(repository);
  TARN_CO_TRY(const Paged<kv::Entry> rows, co_await page(ctx, prefix, std::move(after), amount));
  Paged<ActionRun> out;
  out.more = rows.more;
  for (const kv::Entry& entry : rows.items) {
    Bytes value = entry.value;
    if (indexed) {
      TARN_CO_TRY(std::string key, decode_index(entry.value));
      TARN_CO_TRY(value, co_await read(ctx, std::move(key)));
    }
    TARN_CO_TRY(ActionRun run, decode_run(value));
    out.items.push_back(std::move(run));
  }
  co_return out;
}

Task<Result<HookRun>> RunStore::hook_run(Context ctx, RepositoryId repository, std::string run_id,
                                         std::string hook_run_id) {
  if (!is_id(run_id) || !is_id(hook_run_id)) {
    co_return Error(kRunNotFound, "hook run");
  }
  Result<Bytes> value =
      co_await read(std::move(ctx), hooks_prefix(repository, run_id) + hook_run_id);
  if (!value) {
    co_return std::move(value).error().wrap("hook run '" + hook_run_id + "' of run '" + run_id +
                                            "'");
  }
  co_return decode_hook_run(*value);
}

Task<Result<Paged<HookRun>>> RunStore::list_hooks(Context ctx, RepositoryId repository,
                                                  std::string run_id, std::string after,
                                                  std::size_t amount) {
  TARN_CO_TRY(const ActionRun run, co_await this->run(ctx, repository, run_id));
  TARN_CO_TRY(
      const Paged<kv::Entry> rows,
      co_await page(std::move(ctx), hooks_prefix(repository, run.id), std::move(after), amount));
  Paged<HookRun> out;
  out.more = rows.more;
  for (const kv::Entry& entry : rows.items) {
    TARN_CO_TRY(HookRun hook, decode_hook_run(entry.value));
    out.items.push_back(std::move(hook));
  }
  co_return out;
}

Task<Result<std::unique_ptr<ByteSource>>> RunStore::log(Context ctx, Repository repository,
                                                        std::string run_id,
                                                        std::string hook_run_id) {
  TARN_CO_TRY(const HookRun hook, co_await hook_run(ctx, repository.id, run_id, hook_run_id));
  const std::string address = log_folder(run_id).append(hook_run_id).append(".log");
  TARN_CO_TRY(block::Location where,
              block::resolve(repository.storage_namespace, address, block::AddressType::kRelative));
  Result<block::ObjectBody> found =
      co_await blocks_.get(std::move(ctx), std::move(where), std::nullopt);
  if (found) {
    co_return std::move(found->body);
  }
  if (hook.skipped() && found.error().is(block::kObjectNotFound)) {
    co_return memory_source(Bytes());
  }
  co_return std::move(found).error();
}

Task<Result<void>> RunStore::drop(Context ctx, RepositoryId repository) {
  for (;;) {
    TARN_CO_TRY(const Paged<kv::Entry> rows,
                co_await page(ctx, repository_key(repository), std::string(), kPageMax));
    std::function<Task<Result<void>>(std::size_t)> remove = [this, &ctx, &rows](std::size_t index) {
      return kv_.remove(ctx, row(rows.items[index].key));
    };
    TARN_CO_CHECK_OK(co_await parallel_for(rows.items.size(), kDropWidth, std::move(remove)));
    if (!rows.more) {
      co_return Result<void>();
    }
  }
}

}  // namespace tarn::actions
