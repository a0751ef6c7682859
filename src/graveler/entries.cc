// Entries of branches and commits: reading, staging and listing them.
#include "graveler/store.h"
#include "kv/errors.h"

#include <utility>

namespace tarn::graveler {
namespace {

constexpr int kBranchWriteTriesMax = 10;

}  // namespace

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
  TreeId tree;
  if (ref.commit) {
    tree = tree_id(repository, ref.commit);
  } else {
    TARN_CO_TRY(tree, co_await tree_of(ctx, repository, ref.commit_id));
  }
  co_return co_await find_in_tree(ctx, tables_, std::move(tree), path.str());
}

Task<Result<Entry>> VersionStore::get_entry(Context ctx, RepositoryPtr repository, std::string ref,
                                            ObjectPath path) {
  const CommitPtr commit = refs_.commit_in_memory(repository, ref);
  if (commit) {
    TARN_CO_TRY(const OpenLookup known,
                find_in_open_tables(tables_, repository->storage_namespace,
                                    commit->commit.meta_range_id, path.str()));
    if (known.outcome == OpenLookup::Outcome::kFound) {
      TARN_CO_TRY(const sstable::Value value, sstable::decode_value(known.value->view()));
      co_return decode_entry(value.data);
    }
    if (known.outcome == OpenLookup::Outcome::kAbsent) {
      co_return Error(kObjectNotFound);
    }
  }
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

Task<Result<VersionStore::Replaceable>> VersionStore::read_to_replace(Context ctx,
                                                                      RepositoryPtr repository,
                                                                      Branch on, ObjectPath path) {
  Replaceable out;
  Result<Bytes> raw = co_await services_.kv.get(ctx, staged_key(on.staging_token, path.str()));
  if (raw) {
    out.expected = kv::Predicate::equals(*std::move(raw));
  } else if (!raw.error().is(kv::kKeyNotFound)) {
    co_return std::move(raw).error();
  }
  ResolvedRef ref;
  ref.commit_id = on.commit_id;
  ref.staged_on = std::move(on);
  TARN_CO_TRY(out.value, co_await find_value(std::move(ctx), std::move(repository), std::move(ref),
                                             std::move(path)));
  co_return out;
}

Task<Result<void>> VersionStore::set_entry(Context ctx, RepositoryPtr repository, BranchId branch,
                                           ObjectPath path, Entry entry, WriteCondition condition,
                                           bool force) {
  TARN_CO_CHECK_OK(check_writable(repository, force));
  const Bytes row = encode_staged(path.str(), to_value(entry));
  bool written_before = false;
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): awaited below
  Write write = [this, &ctx, &repository, &path, &row, &condition,
                 &written_before](Branch on) -> Task<Result<void>> {
    const kv::Key key = staged_key(on.staging_token, path.str());
    if (!condition.any() || written_before) {
      co_return co_await services_.kv.set(ctx, key, row);
    }
    TARN_CO_TRY(Replaceable now, co_await read_to_replace(ctx, repository, std::move(on), path));
    const std::optional<Value>& current = now.value;
    // Nothing is both absent and of an ETag.
    bool holds = condition.if_absent ? !current && !condition.if_match_etag : current.has_value();
    if (holds && condition.if_match_etag) {
      TARN_CO_TRY(const Entry entry_now, decode_entry(current->data));
      holds = entry_now.etag == *condition.if_match_etag;
    }
    if (!holds) {
      co_return Error(kPreconditionFailed);
    }
    Result<void> written = co_await services_.kv.set_if(ctx, key, row, std::move(now.expected));
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

}  // namespace tarn::graveler
