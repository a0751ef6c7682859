#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string_view>

/// Named places at which a test may stop the process or run a hook. Few, and all listed here; the
/// crash tests use the same names. `TARN_FAULT_POINT("kv.rocksdb.before_sync")` is empty unless
/// TARN_FAULT_POINTS is defined (Debug builds), and does not compile with a name that is not in the
/// list.
namespace tarn {

inline constexpr std::array kFaultPoints = std::to_array<std::string_view>({
    "kv.rocksdb.before_sync",           // a batch of writes is in memory, nothing of it on disk
    "kv.rocksdb.after_sync",            // durable, nobody was told
    "block.local.before_publish",       // an object is written and synced under its temporary name
    "block.local.after_publish",        // it has its name, nobody was told
    "graveler.commit.before_seal",      // nothing has happened yet
    "graveler.commit.after_seal",       // what is committed has a token of its own
    "graveler.tree.before_metarange",   // ranges are written, what names them is not
    "graveler.commit.before_ref_swap",  // ranges, metarange and commit record are written
    "graveler.commit.after_ref_swap",  // the branch names the commit; sealed tokens are not dropped
    "graveler.merge.after_seal",       // of a merge, revert, cherry-pick: nothing is written yet
    "graveler.merge.before_ref_swap",  // the merge commit is written
    "graveler.move_head.after_ref_swap",    // of those and hard resets: the branch names the commit
    "graveler.hard_reset.before_ref_swap",  // the branch is clean
    "graveler.reset.after_ref_swap",        // the branch has new tokens; the old are not dropped
    "graveler.drop_tokens.marked",          // tokens are marked to be dropped, and still there
    "graveler.delete_branch.midway",        // the branch is gone, its tokens are not
    "graveler.delete_repository.midway",    // some of its rows are gone
    "catalog.import.before_commit",         // the tree of an import is written, its row says so
    "actions.run.queued",                   // the operation is done, its run is in the queue
    "actions.run.before_hooks",             // no hook has started
    "actions.run.after_hook",               // one has ended, its log is not written
    "actions.run.before_save",              // logs are written, the record is not
    "actions.run.after_save"                // it is, and the run is still in the queue
});

/// The exit code of a process that a fault point stopped.
inline constexpr int kFaultExitCode = 86;

consteval std::size_t fault_point_index(std::string_view name) {
  for (std::size_t i = 0; i < kFaultPoints.size(); ++i) {
    if (kFaultPoints[i] == name) {
      return i;
    }
  }
  throw "this fault point is not listed in base/fault_points.h";
}

/// Runs `hook` whenever the point is passed, from the passing thread; an empty one disarms. False
/// for an unknown name. Process-wide and for Debug builds and tests only.
bool arm_fault_point(std::string_view name, std::function<void()> hook);
/// Arms the point so that passing it for the `pass`-th time (1 = the first) ends the process with
/// `_exit(kFaultExitCode)`.
bool arm_fault_exit(std::string_view name, std::size_t pass = 1);

namespace detail {
void pass_fault_point(std::size_t index);
}

}  // namespace tarn

#if defined(TARN_FAULT_POINTS)
#define TARN_FAULT_POINT(name) ::tarn::detail::pass_fault_point(::tarn::fault_point_index(name))
#else
#define TARN_FAULT_POINT(name) \
  static_assert(::tarn::fault_point_index(name) < ::tarn::kFaultPoints.size())
#endif
