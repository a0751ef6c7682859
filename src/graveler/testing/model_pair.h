#pragma once

#include "base/testing/manual_clock.h"
#include "graveler/testing/model.h"
#include "graveler/testing/world.h"

#include <array>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace tarn::graveler::testing {

enum class Action : std::uint8_t {
  kPut,
  kDelete,
  kCommit,
  kRefusedCommit,
  kBranch,
  kDeleteBranch,
  kTag,
  kDeleteTag,
  kMerge,
  kRevert,
  kCherryPick,
  kReset,
  kResetPath,
  kResetPrefix,
  kHardReset,
  kGet,
  kList,
  kDiff,
  kUncommitted,
  kLog,
  kMergeBase,
  kResolve,
  kCount,
};
inline constexpr auto kActions = static_cast<std::size_t>(Action::kCount);
const char* to_string(Action action);

/// One operation. All that is open about it (on which branch, from which reference, with which
/// parameters) is drawn from `seed` and from what exists when it is done, so that any part of a
/// list of steps is a list of steps, too.
struct Step {
  Action action = Action::kPut;
  std::uint64_t seed = 0;
};
std::vector<Step> draw_steps(std::uint64_t seed, std::size_t count);

/// A stream of choices.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
  bool one_in(std::size_t count) { return below(count) == 0; }
  template <class T, std::size_t kSize>
  const T& of(const std::array<T, kSize>& items) {
    return items[below(kSize)];
  }

 private:
  std::uint64_t next();
  std::uint64_t state_;
};

/// A version store and its model, which do the same. The first disagreement ends it.
class ModelPair {
 public:
  /// `raggedness_entries`: ranges have about so many entries.
  explicit ModelPair(std::uint64_t raggedness_entries);

  /// Does the step in both worlds and compares its outcome, then what the touched branch holds, has
  /// staged and logs. Returns what disagrees.
  std::optional<std::string> apply(const Step& step);
  /// Compares all that exists, old commits included.
  std::optional<std::string> check_all();

  /// What the last step turned out to be.
  const std::string& told() const { return told_; }
  /// How often an action was done, and did not end in an error that both worlds agree on.
  std::size_t done(Action action) const { return done_[static_cast<std::size_t>(action)]; }

  World& world() { return world_; }

 private:
  VersionStore& store() { return world_.store(); }
  static BranchId id(const std::string& name) { return BranchId::trusted(name); }

  // What to do something with.
  std::string pick_branch(Draw& draw) const;
  /// Mostly one with nothing staged, if there is one.
  std::string pick_clean_branch(Draw& draw) const;
  std::size_t pick_commit(Draw& draw) const;
  /// Any reference expression; seldom one that means nothing.
  std::string pick_ref(Draw& draw) const;
  ListRequest pick_page(Draw& draw);

  template <class... Parts>
  void expect(bool holds, const Parts&... parts) {
    if (!holds && !problem_) {
      std::ostringstream out;
      (out << ... << parts);
      problem_ = out.str();
    }
  }
  /// An operation that the model says fails must fail with that identity; others must not.
  template <class T>
  bool agree(const Result<T>& result, const ErrorId* error) {
    if (error == nullptr) {
      expect(result.has_value(), "failed: ", result ? "" : result.error().message());
      return result.has_value();
    }
    expect(!result, "should have failed: ", error->text);
    expect(result || result.error().is(*error), "failed with ",
           result ? "" : result.error().message(), ", not ", error->text);
    return false;
  }
  template <class... Parts>
  void tell(const Parts&... parts) {
    std::ostringstream out;
    ((out << ' ' << parts), ...);
    told_ += out.str();
  }

  /// On the branch `name`, if it is about one. False after an error that both worlds agree on.
  using Operation = bool (ModelPair::*)(const std::string& name, Draw& draw);
  // Those that stage changes and make branches and tags: model_writes.cc.
  bool put(const std::string& name, Draw& draw);
  bool remove(const std::string& name, Draw& draw);
  bool create_branch(const std::string& name, Draw& draw);
  bool delete_branch(const std::string& name, Draw& draw);
  bool create_tag(const std::string& name, Draw& draw);
  bool delete_tag(const std::string& name, Draw& draw);
  bool reset(const std::string& name, Draw& draw);
  bool reset_path(const std::string& name, Draw& draw);
  bool reset_prefix(const std::string& name, Draw& draw);
  // Those that make commits and move heads: model_history.cc.
  bool commit(const std::string& name, Draw& draw);
  bool refuse(const std::string& name, Draw& draw);
  bool merge(const std::string& name, Draw& draw);
  bool revert(const std::string& name, Draw& draw);
  bool cherry_pick(const std::string& name, Draw& draw);
  bool hard_reset(const std::string& name, Draw& draw);
  // Those that read: model_reads.cc.
  bool get(const std::string& name, Draw& draw);
  bool list(const std::string& name, Draw& draw);
  bool diff(const std::string& name, Draw& draw);
  bool uncommitted(const std::string& name, Draw& draw);
  bool log(const std::string& name, Draw& draw);
  bool merge_base(const std::string& name, Draw& draw);
  bool resolve(const std::string& name, Draw& draw);

  /// Compares a new commit with what it should be, and makes it the branch's head.
  void add_commit(ModelBranch& branch, const CommitRecord& record, Commit expected, Content content,
                  std::vector<std::size_t> parents);
  bool apply_change(const std::string& name, const Result<CommitPtr>& made, Commit expected,
                    const Content& base, const Content& source, bool same_is_refused);
  /// The parent that a number means, or the error.
  const ErrorId* parent_of(std::size_t commit, int number, const ErrorId& missing,
                           std::size_t& out) const;
  static Metadata pick_metadata(Draw& draw);
  /// Mostly one that means a parent of the commit.
  int pick_parent_number(const Result<std::size_t>& commit, Draw& draw) const;
  static std::string pick_path(Draw& draw);

  void check_branch(const std::string& name);
  void check_content(const std::string& ref, const Content& expected);
  void check_log(std::size_t start, LogRequest request);
  void check_tag(const std::string& name);
  template <class Read>
  void check_differences(const ModelDiff& expected, ListRequest request, Read read);

  ::tarn::testing::ManualClock clock_;
  RecordingHooks hooks_;
  World world_;
  Model model_;
  std::optional<std::string> problem_;
  std::string told_;
  std::array<std::size_t, kActions> done_{};
};

}  // namespace tarn::graveler::testing
