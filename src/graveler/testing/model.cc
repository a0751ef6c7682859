#include "graveler/testing/model.h"

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

ModelDiff Model::uncommitted(const ModelBranch& branch) const {
  const Content& head = commits[branch.head].content;
  return diff(head, visible(branch), head);
}

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
    return std::tie(p.generation, p.date, p.id) < std::tie(q.generation, q.date, q.id);
  };
  const auto best = std::ranges::max_element(both, order);
  return best == both.end() ? std::nullopt : std::optional(*best);
}

std::vector<CommitId> Model::log(std::size_t commit) const {
  std::vector<std::size_t> all = ancestors(commit);
  std::ranges::sort(all, [this](std::size_t x, std::size_t y) {
    return std::tie(commits[x].date, commits[x].id) > std::tie(commits[y].date, commits[y].id);
  });
  std::vector<CommitId> ids;
  for (const std::size_t index : all) {
    ids.push_back(commits[index].id);
  }
  return ids;
}

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
    out[path] = b != d ? '!' : !d ? '+' : !s ? '-' : '~';
  }
  return out;
}

}  // namespace tarn::graveler::testing
