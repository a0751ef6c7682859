#pragma once

#include "graveler/fsck.h"
#include "graveler/records.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tarn::graveler::fsck {

/// Whether a finding still stands, judged on rows as they are now.
using StillThere = std::function<Task<Result<bool>>(Context, kv::Store& now)>;

/// The row still holds `value`.
StillThere same_row(kv::Key key, ByteView value);
/// The row is still there, whatever it holds: for rows that never change.
StillThere row_exists(kv::Key key);
StillThere row_absent(kv::Key key);
StillThere both(StillThere first, StillThere second);

/// What seems wrong with one repository, until a second look. A server that runs meanwhile deletes
/// rows, then what they named; what was read before is no damage if the row is gone now. Findings
/// wait in memory up to a limit, then a fresh view decides on all of them.
class Suspects {
 public:
  /// `repository` null: rows of the server as a whole.
  Suspects(const Services& services, Sink& sink, Summary& summary, const Repository* repository);

  /// Errors: those of opening and reading a fresh view.
  Task<Result<void>> add(Context ctx, Damage damage, StillThere still_there);
  /// Without I/O, for code that cannot wait: it calls settle_if_many() where it can.
  void note(Damage damage, StillThere still_there);
  Task<Result<void>> settle_if_many(Context ctx);
  /// Decides on what is left.
  Task<Result<void>> settle(Context ctx);

 private:
  struct Suspect {
    Damage damage;
    StillThere still_there;
  };

  static constexpr std::size_t kWaitingMax = 4096;

  /// The repository has neither been deleted nor replaced.
  Task<Result<bool>> repository_stands(Context ctx, kv::Store& now);

  const Services& services_;
  Sink& sink_;
  Summary& summary_;
  const Repository* repository_;
  std::vector<Suspect> waiting_;
  bool settling_ = false;
};

}  // namespace tarn::graveler::fsck
