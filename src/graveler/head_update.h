#pragma once

#include "base/thread_annotations.h"
#include "graveler/ancestry.h"
#include "graveler/hooks.h"
#include "graveler/refs.h"
#include "graveler/table_uploads.h"
#include "graveler/tree.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tarn::graveler {

/// A merge commit, or the paths (kConflictsMax at most) that stand against it.
struct Merged {
  CommitPtr commit;
  std::vector<std::string> conflicts;
};

/// What an update of a branch's head is made on: the head, or what updates of the same group made
/// of it so far.
struct HeadBase {
  /// Perhaps not in the KV store yet.
  CommitPtr head;
  TreeId tree;
  /// Of `head`.
  std::shared_ptr<Ancestry> ancestry;
  /// Takes the tables of the update; they are durable before its commit is stored.
  std::shared_ptr<TableUploads> uploads;
};

/// What an update makes of a head.
struct HeadUpdate {
  Commit commit;
  /// Paths in conflict; then there is no commit.
  std::vector<std::string> conflicts;
  HookRecord hook;
};

/// Called again, on another base, when another server moved the branch meanwhile.
using MakeHeadUpdate = std::function<Task<Result<HeadUpdate>>(HeadBase base)>;

/// An update that waits for its turn at a branch.
struct WaitingUpdate {
  Context ctx;
  MakeHeadUpdate make;
  /// The commit is stored before its pre hook runs, not after it. One that is stored later is the
  /// first of its group.
  bool store_before_hook = false;
  /// In no group: it may take long.
  bool alone = false;

  struct Outcome {
    Merged merged;
    HookRecord hook;
  };
  /// Set by whoever ran it, while it had the branch's lock.
  std::optional<Result<Outcome>> outcome;
};

/// Updates of heads in order of arrival, by branch. They belong to their callers. Thread-safe.
class HeadQueue {
 public:
  void push(const std::string& branch, WaitingUpdate& update);
  /// The first ones, at most `count`, and one that is to be alone as the only one.
  std::vector<WaitingUpdate*> take(const std::string& branch, std::size_t count);
  /// To the front again, in their order.
  void put_back(const std::string& branch, const std::vector<WaitingUpdate*>& updates);
  /// If it is there. No update may end while it is queued.
  void drop(const std::string& branch, const WaitingUpdate& update);

 private:
  Mutex mutex_;
  std::map<std::string, std::deque<WaitingUpdate*>> waiting_ TARN_GUARDED_BY(mutex_);
};

}  // namespace tarn::graveler
