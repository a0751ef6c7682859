#include "graveler/log.h"

#include <queue>
#include <set>

namespace tarn::graveler {
namespace {

struct Older {
  bool operator()(const CommitPtr& a, const CommitPtr& b) const {
    return std::tie(a->commit.creation_date, a->id) < std::tie(b->commit.creation_date, b->id);
  }
};

}  // namespace

Task<Result<Paged<CommitPtr>>> walk_log(Context ctx, Refs& refs, RepositoryPtr repository,
                                        CommitId start, LogRequest request) {
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
    if (!skipping) {
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
