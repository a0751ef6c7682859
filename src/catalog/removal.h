#pragma once

#include "block/adapter.h"
#include "catalog/multipart_uploads.h"
#include "graveler/store.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace tarn::catalog {

/// Deletion of repositories with all that the product keeps of them, and the end of what lay in the
/// trash (docs/deletion.md). Thread-safe. Rights are the caller's business.
class Removal {
 public:
  struct Services {
    graveler::VersionStore& versions;
    MultipartUploads& uploads;
    block::Adapter& blocks;
  };
  explicit Removal(Services services) : services_(services) {}

  /// The name is free when this returns. Without an undelete window everything is gone, too, unless
  /// the purge failed, which is logged and tried again by `sweep`. Errors: those of
  /// graveler::Trash::delete_repository.
  Task<Result<void>> delete_repository(Context ctx, RepositoryId id,
                                       graveler::Trash::DeleteOptions options);

  /// Purges repositories and branches whose window has passed, and finishes what a crash cut short.
  /// Goes on with the next one when one fails; the first error is returned in the end.
  Task<Result<void>> sweep(Context ctx);

 private:
  Task<Result<void>> purge(Context ctx, graveler::DeletedRepository deleted);

  Services services_;
};

}  // namespace tarn::catalog
