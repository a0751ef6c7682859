#pragma once

#include "graveler/fsck/objects.h"
#include "graveler/fsck/refs.h"
#include "graveler/fsck/suspects.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace tarn::graveler::fsck {

/// Checks what is staged on branches: every row decodes, no two branches write to one place, and
/// nothing that a branch needs waits to be dropped.
class StagingCheck {
 public:
  /// `objects` null: the bytes of objects are not asked for.
  StagingCheck(const Repository& repository, Summary& summary, Suspects& suspects,
               ObjectCheck* objects)
      : repository_(repository), summary_(summary), suspects_(suspects), objects_(objects) {}

  Task<Result<void>> check(Context ctx, kv::Store& rows,
                           const std::vector<RefCheck::BranchTokens>& branches);

 private:
  Task<Result<void>> check_token(Context ctx, kv::Store& rows, BranchId branch, StagingToken token);
  void read_row(const BranchId& branch, const StagingToken& token, const kv::Entry& row,
                std::vector<NeededObject>& objects);

  const Repository& repository_;
  Summary& summary_;
  Suspects& suspects_;
  ObjectCheck* objects_;
};

}  // namespace tarn::graveler::fsck
