#include "graveler/fsck/history.h"

namespace tarn::graveler::fsck {

void History::add(const Id& id, const Commit& commit) {
  Node node;
  node.generation = commit.generation;
  for (const CommitId& parent : commit.parents) {
    if (const std::optional<Id> parsed = Id::parse(parent.str())) {
      node.parents.push_back(*parsed);
    } else {
      strange_parents_.emplace_back(id, parent.str());
    }
  }
  node.parents.shrink_to_fit();
  nodes_.insert_or_assign(id, std::move(node));
  const std::optional<Id> metarange = Id::parse(commit.meta_range_id.str());
  if (metarange && metaranges_.insert(*metarange).second) {
    trees_.push_back({*metarange, id});
  }
}

void History::check_parents(const std::function<void(const BadParent&)>& bad) const {
  for (const auto& [commit, parent] : strange_parents_) {
    bad({.commit = commit, .parent = parent, .missing = true});
  }
  for (const auto& [id, node] : nodes_) {
    for (const Id& parent : node.parents) {
      const auto found = nodes_.find(parent);
      if (found == nodes_.end()) {
        bad({.commit = id, .parent = parent.str(), .missing = true});
      } else if (found->second.generation >= node.generation) {
        bad({.commit = id,
             .parent = parent.str(),
             .missing = false,
             .generation = node.generation,
             .parent_generation = found->second.generation});
      }
    }
  }
}

void History::reach(const Id& head) {
  std::vector<Id> ahead{head};
  while (!ahead.empty()) {
    const auto found = nodes_.find(ahead.back());
    ahead.pop_back();
    if (found == nodes_.end() || found->second.reached) {
      continue;
    }
    found->second.reached = true;
    ++reached_;
    ahead.insert(ahead.end(), found->second.parents.begin(), found->second.parents.end());
  }
}

}  // namespace tarn::graveler::fsck
