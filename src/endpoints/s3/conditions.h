#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "graveler/store.h"
#include "http/message.h"

#include <cstdint>
#include <string_view>

namespace tarn::endpoints::s3 {

enum class Verdict : std::uint8_t { kProceed, kNotModified, kFailed };

/// Judges `If-Match`, `If-None-Match`, `If-Modified-Since` and `If-Unmodified-Since`, in S3's
/// order; a matching If-Match outweighs If-Unmodified-Since, a given If-None-Match outweighs
/// If-Modified-Since. With `prefix` (`x-amz-copy-source-`) those of a copy's source. `etag` has no
/// quotes. Dates that cannot be read are no condition.
Verdict judge_conditions(const http::Headers& headers, std::string_view prefix,
                         std::string_view etag, WallTime last_modified);

/// The condition of a write: `If-None-Match: *`, or `If-Match` with one ETag. Errors
/// kNotImplemented for all others.
Result<graveler::WriteCondition> write_condition(const http::Headers& headers);

}  // namespace tarn::endpoints::s3
