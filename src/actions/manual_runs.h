#pragma once

#include "actions/run_store.h"
#include "actions/service.h"
#include "graveler/store.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <string>

namespace tarn::actions {

/// An action to run for a commit that is there.
struct ManualRun {
  std::string action = {};
  /// Only this hook of it; empty = all.
  std::string hook = {};
  /// As what the hooks see it; empty = `post-commit`.
  std::string event = {};
  /// The commit.
  std::string ref = {};
  /// What hooks see as branch and tag. Empty = the branch that `ref` names, and none.
  std::string branch = {};
  std::string tag = {};
  /// Where the action and its scripts are read; empty = at the commit.
  std::string actions_ref = {};
};

/// Runs that users order: an action for an existing commit, or once more what has run. They happen
/// in the background with the rights of the user of `ctx`, whatever their event, and refuse
/// nothing. Each answers the id of the new run. Thread-safe.
class ManualRuns {
 public:
  /// All outlive this.
  ManualRuns(Service& service, graveler::VersionStore& versions, RunStore& runs)
      : service_(service), versions_(versions), runs_(runs) {}

  /// Errors: kInvalid (no such event, what the event needs is missing, malformed names), those of
  /// resolving, those of Service::order.
  Task<Result<std::string>> run_action(Context ctx, graveler::RepositoryPtr repository,
                                       ManualRun wanted);
  /// A whole run, or one of its hooks, with the action files of its commit; where it has none, of
  /// its source reference as that is now. Errors: kRunNotFound, kInvalid (the hook stands for a
  /// wrong file), those of Service::order.
  Task<Result<std::string>> repeat(Context ctx, graveler::RepositoryPtr repository,
                                   std::string run_id, std::string hook_run_id);

 private:
  Task<Result<std::string>> order(Context ctx, RunOrder order);

  Service& service_;
  graveler::VersionStore& versions_;
  RunStore& runs_;
};

}  // namespace tarn::actions
