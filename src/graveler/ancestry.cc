#include "graveler/ancestry.h"

#include <tuple>
#include <utility>

namespace tarn::graveler {

bool OlderCommit::operator()(const CommitPtr& a, const CommitPtr& b) const {
  return std::tie(a->commit.generation, a->commit.creation_date, a->id) <
         std::tie(b->commit.generation, b->commit.creation_date, b->id);
}

Ancestry::Ancestry(Refs& refs, RepositoryPtr repository, CommitPtr head)
    : refs_(refs), repository_(std::move(repository)), head_(std::move(head)) {
  reached_.insert(head_->id);
  frontier_.push(head_);
}

Task<Result<void>> Ancestry::push_parents(Context ctx, CommitPtr commit, Reached& reached,
                                          Heap& heap) {
  for (const CommitId& parent : commit->commit.parents) {
    if (reached.contains(parent)) {
      continue;
    }
    CommitPtr record = refs_.commit_in_memory(repository_, parent);
    if (!record) {
      TARN_CO_TRY(record, co_await refs_.commit(ctx, repository_, parent));
    }
    // Only now: after an error the walk can go on.
    reached.insert(parent);
    heap.push(std::move(record));
  }
  co_return Result<void>();
}

Task<Result<void>> Ancestry::walk_to(Context ctx, std::int32_t generation) {
  while (!frontier_.empty() && frontier_.top()->commit.generation >= generation) {
    CommitPtr commit = frontier_.top();
    TARN_CO_CHECK_OK(co_await push_parents(ctx, commit, reached_, frontier_));
    // Parents are older: the commit is on top still.
    frontier_.pop();
  }
  co_return Result<void>();
}

Task<Result<std::optional<CommitId>>> Ancestry::merge_base(Context ctx, CommitPtr other) {
  std::optional<CommitId> base;
  Reached seen{other->id};
  Heap heap;
  heap.push(std::move(other));
  // The first commit in the order of the walk that both sides reach.
  while (!heap.empty()) {
    const CommitPtr commit = heap.top();
    heap.pop();
    TARN_CO_CHECK_OK(co_await walk_to(ctx, commit->commit.generation));
    if (reached_.contains(commit->id)) {
      base = commit->id;
      break;
    }
    TARN_CO_CHECK_OK(co_await push_parents(ctx, commit, seen, heap));
  }
  co_return base;
}

Task<Result<void>> Ancestry::advance(Context ctx, CommitPtr next) {
  TARN_CO_CHECK_OK(co_await push_parents(ctx, next, reached_, frontier_));
  reached_.insert(next->id);
  head_ = std::move(next);
  co_return Result<void>();
}

}  // namespace tarn::graveler
