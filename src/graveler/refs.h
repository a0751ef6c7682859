#pragma once

#include "base/clock.h"
#include "base/lru.h"
#include "base/thread_annotations.h"
#include "graveler/records.h"
#include "kv/store.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tarn::graveler {

using RepositoryPtr = std::shared_ptr<const Repository>;
using CommitPtr = std::shared_ptr<const CommitRecord>;

/// A page of a listing: rows after `after` that begin with `prefix`, at most `amount`.
struct PageRequest {
  std::string prefix;
  std::string after;
  std::size_t amount = 100;
};

template <class T>
struct Paged {
  std::vector<T> items;
  bool more = false;
};

/// Changes the metadata of a repository in place; called again when somebody else was faster.
using ChangeMetadata = std::function<void(Metadata&)>;

/// Errors: kReadOnlyRepository, unless forced.
Result<void> check_writable(const RepositoryPtr& repository, bool force);

struct RefsConfig {
  std::size_t repository_cache_size = 1000;
  std::chrono::nanoseconds repository_cache_ttl = std::chrono::seconds(5);
  std::size_t commit_cache_size = 50'000;
};

/// A reference after look-up.
struct ResolvedRef {
  /// The commit, for a branch its head.
  CommitId commit_id;
  /// Its record, where the way to it led over the record; else null.
  CommitPtr commit;
  /// Set when the expression is a plain branch name or `branch$`: reads see what is staged on it
  /// too.
  std::optional<Branch> staged_on;
  /// `branch$` was asked for explicitly.
  bool staging_demanded = false;
  /// Set for every expression made of a branch alone (`main`, `main@`, `main$`).
  std::optional<BranchId> branch;
};

/// Its commit, where a commit is needed. Errors: kStagingNotACommit, which names `text`.
Result<CommitId> commit_of(const ResolvedRef& ref, const std::string& text);

/// The rows of repositories, branches, tags and commits in the KV store, and what reference
/// expressions mean. Knows keys and compare-and-swap; not trees, staging or hooks. Thread-safe.
class Refs {
 public:
  Refs(kv::Store& store, const Clock& clock, RefsConfig config);

  /// Errors: kRepositoryNotFound, kRepositoryInDeletion. Cached for the configured time.
  Task<Result<RepositoryPtr>> repository(Context ctx, RepositoryId id);
  /// The row as it is now, also when in deletion. Errors: kRepositoryNotFound.
  Task<Result<Repository>> repository_uncached(Context ctx, RepositoryId id);
  /// Errors: kNotUnique.
  Task<Result<void>> add_repository(Context ctx, Repository repository);
  Task<Result<void>> write_repository(Context ctx, Repository repository);
  Task<Result<void>> remove_repository(Context ctx, RepositoryId id);
  /// `search` = a part of the id anywhere.
  Task<Result<Paged<Repository>>> list_repositories(Context ctx, PageRequest page,
                                                    std::string search);

  struct BranchRow {
    Branch branch;
    /// The stored bytes, for compare-and-swap.
    Bytes bytes;
  };
  /// Errors: kBranchNotFound.
  Task<Result<BranchRow>> branch(Context ctx, RepositoryPtr repository, BranchId id);
  /// Errors: kBranchExists.
  Task<Result<void>> add_branch(Context ctx, RepositoryPtr repository, Branch branch);
  /// Errors: kv::kPredicateFailed when the row is not `expected` any more.
  Task<Result<void>> swap_branch(Context ctx, RepositoryPtr repository, Branch branch,
                                 Bytes expected);
  Task<Result<void>> remove_branch(Context ctx, RepositoryPtr repository, BranchId id);
  Task<Result<Paged<Branch>>> list_branches(Context ctx, RepositoryPtr repository, PageRequest page,
                                            bool show_hidden);

  /// Errors: kTagNotFound.
  Task<Result<Tag>> tag(Context ctx, RepositoryPtr repository, TagId id);
  /// Errors: kTagExists.
  Task<Result<void>> add_tag(Context ctx, RepositoryPtr repository, Tag tag);
  Task<Result<void>> remove_tag(Context ctx, RepositoryPtr repository, TagId id);
  Task<Result<Paged<Tag>>> list_tags(Context ctx, RepositoryPtr repository, PageRequest page);

  /// Errors: kCommitNotFound. Commits are immutable: cached without expiry.
  Task<Result<CommitPtr>> commit(Context ctx, RepositoryPtr repository, CommitId id);
  /// The same from the cache; null: ask commit().
  CommitPtr commit_in_memory(const RepositoryPtr& repository, const CommitId& id);
  /// The same of a reference expression that is a whole commit id; null: ask resolve().
  CommitPtr commit_in_memory(const RepositoryPtr& repository, const std::string& ref);
  /// The commit with the content address of `commit`: the stored one if there is one, which may
  /// differ in parts of a second, else `commit` itself, unstored.
  struct Addressed {
    CommitPtr commit;
    bool stored = false;
  };
  Task<Result<Addressed>> address(Context ctx, RepositoryPtr repository, Commit commit);
  /// Writes the record under its content address, which it returns. A commit is never written anew:
  /// its children were made after the date that it has.
  Task<Result<CommitId>> add_commit(Context ctx, RepositoryPtr repository, Commit commit);
  /// Writes records under their ids, which the caller has checked.
  Task<Result<void>> add_commits(Context ctx, RepositoryPtr repository,
                                 std::vector<CommitRecord> records);
  /// The same for commits that are asked for next: they stay in memory.
  Task<Result<void>> add_commits(Context ctx, RepositoryPtr repository,
                                 std::vector<CommitPtr> commits);
  /// All commits, in order of their ids; `page.prefix` and `page.after` are (parts of) ids.
  Task<Result<Paged<CommitRecord>>> list_commits(Context ctx, RepositoryPtr repository,
                                                 PageRequest page);
  /// Writes a record under the id that it has. Errors: kCommitExists.
  Task<Result<void>> add_commit_record(Context ctx, RepositoryPtr repository, CommitRecord record);

  /// What `text` stands for (grammar: names/ref_expression.h). Errors: kNotFound, kInvalidName,
  /// kInvalidRef, kBranchNotFound.
  Task<Result<ResolvedRef>> resolve(Context ctx, RepositoryPtr repository, std::string text);
  /// The same where a commit is needed; `branch$` errors kStagingNotACommit.
  Task<Result<CommitPtr>> resolve_commit(Context ctx, RepositoryPtr repository, std::string text);

  /// Empty when it has none.
  Task<Result<Metadata>> repository_metadata(Context ctx, RepositoryPtr repository);
  /// Errors: kTooManyTries.
  Task<Result<void>> change_repository_metadata(Context ctx, RepositoryPtr repository,
                                                ChangeMetadata change);
  /// Removes every row of the repository's partition.
  Task<Result<void>> remove_all(Context ctx, std::string partition);

 private:
  Task<Result<ResolvedRef>> resolve_base(Context ctx, RepositoryPtr repository, std::string base);
  Task<Result<std::optional<CommitId>>> commit_by_prefix(Context ctx, RepositoryPtr repository,
                                                         std::string prefix);
  Task<Result<Bytes>> read(Context ctx, kv::Key key);

  kv::Store& store_;
  const Clock& clock_;
  const RefsConfig config_;

  struct CachedRepository {
    RepositoryPtr repository;
    SteadyTime expires;
  };
  Lru<std::string, CachedRepository> repositories_;
  Lru<std::string, CommitPtr> commits_;
};

}  // namespace tarn::graveler
