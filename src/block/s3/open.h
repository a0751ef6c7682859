#pragma once

#include "block/open.h"

#include <memory>

namespace tarn::block::s3 {

/// Reads nothing and contacts nobody until the first call. Errors kInvalid: a malformed endpoint,
/// one key of a pair without the other.
Result<std::unique_ptr<Adapter>> open(const S3Config& config, Services services);

}  // namespace tarn::block::s3
