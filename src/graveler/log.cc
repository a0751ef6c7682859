#include "graveler/log.h"

#include "graveler/merge.h"
#include "graveler/tree.h"

#include <queue>
#include <set>

namespace tarn::graveler {
namespace {

struct Older {
  bool operator()(const CommitPtr& a, const CommitPtr& b) const {
    return std::tie(a->commit.creation_date, a->id) < std::tie(b->commit.creation_date, b->id);
  }
};

Task<Result<bool>> path_differs(Context ctx, Tables& tables, TreeId a, TreeId b, std::string path) {
  RangeCursor range_a(tables, a);
  RangeCursor range_b(tables, b);
  TARN_CO_CHECK_OK(co_await range_a.seek(ctx, path));
  TARN_CO_CHECK_OK(co_await range_b.seek(ctx, path));
  if (range_a.valid() && range_b.valid() && range_a.range().id == range_b.range().id) {
    co_return false;
  }
  TARN_CO_TRY(const std::optional<Value> in_a, co_await find_in_tree(ctx, tables, a, path));
  TARN_CO_TRY(const std::optional<Value> in_b, co_await find_in_tree(ctx, tables, b, path));
  co_return in_a.has_value() != in_b.has_value() || (in_a && in_a->identity != in_b->identity);
}

Task<Result<bool>> prefix_differs(Context ctx, Tables& tables, TreeId a, TreeId b,
                                  std::string prefix) {
  ListRequest one;
  one.prefix = std::move(prefix);
  one.amount = 1;
  MergeTrees trees{a, std::move(b), a, MergeStrategy::kNone};
  TARN_CO_TRY(const Paged<Difference> found,
              co_await diff_trees(ctx, tables, std::move(trees), std::move(one)));
  co_return !found.items.empty();
}

/// Whether the filters let a commit through.
Task<Result<bool>> touches(Context ctx, Refs& refs, Tables& tables, RepositoryPtr repository,
                           CommitPtr commit, const LogRequest& request) {
  if (!request.filtered()) {
    co_return true;
  }
  if (commit->commit.parents.size() != 1) {
    co_return false;
  }
  const CommitId parent_id = commit->commit.parents.front();
  TARN_CO_TRY(const CommitPtr parent, co_await refs.commit(ctx, repository, parent_id));
  const TreeId before{repository->storage_namespace, parent->commit.meta_range_id};
  const TreeId after{repository->storage_namespace, commit->commit.meta_range_id};
  if (before.id == after.id) {
    co_return false;
  }
  for (const std::string& path : request.objects) {
    TARN_CO_TRY(const bool differs, co_await path_differs(ctx, tables, before, after, path));
    if (differs) {
      co_return true;
    }
  }
  for (const std::string& prefix : request.prefixes) {
    TARN_CO_TRY(const bool differs, co_await prefix_differs(ctx, tables, before, after, prefix));
    if (differs) {
      co_return true;
    }
  }
  co_return false;
}

}  // namespace

Task<Result<Paged<CommitPtr>>> walk_log(Context ctx, Refs& refs, Tables& tables,
                                        RepositoryPtr repository, CommitId start,
                                        LogRequest request) {
  Paged<CommitPtr> out;
  std::priority_queue<CommitPtr, std::vector<CommitPtr>, Older> heap;
  std::set<CommitId> seen{start};
  TARN_CO_TRY(CommitPtr first, co_await refs.commit(ctx, repository, start));
  heap.push(std::move(first));
  bool skipping = request.after.has_value();
  while (!heap.empty()) {
    const CommitPtr commit = heap.top();
    heap.pop();
    if (request.since && commit->commit.creation_date < *request.since) {
      continue;
    }
    bool shown = false;
    if (!skipping) {
      TARN_CO_TRY(shown, co_await touches(ctx, refs, tables, repository, commit, request));
    }
    if (shown) {
      if (out.items.size() == request.amount) {
        out.more = true;
        co_return out;
      }
      out.items.push_back(commit);
    }
    if (request.stop_at && commit->id == *request.stop_at) {
      co_return out;
    }
    if (skipping && commit->id == *request.after) {
      skipping = false;
    }
    const std::vector<CommitId>& parents = commit->commit.parents;
    const std::size_t count =
        request.first_parent ? std::min<std::size_t>(1, parents.size()) : parents.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (seen.insert(parents[i]).second) {
        TARN_CO_TRY(CommitPtr parent, co_await refs.commit(ctx, repository, parents[i]));
        heap.push(std::move(parent));
      }
    }
  }
  co_return out;
}

}  // namespace tarn::graveler
