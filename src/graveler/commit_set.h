#pragma once

#include "base/error.h"
#include "names/ids.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tarn::graveler {

/// The commits of a repository with their parents, by id alone: 36 bytes for a commit and 32 for a
/// parent. Tells which commits have all of their ancestors beside them. Not thread-safe.
class CommitSet {
 public:
  /// Ids come in ascending order. Errors: kCorruption (an id that is none, or out of order).
  Result<void> add(const CommitId& id, const std::vector<CommitId>& parents);

  /// A commit that names a parent which is not here.
  struct Gap {
    CommitId commit;
    CommitId parent;
  };
  /// Leaves out every commit that has an ancestor which is not here. Returns one of the gaps that
  /// caused it, if there are any. Cost: a binary search for each parent.
  std::optional<Gap> drop_incomplete();

  bool contains(const CommitId& id) const;
  /// Without those left out.
  std::size_t size() const { return ids_.size() - dropped_count_; }

 private:
  using RawId = std::array<char, 32>;

  static std::optional<RawId> raw(const CommitId& id);
  std::optional<std::uint32_t> find(const RawId& id) const;
  void drop(std::uint32_t index, std::vector<std::uint32_t>& queue);

  std::vector<RawId> ids_;
  std::vector<RawId> parents_;
  /// Where the parents of each commit end in `parents_`.
  std::vector<std::uint32_t> parents_end_;
  std::vector<bool> dropped_;
  std::size_t dropped_count_ = 0;
};

}  // namespace tarn::graveler
