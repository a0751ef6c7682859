#include "graveler/testing/model.h"

#include "names/errors.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace tarn::graveler::testing {
namespace {

std::optional<std::string> find(const Content& content, const std::string& path) {
  const auto found = content.find(path);
  return found == content.end() ? std::nullopt : std::optional(found->second);
}

std::set<std::string> paths_of(std::initializer_list<const Content*> contents) {
  std::set<std::string> paths;
  for (const Content* content : contents) {
    for (const auto& [path, text] : *content) {
      paths.insert(path);
    }
  }
  return paths;
}

bool only(const std::string& text, std::string_view letters) {
  return text.find_first_not_of(letters) == std::string::npos;
}

/// Up to and including the first delimiter behind the prefix; empty if there is none.
std::string group_of(const std::string& path, const ListRequest& request) {
  const std::size_t at = request.delimiter.empty()
                             ? std::string::npos
                             : path.find(request.delimiter, request.prefix.size());
  return at == std::string::npos ? "" : path.substr(0, at + request.delimiter.size());
}

}  // namespace

Content Model::visible(const ModelBranch& branch) const {
  Content out = commits[branch.head].content;
  for (const auto& [path, text] : branch.staged) {
    if (text) {
      out[path] = *text;
    } else {
      out.erase(path);
    }
  }
  return out;
}

Content Model::visible(const ModelRef& ref) const {
  return ref.staged_on ? visible(branches.at(*ref.staged_on)) : commits[ref.commit].content;
}

ModelDiff Model::uncommitted(const ModelBranch& branch) const {
  const Content& head = commits[branch.head].content;
  return diff(head, visible(branch), head);
}

// --- References ---

Result<ModelRef> Model::resolve_base(const std::string& base) const {
  for (std::size_t i = 0; i < commits.size(); ++i) {
    if (commits[i].id.str() == base) {
      return ModelRef{i, {}, false};
    }
  }
  if (const auto branch = branches.find(base); branch != branches.end()) {
    return ModelRef{branch->second.head, base, false};
  }
  if (const auto tag = tags.find(base); tag != tags.end()) {
    return ModelRef{tag->second, {}, false};
  }
  std::map<CommitId, std::size_t> beginning;
  for (std::size_t i = 0; i < commits.size(); ++i) {
    if (commits[i].id.str().starts_with(base)) {
      beginning.emplace(commits[i].id, i);
    }
  }
  if (beginning.size() == 1) {
    return ModelRef{beginning.begin()->second, {}, false};
  }
  return Error(kNotFound);
}

Result<ModelRef> Model::resolve(const std::string& text) const {
  const std::size_t size = std::min(text.find_first_of("~^@$"), text.size());
  std::string rest = text.substr(size);
  const bool alone = rest == "@" || rest == "$";
  if (size == 0 || (!alone && !only(rest, "~^0123456789"))) {
    return Error(kInvalidName, "ref");
  }
  TARN_TRY(ModelRef ref, resolve_base(text.substr(0, size)));
  if (alone) {
    if (!ref.staged_on) {
      return Error(kInvalidName, "ref");
    }
    ref.staging_demanded = rest == "$";
    if (!ref.staging_demanded) {
      ref.staged_on.reset();
    }
    return ref;
  }
  while (!rest.empty()) {
    ref.staged_on.reset();
    const char sign = rest[0];
    const std::size_t end = std::min(rest.find_first_of("~^", 1), rest.size());
    const std::string number = rest.substr(1, end - 1);
    rest.erase(0, end);
    const std::size_t count = number.empty() ? 1 : std::stoul(number);
    for (std::size_t step = 0; sign == '~' && step < count; ++step) {
      if (commits[ref.commit].parents.empty()) {
        return Error(kNotFound);
      }
      ref.commit = commits[ref.commit].parents[0];
    }
    if (sign == '^' && count > 0) {
      if (count > commits[ref.commit].parents.size()) {
        return Error(kInvalidName, "ref");
      }
      ref.commit = commits[ref.commit].parents[count - 1];
    }
  }
  return ref;
}

Result<std::size_t> Model::resolve_commit(const std::string& text) const {
  TARN_TRY(const ModelRef ref, resolve(text));
  if (ref.staging_demanded) {
    return Error(kStagingNotACommit);
  }
  return ref.commit;
}

// --- History ---

std::vector<std::size_t> Model::ancestors(std::size_t commit) const {
  std::set<std::size_t> seen{commit};
  std::vector<std::size_t> left{commit};
  while (!left.empty()) {
    const std::size_t next = left.back();
    left.pop_back();
    for (const std::size_t parent : commits[next].parents) {
      if (seen.insert(parent).second) {
        left.push_back(parent);
      }
    }
  }
  return {seen.begin(), seen.end()};
}

std::optional<std::size_t> Model::merge_base(std::size_t left, std::size_t right) const {
  const std::vector<std::size_t> a = ancestors(left);
  const std::vector<std::size_t> b = ancestors(right);
  std::vector<std::size_t> both;
  std::ranges::set_intersection(a, b, std::back_inserter(both));
  const auto order = [this](std::size_t x, std::size_t y) {
    const ModelCommit& p = commits[x];
    const ModelCommit& q = commits[y];
    return std::tie(p.commit.generation, p.commit.creation_date, p.id) <
           std::tie(q.commit.generation, q.commit.creation_date, q.id);
  };
  const auto best = std::ranges::max_element(both, order);
  return best == both.end() ? std::nullopt : std::optional(*best);
}

bool Model::touches(const ModelCommit& commit, const LogRequest& request) const {
  if (!request.filtered()) {
    return true;
  }
  if (commit.parents.size() != 1) {
    return false;
  }
  const Content& before = commits[commit.parents[0]].content;
  for (const std::string& path : paths_of({&before, &commit.content})) {
    const bool asked_for = std::ranges::count(request.objects, path) > 0 ||
                           std::ranges::any_of(request.prefixes, [&](const std::string& prefix) {
                             return path.starts_with(prefix);
                           });
    if (asked_for && find(before, path) != find(commit.content, path)) {
      return true;
    }
  }
  return false;
}

std::vector<CommitId> Model::log(std::size_t start, const LogRequest& request,
                                 std::size_t most) const {
  // What can come next, the newest last.
  std::set<std::tuple<WallTime, CommitId, std::size_t>> next;
  std::set<CommitId> seen;
  const auto reach = [&](std::size_t commit) {
    if (seen.insert(commits[commit].id).second) {
      next.emplace(commits[commit].commit.creation_date, commits[commit].id, commit);
    }
  };
  reach(start);
  std::vector<CommitId> ids;
  bool skipping = request.after.has_value();
  while (!next.empty() && ids.size() < most) {
    const auto [date, id, index] = *next.rbegin();
    next.erase(std::prev(next.end()));
    if (request.since && date < *request.since) {
      continue;
    }
    const ModelCommit& commit = commits[index];
    if (!skipping && touches(commit, request)) {
      ids.push_back(id);
    }
    if (request.stop_at == id) {
      break;
    }
    skipping = skipping && request.after != id;
    for (const std::size_t parent : commit.parents) {
      if (!request.first_parent || parent == commit.parents[0]) {
        reach(parent);
      }
    }
  }
  return ids;
}

// --- Trees ---

Model::MergedContent Model::merge(const Content& base, const Content& source,
                                  const Content& destination, MergeStrategy strategy) {
  MergedContent out;
  for (const std::string& path : paths_of({&base, &source, &destination})) {
    const auto b = find(base, path);
    const auto s = find(source, path);
    const auto d = find(destination, path);
    std::optional<std::string> taken;
    if (s == d) {
      taken = s;
    } else if (b == d) {
      taken = s;
    } else if (b == s) {
      taken = d;
    } else if (strategy == MergeStrategy::kNone) {
      out.conflicts.push_back(path);
    } else {
      taken = strategy == MergeStrategy::kSourceWins ? s : d;
    }
    if (taken) {
      out.content[path] = *taken;
    }
  }
  return out;
}

ModelDiff Model::diff(const Content& base, const Content& source, const Content& destination) {
  ModelDiff out;
  for (const std::string& path : paths_of({&source, &destination})) {
    const auto b = find(base, path);
    const auto s = find(source, path);
    const auto d = find(destination, path);
    if (s == d || s == b) {
      continue;
    }
    out[path] = {b != d ? '!' : !d ? '+' : !s ? '-' : '~', s ? *s : *d};
  }
  return out;
}

std::vector<std::pair<std::string, bool>> Model::listed(const std::vector<std::string>& paths,
                                                        const ListRequest& request) {
  const std::string& after = request.after;
  // Behind a group comes nothing of it; behind a path inside one, the group once more.
  const bool after_group =
      after.starts_with(request.prefix) && !after.empty() && group_of(after, request) == after;
  std::vector<std::pair<std::string, bool>> items;
  for (const std::string& path : paths) {
    if (!path.starts_with(request.prefix) || path <= after ||
        (after_group && path.starts_with(after))) {
      continue;
    }
    const std::string group = group_of(path, request);
    const std::string& item = group.empty() ? path : group;
    if (items.empty() || items.back().first != item) {
      items.emplace_back(item, !group.empty());
    }
  }
  return items;
}

}  // namespace tarn::graveler::testing
