#pragma once

#include "base/error.h"

namespace tarn::block {

inline constexpr ErrorId kObjectNotFound{ErrorKind::kNotFound, "object not found"};
inline constexpr ErrorId kBucketNotFound{ErrorKind::kNotFound, "bucket not found"};
inline constexpr ErrorId kAccessDenied{ErrorKind::kForbidden, "storage access denied"};
/// The body was shorter or longer than promised, or its digest differs.
inline constexpr ErrorId kBodyMismatch{ErrorKind::kInvalid,
                                       "body does not match its declared size or digest"};
inline constexpr ErrorId kInvalidAddress{ErrorKind::kInvalid, "invalid address"};
inline constexpr ErrorId kInvalidNamespace{ErrorKind::kInvalid, "invalid namespace"};
inline constexpr ErrorId kInvalidRange{ErrorKind::kInvalid, "range not satisfiable"};
inline constexpr ErrorId kUploadNotFound{ErrorKind::kNotFound, "multipart upload not found"};
inline constexpr ErrorId kInvalidPart{ErrorKind::kInvalid, "invalid part"};
inline constexpr ErrorId kPreconditionFailed{ErrorKind::kPreconditionFailed, "object exists"};
/// A write whose reply was lost.
inline constexpr ErrorId kUnknownOutcome{ErrorKind::kUnknownOutcome,
                                         "storage write may have been applied"};

}  // namespace tarn::block
