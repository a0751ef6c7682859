#pragma once

#include "endpoints/rest/call.h"

namespace tarn::endpoints::rest::handlers {

/// The repository of a request. Errors: kInvalidName, graveler::kRepositoryNotFound,
/// graveler::kRepositoryInDeletion.
Task<Result<graveler::RepositoryPtr>> find_repository(Context ctx, Call call, std::string name);

}  // namespace tarn::endpoints::rest::handlers
