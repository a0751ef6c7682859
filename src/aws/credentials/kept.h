#pragma once

#include "aws/credentials/lookup.h"

#include <functional>
#include <memory>

namespace tarn::aws::detail {

/// Gets credentials anew.
using FetchCredentials = std::function<Task<Result<Found>>(Context)>;

/// Keeps what `fetch` gets until minutes before it expires, and uses it to its end while renewing
/// fails; concurrent callers share one fetch, and its failure for seconds.
std::unique_ptr<CredentialsProvider> keep_credentials(Services services, FetchCredentials fetch);

}  // namespace tarn::aws::detail
