#include "graveler/store.h"

#include "base/fault_points.h"
#include "base/log.h"
#include "block/namespace.h"
#include "kv/row_scan.h"

#include <utility>

namespace tarn::graveler {
namespace {

constexpr std::string_view kDummyText =
    "this is dummy data - created by lakeFS to check accessibility";
constexpr std::string_view kFirstCommitMessage = "Repository created";
constexpr std::string_view kCleanupPartition = "cleanup-tokens";
constexpr std::string_view kCleanupValue = "stub-value";

}  // namespace

VersionStore::VersionStore(Services services, StoreConfig config)
    : services_(services),
      config_(std::move(config)),
      refs_(services.kv, services.clock, config_.refs),
      trash_(Trash::Services{services.kv, refs_, services.clock, services.xids},
             config_.undelete_window),
      tables_(services.blocks, config_.tables, services.table_cache) {}

VersionStore::~VersionStore() {
  background_.close();
  background_.join_blocking();
}

StagingToken VersionStore::new_staging_token(const RepositoryPtr& repository,
                                             const BranchId& branch) {
  return make_staging_token(repository->id, branch, uuid_v4(services_.rng));
}

// --- Repositories ---

Task<Result<void>> VersionStore::ensure_namespace(Context ctx, StorageNamespace storage_namespace) {
  const std::string marker = tables_.address("dummy");
  std::vector<std::string> taken{marker};
  if (config_.ensure_readable_root_namespace) {
    taken.insert(taken.begin(), "dummy");
  }
  for (const std::string& address : taken) {
    TARN_CO_TRY(block::Location where,
                block::resolve(storage_namespace, address, block::AddressType::kRelative));
    Result<block::ObjectInfo> found = co_await services_.blocks.stat(ctx, std::move(where));
    if (found) {
      co_return Error(kNamespaceInUse, storage_namespace.str());
    }
    if (found.error().kind() != ErrorKind::kNotFound) {
      co_return Error::with_message(kNamespaceInaccessible,
                                    "failed to access storage: " + found.error().message());
    }
  }
  TARN_CO_TRY(const block::Location where,
              block::resolve(storage_namespace, marker, block::AddressType::kRelative));
  const std::optional<std::uint64_t> size = kDummyText.size();
  std::unique_ptr<ByteSource> body = memory_source(Bytes(kDummyText));
  Result<block::ObjectInfo> written =
      co_await services_.blocks.put(ctx, where, std::move(body), size, block::PutOptions());
  if (!written) {
    co_return Error::with_message(kNamespaceInaccessible,
                                  "failed to access storage: " + written.error().message());
  }
  std::optional<block::ByteRange> all;
  Result<block::ObjectBody> back = co_await services_.blocks.get(ctx, where, all);
  if (!back) {
    co_return Error::with_message(kNamespaceInaccessible,
                                  "failed to access storage: " + back.error().message());
  }
  TARN_CO_TRY(const Bytes text, co_await read_all(ctx, *back->body, kKiB));
  if (text != kDummyText) {
    co_return Error(kNamespaceInaccessible, storage_namespace.str());
  }
  co_return Result<void>();
}

Task<Result<RepositoryPtr>> VersionStore::create_repository(Context ctx, NewRepository request) {
  TARN_CO_CHECK_OK(
      block::check_namespace(request.storage_namespace, services_.blocks.capabilities().scheme));
  Result<Repository> existing = co_await refs_.repository_uncached(ctx, request.id);
  if (existing) {
    co_return Error(kNotUnique, "error creating repository");
  }
  if (!existing.error().is(kRepositoryNotFound)) {
    co_return std::move(existing).error();
  }
  TARN_CO_CHECK_OK(co_await trash_.check_not_being_purged(ctx, request.storage_namespace));
  if (!request.bare && !request.read_only) {
    TARN_CO_CHECK_OK(co_await ensure_namespace(ctx, request.storage_namespace));
  }
  Repository fresh;
  fresh.id = request.id;
  fresh.storage_namespace = request.storage_namespace;
  fresh.default_branch = request.default_branch;
  fresh.creation_date = services_.clock.now();
  fresh.instance_uid = services_.xids.ascending();
  fresh.read_only = request.read_only;
  RepositoryPtr repository = std::make_shared<const Repository>(std::move(fresh));
  if (!request.bare) {
    Commit first;
    first.message = kFirstCommitMessage;
    first.creation_date = repository->creation_date;
    first.generation = 1;
    TARN_CO_TRY(CommitId commit_id, co_await refs_.add_commit(ctx, repository, std::move(first)));
    Branch branch;
    branch.id = request.default_branch;
    branch.commit_id = std::move(commit_id);
    branch.staging_token = new_staging_token(repository, branch.id);
    TARN_CO_CHECK_OK(co_await refs_.add_branch(ctx, repository, std::move(branch)));
  }
  // The repository's own row comes last: until then nothing leads to the rest.
  TARN_CO_CHECK_OK(co_await refs_.add_repository(ctx, *repository));
  // A purge looks at the rows of repositories after it has begun: either it has seen this one, or
  // it shows here.
  Result<void> undisturbed = co_await trash_.check_not_being_purged(ctx, request.storage_namespace);
  if (!undisturbed) {
    TARN_CO_CHECK_OK(co_await refs_.remove_repository(ctx, request.id));
    co_return std::move(undisturbed).error();
  }
  co_return repository;
}

// --- Branches ---

Task<Result<Branch>> VersionStore::create_branch(Context ctx, RepositoryPtr repository,
                                                 NewBranch request) {
  TARN_CO_CHECK_OK(check_writable(repository, request.force));
  Result<ResolvedRef> source = co_await refs_.resolve(ctx, repository, request.source);
  if (!source) {
    co_return std::move(source).error().wrap("source reference '" + request.source + "'");
  }
  if (source->staging_demanded) {
    co_return Error(kBranchFromStaging);
  }
  TARN_CO_CHECK_OK(co_await check_branch_name_free(ctx, refs_, repository, request.id));
  Result<Refs::BranchRow> existing = co_await refs_.branch(ctx, repository, request.id);
  if (existing) {
    co_return Error(kBranchExists);
  }
  HookRecord hook = hook_record(Event::kPreCreateBranch, repository);
  hook.source_ref = request.source;
  hook.branch = request.id;
  hook.commit_id = source->commit_id;
  TARN_CO_CHECK_OK(co_await run_pre_hook(ctx, hook));
  Branch branch;
  branch.id = request.id;
  branch.commit_id = source->commit_id;
  branch.staging_token = new_staging_token(repository, request.id);
  branch.hidden = request.hidden;
  TARN_CO_CHECK_OK(co_await refs_.add_branch(ctx, repository, branch));
  co_await run_post_hook(ctx, std::move(hook), Event::kPostCreateBranch);
  co_return branch;
}

Task<Result<Branch>> VersionStore::branch(Context ctx, RepositoryPtr repository, BranchId id) {
  TARN_CO_TRY(Refs::BranchRow row, co_await refs_.branch(ctx, repository, std::move(id)));
  co_return std::move(row.branch);
}

Task<Result<void>> VersionStore::delete_branch(Context ctx, RepositoryPtr repository, BranchId id,
                                               bool force) {
  TARN_CO_CHECK_OK(check_writable(repository, force));
  if (repository->default_branch == id) {
    co_return Error(kDeleteDefaultBranch);
  }
  const std::string lock_key = repository->instance_uid + id.str();
  const KeyedLock::Held held = co_await branch_locks_.acquire(lock_key);
  TARN_CO_TRY(const Refs::BranchRow row, co_await refs_.branch(ctx, repository, id));
  HookRecord hook = hook_record(Event::kPreDeleteBranch, repository);
  hook.source_ref = row.branch.commit_id.str();
  hook.branch = id;
  TARN_CO_CHECK_OK(co_await run_pre_hook(ctx, hook));
  TARN_CO_TRY(DeletedBranch deleted, co_await trash_.delete_branch(ctx, repository, row.branch));
  TARN_FAULT_POINT("graveler.delete_branch.midway");
  if (trash_.due(deleted.deleted_at)) {
    background_.spawn(services_.loops.next(), purge_branch(std::move(deleted)));
  }
  co_await run_post_hook(ctx, std::move(hook), Event::kPostDeleteBranch);
  co_return Result<void>();
}

Task<void> VersionStore::purge_branch(DeletedBranch deleted) {
  const std::string name = deleted.branch.id.str();
  const Context ctx;
  const Result<void> purged = co_await trash_.purge_branch(ctx, std::move(deleted));
  if (!purged) {
    log::warn("a deleted branch was not purged yet",
              {{"branch", name}, {"error", purged.error().message()}});
  }
}

// --- Tags ---

Task<Result<Tag>> VersionStore::create_tag(Context ctx, RepositoryPtr repository, TagId id,
                                           std::string ref, bool force) {
  TARN_CO_CHECK_OK(check_writable(repository, force));
  if (id.str().size() == kHexIdSize && looks_like_commit_prefix(id.str())) {
    const CommitId like = CommitId::trusted(id.str());
    Result<CommitPtr> same = co_await refs_.commit(ctx, repository, like);
    if (same) {
      co_return Error(kConflict, "commit ID " + id.str());
    }
  }
  const BranchId same_name = BranchId::trusted(id.str());
  Result<Refs::BranchRow> branch = co_await refs_.branch(ctx, repository, same_name);
  if (branch) {
    co_return Error(kConflict, "branch name " + id.str());
  }
  TARN_CO_TRY(const CommitPtr commit, co_await refs_.resolve_commit(ctx, repository, ref));
  Result<Tag> existing = co_await refs_.tag(ctx, repository, id);
  if (existing) {
    co_return Error(kTagExists);
  }
  HookRecord hook = hook_record(Event::kPreCreateTag, repository);
  hook.source_ref = commit->id.str();
  hook.commit_id = commit->id;
  hook.tag = id;
  TARN_CO_CHECK_OK(co_await run_pre_hook(ctx, hook));
  Tag tag{id, commit->id};
  TARN_CO_CHECK_OK(co_await refs_.add_tag(ctx, repository, tag));
  co_await run_post_hook(ctx, std::move(hook), Event::kPostCreateTag);
  co_return tag;
}

Task<Result<void>> VersionStore::delete_tag(Context ctx, RepositoryPtr repository, TagId id,
                                            bool force) {
  TARN_CO_CHECK_OK(check_writable(repository, force));
  TARN_CO_TRY(const Tag tag, co_await refs_.tag(ctx, repository, id));
  HookRecord hook = hook_record(Event::kPreDeleteTag, repository);
  hook.source_ref = tag.commit_id.str();
  hook.commit_id = tag.commit_id;
  hook.tag = id;
  TARN_CO_CHECK_OK(co_await run_pre_hook(ctx, hook));
  TARN_CO_CHECK_OK(co_await refs_.remove_tag(ctx, repository, id));
  co_await run_post_hook(ctx, std::move(hook), Event::kPostDeleteTag);
  co_return Result<void>();
}

// --- Hooks ---

HookRecord VersionStore::hook_record(Event event, const RepositoryPtr& repository) const {
  HookRecord record;
  record.event = event;
  record.repository = *repository;
  return record;
}

Task<Result<void>> VersionStore::run_pre_hook(Context ctx, HookRecord& record) {
  if (hooks_ == nullptr || record.repository.read_only) {
    co_return Result<void>();
  }
  record.run_id = hooks_->new_run_id();
  HookRecord copy = record;
  Result<void> ran = co_await hooks_->run(ctx, std::move(copy));
  if (!ran) {
    std::string text(to_string(record.event));
    text.append(" hook aborted, run id '")
        .append(record.run_id)
        .append("': ")
        .append(ran.error().message());
    co_return Error::with_message(ran.error().id(), std::move(text));
  }
  co_return Result<void>();
}

Task<void> VersionStore::run_post_hook(Context ctx, HookRecord record, Event event) {
  if (hooks_ == nullptr || record.repository.read_only) {
    co_return;
  }
  record.pre_run_id = std::move(record.run_id);
  record.run_id = hooks_->new_run_id();
  record.event = event;
  Result<void> ran = co_await hooks_->run(ctx, std::move(record));
  if (!ran) {
    log::error("a post hook could not be started",
               {{"event", to_string(event)}, {"error", ran.error().message()}});
  }
}

// --- Dropping staging areas ---

void VersionStore::drop_tokens(std::vector<StagingToken> tokens) {
  background_.spawn(services_.loops.next(), drop_tokens_now(std::move(tokens)));
}

Task<void> VersionStore::drop_tokens_now(std::vector<StagingToken> tokens) {
  const Context ctx;
  for (const StagingToken& token : tokens) {
    const kv::Key marker{std::string(kCleanupPartition), token.str()};
    // The marker lets a later start finish what this process may not.
    Result<void> marked = co_await services_.kv.set(ctx, marker, Bytes(kCleanupValue));
    TARN_FAULT_POINT("graveler.drop_tokens.marked");
    Result<void> removed = co_await refs_.remove_all(ctx, token.str());
    if (marked && removed) {
      removed = co_await services_.kv.remove(ctx, marker);
    }
    if (!removed) {
      log::warn("a staging area was not dropped",
                {{"token", token.str()}, {"error", removed.error().message()}});
    }
  }
}

Task<Result<void>> VersionStore::recover(Context ctx) {
  for (kv::RowScan scan(services_.kv, std::string(kCleanupPartition), {}); !scan.ended();) {
    TARN_CO_TRY(const std::vector<kv::Entry> rows, co_await scan.next(ctx));
    std::vector<StagingToken> tokens;
    for (const kv::Entry& row : rows) {
      tokens.push_back(StagingToken::trusted(row.key));
    }
    drop_tokens(std::move(tokens));
  }
  co_return Result<void>();
}

}  // namespace tarn::graveler
