#pragma once

#include "base/clock.h"
#include "base/id.h"
#include "base/rng.h"
#include "block/adapter.h"
#include "graveler/apply_changes.h"
#include "graveler/errors.h"
#include "graveler/head_update.h"
#include "graveler/hooks.h"
#include "graveler/listing.h"
#include "graveler/log.h"
#include "graveler/merge.h"
#include "graveler/refs.h"
#include "graveler/refs_dump.h"
#include "graveler/tables.h"
#include "graveler/trash.h"
#include "kv/store.h"
#include "runtime/loops.h"
#include "runtime/task_group.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tarn::graveler {

struct ImportRequest;  // graveler/import_tree.h
class TreeWriter;      // graveler/tree_writer.h

struct StoreConfig {
  RefsConfig refs;
  TablesConfig tables;
  sstable::SplitOptions split{.join_size_bytes = 64 * kKiB};
  /// Refuse a namespace whose root holds an object `dummy`, as a repository of an old version has.
  bool ensure_readable_root_namespace = true;
  /// How long deleted repositories and branches can be brought back; 0 = not at all.
  std::chrono::nanoseconds undelete_window{0};
};

struct NewRepository {
  RepositoryId id;
  StorageNamespace storage_namespace;
  BranchId default_branch;
  bool read_only = false;
  /// No branch, no commit, no check of the namespace: for a restore.
  bool bare = false;
};

struct CommitRequest {
  std::string committer;
  std::string message;
  Metadata metadata;
  /// Default: now.
  std::optional<WallTime> date;
  bool allow_empty = false;
  /// Commit this tree instead of what is staged (which must then be nothing).
  std::optional<MetaRangeId> source_meta_range;
  /// Also on a read-only repository.
  bool force = false;
};

struct MergeRequest {
  /// Any reference to a commit; what is staged on a branch does not take part.
  std::string source;
  std::string committer;
  /// Default: `Merge '<source>' into '<destination>'`.
  std::string message;
  Metadata metadata;
  MergeStrategy strategy = MergeStrategy::kNone;
  /// The merge commit has the destination as its only parent.
  bool squash = false;
  bool allow_empty = false;
  /// Also on a read-only repository, and as allow_empty.
  bool force = false;
};

struct RevertRequest {
  std::string ref;
  /// From 1; 0 for a commit with one parent.
  int parent_number = 0;
  std::string committer;
  /// Default: `Revert <ref>`.
  std::string message;
  Metadata metadata;
  bool allow_empty = false;
  bool force = false;
};

struct CherryPickRequest {
  std::string ref;
  /// From 1; absent for a commit with one parent.
  std::optional<int> parent_number;
  std::string committer;
  /// Default: that of the picked commit, and likewise the metadata.
  std::string message;
  std::optional<Metadata> metadata;
  bool force = false;
};

/// When a write goes ahead, judged on the value that readers see now.
struct WriteCondition {
  /// The path must not exist.
  bool if_absent = false;
  /// The path must exist with this ETag.
  std::optional<std::string> if_match_etag;
  bool any() const { return if_absent || if_match_etag.has_value(); }
};

/// Repositories, branches, tags, commits, staging and trees: what lakeFS calls graveler.
/// Thread-safe. Every change is published by one compare-and-swap after all it names is durable; a
/// crash leaves garbage, never a dangling reference. Mutations of a read-only repository give
/// kReadOnlyRepository unless forced. Hooks run where graveler/hooks.h says.
class VersionStore {
 public:
  /// What must outlive the store.
  struct Services {
    kv::Store& kv;
    block::Adapter& blocks;
    const Clock& clock;
    Rng& rng;
    XidGenerator& xids;
    Loops& loops;
    /// Of ranges and metaranges of a remote block store; null = they are held in memory.
    TableCache* table_cache = nullptr;
  };

  VersionStore(Services services, StoreConfig config);
  /// Waits for background work.
  ~VersionStore();

  /// Call once before the first request; without it no hooks run.
  void set_hooks(Hooks& hooks) {
    hooks_ = &hooks;
    trash_.set_hooks(hooks);
  }
  /// Drops the staging areas that a crashed process meant to drop.
  Task<Result<void>> recover(Context ctx);

  // --- Repositories ---
  /// Errors: kNotUnique, kNamespaceInUse, kNamespaceInaccessible, block::kInvalidNamespace.
  Task<Result<RepositoryPtr>> create_repository(Context ctx, NewRepository request);
  /// Errors: kRepositoryNotFound, kRepositoryInDeletion.
  Task<Result<RepositoryPtr>> repository(Context ctx, RepositoryId id) {
    return refs_.repository(std::move(ctx), std::move(id));
  }
  Task<Result<Paged<Repository>>> list_repositories(Context ctx, PageRequest page,
                                                    std::string search) {
    return refs_.list_repositories(std::move(ctx), std::move(page), std::move(search));
  }
  /// Deletes repositories, and brings back what was deleted.
  Trash& trash() { return trash_; }

  // --- Branches ---
  struct NewBranch {
    BranchId id;
    std::string source;
    bool hidden = false;
    bool force = false;
  };
  /// Errors: kBranchExists, kNotFound (source), kBranchFromStaging, kConflict (a tag or commit of
  /// that name), kHookAborted.
  Task<Result<Branch>> create_branch(Context ctx, RepositoryPtr repository, NewBranch request);
  Task<Result<Branch>> branch(Context ctx, RepositoryPtr repository, BranchId id);
  Task<Result<Paged<Branch>>> list_branches(Context ctx, RepositoryPtr repository, PageRequest page,
                                            bool show_hidden) {
    return refs_.list_branches(std::move(ctx), std::move(repository), std::move(page), show_hidden);
  }
  /// What is staged on it goes, too, once the undelete window has passed. Errors: kBranchNotFound,
  /// kDeleteDefaultBranch, kHookAborted.
  Task<Result<void>> delete_branch(Context ctx, RepositoryPtr repository, BranchId id, bool force);

  // --- Tags ---
  /// Errors: kTagExists, kNotFound (ref), kStagingNotACommit, kConflict (a branch or commit of that
  /// name), kHookAborted.
  Task<Result<Tag>> create_tag(Context ctx, RepositoryPtr repository, TagId id, std::string ref,
                               bool force);
  Task<Result<Tag>> tag(Context ctx, RepositoryPtr repository, TagId id) {
    return refs_.tag(std::move(ctx), std::move(repository), std::move(id));
  }
  Task<Result<Paged<Tag>>> list_tags(Context ctx, RepositoryPtr repository, PageRequest page) {
    return refs_.list_tags(std::move(ctx), std::move(repository), std::move(page));
  }
  Task<Result<void>> delete_tag(Context ctx, RepositoryPtr repository, TagId id, bool force);

  // --- Commits and references ---
  /// Errors: kBranchNotFound, kNoChanges, kSourceMetaRangeOnDirtyBranch, kHookAborted,
  /// kTooManyTries.
  Task<Result<CommitPtr>> commit(Context ctx, RepositoryPtr repository, BranchId branch,
                                 CommitRequest request);
  Task<Result<CommitPtr>> get_commit(Context ctx, RepositoryPtr repository, CommitId id) {
    return refs_.commit(std::move(ctx), std::move(repository), std::move(id));
  }
  Task<Result<ResolvedRef>> resolve(Context ctx, RepositoryPtr repository, std::string ref) {
    return refs_.resolve(std::move(ctx), std::move(repository), std::move(ref));
  }
  Task<Result<CommitPtr>> resolve_commit(Context ctx, RepositoryPtr repository, std::string ref) {
    return refs_.resolve_commit(std::move(ctx), std::move(repository), std::move(ref));
  }
  Task<Result<Paged<CommitPtr>>> log(Context ctx, RepositoryPtr repository, CommitId start,
                                     LogRequest request) {
    return walk_log(std::move(ctx), refs_, tables_, std::move(repository), std::move(start),
                    std::move(request));
  }
  /// Empty when it has none.
  Task<Result<Metadata>> repository_metadata(Context ctx, RepositoryPtr repository) {
    return refs_.repository_metadata(std::move(ctx), std::move(repository));
  }
  Task<Result<void>> change_repository_metadata(Context ctx, RepositoryPtr repository,
                                                ChangeMetadata change) {
    return refs_.change_repository_metadata(std::move(ctx), std::move(repository),
                                            std::move(change));
  }

  // --- Plumbing (plumbing.cc) ---
  /// A tree of the repository in the making; the id that it ends with can be committed or imported.
  std::unique_ptr<TreeWriter> tree_writer(const RepositoryPtr& repository);
  /// Stores a commit that no branch names yet. Errors: kInvalidName (the id is not its content
  /// address), kCommitExists.
  Task<Result<void>> add_commit_record(Context ctx, RepositoryPtr repository, CommitRecord record,
                                       bool force);
  /// Replaces the user metadata of what readers of the branch see at the path. Errors:
  /// kObjectNotFound, kBranchNotFound, kTooManyTries.
  Task<Result<void>> set_entry_metadata(Context ctx, RepositoryPtr repository, BranchId branch,
                                        ObjectPath path, Metadata metadata);

  // --- Dump and restore ---
  /// See dump_refs in graveler/refs_dump.h.
  Task<Result<RefsDump>> dump_refs(Context ctx, RepositoryPtr repository, DumpProgress progress);
  /// Leaves the dump's ids as a file in the storage namespace.
  Task<Result<void>> write_refs_manifest(Context ctx, RepositoryPtr repository, RefsDump dump);
  /// See restore_refs in graveler/refs_restore.h.
  Task<Result<void>> restore_refs(Context ctx, RepositoryPtr repository, RefsDump dump, bool force,
                                  DumpProgress progress);

  // --- Entries ---
  /// Errors: kObjectNotFound, those of resolving.
  Task<Result<Entry>> get_entry(Context ctx, RepositoryPtr repository, std::string ref,
                                ObjectPath path);
  /// Errors: kBranchNotFound, kPreconditionFailed, kTooManyTries.
  Task<Result<void>> set_entry(Context ctx, RepositoryPtr repository, BranchId branch,
                               ObjectPath path, Entry entry, WriteCondition condition,
                               bool force = false);
  /// Deleting a missing path is no error.
  Task<Result<void>> delete_entry(Context ctx, RepositoryPtr repository, BranchId branch,
                                  ObjectPath path, bool force = false);
  Task<Result<Paged<ListedPath>>> list(Context ctx, RepositoryPtr repository, std::string ref,
                                       ListRequest request);
  Task<Result<Paged<Difference>>> diff_uncommitted(Context ctx, RepositoryPtr repository,
                                                   BranchId branch, ListRequest request);

  // --- History ---
  /// What of `right` is not in `left`: with `three_dot` since their merge base, conflicts marked.
  /// Only two-dot differences know `branch$`, on the right. Errors: those of resolving,
  /// kStagingNotACommit, kNoMergeBase.
  Task<Result<Paged<Difference>>> diff_refs(Context ctx, RepositoryPtr repository, std::string left,
                                            std::string right, bool three_dot, ListRequest request);
  struct MergeBase {
    CommitId source;
    CommitId destination;
    CommitId base;
  };
  /// Errors: those of resolving, kNoMergeBase.
  Task<Result<MergeBase>> merge_base(Context ctx, RepositoryPtr repository, std::string source,
                                     std::string destination);
  /// Merges into a branch that has nothing staged. Errors: kBranchNotFound, kDirtyBranch,
  /// kNoChanges, kNoMergeBase, kHookAborted, kTooManyTries.
  Task<Result<Merged>> merge(Context ctx, RepositoryPtr repository, BranchId destination,
                             MergeRequest request);
  /// A commit that takes back what `ref` did to its parent. Errors: those of merge, kConflict,
  /// kRevertParentNeeded, kParentOutOfRange.
  Task<Result<CommitPtr>> revert(Context ctx, RepositoryPtr repository, BranchId branch,
                                 RevertRequest request);
  /// A commit that does again what `ref` did to its parent. Errors: those of merge, kConflict,
  /// kPickParentNeeded, kParentOutOfRange.
  Task<Result<CommitPtr>> cherry_pick(Context ctx, RepositoryPtr repository, BranchId branch,
                                      CherryPickRequest request);
  /// A commit that puts a tree in the place of some paths of a branch that has nothing staged; made
  /// also where that changes nothing. Errors: those of merge but kNoChanges and kNoMergeBase.
  Task<Result<CommitPtr>> import_tree(Context ctx, RepositoryPtr repository, BranchId branch,
                                      ImportRequest request);
  /// Moves the branch to another commit. Errors: kDirtyBranch, those of resolving.
  Task<Result<void>> hard_reset(Context ctx, RepositoryPtr repository, BranchId branch,
                                std::string ref, bool force);
  /// Forgets what is staged: all of it, one path, or all paths with a prefix.
  Task<Result<void>> reset(Context ctx, RepositoryPtr repository, BranchId branch, bool force);
  Task<Result<void>> reset_entry(Context ctx, RepositoryPtr repository, BranchId branch,
                                 ObjectPath path, bool force);
  Task<Result<void>> reset_prefix(Context ctx, RepositoryPtr repository, BranchId branch,
                                  std::string prefix, bool force);

  Refs& refs() { return refs_; }
  Tables& tables() { return tables_; }

 private:
  using Write = std::function<Task<Result<void>>(Branch)>;

  using Update = HeadUpdate;
  using MakeUpdate = MakeHeadUpdate;

  /// Replaces the head of a branch without staged changes by a commit on it. The pre hook comes
  /// before or after the commit is stored, as its event is. Updates of one branch that come while
  /// another one runs are published together, but for one that is to be `alone`, as it may take
  /// long; each has its own commit, hooks and errors.
  Task<Result<Merged>> update_head(Context ctx, RepositoryPtr repository, BranchId branch,
                                   MakeUpdate make, Event post_event, bool store_before_hook,
                                   bool alone = false);
  struct HeadGroup;
  /// Gives every update of the group an outcome, or leaves it for another run.
  Task<void> run_group(RepositoryPtr repository, BranchId branch,
                       std::vector<WaitingUpdate*> group);
  Task<Result<bool>> try_group(Context ctx, RepositoryPtr repository, BranchId branch,
                               std::vector<WaitingUpdate*> group);
  Task<Result<bool>> make_member(HeadGroup& run, WaitingUpdate& member, bool first);
  Task<Result<bool>> publish_group(HeadGroup& run);
  std::shared_ptr<Ancestry> ancestry_of(const RepositoryPtr& repository, const BranchId& branch,
                                        const CommitPtr& head);
  /// Errors: kDirtyBranch.
  Task<Result<void>> seal_clean(Context ctx, RepositoryPtr repository, BranchId branch);
  /// The branch after seal_clean. Errors: kDirtyBranch (a write was under way meanwhile).
  Task<Result<Refs::BranchRow>> clean_branch(Context ctx, RepositoryPtr repository,
                                             BranchId branch);
  /// Lets go of the sealed tokens, too; false when the row has changed.
  Task<Result<bool>> move_head(Context ctx, RepositoryPtr repository, Refs::BranchRow row,
                               CommitId to);
  Task<Result<Update>> make_merge(Context ctx, RepositoryPtr repository, BranchId destination,
                                  MergeRequest request, HeadBase base);
  /// What a commit on `base` is that merges `trees` (but for the destination, which is the base's)
  /// into it. Committer, message and metadata are left to the caller.
  Task<Result<Update>> change_of(Context ctx, RepositoryPtr repository, BranchId branch,
                                 HeadBase base, MergeTrees trees, Event pre_event);
  Task<Result<CommitId>> need_merge_base(Context ctx, RepositoryPtr repository, CommitId left,
                                         CommitId right);
  /// A parent by its number from 1; 0 where there is just one. Errors: `missing`,
  /// kParentOutOfRange.
  Task<Result<CommitPtr>> parent_of(Context ctx, RepositoryPtr repository, CommitPtr commit,
                                    int number, const ErrorId& missing);
  TreeId tree_id(const RepositoryPtr& repository, const CommitPtr& commit) const;
  Task<Result<void>> stage_committed(Context ctx, RepositoryPtr repository, Branch branch,
                                     ObjectPath path);

  Task<Result<void>> ensure_namespace(Context ctx, StorageNamespace storage_namespace);
  /// Runs `write` against the branch's staging token until that token was still the branch's own
  /// afterwards.
  Task<Result<void>> safe_branch_write(Context ctx, RepositoryPtr repository, BranchId branch,
                                       Write write);
  /// A value as readers see it now, and what the branch's own staged row of it is like, for a write
  /// that replaces it.
  struct Replaceable {
    std::optional<Value> value;
    kv::Predicate expected = kv::Predicate::absent();
  };
  Task<Result<Replaceable>> read_to_replace(Context ctx, RepositoryPtr repository, Branch on,
                                            ObjectPath path);
  Task<Result<void>> delete_from(Context ctx, RepositoryPtr repository, Branch branch,
                                 ObjectPath path);
  Task<Result<TreeId>> tree_of(Context ctx, RepositoryPtr repository, CommitId commit);
  Task<Result<std::optional<Value>>> find_value(Context ctx, RepositoryPtr repository,
                                                ResolvedRef ref, ObjectPath path);
  Task<Result<Branch>> seal(Context ctx, RepositoryPtr repository, BranchId branch,
                            bool must_be_clean);
  Task<Result<bool>> has_changes(Context ctx, RepositoryPtr repository, Branch branch,
                                 std::vector<StagingToken> tokens);
  Task<Result<CommitPtr>> apply_commit(Context ctx, RepositoryPtr repository, BranchId branch,
                                       CommitRequest request, Commit commit, HookRecord hook);
  /// Errors: those of the hooks, with event and run id before the text.
  Task<Result<void>> run_pre_hook(Context ctx, HookRecord& record);
  Task<void> run_post_hook(Context ctx, HookRecord record, Event event);
  HookRecord hook_record(Event event, const RepositoryPtr& repository) const;
  Task<void> purge_branch(DeletedBranch deleted);
  void drop_tokens(std::vector<StagingToken> tokens);
  Task<void> drop_tokens_now(std::vector<StagingToken> tokens);
  StagingToken new_staging_token(const RepositoryPtr& repository, const BranchId& branch);

  Services services_;
  const StoreConfig config_;
  Refs refs_;
  Trash trash_;
  Tables tables_;
  Hooks* hooks_ = nullptr;
  /// Commits of one branch queue here instead of losing the swap to each other.
  KeyedLock branch_locks_;
  HeadQueue head_queue_;
  static constexpr std::size_t kAncestriesMax = 8;
  /// Of the branches that were merged into last.
  Lru<std::string, std::shared_ptr<Ancestry>> ancestries_{kAncestriesMax};
  TaskGroup background_;
};

}  // namespace tarn::graveler
