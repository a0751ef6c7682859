#pragma once

#include "graveler/merge.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// The version store as ordered maps: what it should answer, written as plainly as possible.
namespace tarn::graveler::testing {

/// Path to text.
using Content = std::map<std::string, std::string>;

struct ModelCommit {
  CommitId id;
  Content content;
  /// Indices of commits.
  std::vector<std::size_t> parents;
  std::int32_t generation = 0;
  WallTime date;
};

struct ModelBranch {
  std::size_t head = 0;
  /// Text, or nothing where the path is removed.
  std::map<std::string, std::optional<std::string>> staged;
};

/// `+`, `-`, `~`, `!` by path.
using ModelDiff = std::map<std::string, char>;

class Model {
 public:
  std::vector<ModelCommit> commits;
  std::map<std::string, ModelBranch> branches;
  std::map<std::string, std::size_t> tags;

  /// What a reader of the branch sees.
  Content visible(const ModelBranch& branch) const;
  ModelDiff uncommitted(const ModelBranch& branch) const;
  bool dirty(const ModelBranch& branch) const { return !uncommitted(branch).empty(); }

  std::vector<std::size_t> ancestors(std::size_t commit) const;
  std::optional<std::size_t> merge_base(std::size_t left, std::size_t right) const;
  /// Ids, newest first.
  std::vector<CommitId> log(std::size_t commit) const;

  struct MergedContent {
    Content content;
    std::vector<std::string> conflicts;
  };
  static MergedContent merge(const Content& base, const Content& source, const Content& destination,
                             MergeStrategy strategy);
  static ModelDiff diff(const Content& base, const Content& source, const Content& destination);
};

}  // namespace tarn::graveler::testing
