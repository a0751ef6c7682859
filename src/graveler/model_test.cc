// The version store against a model of ordered maps (testing/model.h). A seed gives a list of
// operations, each a kind and numbers that pick from what exists, so that any part of the list is a
// list, too. After every operation its outcome, and what the touched branch lists, differs and
// logs, is compared. A failing list is shrunk before it is reported: the smallest part that still
// fails is printed. TARN_MODEL_STEPS in the test's environment is not read: a longer run is a
// larger kRuns.
#include "graveler/testing/model.h"

#include "graveler/errors.h"
#include "graveler/testing/world.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace tarn::graveler {
namespace {

using tarn::testing::run;
using testing::Content;
using testing::Model;
using testing::ModelBranch;
using testing::ModelCommit;
using testing::ModelDiff;

constexpr std::uint64_t kRuns = 50;
constexpr std::size_t kStepsPerRun = 420;

enum class Kind : std::uint8_t {
  kPut,
  kDelete,
  kCommit,
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
  kList,
  kDiff,
  kLog,
  kCount,
};
constexpr auto kKinds = static_cast<std::size_t>(Kind::kCount);
constexpr std::array<const char*, kKinds> kNames{
    "put",   "delete", "commit",      "branch", "delete-branch", "tag",          "delete-tag",
    "merge", "revert", "cherry-pick", "reset",  "reset-path",    "reset-prefix", "hard-reset",
    "list",  "diff",   "log"};
/// How often each is drawn.
constexpr std::array<unsigned, kKinds> kWeights{30, 12, 16, 5, 2, 3, 2, 9, 4,
                                                4,  2,  3,  2, 2, 8, 8, 4};

struct Operation {
  Kind kind = Kind::kPut;
  std::array<std::uint64_t, 4> numbers{};
};

std::string told(const Operation& operation) {
  std::ostringstream out;
  out << kNames[static_cast<std::size_t>(operation.kind)];
  for (const std::uint64_t number : operation.numbers) {
    out << ' ' << number;
  }
  return out.str();
}

std::string told(const Content& content) {
  std::string out;
  for (const auto& [path, text] : content) {
    out.append(path).append("=").append(text).append(" ");
  }
  return out;
}
std::string told(const ModelDiff& diff) {
  std::string out;
  for (const auto& [path, letter] : diff) {
    out.append(1, letter).append(path).append(" ");
  }
  return out;
}

/// Both worlds, and the operations on them. The first disagreement ends it.
class Pair {
 public:
  explicit Pair(std::uint64_t raggedness) : world_(config(raggedness)) {
    const auto head = run(store().resolve_commit(Context(), world_.repo, "main"));
    add(**head, {}, {});
    model_.branches["main"].head = 0;
  }

  /// What disagrees, if anything.
  std::optional<std::string> apply(const Operation& operation) {
    problem_.reset();
    const auto& [a, b, c, d] = operation.numbers;
    const std::string name = pick_branch(a);
    switch (operation.kind) {
      case Kind::kPut:
        put(name, path(b), text(c));
        break;
      case Kind::kDelete:
        remove(name, path(b));
        break;
      case Kind::kCommit:
        commit(name);
        break;
      case Kind::kBranch:
        create_branch("b" + std::to_string(b % 6), pick_commit(c));
        break;
      case Kind::kDeleteBranch:
        delete_branch(name);
        break;
      case Kind::kTag:
        create_tag("t" + std::to_string(b % 5), pick_commit(c));
        break;
      case Kind::kDeleteTag:
        delete_tag("t" + std::to_string(b % 5));
        break;
      case Kind::kMerge:
        merge(name, pick_branch(b), static_cast<MergeStrategy>(c % 3), d % 4 == 0, d % 5 == 0);
        break;
      case Kind::kRevert:
        revert(name, pick_commit(b), static_cast<int>(c % 4), d % 3 == 0);
        break;
      case Kind::kCherryPick:
        cherry_pick(name, pick_commit(b), static_cast<int>(c % 4));
        break;
      case Kind::kReset:
        reset(name);
        break;
      case Kind::kResetPath:
        reset_path(name, path(b));
        break;
      case Kind::kResetPrefix:
        reset_prefix(name, prefix(b));
        break;
      case Kind::kHardReset:
        hard_reset(name, pick_commit(b));
        break;
      case Kind::kList:
        list(name, b, c, d);
        break;
      case Kind::kDiff:
        diff(name, pick_branch(b), c, d);
        break;
      case Kind::kLog:
        log(name);
        break;
      case Kind::kCount:
        break;
    }
    if (!problem_) {
      check_branch(model_.branches.contains(name) ? name : "main");
    }
    return problem_;
  }

 private:
  static StoreConfig config(std::uint64_t raggedness) {
    StoreConfig out;
    out.split.raggedness_entries = raggedness;
    return out;
  }
  VersionStore& store() { return world_.store(); }
  static BranchId id(const std::string& name) { return BranchId::trusted(name); }

  std::string pick_branch(std::uint64_t number) const {
    return std::next(model_.branches.begin(),
                     static_cast<std::ptrdiff_t>(number % model_.branches.size()))
        ->first;
  }
  std::size_t pick_commit(std::uint64_t number) const {
    // Mostly a recent one: those that operations can tell apart.
    const std::size_t count = model_.commits.size();
    return number % 3 == 0 ? (number / 3) % count
                           : count - 1 - (number / 3) % std::min<std::size_t>(count, 6);
  }
  static std::string prefix(std::uint64_t number) {
    static constexpr std::array<const char*, 5> kPrefixes{"", "a", "a/", "b/", "b/x"};
    return kPrefixes[number % kPrefixes.size()];
  }
  static std::string path(std::uint64_t number) {
    static constexpr std::array<const char*, 4> kFolders{"", "a/", "b/", "b/x/"};
    return kFolders[number % 4] + std::string(1, static_cast<char>('a' + number / 4 % 12));
  }
  static std::string text(std::uint64_t number) {
    return std::string(1, static_cast<char>('A' + number % 4));
  }

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
  bool agree(const Result<T>& result, const ErrorId* error, const char* what) {
    if (error == nullptr) {
      expect(result.has_value(), what, " failed: ", result ? "" : result.error().message());
      return result.has_value();
    }
    expect(!result, what, " should have failed: ", error->text);
    expect(result || result.error().is(*error), what, " failed with ",
           result ? "" : result.error().message(), ", not ", error->text);
    return false;
  }

  std::size_t add(const CommitRecord& record, Content content, std::vector<std::size_t> parents) {
    ModelCommit commit;
    commit.id = record.id;
    commit.content = std::move(content);
    commit.generation = 1;
    for (const std::size_t parent : parents) {
      commit.generation = std::max(commit.generation, model_.commits[parent].generation + 1);
    }
    commit.date = record.commit.creation_date;
    std::vector<CommitId> ids;
    for (const std::size_t parent : parents) {
      ids.push_back(model_.commits[parent].id);
    }
    expect(record.commit.parents == ids, "parents of ", record.id.str());
    commit.parents = std::move(parents);
    model_.commits.push_back(std::move(commit));
    return model_.commits.size() - 1;
  }

  // --- Operations ---

  void put(const std::string& name, const std::string& at, const std::string& what) {
    const auto done =
        run(store().set_entry(Context(), world_.repo, id(name), ObjectPath::trusted(at),
                              testing::entry_of(what), WriteCondition()));
    agree(done, nullptr, "put");
    model_.branches[name].staged[at] = what;
  }
  void remove(const std::string& name, const std::string& at) {
    const auto done =
        run(store().delete_entry(Context(), world_.repo, id(name), ObjectPath::trusted(at)));
    agree(done, nullptr, "delete");
    model_.branches[name].staged[at].reset();
  }
  void commit(const std::string& name) {
    ModelBranch& branch = model_.branches[name];
    CommitRequest request;
    request.committer = "jo";
    request.message = "m";
    const auto made = run(store().commit(Context(), world_.repo, id(name), request));
    if (agree(made, model_.dirty(branch) ? nullptr : &kNoChanges, "commit")) {
      branch.head = add(**made, model_.visible(branch), {branch.head});
    }
    if (!problem_) {
      branch.staged.clear();
    }
  }
  void create_branch(const std::string& name, std::size_t from) {
    VersionStore::NewBranch request;
    request.id = id(name);
    request.source = model_.commits[from].id.str();
    const auto made = run(store().create_branch(Context(), world_.repo, request));
    if (agree(made, model_.branches.contains(name) ? &kBranchExists : nullptr, "branch")) {
      model_.branches[name].head = from;
    }
  }
  void delete_branch(const std::string& name) {
    const auto done = run(store().delete_branch(Context(), world_.repo, id(name), false));
    if (agree(done, name == "main" ? &kDeleteDefaultBranch : nullptr, "delete-branch")) {
      model_.branches.erase(name);
    }
  }
  void create_tag(const std::string& name, std::size_t on) {
    const auto made = run(store().create_tag(Context(), world_.repo, TagId::trusted(name),
                                             model_.commits[on].id.str(), false));
    if (agree(made, model_.tags.contains(name) ? &kTagExists : nullptr, "tag")) {
      model_.tags[name] = on;
    }
    check_tag(name);
  }
  void delete_tag(const std::string& name) {
    const auto done = run(store().delete_tag(Context(), world_.repo, TagId::trusted(name), false));
    agree(done, model_.tags.contains(name) ? nullptr : &kTagNotFound, "delete-tag");
    model_.tags.erase(name);
  }
  void check_tag(const std::string& name) {
    const auto found = run(store().tag(Context(), world_.repo, TagId::trusted(name)));
    expect(found && found->commit_id == model_.commits[model_.tags[name]].id, "tag ", name);
  }
  void merge(const std::string& to, const std::string& from, MergeStrategy strategy, bool squash,
             bool allow_empty) {
    ModelBranch& branch = model_.branches[to];
    const std::size_t source = model_.branches[from].head;
    MergeRequest request;
    request.source = from;
    request.committer = "jo";
    request.strategy = strategy;
    request.squash = squash;
    request.allow_empty = allow_empty;
    const auto made = run(store().merge(Context(), world_.repo, id(to), request));
    const std::optional<std::size_t> base = model_.merge_base(source, branch.head);
    const Content& of_source = model_.commits[source].content;
    const Content& of_base = model_.commits[*base].content;
    if (model_.dirty(branch)) {
      agree(made, &kDirtyBranch, "merge");
      return;
    }
    // The store compares trees by id: a tree that was written anew may hold what the base holds.
    if (!allow_empty && !made && of_source == of_base) {
      agree(made, &kNoChanges, "merge");
      return;
    }
    if (!agree(made, nullptr, "merge")) {
      return;
    }
    Model::MergedContent merged =
        Model::merge(of_base, of_source, model_.commits[branch.head].content, strategy);
    expect(made->conflicts == merged.conflicts, "conflicts of merge");
    if (merged.conflicts.empty() && made->commit) {
      std::vector<std::size_t> parents{branch.head};
      if (!squash) {
        parents.push_back(source);
      }
      const std::int32_t generation =
          std::max(model_.commits[branch.head].generation, model_.commits[source].generation) + 1;
      branch.head = add(*made->commit, std::move(merged.content), std::move(parents));
      branch.staged.clear();                          // it changed nothing
      model_.commits.back().generation = generation;  // also of a squashed source
    }
  }
  /// The parent that a number means, or the error.
  const ErrorId* parent(std::size_t of, int number, const ErrorId& missing, std::size_t& out) {
    const std::vector<std::size_t>& parents = model_.commits[of].parents;
    if (number == 0 && parents.size() > 1) {
      return &missing;
    }
    const std::size_t index = number == 0 ? 1 : static_cast<std::size_t>(number);
    if (index > parents.size()) {
      return &kParentOutOfRange;
    }
    out = parents[index - 1];
    return nullptr;
  }
  void apply_change(const std::string& name, const Result<CommitPtr>& made, const Content& base,
                    const Content& source, bool allow_same, const char* what) {
    ModelBranch& branch = model_.branches[name];
    const Content before = model_.commits[branch.head].content;
    Model::MergedContent merged = Model::merge(base, source, before, MergeStrategy::kNone);
    if (!merged.conflicts.empty()) {
      agree(made, &kConflict, what);
    } else if (!made && made.error().is(kNoChanges) && merged.content == before && !allow_same) {
      // Nothing to do.
    } else if (agree(made, nullptr, what)) {
      branch.head = add(**made, std::move(merged.content), {branch.head});
      branch.staged.clear();
    }
  }
  void revert(const std::string& name, std::size_t commit, int number, bool allow_empty) {
    RevertRequest request;
    request.ref = model_.commits[commit].id.str();
    request.parent_number = number;
    request.committer = "jo";
    request.allow_empty = allow_empty;
    const auto made = run(store().revert(Context(), world_.repo, id(name), request));
    if (model_.dirty(model_.branches[name])) {
      agree(made, &kDirtyBranch, "revert");
      return;
    }
    Content source;
    if (!model_.commits[commit].parents.empty() || number != 0) {
      std::size_t from = 0;
      if (const ErrorId* error = parent(commit, number, kRevertParentNeeded, from)) {
        agree(made, error, "revert");
        return;
      }
      source = model_.commits[from].content;
    }
    apply_change(name, made, model_.commits[commit].content, source, allow_empty, "revert");
  }
  void cherry_pick(const std::string& name, std::size_t commit, int number) {
    CherryPickRequest request;
    request.ref = model_.commits[commit].id.str();
    if (number != 0) {
      request.parent_number = number;
    }
    request.committer = "jo";
    const auto made = run(store().cherry_pick(Context(), world_.repo, id(name), request));
    if (model_.dirty(model_.branches[name])) {
      agree(made, &kDirtyBranch, "cherry-pick");
      return;
    }
    std::size_t from = 0;
    if (const ErrorId* error = parent(commit, number, kPickParentNeeded, from)) {
      agree(made, error, "cherry-pick");
      return;
    }
    const Content& base = model_.commits[from].content;
    const Content& source = model_.commits[commit].content;
    apply_change(name, made, base, source, base != source, "cherry-pick");
  }
  void reset(const std::string& name) {
    agree(run(store().reset(Context(), world_.repo, id(name), false)), nullptr, "reset");
    model_.branches[name].staged.clear();
  }
  void reset_path(const std::string& name, const std::string& at) {
    agree(
        run(store().reset_entry(Context(), world_.repo, id(name), ObjectPath::trusted(at), false)),
        nullptr, "reset-path");
    model_.branches[name].staged.erase(at);
  }
  void reset_prefix(const std::string& name, const std::string& from) {
    agree(run(store().reset_prefix(Context(), world_.repo, id(name), from, false)), nullptr,
          "reset-prefix");
    std::erase_if(model_.branches[name].staged,
                  [&from](const auto& item) { return item.first.starts_with(from); });
  }
  void hard_reset(const std::string& name, std::size_t to) {
    ModelBranch& branch = model_.branches[name];
    const auto done = run(
        store().hard_reset(Context(), world_.repo, id(name), model_.commits[to].id.str(), false));
    if (agree(done, model_.dirty(branch) ? &kDirtyBranch : nullptr, "hard-reset")) {
      branch.head = to;
      branch.staged.clear();
    }
  }

  // --- Reading ---

  /// A random way of listing: prefix, delimiter, small pages.
  void list(const std::string& name, std::uint64_t how, std::uint64_t where, std::uint64_t size) {
    ListRequest request;
    request.prefix = prefix(how);
    request.delimiter = how % 2 == 0 ? "" : "/";
    request.amount = 1 + size % 7;
    request.after = where % 3 == 0 ? path(where) : "";
    const auto item_of = [&request](const std::string& at) {
      const std::size_t slash = request.delimiter.empty()
                                    ? std::string::npos
                                    : at.find(request.delimiter, request.prefix.size());
      return slash == std::string::npos ? at : at.substr(0, slash + 1);
    };
    // Behind a group nothing of it; behind a path inside one, the group once more.
    const bool after_group = request.after.starts_with(request.prefix) &&
                             request.after.ends_with('/') &&
                             item_of(request.after) == request.after;
    std::vector<std::string> expected;
    for (const auto& [at, text] : model_.visible(model_.branches[name])) {
      const bool skipped = at <= request.after || (after_group && at.starts_with(request.after));
      if (!skipped && at.starts_with(request.prefix) &&
          (expected.empty() || expected.back() != item_of(at))) {
        expected.push_back(item_of(at));
      }
    }
    std::vector<std::string> found;
    for (bool more = true; more && !problem_;) {
      const auto page = run(store().list(Context(), world_.repo, name, request));
      if (!agree(page, nullptr, "list")) {
        return;
      }
      for (const ListedPath& item : page->items) {
        found.push_back(item.path);
        request.after = item.path;
      }
      more = page->more;
      expect(page->items.size() == request.amount || !more, "a short page that says there is more");
    }
    expect(found == expected, "list of ", name, " with prefix '", request.prefix, "' delimiter '",
           request.delimiter, "'");
  }
  ModelDiff read_diff(const std::string& left, const std::string& right, bool three_dot,
                      std::size_t amount) {
    ModelDiff out;
    ListRequest request;
    request.amount = amount;
    for (bool more = true; more && !problem_;) {
      const auto page =
          run(store().diff_refs(Context(), world_.repo, left, right, three_dot, request));
      if (!agree(page, nullptr, "diff")) {
        break;
      }
      for (const Difference& item : page->items) {
        constexpr char kLetters[] = {'+', '-', '~', '/', '!'};
        out[item.path] = kLetters[static_cast<std::size_t>(item.type)];
        request.after = item.path;
      }
      more = page->more;
    }
    return out;
  }
  void diff(const std::string& left, const std::string& right, std::uint64_t how,
            std::uint64_t size) {
    const std::size_t from = model_.branches[left].head;
    const std::size_t to = model_.branches[right].head;
    const Content& destination = model_.commits[from].content;
    const Content& source = model_.commits[to].content;
    const std::size_t amount = 1 + size % 9;
    if (how % 3 == 0) {
      const std::optional<std::size_t> base = model_.merge_base(from, to);
      const ModelDiff found = read_diff(left, right, true, amount);
      const ModelDiff expected = Model::diff(model_.commits[*base].content, source, destination);
      expect(found == expected, "three-dot: ", told(found), "not ", told(expected));
    } else if (how % 3 == 1) {
      const ModelDiff found = read_diff(left, right, false, amount);
      const ModelDiff expected = Model::diff(destination, source, destination);
      expect(found == expected, "two-dot: ", told(found), "not ", told(expected));
    } else {
      const ModelDiff found = read_diff(left, right + "$", false, amount);
      const ModelDiff expected =
          Model::diff(destination, model_.visible(model_.branches[right]), destination);
      expect(found == expected, "with staged: ", told(found), "not ", told(expected));
    }
  }
  void log(const std::string& name) {
    LogRequest request;
    request.amount = 10'000;
    const std::size_t head = model_.branches[name].head;
    const auto found = run(store().log(Context(), world_.repo, model_.commits[head].id, request));
    if (!agree(found, nullptr, "log")) {
      return;
    }
    std::vector<CommitId> ids;
    for (const CommitPtr& commit : found->items) {
      ids.push_back(commit->id);
    }
    expect(ids == model_.log(head), "log of ", name);
  }

  void check_branch(const std::string& name) {
    const ModelBranch& branch = model_.branches[name];
    const auto row = run(store().branch(Context(), world_.repo, id(name)));
    expect(row && row->commit_id == model_.commits[branch.head].id, "head of ", name);
    ListRequest request;
    request.amount = 1000;
    const auto page = run(store().list(Context(), world_.repo, name, request));
    Content found;
    if (agree(page, nullptr, "list")) {
      for (const ListedPath& item : page->items) {
        found[item.path] = item.entry->etag;
      }
    }
    const Content expected = model_.visible(branch);
    expect(found == expected, "content of ", name, ": ", told(found), "not ", told(expected));
    const auto changes = run(store().diff_uncommitted(Context(), world_.repo, id(name), request));
    ModelDiff staged;
    if (agree(changes, nullptr, "uncommitted")) {
      for (const Difference& item : changes->items) {
        staged[item.path] = item.type == DiffType::kAdded     ? '+'
                            : item.type == DiffType::kRemoved ? '-'
                                                              : '~';
      }
    }
    const ModelDiff wanted = model_.uncommitted(branch);
    expect(staged == wanted, "uncommitted of ", name, ": ", told(staged), "not ", told(wanted));
  }

  testing::World world_;
  Model model_;
  std::optional<std::string> problem_;
};

struct Failure {
  std::size_t step = 0;
  std::string what;
};

std::optional<Failure> play(const std::vector<Operation>& operations, std::uint64_t raggedness) {
  Pair pair(raggedness);
  for (std::size_t step = 0; step < operations.size(); ++step) {
    if (std::optional<std::string> what = pair.apply(operations[step])) {
      return Failure{step, *std::move(what)};
    }
  }
  return std::nullopt;
}

/// Leaves out parts, the large ones first, as long as the rest still fails.
std::vector<Operation> shrink(std::vector<Operation> operations, std::uint64_t raggedness) {
  int plays_left = 400;
  for (std::size_t part = operations.size() / 2; part > 0; part /= 2) {
    for (std::size_t at = 0; at + part <= operations.size() && plays_left > 0;) {
      std::vector<Operation> fewer = operations;
      const auto begin = fewer.begin() + static_cast<std::ptrdiff_t>(at);
      fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(part));
      --plays_left;
      if (play(fewer, raggedness)) {
        operations = std::move(fewer);
      } else {
        at += part;
      }
    }
  }
  return operations;
}

TEST(VersionStoreModel, AnswersAsOrderedMapsDo) {
  unsigned weight_sum = 0;
  for (const unsigned weight : kWeights) {
    weight_sum += weight;
  }
  std::array<std::size_t, kKinds> counts{};
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    SeededRng rng(seed);
    const std::uint64_t raggedness = 1 + rng.below(10);
    std::vector<Operation> operations(kStepsPerRun);
    for (Operation& operation : operations) {
      std::uint64_t drawn = rng.below(weight_sum);
      std::size_t kind = 0;
      while (drawn >= kWeights[kind]) {
        drawn -= kWeights[kind++];
      }
      operation.kind = static_cast<Kind>(kind);
      for (std::uint64_t& number : operation.numbers) {
        number = rng.below(1'000'000);
      }
      ++counts[kind];
    }
    std::optional<Failure> failure = play(operations, raggedness);
    if (!failure) {
      continue;
    }
    operations.resize(failure->step + 1);
    operations = shrink(std::move(operations), raggedness);
    failure = play(operations, raggedness);
    std::ostringstream out;
    for (const Operation& operation : operations) {
      out << "  " << told(operation) << "\n";
    }
    FAIL() << "seed " << seed << ", raggedness " << raggedness << ", " << operations.size()
           << " operations are enough:\n"
           << out.str() << (failure ? failure->what : std::string("not repeatable"));
  }
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    EXPECT_GE(counts[kind], 200u) << kNames[kind];
  }
}

}  // namespace
}  // namespace tarn::graveler
