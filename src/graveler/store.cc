#include "graveler/store.h"

#include "base/fault_points.h"
#include "base/log.h"
#include "block/namespace.h"
#include "kv/errors.h"

#include <utility>

namespace tarn::graveler {
namespace {

constexpr std::string_view kDummyText =
    "this is dummy data - created by lakeFS to check accessibility";
constexpr std::string_view kFirstCommitMessage = "Repository created";
constexpr std::string_view kCleanupPartition = "cleanup-tokens";
constexpr std::string_view kCleanupValue = "stub-value";
constexpr int kBranchWriteTriesMax = 10;
constexpr int kBranchSwapTriesMax = 10;

}  // namespace

VersionStore::VersionStore(Services services, StoreConfig config)
    : services_(services),
      config_(std::move(config)),
      refs_(services.kv, services.clock, config_.refs),
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
  co_return repository;
}

Task<Result<void>> VersionStore::delete_repository(Context ctx, RepositoryId id, bool force) {
  TARN_CO_TRY(Repository row, co_await refs_.repository_uncached(ctx, id));
  if (row.read_only && !force) {
    co_return Error(kReadOnlyRepository);
  }
  if (row.state != RepositoryState::kInDeletion) {
    row.state = RepositoryState::kInDeletion;
    TARN_CO_CHECK_OK(co_await refs_.write_repository(ctx, row));
  }
  RepositoryPtr repository = std::make_shared<const Repository>(std::move(row));
  PageRequest page;
  page.amount = 1000;
  for (bool more = true; more;) {
    TARN_CO_TRY(const Paged<Branch> branches,
                co_await refs_.list_branches(ctx, repository, page, true));
    for (const Branch& branch : branches.items) {
      for (const StagingToken& token : branch.tokens()) {
        TARN_CO_CHECK_OK(co_await refs_.remove_all(ctx, token.str()));
      }
      page.after = branch.id.str();
    }
    more = branches.more;
  }
  if (hooks_ != nullptr) {
    TARN_CO_CHECK_OK(co_await hooks_->repository_deleted(ctx, *repository));
  }
  TARN_CO_CHECK_OK(co_await refs_.remove_all(ctx, repository->partition()));
  TARN_FAULT_POINT("graveler.delete_repository.midway");
  co_return co_await refs_.remove_repository(ctx, id);
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
  if (request.id.str().size() == kHexIdSize && looks_like_commit_prefix(request.id.str())) {
    const CommitId like = CommitId::trusted(request.id.str());
    Result<CommitPtr> commit = co_await refs_.commit(ctx, repository, like);
    if (commit) {
      co_return Error(kConflict, "commit ID " + request.id.str());
    }
  }
  const TagId same_name = TagId::trusted(request.id.str());
  Result<Tag> tag = co_await refs_.tag(ctx, repository, same_name);
  if (tag) {
    co_return Error(kConflict, "tag ID " + request.id.str());
  }
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
  TARN_CO_CHECK_OK(co_await refs_.remove_branch(ctx, repository, id));
  drop_tokens(row.branch.tokens());
  co_await run_post_hook(ctx, std::move(hook), Event::kPostDeleteBranch);
  co_return Result<void>();
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

// --- Commits ---

Task<Result<TreeId>> VersionStore::tree_of(Context ctx, RepositoryPtr repository, CommitId commit) {
  TARN_CO_TRY(const CommitPtr record, co_await refs_.commit(ctx, repository, std::move(commit)));
  co_return tree_id(repository, record);
}

Task<Result<bool>> VersionStore::has_changes(Context ctx, RepositoryPtr repository, Branch branch,
                                             std::vector<StagingToken> tokens) {
  TARN_CO_TRY(TreeId tree, co_await tree_of(ctx, repository, branch.commit_id));
  ListRequest one;
  one.amount = 1;
  TARN_CO_TRY(
      const Paged<Difference> found,
      co_await diff_staged(ctx, tables_, services_.kv, std::move(tree), std::move(tokens), one));
  co_return !found.items.empty();
}

Task<Result<Branch>> VersionStore::seal(Context ctx, RepositoryPtr repository, BranchId id,
                                        bool must_be_clean) {
  for (int tries = 0; tries < kBranchSwapTriesMax; ++tries) {
    TARN_CO_TRY(Refs::BranchRow row, co_await refs_.branch(ctx, repository, id));
    if (must_be_clean) {
      TARN_CO_TRY(const bool dirty,
                  co_await has_changes(ctx, repository, row.branch, row.branch.tokens()));
      if (dirty) {
        co_return Error(kSourceMetaRangeOnDirtyBranch);
      }
    }
    Branch sealed = row.branch;
    sealed.sealed_tokens.insert(sealed.sealed_tokens.begin(), sealed.staging_token);
    sealed.staging_token = new_staging_token(repository, id);
    Result<void> swapped =
        co_await refs_.swap_branch(ctx, repository, sealed, std::move(row.bytes));
    if (swapped) {
      co_return sealed;
    }
    if (!swapped.error().is(kv::kPredicateFailed)) {
      co_return std::move(swapped).error();
    }
  }
  co_return Error(kTooManyTries, "commit");
}

Task<Result<CommitPtr>> VersionStore::commit(Context ctx, RepositoryPtr repository, BranchId branch,
                                             CommitRequest request) {
  TARN_CO_CHECK_OK(check_writable(repository, request.force));
  Commit commit;
  commit.committer = request.committer;
  commit.message = request.message;
  commit.metadata = request.metadata;
  commit.creation_date = request.date.value_or(services_.clock.now());
  // The branch must exist before hooks run for it.
  TARN_CO_CHECK_OK(co_await refs_.branch(ctx, repository, branch));
  HookRecord hook = hook_record(Event::kPrepareCommit, repository);
  hook.source_ref = branch.str();
  hook.branch = branch;
  hook.commit = commit;
  TARN_CO_CHECK_OK(co_await run_pre_hook(ctx, hook));
  // Outside the lock, so that a prepare-commit hook may write and even commit; from here on commits
  // of this branch queue.
  const std::string lock_key = repository->instance_uid + branch.str();
  const KeyedLock::Held held = co_await branch_locks_.acquire(lock_key);
  TARN_FAULT_POINT("graveler.commit.before_seal");
  TARN_CO_CHECK_OK(co_await seal(ctx, repository, branch, request.source_meta_range.has_value()));
  co_return co_await apply_commit(ctx, repository, branch, std::move(request), std::move(commit),
                                  std::move(hook));
}

Task<Result<CommitPtr>> VersionStore::apply_commit(Context ctx, RepositoryPtr repository,
                                                   BranchId branch, CommitRequest request,
                                                   Commit commit, HookRecord hook) {
  for (int tries = 0; tries < kBranchSwapTriesMax; ++tries) {
    TARN_CO_TRY(Refs::BranchRow row, co_await refs_.branch(ctx, repository, branch));
    TARN_CO_TRY(const CommitPtr head, co_await refs_.commit(ctx, repository, row.branch.commit_id));
    commit.parents = {head->id};
    commit.generation = head->commit.generation + 1;
    hook.event = Event::kPreCommit;
    hook.commit = commit;
    TARN_CO_CHECK_OK(co_await run_pre_hook(ctx, hook));
    TreeId base = tree_id(repository, head);
    bool changed = false;
    if (request.source_meta_range) {
      TARN_CO_TRY(const bool dirty,
                  co_await has_changes(ctx, repository, row.branch, row.branch.sealed_tokens));
      if (dirty) {
        co_return Error(kSourceMetaRangeOnDirtyBranch);
      }
      RangeCursor source(tables_, TreeId{base.storage_namespace, *request.source_meta_range});
      TARN_CO_CHECK_OK(co_await source.seek(ctx, std::string()));
      commit.meta_range_id = *request.source_meta_range;
      changed = commit.meta_range_id != base.id;
    } else {
      StagedCursor changes(services_.kv, row.branch.sealed_tokens, "", 1000);
      TARN_CO_TRY(AppliedTree applied,
                  co_await apply_changes(ctx, tables_, std::move(base), changes, config_.split));
      commit.meta_range_id = std::move(applied.id);
      changed = applied.summary.any();
    }
    if (!changed && !request.allow_empty) {
      // The sealed tokens hold nothing that counts: let go of them, or each vain commit would add
      // one for every read to look through.
      const std::vector<StagingToken> vain = std::exchange(row.branch.sealed_tokens, {});
      const Result<void> cleared =
          co_await refs_.swap_branch(ctx, repository, std::move(row.branch), std::move(row.bytes));
      if (cleared) {
        drop_tokens(vain);
      }
      co_return Error(kNoChanges, "commit");
    }
    TARN_CO_TRY(const CommitId id, co_await refs_.add_commit(ctx, repository, commit));
    Branch next = row.branch;
    next.commit_id = id;
    next.sealed_tokens.clear();
    TARN_FAULT_POINT("graveler.commit.before_ref_swap");
    Result<void> swapped =
        co_await refs_.swap_branch(ctx, repository, std::move(next), std::move(row.bytes));
    if (swapped) {
      TARN_FAULT_POINT("graveler.commit.after_ref_swap");
      drop_tokens(row.branch.sealed_tokens);
      hook.source_ref = id.str();
      hook.commit_id = id;
      hook.commit = commit;
      co_await run_post_hook(ctx, std::move(hook), Event::kPostCommit);
      CommitRecord record{id, std::move(commit)};
      CommitPtr out = std::make_shared<const CommitRecord>(std::move(record));
      co_return out;
    }
    if (!swapped.error().is(kv::kPredicateFailed)) {
      co_return std::move(swapped).error();
    }
  }
  co_return Error(kTooManyTries, "commit");
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

// --- Entries ---

Task<Result<std::optional<Value>>> VersionStore::find_value(Context ctx, RepositoryPtr repository,
                                                            ResolvedRef ref, ObjectPath path) {
  if (ref.staged_on) {
    TARN_CO_TRY(std::optional<Value> staged,
                co_await find_staged(ctx, services_.kv, ref.staged_on->tokens(), path.str()));
    if (staged) {
      if (is_tombstone(*staged)) {
        staged.reset();
      }
      co_return staged;
    }
  }
  TARN_CO_TRY(TreeId tree, co_await tree_of(ctx, repository, ref.commit_id));
  co_return co_await find_in_tree(ctx, tables_, std::move(tree), path.str());
}

Task<Result<Entry>> VersionStore::get_entry(Context ctx, RepositoryPtr repository, std::string ref,
                                            ObjectPath path) {
  TARN_CO_TRY(ResolvedRef resolved, co_await refs_.resolve(ctx, repository, std::move(ref)));
  TARN_CO_TRY(const std::optional<Value> value,
              co_await find_value(ctx, repository, std::move(resolved), std::move(path)));
  if (!value) {
    co_return Error(kObjectNotFound);
  }
  co_return decode_entry(value->data);
}

Task<Result<void>> VersionStore::safe_branch_write(Context ctx, RepositoryPtr repository,
                                                   BranchId branch, Write write) {
  for (int tries = 0; tries < kBranchWriteTriesMax; ++tries) {
    TARN_CO_TRY(const Refs::BranchRow before, co_await refs_.branch(ctx, repository, branch));
    TARN_CO_CHECK_OK(co_await write(before.branch));
    TARN_CO_TRY(const Refs::BranchRow after, co_await refs_.branch(ctx, repository, branch));
    if (after.branch.staging_token == before.branch.staging_token) {
      co_return Result<void>();
    }
    // A commit sealed the token meanwhile and may have missed the write: write again on the new
    // token.
  }
  co_return Error(kTooManyTries);
}

Task<Result<void>> VersionStore::set_entry(Context ctx, RepositoryPtr repository, BranchId branch,
                                           ObjectPath path, Entry entry, WriteCondition condition,
                                           bool force) {
  TARN_CO_CHECK_OK(check_writable(repository, force));
  const Bytes row = encode_staged(path.str(), to_value(entry));
  bool written_before = false;
  Write write = [this, &ctx, &repository, &path, &row, &condition,
                 &written_before](Branch on) -> Task<Result<void>> {
    const kv::Key key = staged_key(on.staging_token, path.str());
    if (!condition.any() || written_before) {
      co_return co_await services_.kv.set(ctx, key, row);
    }
    Result<Bytes> raw = co_await services_.kv.get(ctx, key);
    if (!raw && !raw.error().is(kv::kKeyNotFound)) {
      co_return std::move(raw).error();
    }
    ResolvedRef ref;
    ref.commit_id = on.commit_id;
    ref.staged_on = on;
    TARN_CO_TRY(const std::optional<Value> current,
                co_await find_value(ctx, repository, std::move(ref), path));
    bool holds = condition.if_absent ? !current.has_value() : current.has_value();
    if (holds && condition.if_match_etag) {
      TARN_CO_TRY(const Entry now, decode_entry(current->data));
      holds = now.etag == *condition.if_match_etag;
    }
    if (!holds) {
      co_return Error(kPreconditionFailed);
    }
    kv::Predicate expected = raw ? kv::Predicate::equals(*std::move(raw)) : kv::Predicate::absent();
    Result<void> written = co_await services_.kv.set_if(ctx, key, row, std::move(expected));
    if (!written && written.error().is(kv::kPredicateFailed)) {
      co_return Error(kPreconditionFailed);
    }
    written_before = written.has_value();
    co_return written;
  };
  co_return co_await safe_branch_write(ctx, repository, std::move(branch), std::move(write));
}

Task<Result<void>> VersionStore::delete_entry(Context ctx, RepositoryPtr repository,
                                              BranchId branch, ObjectPath path, bool force) {
  TARN_CO_CHECK_OK(check_writable(repository, force));
  Write write = [this, &ctx, &repository, &path](Branch on) {
    return delete_from(ctx, repository, std::move(on), path);
  };
  co_return co_await safe_branch_write(ctx, repository, std::move(branch), std::move(write));
}

Task<Result<void>> VersionStore::delete_from(Context ctx, RepositoryPtr repository, Branch branch,
                                             ObjectPath path) {
  const kv::Key key = staged_key(branch.staging_token, path.str());
  const Bytes tombstone = encode_staged(path.str(), Value());
  Result<void> replaced =
      co_await services_.kv.set_if(ctx, key, tombstone, kv::Predicate::exists());
  if (replaced || !replaced.error().is(kv::kPredicateFailed)) {
    co_return replaced;
  }
  TARN_CO_TRY(TreeId tree, co_await tree_of(ctx, repository, branch.commit_id));
  TARN_CO_TRY(const std::optional<Value> committed,
              co_await find_in_tree(ctx, tables_, std::move(tree), path.str()));
  bool needed = committed.has_value();
  if (!needed) {
    TARN_CO_TRY(const std::optional<Value> sealed,
                co_await find_staged(ctx, services_.kv, branch.sealed_tokens, path.str()));
    needed = sealed && !is_tombstone(*sealed);
  }
  if (needed) {
    co_return co_await services_.kv.set(ctx, key, tombstone);
  }
  co_return Result<void>();
}

Task<Result<Paged<ListedPath>>> VersionStore::list(Context ctx, RepositoryPtr repository,
                                                   std::string ref, ListRequest request) {
  TARN_CO_TRY(const ResolvedRef resolved, co_await refs_.resolve(ctx, repository, std::move(ref)));
  TARN_CO_TRY(TreeId tree, co_await tree_of(ctx, repository, resolved.commit_id));
  std::vector<StagingToken> staged;
  if (resolved.staged_on) {
    staged = resolved.staged_on->tokens();
  }
  co_return co_await list_paths(ctx, tables_, services_.kv, std::move(tree), std::move(staged),
                                std::move(request));
}

Task<Result<Paged<Difference>>> VersionStore::diff_uncommitted(Context ctx,
                                                               RepositoryPtr repository,
                                                               BranchId branch,
                                                               ListRequest request) {
  TARN_CO_TRY(const Refs::BranchRow row, co_await refs_.branch(ctx, repository, std::move(branch)));
  TARN_CO_TRY(TreeId tree, co_await tree_of(ctx, repository, row.branch.commit_id));
  co_return co_await diff_staged(ctx, tables_, services_.kv, std::move(tree), row.branch.tokens(),
                                 std::move(request));
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
  kv::ScanOptions options;
  for (;;) {
    TARN_CO_TRY(const kv::Page page,
                co_await services_.kv.scan(ctx, std::string(kCleanupPartition), options));
    std::vector<StagingToken> tokens;
    for (const kv::Entry& row : page.entries) {
      tokens.push_back(StagingToken::trusted(row.key));
    }
    if (tokens.empty()) {
      co_return Result<void>();
    }
    options.start = kv::next_key(page.entries.back().key);
    drop_tokens(std::move(tokens));
  }
}

}  // namespace tarn::graveler
