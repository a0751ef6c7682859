// Operations of the model test that stage changes, and that make and remove branches and tags.
#include "graveler/testing/model_pair.h"
#include "runtime/testing/run.h"

namespace tarn::graveler::testing {
namespace {

using tarn::testing::run;

}  // namespace

std::string ModelPair::pick_path(Draw& draw) {
  static constexpr std::array<const char*, 4> kFolders{"", "a/", "b/", "b/x/"};
  return draw.of(kFolders) + std::string(1, static_cast<char>('a' + draw.below(12)));
}

// --- Staging ---

bool ModelPair::put(const std::string& name, Draw& draw) {
  static constexpr std::array<const char*, 4> kTexts{"A", "B", "C", "D"};
  const std::string at = pick_path(draw);
  const std::string text = draw.of(kTexts);
  WriteCondition condition;
  condition.if_absent = draw.one_in(8);
  if (draw.one_in(8)) {
    condition.if_match_etag = draw.of(kTexts);
  }
  tell(name, at, text, condition.if_absent ? "if-absent" : "",
       condition.if_match_etag.value_or(""));
  const Content before = model_.visible(model_.branches[name]);
  const auto current = before.find(at);
  const bool exists = current != before.end();
  const bool holds =
      !(condition.if_absent && exists) &&
      (!condition.if_match_etag || (exists && current->second == *condition.if_match_etag));
  const auto done = run(store().set_entry(Context(), world_.repo, id(name), ObjectPath::trusted(at),
                                          entry_of(text), condition));
  if (!agree(done, holds ? nullptr : &kPreconditionFailed)) {
    return false;
  }
  model_.branches[name].staged[at] = text;
  return true;
}

bool ModelPair::remove(const std::string& name, Draw& draw) {
  const std::string at = pick_path(draw);
  tell(name, at);
  const auto done =
      run(store().delete_entry(Context(), world_.repo, id(name), ObjectPath::trusted(at)));
  model_.branches[name].staged[at].reset();
  return agree(done, nullptr);
}

bool ModelPair::reset(const std::string& name, Draw&) {
  tell(name);
  model_.branches[name].staged.clear();
  return agree(run(store().reset(Context(), world_.repo, id(name), false)), nullptr);
}

bool ModelPair::reset_path(const std::string& name, Draw& draw) {
  const std::string at = pick_path(draw);
  tell(name, at);
  model_.branches[name].staged.erase(at);
  return agree(
      run(store().reset_entry(Context(), world_.repo, id(name), ObjectPath::trusted(at), false)),
      nullptr);
}

bool ModelPair::reset_prefix(const std::string& name, Draw& draw) {
  static constexpr std::array<const char*, 6> kPrefixes{"", "a", "a/", "b/", "b/x", "b/x/"};
  const std::string prefix = draw.of(kPrefixes);
  tell(name, "'" + prefix + "'");
  std::erase_if(model_.branches[name].staged,
                [&prefix](const auto& item) { return item.first.starts_with(prefix); });
  return agree(run(store().reset_prefix(Context(), world_.repo, id(name), prefix, false)), nullptr);
}

// --- Branches and tags ---

bool ModelPair::create_branch(const std::string&, Draw& draw) {
  VersionStore::NewBranch request;
  const std::string name = "b" + std::to_string(draw.below(6));
  request.id = id(name);
  request.source = pick_ref(draw);
  tell(name, request.source);
  const Result<ModelRef> from = model_.resolve(request.source);
  const ErrorId* error = nullptr;
  if (!from) {
    error = &from.error().id();
  } else if (from->staging_demanded) {
    error = &kBranchFromStaging;
  } else if (model_.tags.contains(name)) {
    error = &kConflict;
  } else if (model_.branches.contains(name)) {
    error = &kBranchExists;
  }
  if (!agree(run(store().create_branch(Context(), world_.repo, request)), error)) {
    return false;
  }
  model_.branches[name].head = from->commit;
  return true;
}

bool ModelPair::delete_branch(const std::string& name, Draw&) {
  tell(name);
  const auto done = run(store().delete_branch(Context(), world_.repo, id(name), false));
  if (!agree(done, name == "main" ? &kDeleteDefaultBranch : nullptr)) {
    return false;
  }
  model_.branches.erase(name);
  return true;
}

namespace {

/// Few, and one that is a branch at other times.
std::string pick_tag(Draw& draw) {
  static constexpr std::array<const char*, 4> kTags{"t0", "t1", "v1.0", "b5"};
  return draw.of(kTags);
}

}  // namespace

bool ModelPair::create_tag(const std::string&, Draw& draw) {
  const std::string name = pick_tag(draw);
  const std::string ref = pick_ref(draw);
  tell(name, ref);
  const Result<std::size_t> on = model_.resolve_commit(ref);
  const ErrorId* error = nullptr;
  if (model_.branches.contains(name)) {
    error = &kConflict;
  } else if (!on) {
    error = &on.error().id();
  } else if (model_.tags.contains(name)) {
    error = &kTagExists;
  }
  const auto made =
      run(store().create_tag(Context(), world_.repo, TagId::trusted(name), ref, false));
  if (!agree(made, error)) {
    return false;
  }
  model_.tags[name] = *on;
  check_tag(name);
  return true;
}

bool ModelPair::delete_tag(const std::string&, Draw& draw) {
  const std::string name = pick_tag(draw);
  tell(name);
  const auto done = run(store().delete_tag(Context(), world_.repo, TagId::trusted(name), false));
  const bool was_there = model_.tags.erase(name) > 0;
  return agree(done, was_there ? nullptr : &kTagNotFound);
}

}  // namespace tarn::graveler::testing
