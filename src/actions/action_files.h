#pragma once

#include "actions/action.h"
#include "base/lru.h"
#include "catalog/objects.h"
#include "graveler/store.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tarn::actions {

/// An action file that cannot be used.
struct BadFile {
  std::string path;
  /// `parsing file <path>: …`.
  std::string error;
  FileTriggers about;

  /// Whether the file, were it right, might run on this event. One whose events cannot be told
  /// might do so on commits and merges, which can bring it in and can mend it; it does not stand in
  /// the way of anything else.
  bool concerns(std::string_view event, std::string_view branch, std::string_view tag) const;
};

/// The action files of a tree, in order of their paths.
struct ActionSet {
  std::vector<Action> actions;
  std::vector<BadFile> bad;

  bool empty() const { return actions.empty() && bad.empty(); }
};
using ActionsPtr = std::shared_ptr<const ActionSet>;

/// Finds and reads the action files of a reference: the objects right below `_lakefs_actions/`.
/// Always what the reference holds now, staged files included where it is a branch. Committed trees
/// never change, so what they hold is kept by tree; on a branch where no action file is staged the
/// cost is a look into its staging area. Files that other trees share are kept, too, so that a
/// commit of something else reads none of them again. Thread-safe.
class ActionFiles {
 public:
  /// Both outlive this.
  ActionFiles(graveler::VersionStore& versions, catalog::Objects& objects)
      : versions_(versions), objects_(objects) {}

  /// All actions, and the files that are wrong. Folders below the prefix and its own empty marker
  /// object are no files. Errors: kInvalidAction for too many files; those of reading (`list
  /// actions from commit: …`, `loading file <path>: …`).
  Task<Result<ActionsPtr>> load(Context ctx, graveler::RepositoryPtr repository, std::string ref);

  static constexpr std::string_view kPrefix = "_lakefs_actions/";
  static constexpr std::size_t kFilesMax = 1000;

 private:
  struct File {
    std::string path;
    graveler::Entry entry;
  };
  /// A file that could be read.
  struct Parsed {
    /// Errors do not name the file: others share its content.
    Result<Action> action;
    FileTriggers about;
  };
  using ParsedPtr = std::shared_ptr<const Parsed>;

  /// The tree that stands for all that `ref` shows below the prefix, or nothing when action files
  /// are staged.
  Task<Result<std::optional<std::string>>> tree_of(Context ctx, graveler::RepositoryPtr repository,
                                                   std::string ref);
  Task<Result<std::vector<File>>> list(Context ctx, graveler::RepositoryPtr repository,
                                       std::string ref);
  Task<Result<ActionsPtr>> read(Context ctx, graveler::RepositoryPtr repository,
                                std::vector<File> files);
  /// Errors: those of reading.
  Task<Result<ParsedPtr>> parse(Context ctx, graveler::RepositoryPtr repository,
                                graveler::Entry entry);

  graveler::VersionStore& versions_;
  catalog::Objects& objects_;
  Lru<std::string, ActionsPtr> by_tree_{256};
  /// By where an object lies and what its entry says of its content.
  Lru<std::string, ParsedPtr> by_content_{1024};
};

/// `1 error occurred:\n\t* a\n\n`, the form in which lakeFS joins errors.
std::string join_errors(const std::vector<std::string>& errors);

}  // namespace tarn::actions
