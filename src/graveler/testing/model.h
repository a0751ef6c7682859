#pragma once

#include "graveler/errors.h"
#include "graveler/listing.h"
#include "graveler/log.h"
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
  /// All but the tree's id is the model's own; that one is what the store said.
  Commit commit;
  Content content;
  /// Indices of commits.
  std::vector<std::size_t> parents;
};

struct ModelBranch {
  std::size_t head = 0;
  /// Text, or nothing where the path is removed.
  std::map<std::string, std::optional<std::string>> staged;
};

/// `+`, `-`, `~`, `!` and the text shown, by path.
struct ModelChange {
  char letter = '+';
  std::string text;
  friend bool operator==(const ModelChange&, const ModelChange&) = default;
};
using ModelDiff = std::map<std::string, ModelChange>;

/// What a reference expression stands for.
struct ModelRef {
  std::size_t commit = 0;
  /// The branch whose staged changes a reader sees.
  std::optional<std::string> staged_on;
  bool staging_demanded = false;
};

class Model {
 public:
  std::vector<ModelCommit> commits;
  std::map<std::string, ModelBranch> branches;
  std::map<std::string, std::size_t> tags;

  /// What a reader of the branch sees.
  Content visible(const ModelBranch& branch) const;
  Content visible(const ModelRef& ref) const;
  ModelDiff uncommitted(const ModelBranch& branch) const;
  bool dirty(const ModelBranch& branch) const { return !uncommitted(branch).empty(); }

  /// Errors: kNotFound, kInvalidName.
  Result<ModelRef> resolve(const std::string& text) const;
  /// The same, where `$` is no answer. Errors: also kStagingNotACommit.
  Result<std::size_t> resolve_commit(const std::string& text) const;

  std::vector<std::size_t> ancestors(std::size_t commit) const;
  std::optional<std::size_t> merge_base(std::size_t left, std::size_t right) const;
  /// The first `most` of the whole answer to the request, without regard to its amount.
  std::vector<CommitId> log(std::size_t start, const LogRequest& request, std::size_t most) const;

  struct MergedContent {
    Content content;
    std::vector<std::string> conflicts;
  };
  static MergedContent merge(const Content& base, const Content& source, const Content& destination,
                             MergeStrategy strategy);
  static ModelDiff diff(const Content& base, const Content& source, const Content& destination);
  /// The items of a listing of `paths`, which ascend, without regard to its amount: paths, and
  /// groups with `true`.
  static std::vector<std::pair<std::string, bool>> listed(const std::vector<std::string>& paths,
                                                          const ListRequest& request);

 private:
  bool touches(const ModelCommit& commit, const LogRequest& request) const;
  Result<ModelRef> resolve_base(const std::string& base) const;
};

}  // namespace tarn::graveler::testing
