#pragma once

#include "base/error.h"

/// What AWS services answer, by what a caller can do about it. Messages carry the service's code
/// and text, e.g. `NoSuchKey: The specified key does not exist.`
namespace tarn::aws {

inline constexpr ErrorId kNotFound{ErrorKind::kNotFound, "not found"};
/// S3's NoSuchBucket, apart from a missing key.
inline constexpr ErrorId kNoSuchBucket{ErrorKind::kNotFound, "no such bucket"};
inline constexpr ErrorId kNoSuchUpload{ErrorKind::kNotFound, "no such upload"};
inline constexpr ErrorId kAlreadyExists{ErrorKind::kAlreadyExists, "already exists"};
inline constexpr ErrorId kConflict{ErrorKind::kConflict, "conflicting change under way"};
inline constexpr ErrorId kPreconditionFailed{ErrorKind::kPreconditionFailed, "precondition failed"};
inline constexpr ErrorId kInvalidRange{ErrorKind::kInvalid, "range not satisfiable"};
inline constexpr ErrorId kInvalidPart{ErrorKind::kInvalid, "invalid part"};
inline constexpr ErrorId kInvalidRequest{ErrorKind::kInvalid, "invalid request"};
inline constexpr ErrorId kAccessDenied{ErrorKind::kForbidden, "access denied"};
inline constexpr ErrorId kSlowDown{ErrorKind::kThrottled, "throttled"};
inline constexpr ErrorId kServiceFailed{ErrorKind::kUnavailable, "service failed"};
/// A write whose reply was lost after the last try.
inline constexpr ErrorId kUnknownOutcome{ErrorKind::kUnknownOutcome, "write may have been applied"};

}  // namespace tarn::aws
