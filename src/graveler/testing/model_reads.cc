// Operations of the model test that read, and what is compared after each step.
#include "graveler/testing/model_pair.h"
#include "runtime/testing/run.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace tarn::graveler::testing {
namespace {

using tarn::testing::run;

constexpr char kLetters[] = {'+', '-', '~', '/', '!'};

std::string told(const Content& content) {
  std::string out;
  for (const auto& [path, text] : content) {
    out.append(path).append("=").append(text).append(" ");
  }
  return out;
}

/// Letter, path and text of each item.
std::string told(const std::vector<Difference>& items) {
  std::string out;
  for (const Difference& item : items) {
    out.append(1, kLetters[static_cast<std::size_t>(item.type)])
        .append(item.path)
        .append(item.entry ? "=" + item.entry->etag : "")
        .append(" ");
  }
  return out;
}

}  // namespace

// --- Listings and differences ---

void ModelPair::check_content(const std::string& ref, const Content& expected) {
  ListRequest request;
  request.amount = 1000;
  const auto page = run(store().list(Context(), world_.repo, ref, request));
  if (!agree(page, nullptr)) {
    return;
  }
  Content found;
  for (const ListedPath& item : page->items) {
    found[item.path] = item.entry->etag;
  }
  expect(found == expected && found.size() == page->items.size(), "content of ", ref, ": ",
         testing::told(found), "not ", testing::told(expected));
}

bool ModelPair::get(const std::string&, Draw& draw) {
  const std::string ref = pick_ref(draw);
  const std::string at = pick_path(draw);
  tell(ref, at);
  const auto found = run(store().get_entry(Context(), world_.repo, ref, ObjectPath::trusted(at)));
  const Result<ModelRef> resolved = model_.resolve(ref);
  if (!resolved) {
    return agree(found, &resolved.error().id());
  }
  const Content content = model_.visible(*resolved);
  const auto expected = content.find(at);
  if (!agree(found, expected == content.end() ? &kObjectNotFound : nullptr)) {
    return false;
  }
  expect(found->etag == expected->second, "found ", found->etag, ", not ", expected->second);
  return true;
}

bool ModelPair::list(const std::string&, Draw& draw) {
  const std::string ref = pick_ref(draw);
  tell(ref);
  ListRequest request = pick_page(draw);
  const Result<ModelRef> resolved = model_.resolve(ref);
  if (!resolved) {
    return agree(run(store().list(Context(), world_.repo, ref, request)), &resolved.error().id());
  }
  const Content content = model_.visible(*resolved);
  std::vector<std::string> paths;
  for (const auto& [path, text] : content) {
    paths.push_back(path);
  }
  std::string expected;
  for (const auto& [path, is_group] : Model::listed(paths, request)) {
    expected += path + (is_group ? " " : "=" + content.at(path) + " ");
  }
  std::string found;
  std::string last;
  for (bool more = true; more && !problem_;) {
    const auto page = run(store().list(Context(), world_.repo, ref, request));
    if (!agree(page, nullptr)) {
      return false;
    }
    for (const ListedPath& item : page->items) {
      expect(item.path > last, item.path, " after ", last);
      last = item.path;
      found += item.path + (item.entry ? "=" + item.entry->etag + " " : " ");
      request.after = item.path;
    }
    more = page->more;
    expect(page->items.size() == request.amount || !more, "a short page that says there is more");
    expect(page->items.size() <= request.amount, "a page too long");
  }
  expect(found == expected, "listed ", found, "not ", expected);
  return true;
}

/// Reads all pages and compares them.
template <class Read>
void ModelPair::check_differences(const ModelDiff& expected, ListRequest request, Read read) {
  std::vector<std::string> paths;
  for (const auto& [path, change] : expected) {
    paths.push_back(path);
  }
  std::string wanted;
  for (const auto& [path, is_group] : Model::listed(paths, request)) {
    wanted += is_group ? "/" + path + " "
                       : expected.at(path).letter + path + "=" + expected.at(path).text + " ";
  }
  std::string found;
  std::string last;
  for (bool more = true; more && !problem_;) {
    const Result<Paged<Difference>> page = read(request);
    if (!agree(page, nullptr)) {
      return;
    }
    expect(page->items.size() == request.amount || !page->more, "a short page, and more");
    expect(page->items.size() <= request.amount, "a page too long");
    for (const Difference& item : page->items) {
      expect(item.path > last, item.path, " after ", last);
      last = item.path;
      request.after = item.path;
    }
    found += testing::told(page->items);
    more = page->more;
  }
  expect(found == wanted, "differs: ", found, "not ", wanted);
}

bool ModelPair::diff(const std::string&, Draw& draw) {
  const std::string left = pick_ref(draw);
  std::string right = draw.one_in(4) ? pick_branch(draw) + "$" : pick_ref(draw);
  const bool three_dot = draw.one_in(2);
  tell(left, right, three_dot ? "three-dot" : "two-dot");
  const ListRequest request = pick_page(draw);
  const auto read = [&](const ListRequest& page) {
    return run(store().diff_refs(Context(), world_.repo, left, right, three_dot, page));
  };
  // Both are looked up before either is refused as no commit.
  const Result<ModelRef> from = model_.resolve(left);
  const Result<ModelRef> to = model_.resolve(right);
  if (!from || !to) {
    return agree(read(request), &(from ? to : from).error().id());
  }
  if (from->staging_demanded || (to->staging_demanded && three_dot)) {
    return agree(read(request), &kStagingNotACommit);
  }
  const Content& destination = model_.commits[from->commit].content;
  const Content source =
      to->staging_demanded ? model_.visible(*to) : model_.commits[to->commit].content;
  const Content& base = three_dot
                            ? model_.commits[*model_.merge_base(from->commit, to->commit)].content
                            : destination;
  check_differences(Model::diff(base, source, destination), request, read);
  return true;
}

bool ModelPair::uncommitted(const std::string& name, Draw& draw) {
  tell(name);
  const ListRequest request = pick_page(draw);
  check_differences(model_.uncommitted(model_.branches[name]), request,
                    [&](const ListRequest& page) {
                      return run(store().diff_uncommitted(Context(), world_.repo, id(name), page));
                    });
  return true;
}

// --- History ---

void ModelPair::check_log(std::size_t start, LogRequest request) {
  const std::vector<CommitId> expected =
      model_.log(start, request, std::numeric_limits<std::size_t>::max());
  std::vector<CommitId> found;
  for (bool more = true; more && !problem_;) {
    const auto page = run(store().log(Context(), world_.repo, model_.commits[start].id, request));
    if (!agree(page, nullptr)) {
      return;
    }
    expect(page->items.size() <= request.amount, "a page too long");
    expect(page->items.size() == request.amount || !page->more, "a short page, and more");
    for (const CommitPtr& commit : page->items) {
      found.push_back(commit->id);
      request.after = commit->id;
    }
    more = page->more;
    expect(found.size() <= model_.commits.size(), "a log without end");
  }
  expect(found == expected, "log of ", found.size(), " commits, not ", expected.size(),
         ", or in another order");
}

bool ModelPair::log(const std::string&, Draw& draw) {
  const std::size_t start = pick_commit(draw);
  LogRequest request;
  request.first_parent = draw.one_in(2);
  if (draw.one_in(3)) {
    request.since = model_.commits[pick_commit(draw)].commit.creation_date;
  }
  if (draw.one_in(4)) {
    request.stop_at = model_.commits[pick_commit(draw)].id;
  }
  if (draw.one_in(4)) {
    request.after = model_.commits[pick_commit(draw)].id;
  }
  for (std::size_t paths = draw.below(3); paths > 0; --paths) {
    request.objects.push_back(pick_path(draw));
  }
  static constexpr std::array<const char*, 4> kPrefixes{"a", "a/", "b/x", "b/x/a"};
  if (draw.one_in(3)) {
    request.prefixes.emplace_back(draw.of(kPrefixes));
  }
  request.amount = draw.one_in(2) ? 1000 : 1 + draw.below(5);
  tell("of commit", start, request.first_parent ? "first-parent" : "", request.since ? "since" : "",
       request.stop_at ? "stop-at" : "", request.after ? "after" : "", request.objects.size(),
       "objects", request.prefixes.size(), "prefixes, amount", request.amount);
  check_log(start, std::move(request));
  return true;
}

bool ModelPair::merge_base(const std::string&, Draw& draw) {
  const std::string source = pick_ref(draw);
  const std::string destination = pick_ref(draw);
  tell(source, destination);
  const auto found = run(store().merge_base(Context(), world_.repo, source, destination));
  const Result<std::size_t> from = model_.resolve_commit(source);
  const Result<std::size_t> to = model_.resolve_commit(destination);
  if (!from || !to) {
    return agree(found, &(from ? to : from).error().id());
  }
  if (!agree(found, nullptr)) {
    return false;
  }
  expect(found->source == model_.commits[*from].id, "source");
  expect(found->destination == model_.commits[*to].id, "destination");
  expect(found->base == model_.commits[*model_.merge_base(*from, *to)].id, "base");
  return true;
}

bool ModelPair::resolve(const std::string&, Draw& draw) {
  const std::string ref = pick_ref(draw);
  tell(ref);
  const auto found = run(store().resolve(Context(), world_.repo, ref));
  const Result<ModelRef> expected = model_.resolve(ref);
  if (!agree(found, expected ? nullptr : &expected.error().id())) {
    return false;
  }
  expect(found->commit_id == model_.commits[expected->commit].id, "another commit");
  expect(found->staging_demanded == expected->staging_demanded, "staging");
  expect(found->staged_on.has_value() == expected->staged_on.has_value(), "what is staged");
  return true;
}

// --- After each step ---

void ModelPair::check_branch(const std::string& name) {
  const ModelBranch& branch = model_.branches[name];
  const auto row = run(store().branch(Context(), world_.repo, id(name)));
  expect(row && row->commit_id == model_.commits[branch.head].id, "head of ", name);
  check_content(name, model_.visible(branch));
  ListRequest all;
  all.amount = 1000;
  check_differences(model_.uncommitted(branch), all, [&](const ListRequest& page) {
    return run(store().diff_uncommitted(Context(), world_.repo, id(name), page));
  });
  LogRequest newest;
  newest.amount = 20;
  const auto history =
      run(store().log(Context(), world_.repo, model_.commits[branch.head].id, newest));
  if (agree(history, nullptr)) {
    std::vector<CommitId> expected = model_.log(branch.head, newest, newest.amount + 1);
    expect(history->more == (expected.size() > newest.amount), "more in the log of ", name);
    expected.resize(std::min(expected.size(), newest.amount));
    expect(std::ranges::equal(expected, history->items, {}, {},
                              [](const CommitPtr& commit) { return commit->id; }),
           "log of ", name);
  }
}

void ModelPair::check_tag(const std::string& name) {
  const auto found = run(store().tag(Context(), world_.repo, TagId::trusted(name)));
  expect(found && found->commit_id == model_.commits[model_.tags[name]].id, "tag ", name);
}

}  // namespace tarn::graveler::testing
