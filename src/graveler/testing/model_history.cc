// Operations of the model test that make commits and move heads.
#include "graveler/testing/model_pair.h"
#include "runtime/testing/run.h"

#include <algorithm>
#include <utility>

namespace tarn::graveler::testing {
namespace {

using tarn::testing::run;

constexpr const char* kCommitter = "jo";
constexpr std::array<MergeStrategy, 4> kStrategies{MergeStrategy::kNone, MergeStrategy::kNone,
                                                   MergeStrategy::kDestinationWins,
                                                   MergeStrategy::kSourceWins};

/// Kept or made up by the store, if empty.
std::string pick_message(Draw& draw) {
  return draw.one_in(3) ? "" : "m" + std::to_string(draw.below(10));
}

}  // namespace

Metadata ModelPair::pick_metadata(Draw& draw) {
  return draw.one_in(2) ? Metadata() : Metadata{{"k", std::to_string(draw.below(10))}};
}

// --- Commits ---

void ModelPair::add_commit(ModelBranch& branch, const CommitRecord& record, Commit expected,
                           Content content, std::vector<std::size_t> parents) {
  const Commit& made = record.commit;
  for (const std::size_t parent : parents) {
    expected.parents.push_back(model_.commits[parent].id);
    expected.generation =
        std::max(expected.generation, model_.commits[parent].commit.generation + 1);
  }
  expected.committer = kCommitter;
  expected.creation_date = clock_.now();
  expect(made.parents == expected.parents, "parents");
  expect(made.generation == expected.generation, "generation ", made.generation, ", not ",
         expected.generation);
  expect(made.committer == expected.committer, "committer ", made.committer);
  expect(made.message == expected.message, "message '", made.message, "', not '", expected.message,
         "'");
  expect(made.metadata == expected.metadata, "metadata");
  expect(made.creation_date == expected.creation_date, "date");
  expect(made.version == 1, "version");
  expect(record.id == commit_id_of(made), "the id of another commit");
  expected.meta_range_id = made.meta_range_id;
  branch.staged.clear();  // what is left there changed nothing
  // The same commit may have been made on another branch in the same second.
  const auto twin = std::ranges::find(model_.commits, record.id, &ModelCommit::id);
  branch.head = static_cast<std::size_t>(twin - model_.commits.begin());
  if (twin == model_.commits.end()) {
    model_.commits.push_back(
        {record.id, std::move(expected), std::move(content), std::move(parents)});
  } else {
    expect(twin->content == content, "one id for two contents");
  }
}

bool ModelPair::commit(const std::string& name, Draw& draw) {
  CommitRequest request;
  request.committer = kCommitter;
  request.message = pick_message(draw);
  request.metadata = pick_metadata(draw);
  request.allow_empty = draw.one_in(6);
  tell(name, request.allow_empty ? "allow-empty" : "");
  ModelBranch& branch = model_.branches[name];
  const auto made = run(store().commit(Context(), world_.repo, id(name), request));
  const bool changes = model_.dirty(branch) || request.allow_empty;
  if (!agree(made, changes ? nullptr : &kNoChanges)) {
    branch.staged.clear();
    return false;
  }
  Commit expected;
  expected.message = request.message;
  expected.metadata = request.metadata;
  add_commit(branch, **made, std::move(expected), model_.visible(branch), {branch.head});
  return true;
}

/// A commit that a hook refuses leaves a sealed token behind.
bool ModelPair::refuse(const std::string& name, Draw&) {
  CommitRequest request;
  request.committer = kCommitter;
  request.message = "refused";
  tell(name);
  hooks_.refuse = Event::kPreCommit;
  const auto made = run(store().commit(Context(), world_.repo, id(name), request));
  hooks_.refuse.reset();
  agree(made, &kHookAborted);
  return true;
}

bool ModelPair::hard_reset(const std::string& name, Draw& draw) {
  const std::string ref = pick_ref(draw);
  tell(name, ref);
  ModelBranch& branch = model_.branches[name];
  const bool dirty = model_.dirty(branch);
  const Result<std::size_t> to = model_.resolve_commit(ref);
  const auto done = run(store().hard_reset(Context(), world_.repo, id(name), ref, false));
  if (!agree(done, dirty ? &kDirtyBranch : to ? nullptr : &to.error().id())) {
    return false;
  }
  branch.head = *to;
  branch.staged.clear();
  return true;
}

// --- Combining histories ---

bool ModelPair::merge(const std::string& name, Draw& draw) {
  ModelBranch& branch = model_.branches[name];
  MergeRequest request;
  request.source = draw.one_in(2) ? pick_branch(draw) : pick_ref(draw);
  request.committer = kCommitter;
  request.message = pick_message(draw);
  request.metadata = pick_metadata(draw);
  request.strategy = draw.of(kStrategies);
  request.squash = draw.one_in(4);
  request.allow_empty = draw.one_in(5);
  tell(request.source, "into", name, to_string(request.strategy), request.squash ? "squash" : "",
       request.allow_empty ? "allow-empty" : "");
  const bool dirty = model_.dirty(branch);
  const Result<std::size_t> resolved = model_.resolve_commit(request.source);
  const auto made = run(store().merge(Context(), world_.repo, id(name), request));
  if (dirty || !resolved) {
    return agree(made, dirty ? &kDirtyBranch : &resolved.error().id());
  }
  const ModelCommit& source = model_.commits[*resolved];
  const ModelCommit& head = model_.commits[branch.head];
  const ModelCommit& base = model_.commits[*model_.merge_base(*resolved, branch.head)];
  // Trees are compared by id: one that was written anew may hold what the base holds.
  const bool same = source.commit.meta_range_id == base.commit.meta_range_id;
  if (!agree(made, same && !request.allow_empty ? &kNoChanges : nullptr)) {
    return false;
  }
  Model::MergedContent merged =
      Model::merge(base.content, source.content, head.content, request.strategy);
  expect(made->conflicts == merged.conflicts, "conflicts");
  expect((made->commit != nullptr) == merged.conflicts.empty(), "a commit with conflicts");
  if (!merged.conflicts.empty() || problem_) {
    return false;
  }
  Commit expected;
  expected.message = request.message.empty() ? "Merge '" + request.source + "' into '" + name + "'"
                                             : request.message;
  expected.metadata = request.metadata;
  expected.metadata[".lakefs.merge.strategy"] = to_string(request.strategy);
  expected.generation = source.commit.generation + 1;  // also if it is no parent
  std::vector<std::size_t> parents{branch.head};
  if (!request.squash) {
    parents.push_back(*resolved);
  }
  add_commit(branch, *made->commit, std::move(expected), std::move(merged.content),
             std::move(parents));
  return true;
}

const ErrorId* ModelPair::parent_of(std::size_t commit, int number, const ErrorId& missing,
                                    std::size_t& out) const {
  const std::vector<std::size_t>& parents = model_.commits[commit].parents;
  if (number == 0 && parents.size() > 1) {
    return &missing;
  }
  const std::size_t index = number == 0 ? 1 : static_cast<std::size_t>(number);
  if (number < 0 || index > parents.size()) {
    return &kParentOutOfRange;
  }
  out = parents[index - 1];
  return nullptr;
}

bool ModelPair::apply_change(const std::string& name, const Result<CommitPtr>& made,
                             Commit expected, const Content& base, const Content& source,
                             bool same_is_refused) {
  ModelBranch& branch = model_.branches[name];
  const Content before = model_.commits[branch.head].content;
  Model::MergedContent merged = Model::merge(base, source, before, MergeStrategy::kNone);
  if (!merged.conflicts.empty()) {
    return agree(made, &kConflict);
  }
  // A tree that was written anew may have another id than the one that holds the same.
  if (!made && made.error().is(kNoChanges) && merged.content == before && same_is_refused) {
    return false;
  }
  if (!agree(made, nullptr)) {
    return false;
  }
  add_commit(branch, **made, std::move(expected), std::move(merged.content), {branch.head});
  return true;
}

int ModelPair::pick_parent_number(const Result<std::size_t>& commit, Draw& draw) const {
  if (!commit || draw.one_in(4)) {
    return static_cast<int>(draw.below(5)) - 1;
  }
  const std::size_t count = model_.commits[*commit].parents.size();
  return count > 1 || draw.one_in(3)
             ? 1 + static_cast<int>(draw.below(std::max<std::size_t>(count, 1)))
             : 0;
}

bool ModelPair::revert(const std::string& name, Draw& draw) {
  RevertRequest request;
  request.ref = draw.one_in(3) ? pick_ref(draw) : model_.commits[pick_commit(draw)].id.str();
  const Result<std::size_t> commit = model_.resolve_commit(request.ref);
  request.parent_number = pick_parent_number(commit, draw);
  request.committer = kCommitter;
  request.message = pick_message(draw);
  request.metadata = pick_metadata(draw);
  request.allow_empty = draw.one_in(3);
  tell(request.ref, "parent", request.parent_number, "on", name,
       request.allow_empty ? "allow-empty" : "");
  const bool dirty = model_.dirty(model_.branches[name]);
  const auto made = run(store().revert(Context(), world_.repo, id(name), request));
  if (dirty || !commit) {
    return agree(made, dirty ? &kDirtyBranch : &commit.error().id());
  }
  Content source;
  if (!model_.commits[*commit].parents.empty() || request.parent_number != 0) {
    std::size_t parent = 0;
    if (const ErrorId* error =
            parent_of(*commit, request.parent_number, kRevertParentNeeded, parent)) {
      return agree(made, error);
    }
    source = model_.commits[parent].content;
  }
  Commit expected;
  expected.message = request.message.empty() ? "Revert " + request.ref : request.message;
  expected.metadata = request.metadata;
  return apply_change(name, made, std::move(expected), model_.commits[*commit].content, source,
                      !request.allow_empty);
}

bool ModelPair::cherry_pick(const std::string& name, Draw& draw) {
  CherryPickRequest request;
  request.ref = draw.one_in(3) ? pick_ref(draw) : model_.commits[pick_commit(draw)].id.str();
  const Result<std::size_t> commit = model_.resolve_commit(request.ref);
  if (const int number = pick_parent_number(commit, draw); number != 0) {
    request.parent_number = number;
  }
  request.committer = kCommitter;
  request.message = pick_message(draw);
  if (draw.one_in(2)) {
    request.metadata = pick_metadata(draw);
  }
  tell(request.ref, "parent", request.parent_number.value_or(0), "on", name);
  const bool dirty = model_.dirty(model_.branches[name]);
  const auto made = run(store().cherry_pick(Context(), world_.repo, id(name), request));
  if (dirty || !commit) {
    return agree(made, dirty ? &kDirtyBranch : &commit.error().id());
  }
  std::size_t from = 0;
  if (const ErrorId* error =
          parent_of(*commit, request.parent_number.value_or(0), kPickParentNeeded, from)) {
    return agree(made, error);
  }
  const ModelCommit& picked = model_.commits[*commit];
  const ModelCommit& parent = model_.commits[from];
  if (picked.commit.meta_range_id == parent.commit.meta_range_id) {
    return agree(made, &kNoChanges);
  }
  Commit expected;
  expected.message = request.message.empty() ? picked.commit.message : request.message;
  expected.metadata = request.metadata.value_or(picked.commit.metadata);
  expected.metadata["cherry-pick-origin"] = picked.id.str();
  expected.metadata["cherry-pick-committer"] = picked.commit.committer;
  const Content base = parent.content;
  const Content source = picked.content;
  return apply_change(name, made, std::move(expected), base, source, false);
}

}  // namespace tarn::graveler::testing
