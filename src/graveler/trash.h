#pragma once

#include "base/clock.h"
#include "base/id.h"
#include "graveler/hooks.h"
#include "graveler/keyed_lock.h"
#include "graveler/refs.h"
#include "graveler/trash_records.h"
#include "kv/store.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace tarn::graveler {

/// The name of what should come back is taken.
inline constexpr ErrorId kUndeleteNameTaken{ErrorKind::kAlreadyExists,
                                            "cannot undelete: the name is in use"};
/// Nothing of that name was deleted, or its window has passed.
inline constexpr ErrorId kNotDeleted{ErrorKind::kNotFound, "nothing to undelete"};
/// Data that another repository may need is not deleted.
inline constexpr ErrorId kNamespaceShared{ErrorKind::kConflict,
                                          "storage namespace is shared with another repository"};

/// Whether one of two namespaces lies in the other, or they are one.
bool overlap(const StorageNamespace& a, const StorageNamespace& b);

/// Deleted repositories and branches. Deleting moves a row aside, so that the name is free at once;
/// for the undelete window it can be moved back with everything that belonged to it. Afterwards it
/// is purged: nothing of it stays in the KV store. Every step can be repeated after a crash: a row
/// in the trash whose repository or branch is (still, or again) there means nothing. Thread-safe.
class Trash {
 public:
  struct Services {
    kv::Store& kv;
    Refs& refs;
    const Clock& clock;
    XidGenerator& xids;
  };
  /// `window` is how long things can be brought back; 0 = not at all.
  Trash(Services services, std::chrono::nanoseconds window)
      : services_(services), window_(window) {}

  void set_hooks(Hooks& hooks) { hooks_ = &hooks; }
  std::chrono::nanoseconds window() const { return window_; }
  WallTime due_at(WallTime deleted_at) const { return deleted_at + window_; }
  bool due(WallTime deleted_at) const { return due_at(deleted_at) <= services_.clock.now(); }

  // --- Repositories ---
  struct DeleteOptions {
    /// Also when it is read-only.
    bool force = false;
    bool purge_data = false;
  };
  /// The repository is gone when this returns; what belonged to it awaits the purge. Errors:
  /// kRepositoryNotFound, kReadOnlyRepository, kNamespaceShared.
  Task<Result<DeletedRepository>> delete_repository(Context ctx, RepositoryId id,
                                                    DeleteOptions options);
  /// Brings back the one that was deleted last, or the one of that instance. Errors: kNotDeleted,
  /// kUndeleteNameTaken.
  Task<Result<RepositoryPtr>> undelete_repository(Context ctx, RepositoryId id,
                                                  std::optional<std::string> instance_uid);
  /// Those that can be brought back; `page.after` is a key().
  Task<Result<Paged<DeletedRepository>>> list_repositories(Context ctx, PageRequest page);
  /// Those whose window has passed, or whose purge was cut short.
  Task<Result<Paged<DeletedRepository>>> due_repositories(Context ctx, PageRequest page);
  /// From here on it does not come back. False: it was brought back, or is gone.
  Task<Result<bool>> begin_purge(Context ctx, DeletedRepository deleted);
  /// Removes every row that belonged to it, its own in the trash last. Needs begin_purge.
  Task<Result<void>> finish_purge(Context ctx, DeletedRepository deleted);
  /// Another repository, deleted or not, whose namespace overlaps that of `repository`.
  Task<Result<std::optional<RepositoryId>>> sharer(Context ctx, Repository repository);
  /// Errors: kNamespaceInUse when a purge may be deleting what lies there.
  Task<Result<void>> check_not_being_purged(Context ctx, StorageNamespace storage_namespace);

  // --- Branches ---
  /// The branch is gone when this returns; what is staged on it awaits the purge, which may follow
  /// at once if it is due.
  Task<Result<DeletedBranch>> delete_branch(Context ctx, RepositoryPtr repository, Branch branch);
  /// Brings back the one that was deleted last, with what was staged on it. Errors: kNotDeleted,
  /// kUndeleteNameTaken, kConflict (a tag has the name), kReadOnlyRepository.
  Task<Result<Branch>> undelete_branch(Context ctx, RepositoryPtr repository, BranchId id,
                                       std::optional<std::string> uid, bool force);
  /// As above.
  Task<Result<Paged<DeletedBranch>>> list_branches(Context ctx, RepositoryPtr repository,
                                                   PageRequest page);
  /// Of all repositories; `page.after` is a row's key as `due_key` gives it.
  Task<Result<Paged<DeletedBranch>>> due_branches(Context ctx, PageRequest page);
  static std::string due_key(const DeletedBranch& deleted);
  /// Drops what was staged on it, and its row. Does nothing for a branch that is back.
  Task<Result<void>> purge_branch(Context ctx, DeletedBranch deleted);

 private:
  template <class T>
  struct Row;

  Task<Result<bool>> is_live(Context ctx, DeletedRepository deleted);
  Task<Result<bool>> is_live(Context ctx, DeletedBranch deleted);
  template <class T>
  Task<Result<std::optional<Row<T>>>> find_row(Context ctx, std::string prefix,
                                               std::optional<std::string> uid);
  template <class T>
  Task<Result<Row<T>>> claim(Context ctx, Row<T> row, TrashState state);
  template <class T>
  Task<Result<Paged<T>>> list_deleted(Context ctx, std::string folder, PageRequest page, bool due);
  Task<Result<void>> remove_tokens(Context ctx, std::vector<StagingToken> tokens);
  Task<Result<void>> purge_branches(Context ctx, RepositoryPtr repository);
  /// True if a repository of the name came after this one.
  Task<Result<bool>> name_used_later(Context ctx, DeletedRepository deleted);

  Services services_;
  const std::chrono::nanoseconds window_;
  Hooks* hooks_ = nullptr;
  /// One change at a time to what a name stands for.
  KeyedLock names_;
};

/// Errors: kConflict when a tag or a commit has the name.
Task<Result<void>> check_branch_name_free(Context ctx, Refs& refs, RepositoryPtr repository,
                                          BranchId id);

}  // namespace tarn::graveler
