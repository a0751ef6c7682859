#pragma once

#include "endpoints/s3/operations.h"

namespace tarn::endpoints::s3 {

using Handler = operations::Outcome (*)(Context, Call);

/// The function that answers: by operation, then by the sub-resource named in the query and by
/// x-amz-copy-source.
Handler handler_of(const Call& call);

}  // namespace tarn::endpoints::s3
