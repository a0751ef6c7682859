// Operations of the version store that combine histories: differences, merges, reverts,
// cherry-picks.
#include "graveler/merge_base.h"
#include "graveler/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tarn::graveler {
namespace {

/// What merge commits remember of how they were made.
constexpr std::string_view kStrategyKey = ".lakefs.merge.strategy";

/// The empty tree has two names: no metarange, and the metarange without ranges.
bool is_empty_tree(const MetaRangeId& id) {
  static const std::string empty = sstable::TableIdHasher().finish(sstable::metarange_metadata());
  return id.empty() || id.str() == empty;
}

bool same_tree(const MetaRangeId& a, const MetaRangeId& b) {
  return a == b || (is_empty_tree(a) && is_empty_tree(b));
}

/// For operations that have no list of conflicts to answer with.
Result<CommitPtr> one_commit(Result<Merged> merged) {
  if (merged && merged->conflicts.empty()) {
    return std::move(merged->commit);
  }
  Error error = merged ? Error(kConflict) : std::move(merged).error();
  const bool of_the_branch = error.is(kBranchNotFound) || error.is(kDirtyBranch);
  return of_the_branch ? std::move(error) : std::move(error).wrap("update branch");
}

}  // namespace

TreeId VersionStore::tree_id(const RepositoryPtr& repository, const CommitPtr& commit) const {
  return {repository->storage_namespace, commit->commit.meta_range_id};
}

Task<Result<CommitId>> VersionStore::need_merge_base(Context ctx, RepositoryPtr repository,
                                                     CommitId left, CommitId right) {
  TARN_CO_TRY(std::optional<CommitId> base,
              co_await find_merge_base(std::move(ctx), refs_, std::move(repository),
                                       std::move(left), std::move(right)));
  if (!base) {
    co_return Error(kNoMergeBase);
  }
  co_return *std::move(base);
}

Task<Result<VersionStore::MergeBase>> VersionStore::merge_base(Context ctx,
                                                               RepositoryPtr repository,
                                                               std::string source,
                                                               std::string destination) {
  TARN_CO_TRY(const CommitPtr from, co_await refs_.resolve_commit(ctx, repository, source));
  TARN_CO_TRY(const CommitPtr to, co_await refs_.resolve_commit(ctx, repository, destination));
  MergeBase out{from->id, to->id, {}};
  TARN_CO_TRY(out.base, co_await need_merge_base(ctx, repository, from->id, to->id));
  co_return out;
}

Task<Result<Paged<Difference>>> VersionStore::diff_refs(Context ctx, RepositoryPtr repository,
                                                        std::string left, std::string right,
                                                        bool three_dot, ListRequest request) {
  TARN_CO_TRY(const ResolvedRef left_ref, co_await refs_.resolve(ctx, repository, left));
  TARN_CO_TRY(const ResolvedRef right_ref, co_await refs_.resolve(ctx, repository, right));
  TARN_CO_TRY(const CommitId left_id, commit_of(left_ref, left));
  if (right_ref.staging_demanded && !three_dot && right_ref.staged_on) {
    TARN_CO_TRY(TreeId left_tree, co_await tree_of(ctx, repository, left_id));
    TARN_CO_TRY(TreeId right_tree, co_await tree_of(ctx, repository, right_ref.commit_id));
    co_return co_await diff_with_staged(ctx, tables_, services_.kv, std::move(left_tree),
                                        std::move(right_tree), right_ref.staged_on->tokens(),
                                        std::move(request));
  }
  TARN_CO_TRY(const CommitId right_id, commit_of(right_ref, right));
  CommitId base_id = left_id;
  if (three_dot) {
    TARN_CO_TRY(base_id, co_await need_merge_base(ctx, repository, left_id, right_id));
  }
  MergeTrees trees;
  TARN_CO_TRY(trees.base, co_await tree_of(ctx, repository, std::move(base_id)));
  TARN_CO_TRY(trees.source, co_await tree_of(ctx, repository, right_id));
  TARN_CO_TRY(trees.destination, co_await tree_of(ctx, repository, left_id));
  co_return co_await diff_trees(ctx, tables_, std::move(trees), std::move(request));
}

// --- Merge ---

Task<Result<VersionStore::Update>> VersionStore::make_merge(Context ctx, RepositoryPtr repository,
                                                            BranchId destination,
                                                            MergeRequest request, HeadBase on) {
  Result<CommitPtr> resolved = co_await refs_.resolve_commit(ctx, repository, request.source);
  if (!resolved) {
    co_return std::move(resolved).error().wrap("get commit by ref " + request.source);
  }
  const CommitPtr source = *std::move(resolved);
  TARN_CO_TRY(const std::optional<CommitId> base_id, co_await on.ancestry->merge_base(ctx, source));
  if (!base_id) {
    co_return Error(kNoMergeBase);
  }
  TARN_CO_TRY(const CommitPtr base, co_await refs_.commit(ctx, repository, *base_id));
  Update update;
  Commit& commit = update.commit;
  if (source->commit.meta_range_id == base->commit.meta_range_id && !request.allow_empty &&
      !request.force) {
    co_return Error(kNoChanges);
  }
  MergeTrees trees{tree_id(repository, base), tree_id(repository, source), on.tree,
                   request.strategy};
  if (trees.destination.id == trees.base.id) {
    commit.meta_range_id = trees.source.id;
  } else if (trees.source.id == trees.base.id) {
    commit.meta_range_id = trees.destination.id;
  } else {
    TARN_CO_TRY(MergedTree merged,
                co_await merge_trees(ctx, tables_, std::move(trees), config_.split, on.uploads));
    commit.meta_range_id = std::move(merged.id);
    update.conflicts = std::move(merged.conflicts);
  }
  commit.committer = request.committer;
  commit.message = request.message.empty()
                       ? fmt::format("Merge '{}' into '{}'", request.source, destination.str())
                       : request.message;
  commit.metadata = request.metadata;
  commit.metadata[std::string(kStrategyKey)] = to_string(request.strategy);
  commit.creation_date = services_.clock.now();
  commit.generation = std::max(on.head->commit.generation, source->commit.generation) + 1;
  commit.parents = {on.head->id};
  if (!request.squash) {
    commit.parents.push_back(source->id);
  }
  update.hook = hook_record(Event::kPreMerge, repository);
  update.hook.source_ref = source->id.str();
  update.hook.branch = destination;
  update.hook.merge_source = request.source;
  co_return update;
}

Task<Result<Merged>> VersionStore::merge(Context ctx, RepositoryPtr repository,
                                         BranchId destination, MergeRequest request) {
  TARN_CO_CHECK_OK(check_writable(repository, request.force));
  MakeUpdate make = [this, &ctx, &repository, &destination, &request](HeadBase base) {
    return make_merge(ctx, repository, destination, request, std::move(base));
  };
  Result<Merged> merged =
      co_await update_head(ctx, repository, destination, std::move(make), Event::kPostMerge, true);
  if (!merged && !merged.error().is(kBranchNotFound) && !merged.error().is(kDirtyBranch)) {
    co_return std::move(merged).error().wrap("update branch " + destination.str());
  }
  co_return merged;
}

// --- Revert and cherry-pick ---

Task<Result<CommitPtr>> VersionStore::parent_of(Context ctx, RepositoryPtr repository,
                                                CommitPtr commit, int number,
                                                const ErrorId& missing) {
  const std::vector<CommitId>& parents = commit->commit.parents;
  if (number == 0 && parents.size() > 1) {
    co_return Error(missing);
  }
  const std::size_t index = number == 0 ? 1 : static_cast<std::size_t>(number);
  if (number < 0 || index > parents.size()) {
    co_return Error(kParentOutOfRange, fmt::format("parent {}", std::max(number, 1)));
  }
  co_return co_await refs_.commit(ctx, repository, parents[index - 1]);
}

Task<Result<VersionStore::Update>> VersionStore::change_of(Context ctx, RepositoryPtr repository,
                                                           BranchId branch, HeadBase base,
                                                           MergeTrees trees, Event pre_event) {
  trees.destination = base.tree;
  TARN_CO_TRY(MergedTree merged,
              co_await merge_trees(ctx, tables_, std::move(trees), config_.split, base.uploads));
  Update update;
  update.conflicts = std::move(merged.conflicts);
  update.commit.meta_range_id = std::move(merged.id);
  update.commit.creation_date = services_.clock.now();
  update.commit.parents = {base.head->id};
  update.commit.generation = base.head->commit.generation + 1;
  update.hook = hook_record(pre_event, repository);
  update.hook.source_ref = branch.str();
  update.hook.branch = std::move(branch);
  co_return update;
}

Task<Result<CommitPtr>> VersionStore::revert(Context ctx, RepositoryPtr repository, BranchId branch,
                                             RevertRequest request) {
  TARN_CO_CHECK_OK(check_writable(repository, request.force));
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): awaited below
  MakeUpdate make = [this, &ctx, &repository, &branch,
                     &request](HeadBase on) -> Task<Result<Update>> {
    TARN_CO_TRY(const CommitPtr reverted,
                co_await refs_.resolve_commit(ctx, repository, request.ref));
    MergeTrees trees;
    trees.base = tree_id(repository, reverted);
    trees.source = TreeId{repository->storage_namespace, {}};
    if (!reverted->commit.parents.empty() || request.parent_number != 0) {
      TARN_CO_TRY(const CommitPtr parent,
                  co_await parent_of(ctx, repository, reverted, request.parent_number,
                                     kRevertParentNeeded));
      trees.source = tree_id(repository, parent);
    }
    TARN_CO_TRY(Update update, co_await change_of(ctx, repository, branch, on, std::move(trees),
                                                  Event::kPreRevert));
    Commit& commit = update.commit;
    if (update.conflicts.empty() &&
        same_tree(commit.meta_range_id, on.head->commit.meta_range_id) && !request.allow_empty) {
      co_return Error(kNoChanges);
    }
    commit.committer = request.committer;
    commit.message = request.message.empty() ? "Revert " + request.ref : request.message;
    commit.metadata = request.metadata;
    co_return update;
  };
  Result<Merged> made =
      co_await update_head(ctx, repository, branch, std::move(make), Event::kPostRevert, false);
  co_return one_commit(std::move(made));
}

Task<Result<CommitPtr>> VersionStore::cherry_pick(Context ctx, RepositoryPtr repository,
                                                  BranchId branch, CherryPickRequest request) {
  TARN_CO_CHECK_OK(check_writable(repository, request.force));
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): awaited below
  MakeUpdate make = [this, &ctx, &repository, &branch,
                     &request](HeadBase on) -> Task<Result<Update>> {
    TARN_CO_TRY(const CommitPtr picked,
                co_await refs_.resolve_commit(ctx, repository, request.ref));
    TARN_CO_TRY(const CommitPtr parent,
                co_await parent_of(ctx, repository, picked, request.parent_number.value_or(0),
                                   kPickParentNeeded));
    if (picked->commit.meta_range_id == parent->commit.meta_range_id) {
      co_return Error(kNoChanges);
    }
    MergeTrees trees;
    trees.base = tree_id(repository, parent);
    trees.source = tree_id(repository, picked);
    TARN_CO_TRY(Update update, co_await change_of(ctx, repository, branch, on, std::move(trees),
                                                  Event::kPreCherryPick));
    Commit& commit = update.commit;
    commit.committer = request.committer;
    commit.message = request.message.empty() ? picked->commit.message : request.message;
    commit.metadata = request.metadata.value_or(picked->commit.metadata);
    commit.metadata["cherry-pick-origin"] = picked->id.str();
    commit.metadata["cherry-pick-committer"] = picked->commit.committer;
    co_return update;
  };
  Result<Merged> made =
      co_await update_head(ctx, repository, branch, std::move(make), Event::kPostCherryPick, false);
  co_return one_commit(std::move(made));
}

}  // namespace tarn::graveler
