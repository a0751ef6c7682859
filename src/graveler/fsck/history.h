#pragma once

#include "graveler/fsck/id_set.h"
#include "graveler/records.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tarn::graveler::fsck {

/// The commits of one repository as a graph. About 150 bytes a commit.
class History {
 public:
  /// A commit under the id of its key. Parents that are no ids count as missing.
  void add(const Id& id, const Commit& commit);
  bool has(const Id& id) const { return nodes_.contains(id); }
  std::uint64_t size() const { return nodes_.size(); }

  /// Calls with each commit and parent that do not fit: the parent is missing (its text is given),
  /// or its generation is not smaller.
  struct BadParent {
    Id commit;
    std::string parent;
    bool missing = false;
    std::int32_t generation = 0;
    std::int32_t parent_generation = 0;
  };
  void check_parents(const std::function<void(const BadParent&)>& bad) const;

  /// Marks `head` and all behind it.
  void reach(const Id& head);
  std::uint64_t unreachable() const { return nodes_.size() - reached_; }

  struct Tree {
    Id metarange;
    /// One that has it.
    Id commit;
  };
  /// Each distinct metarange.
  const std::vector<Tree>& trees() const { return trees_; }

 private:
  struct Node {
    std::vector<Id> parents;
    std::int32_t generation = 0;
    bool reached = false;
  };

  IdMap<Node> nodes_;
  std::vector<std::pair<Id, std::string>> strange_parents_;
  IdSet metaranges_;
  std::vector<Tree> trees_;
  std::uint64_t reached_ = 0;
};

}  // namespace tarn::graveler::fsck
