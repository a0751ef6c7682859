// Moving the head of a branch that has nothing staged: what merges, reverts and cherry-picks share.
// Updates of one branch that wait for each other form a group: each is made on the commit of the
// one before it, and one write moves the branch to the last of them.
#include "base/fault_points.h"
#include "graveler/store.h"
#include "kv/errors.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tarn::graveler {
namespace {

constexpr int kHeadSwapTriesMax = 10;
constexpr std::size_t kGroupMax = 64;
/// A group that took this long to make is published, whoever waits: the first members should not
/// pay for the last.
constexpr std::chrono::milliseconds kGroupTimeMax{50};
/// Likewise with tables of this size in memory.
constexpr std::size_t kGroupBytesMax = 64 * kMiB;
/// A longer history than this is forgotten when its group is done.
constexpr std::size_t kAncestryMax = 50'000;

/// Takes an update out of the queue if its caller's task is destroyed while it waits.
class Queued {
 public:
  Queued(HeadQueue& queue, std::string branch, WaitingUpdate& update)
      : queue_(queue), branch_(std::move(branch)), update_(update) {
    queue_.push(branch_, update_);
  }
  ~Queued() { queue_.drop(branch_, update_); }
  Queued(const Queued&) = delete;
  Queued& operator=(const Queued&) = delete;

 private:
  HeadQueue& queue_;
  const std::string branch_;
  WaitingUpdate& update_;
};

void refuse(const std::vector<WaitingUpdate*>& group, const Error& error) {
  for (WaitingUpdate* update : group) {
    if (!update->outcome) {
      update->outcome.emplace(error);
    }
  }
}

std::vector<WaitingUpdate*> unfinished(const std::vector<WaitingUpdate*>& group) {
  std::vector<WaitingUpdate*> out;
  std::ranges::copy_if(group, std::back_inserter(out),
                       [](const WaitingUpdate* update) { return !update->outcome; });
  return out;
}

}  // namespace

/// Makes sure that nothing staged so far outlives the next move of the head. Rows that change
/// nothing (a value like the committed one, a tombstone over nothing) would change something on
/// another head: if there are any, their token is sealed, and goes with the move.
Task<Result<void>> VersionStore::seal_clean(Context ctx, RepositoryPtr repository,
                                            BranchId branch) {
  for (int tries = 0; tries < kHeadSwapTriesMax; ++tries) {
    TARN_CO_TRY(Refs::BranchRow row, co_await refs_.branch(ctx, repository, branch));
    TARN_CO_TRY(const bool dirty,
                co_await has_changes(ctx, repository, row.branch, row.branch.tokens()));
    if (dirty) {
      co_return Error(kDirtyBranch);
    }
    StagedCursor rows(services_.kv, {row.branch.staging_token}, "", 1);
    TARN_CO_CHECK_OK(co_await rows.seek(ctx, std::string()));
    if (!rows.valid()) {
      co_return Result<void>();
    }
    Branch sealed = row.branch;
    sealed.sealed_tokens.insert(sealed.sealed_tokens.begin(), sealed.staging_token);
    sealed.staging_token = new_staging_token(repository, branch);
    const Result<void> swapped =
        co_await refs_.swap_branch(ctx, repository, std::move(sealed), std::move(row.bytes));
    if (swapped || !swapped.error().is(kv::kPredicateFailed)) {
      co_return swapped;
    }
  }
  co_return Error(kTooManyTries);
}

Task<Result<bool>> VersionStore::move_head(Context ctx, RepositoryPtr repository,
                                           Refs::BranchRow row, CommitId to) {
  Branch next = row.branch;
  next.commit_id = std::move(to);
  const std::vector<StagingToken> vain = std::exchange(next.sealed_tokens, {});
  const Result<void> swapped =
      co_await refs_.swap_branch(ctx, repository, std::move(next), std::move(row.bytes));
  TARN_FAULT_POINT("graveler.move_head.after_ref_swap");
  if (swapped && !vain.empty()) {
    drop_tokens(vain);
  }
  if (!swapped && !swapped.error().is(kv::kPredicateFailed)) {
    co_return swapped.error();
  }
  co_return swapped.has_value();
}

Task<Result<Refs::BranchRow>> VersionStore::clean_branch(Context ctx, RepositoryPtr repository,
                                                         BranchId branch) {
  TARN_CO_TRY(Refs::BranchRow row, co_await refs_.branch(ctx, repository, std::move(branch)));
  // What is written to the staging token from now on is later than the move, and stays.
  if (!row.branch.sealed_tokens.empty()) {
    TARN_CO_TRY(const bool dirty,
                co_await has_changes(ctx, repository, row.branch, row.branch.sealed_tokens));
    if (dirty) {
      co_return Error(kDirtyBranch);
    }
  }
  co_return row;
}

Task<Result<Merged>> VersionStore::update_head(Context ctx, RepositoryPtr repository,
                                               BranchId branch, MakeUpdate make, Event post_event,
                                               bool store_before_hook, bool alone) {
  const std::string lock_key = repository->instance_uid + branch.str();
  WaitingUpdate mine;
  mine.ctx = ctx;
  mine.make = std::move(make);
  mine.store_before_hook = store_before_hook;
  mine.alone = alone;
  const Queued queued(head_queue_, lock_key, mine);
  // Whoever gets the lock runs those who wait for it; they find their outcome when it is theirs.
  const KeyedLock::Held held = co_await branch_locks_.acquire(lock_key);
  while (!mine.outcome) {
    const std::vector<WaitingUpdate*> group = head_queue_.take(lock_key, kGroupMax);
    if (group.empty()) {
      co_return Error(kInternal, "an update of a head was lost");
    }
    try {
      co_await run_group(repository, branch, group);
    } catch (...) {
      refuse(group, Error(kInternal, "an update of a head threw"));
      throw;
    }
    head_queue_.put_back(lock_key, unfinished(group));
  }
  if (!*mine.outcome) {
    co_return std::move(*mine.outcome).error();
  }
  WaitingUpdate::Outcome& outcome = **mine.outcome;
  if (outcome.merged.commit) {
    outcome.hook.source_ref = outcome.merged.commit->id.str();
    outcome.hook.commit_id = outcome.merged.commit->id;
    co_await run_post_hook(ctx, std::move(outcome.hook), post_event);
  }
  co_return std::move(outcome.merged);
}

/// One run of updates on a branch. Members that are made wait in it until it is published.
struct VersionStore::HeadGroup {
  /// Of the steps that members share: no member's request ends them.
  Context ctx;
  RepositoryPtr repository;
  Refs::BranchRow row;
  HeadBase base;
  /// Commits that lead to `base.head`, oldest first, and are not in the KV store yet.
  std::vector<CommitPtr> unstored;
  struct Made {
    WaitingUpdate* update;
    CommitPtr commit;
    HookRecord hook;
  };
  std::vector<Made> made;
};

Task<void> VersionStore::run_group(RepositoryPtr repository, BranchId branch,
                                   std::vector<WaitingUpdate*> group) {
  const bool shared = group.size() > 1;
  const Context ctx = shared ? Context() : group.front()->ctx;
  const Result<void> clean = co_await seal_clean(ctx, repository, branch);
  if (!clean) {
    refuse(group, clean.error());
    co_return;
  }
  TARN_FAULT_POINT("graveler.merge.after_seal");
  for (int tries = 0; tries < kHeadSwapTriesMax; ++tries) {
    const Result<bool> ran = co_await try_group(ctx, repository, branch, unfinished(group));
    if (!ran && shared) {
      // One member's trouble with the block store is not the others'.
      for (WaitingUpdate* update : unfinished(group)) {
        std::vector<WaitingUpdate*> single{update};
        co_await run_group(repository, branch, std::move(single));
      }
      co_return;
    }
    if (!ran) {
      refuse(group, ran.error());
      co_return;
    }
    if (*ran) {
      co_return;
    }
  }
  refuse(group, Error(kTooManyTries));
}

/// False: another server moved the branch, and members without an outcome are to be made again.
/// Errors: of what members share, before the branch was touched.
Task<Result<bool>> VersionStore::try_group(Context ctx, RepositoryPtr repository, BranchId branch,
                                           std::vector<WaitingUpdate*> group) {
  HeadGroup run{ctx, repository, {}, {}, {}, {}};
  TARN_CO_TRY(run.row, co_await clean_branch(ctx, repository, branch));
  TARN_CO_TRY(run.base.head, co_await refs_.commit(ctx, repository, run.row.branch.commit_id));
  run.base.tree = tree_id(repository, run.base.head);
  run.base.ancestry = ancestry_of(repository, branch, run.base.head);
  const auto reading = group.size() > 1 ? TableUploads::Reading::kYes : TableUploads::Reading::kNo;
  run.base.uploads =
      std::make_shared<TableUploads>(ctx, tables_, repository->storage_namespace, reading);
  const SteadyTime start = services_.clock.steady_now();
  for (WaitingUpdate* update : group) {
    TARN_CO_TRY(const bool goes_on, co_await make_member(run, *update, update == group.front()));
    if (!goes_on || services_.clock.steady_now() - start > kGroupTimeMax ||
        run.base.uploads->readable_bytes() > kGroupBytesMax) {
      break;
    }
  }
  TARN_CO_TRY(const bool moved, co_await publish_group(run));
  if (moved && run.base.ancestry->size() <= kAncestryMax) {
    ancestries_.put(repository->instance_uid + branch.str(), std::move(run.base.ancestry));
  }
  co_return moved;
}

/// What the last group knew of the branch's history, if nobody else has moved the branch. Nobody
/// else has it then: it is one for him who holds the branch's lock.
std::shared_ptr<Ancestry> VersionStore::ancestry_of(const RepositoryPtr& repository,
                                                    const BranchId& branch, const CommitPtr& head) {
  const std::string key = repository->instance_uid + branch.str();
  std::shared_ptr<Ancestry> known = ancestries_.get(key).value_or(nullptr);
  ancestries_.erase(key);
  if (known && known->head()->id == head->id) {
    return known;
  }
  return std::make_shared<Ancestry>(refs_, repository, head);
}

/// Gives the update an outcome or adds it to those who were made; or leaves it, if it has to be the
/// first of its group. False: the group ends here. Errors: as try_group.
Task<Result<bool>> VersionStore::make_member(HeadGroup& run, WaitingUpdate& member, bool first) {
  const Result<void> wanted = member.ctx.check(services_.clock);
  if (!wanted) {
    member.outcome.emplace(wanted.error());
    co_return true;
  }
  if (!member.store_before_hook && !first) {
    // Reverts and cherry-picks name commits as they are seen from the branch, and find their
    // actions on it: it has to be up to date.
    co_return false;
  }
  Result<Update> update = co_await member.make(run.base);
  if (!update && run.base.uploads->failed()) {
    // Whose tables did not get there does not matter: this tree was to be built on them.
    co_return std::move(update).error();
  }
  if (!update) {
    member.outcome.emplace(std::move(update).error());
    co_return true;
  }
  if (!update->conflicts.empty()) {
    WaitingUpdate::Outcome conflict;
    conflict.merged.conflicts = std::move(update->conflicts);
    member.outcome.emplace(std::move(conflict));
    co_return true;
  }
  TARN_CO_TRY(const Refs::Addressed addressed,
              co_await refs_.address(run.ctx, run.repository, update->commit));
  const CommitPtr commit = addressed.commit;
  HookRecord hook = std::move(update->hook);
  hook.commit = std::move(update->commit);
  if (member.store_before_hook) {
    hook.commit_id = commit->id;
  }
  bool hooked = false;
  bool stored = addressed.stored;
  if (hooks_ != nullptr && !run.repository->read_only) {
    TARN_CO_TRY(hooked, co_await hooks_->applies(member.ctx, hook));
    if (hooked && !first) {
      // What a hook sees must not depend on who else waits, nor should others wait for it.
      co_return false;
    }
    if (hooked) {
      // Hooks may look at the tree.
      TARN_CO_CHECK_OK(co_await run.base.uploads->wait());
    }
    if (hooked && member.store_before_hook && !stored) {
      const std::vector<CommitPtr> only{commit};
      TARN_CO_CHECK_OK(co_await refs_.add_commits(run.ctx, run.repository, only));
      stored = true;
    }
    Result<void> agreed;
    if (hooked) {
      agreed = co_await run_pre_hook(member.ctx, hook);
    } else {
      hook.run_id = hooks_->new_run_id();
    }
    if (!agreed) {
      member.outcome.emplace(std::move(agreed).error());
      co_return false;
    }
  }
  if (!stored) {
    run.unstored.push_back(commit);
  }
  TARN_CO_CHECK_OK(co_await run.base.ancestry->advance(run.ctx, commit));
  run.base.head = commit;
  run.base.tree = tree_id(run.repository, commit);
  run.base.tree.unpublished = run.base.uploads;
  run.made.push_back({&member, commit, std::move(hook)});
  co_return !hooked;
}

/// Makes what the members made durable, and then the branch's head. False, errors: as try_group.
Task<Result<bool>> VersionStore::publish_group(HeadGroup& run) {
  if (run.made.empty()) {
    co_return true;
  }
  TARN_CO_CHECK_OK(co_await run.base.uploads->wait());
  TARN_CO_CHECK_OK(co_await refs_.add_commits(run.ctx, run.repository, run.unstored));
  TARN_FAULT_POINT("graveler.merge.before_ref_swap");
  const Result<bool> moved =
      co_await move_head(run.ctx, run.repository, std::move(run.row), run.base.head->id);
  if (moved && !*moved) {
    co_return false;
  }
  for (HeadGroup::Made& made : run.made) {
    if (!moved) {
      // It may have happened: nobody is told to try again, and nothing is done twice.
      made.update->outcome.emplace(moved.error());
      continue;
    }
    WaitingUpdate::Outcome done;
    done.merged.commit = std::move(made.commit);
    done.hook = std::move(made.hook);
    made.update->outcome.emplace(std::move(done));
  }
  co_return moved.has_value();
}

}  // namespace tarn::graveler
