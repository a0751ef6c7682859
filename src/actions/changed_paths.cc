#include "actions/changed_paths.h"

#include "action_file/path_match.h"
#include "graveler/merge.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace tarn::actions {

using graveler::Difference;
using graveler::HookRecord;
using graveler::ListRequest;
using graveler::Paged;
using graveler::RepositoryPtr;
using graveler::TreeId;
using graveler::VersionStore;

namespace {

constexpr std::size_t kPageItems = 1000;

/// The trees before and after an operation whose commit is made, or about to be.
Task<Result<graveler::MergeTrees>> trees_of(Context ctx, VersionStore& versions,
                                            RepositoryPtr repository, const HookRecord& record) {
  TreeId before{repository->storage_namespace, {}};
  if (!record.commit->parents.empty()) {
    CommitId parent = record.commit->parents.front();
    TARN_CO_TRY(const graveler::CommitPtr commit,
                co_await versions.get_commit(ctx, repository, std::move(parent)));
    before.id = commit->commit.meta_range_id;
  }
  graveler::MergeTrees trees;
  trees.base = before;
  trees.destination = before;
  trees.source = {repository->storage_namespace, record.commit->meta_range_id};
  co_return trees;
}

}  // namespace

Task<Result<bool>> changes_match(Context ctx, VersionStore& versions, const HookRecord& record,
                                 std::vector<std::string> globs) {
  const RepositoryPtr repository = std::make_shared<const graveler::Repository>(record.repository);
  if (!record.commit) {
    co_return true;  // nothing is known that could keep it from running
  }
  // Before a commit there is no tree yet, but for imports.
  const bool staged =
      record.commit->meta_range_id.empty() && (record.event == graveler::Event::kPrepareCommit ||
                                               record.event == graveler::Event::kPreCommit);
  graveler::MergeTrees trees;
  if (!staged) {
    TARN_CO_TRY(trees, co_await trees_of(ctx, versions, repository, record));
  }
  for (const std::string& glob : globs) {
    ListRequest request;
    request.prefix = std::string(action_file::path_glob_prefix(glob));
    request.amount = kPageItems;
    for (bool more = true; more;) {
      Paged<Difference> page;
      if (staged) {
        TARN_CO_TRY(page,
                    co_await versions.diff_uncommitted(ctx, repository, record.branch, request));
      } else {
        TARN_CO_TRY(page, co_await graveler::diff_trees(ctx, versions.tables(), trees, request));
      }
      const bool found = std::ranges::any_of(page.items, [&glob](const Difference& item) {
        return action_file::path_glob(glob, item.path);
      });
      if (found) {
        co_return true;
      }
      more = page.more;
      if (more) {
        request.after = page.items.back().path;
      }
    }
  }
  co_return false;
}

}  // namespace tarn::actions
