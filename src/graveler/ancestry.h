#pragma once

#include "graveler/refs.h"

#include <memory>
#include <optional>
#include <queue>
#include <unordered_set>
#include <vector>

namespace tarn::graveler {

/// Newest generation on top; what is equal in that is in the order of dates and ids, so that every
/// walk over a history meets its commits in one order.
struct OlderCommit {
  bool operator()(const CommitPtr& a, const CommitPtr& b) const;
};

/// What a branch's head descends from, as far back as anybody asked, for many merges into one
/// branch: a base that lies a thousand commits back is looked for once, not with every merge. It
/// follows the head. Used by one coroutine at a time.
class Ancestry {
 public:
  Ancestry(Refs& refs, RepositoryPtr repository, CommitPtr head);

  const CommitPtr& head() const { return head_; }
  /// The same as find_merge_base(other, head) (graveler/merge_base.h).
  Task<Result<std::optional<CommitId>>> merge_base(Context ctx, CommitPtr other);
  /// `next` becomes the head; its first parent is the head until now. It need not be stored.
  Task<Result<void>> advance(Context ctx, CommitPtr next);
  /// Commits it remembers; some 150 bytes each.
  std::size_t size() const { return reached_.size(); }

 private:
  struct Hash {
    std::size_t operator()(const CommitId& id) const { return std::hash<std::string>()(id.str()); }
  };
  using Reached = std::unordered_set<CommitId, Hash>;
  using Heap = std::priority_queue<CommitPtr, std::vector<CommitPtr>, OlderCommit>;

  Task<Result<void>> push_parents(Context ctx, CommitPtr commit, Reached& reached, Heap& heap);
  /// Afterwards every ancestor of the head with this generation or a newer one is reached.
  Task<Result<void>> walk_to(Context ctx, std::int32_t generation);

  Refs& refs_;
  const RepositoryPtr repository_;
  CommitPtr head_;
  /// Ancestors of the head, the head among them.
  Reached reached_;
  /// Those of them whose parents were not looked at.
  Heap frontier_;
};

}  // namespace tarn::graveler
