#pragma once

#include "graveler/fsck/history.h"
#include "graveler/fsck/suspects.h"
#include "graveler/records.h"

#include <string>
#include <vector>

namespace tarn::graveler::fsck {

/// Reads the rows of one repository's partition: branches, tags, commits, and the others, which
/// have only to be decodable. Then says whether what the refs name is there.
class RefCheck {
 public:
  RefCheck(const Repository& repository, Summary& summary, Suspects& suspects)
      : repository_(repository), summary_(summary), suspects_(suspects) {}

  Task<Result<void>> read(Context ctx, kv::Store& rows);
  /// After read(). Not for a repository in deletion, whose rows go in any order.
  Task<Result<void>> check(Context ctx);

  struct BranchTokens {
    BranchId branch;
    std::vector<StagingToken> tokens;
  };
  /// Of every branch that could be decoded.
  const std::vector<BranchTokens>& tokens() const { return tokens_; }
  const History& history() const { return history_; }

 private:
  struct Ref {
    /// `branch main`
    std::string name;
    std::string key;
    std::string commit;
  };

  void read_branch(const kv::Entry& row, std::string name);
  void read_tag(const kv::Entry& row, std::string name);
  void read_commit(const kv::Entry& row, std::string name);
  void read_other(const kv::Entry& row);
  void bad_row(const kv::Entry& row, std::string subject, std::string message);
  kv::Key key_of(std::string key) const { return {repository_.partition(), std::move(key)}; }

  const Repository& repository_;
  Summary& summary_;
  Suspects& suspects_;
  History history_;
  std::vector<Ref> refs_;
  std::vector<BranchTokens> tokens_;
  bool has_default_branch_ = false;
};

}  // namespace tarn::graveler::fsck
