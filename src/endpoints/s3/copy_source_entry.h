#pragma once

#include "endpoints/s3/call.h"

namespace tarn::endpoints::s3 {

/// The object that a copy reads.
struct SourceObject {
  graveler::RepositoryPtr repository;
  graveler::Entry entry;
};

/// Looks up call.state().copy_source, which is set, and judges the request's conditions on it.
/// Errors: graveler::kObjectNotFound for a missing repository, reference or path;
/// kConditionFailed.
Task<Result<SourceObject>> find_copy_source(Context ctx, Call call);

}  // namespace tarn::endpoints::s3
