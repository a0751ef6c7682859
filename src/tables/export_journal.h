#pragma once

#include "base/clock.h"
#include "kv/store.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <optional>
#include <string>

namespace tarn::tables {

/// Which trees of manifests are being written, so that one whose export broke off is not taken for
/// a whole one. A row is there from before the first manifest until after the last: what has no row
/// is complete, or was never written here. Rows of the KV partition `exports`, keyed
/// `<repository>/<URI of the table's folder>`; the value is JSON, `{"commit": …, "began": RFC
/// 3339}`. Thread-safe.
class ExportJournal {
 public:
  /// Both outlive the journal.
  ExportJournal(kv::Store& kv, const Clock& clock) : kv_(kv), clock_(clock) {}

  struct Open {
    std::string commit;
    std::string began;
  };
  Task<Result<void>> begin(Context ctx, std::string repository, std::string tree,
                           std::string commit);
  /// Repeatable.
  Task<Result<void>> finish(Context ctx, std::string repository, std::string tree);
  /// Nothing when the tree is whole, as far as is known.
  Task<Result<std::optional<Open>>> find(Context ctx, std::string repository, std::string tree);

 private:
  kv::Store& kv_;
  const Clock& clock_;
};

}  // namespace tarn::tables
