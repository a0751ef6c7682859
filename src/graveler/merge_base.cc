#include "graveler/merge_base.h"

#include "graveler/ancestry.h"

#include <cstdint>
#include <map>
#include <queue>
#include <utility>
#include <vector>

namespace tarn::graveler {
namespace {

constexpr std::uint8_t kLeft = 1;
constexpr std::uint8_t kRight = 2;

}  // namespace

Task<Result<std::optional<CommitId>>> find_merge_base(Context ctx, Refs& refs,
                                                      RepositoryPtr repository, CommitId left,
                                                      CommitId right) {
  std::optional<CommitId> none;
  // Which sides reach a commit. A commit is popped after all of its descendants that can be
  // reached, because their generations are higher: what it is marked with then is final.
  std::map<CommitId, std::uint8_t> reached;
  std::priority_queue<CommitPtr, std::vector<CommitPtr>, OlderCommit> heap;
  reached[left] |= kLeft;
  reached[right] |= kRight;
  TARN_CO_TRY(CommitPtr first, co_await refs.commit(ctx, repository, left));
  heap.push(std::move(first));
  if (left != right) {
    TARN_CO_TRY(CommitPtr second, co_await refs.commit(ctx, repository, right));
    heap.push(std::move(second));
  }
  while (!heap.empty()) {
    const CommitPtr commit = heap.top();
    heap.pop();
    const std::uint8_t marks = reached[commit->id];
    if (marks == (kLeft | kRight)) {
      co_return commit->id;
    }
    for (const CommitId& parent : commit->commit.parents) {
      std::uint8_t& of_parent = reached[parent];
      const bool is_new = of_parent == 0;
      of_parent |= marks;
      if (is_new) {
        TARN_CO_TRY(CommitPtr record, co_await refs.commit(ctx, repository, parent));
        heap.push(std::move(record));
      }
    }
  }
  co_return none;
}

}  // namespace tarn::graveler
