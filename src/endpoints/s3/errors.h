#pragma once

#include "base/error.h"

/// Errors that only this protocol has; their codes and statuses stand in error_table.cc.
namespace tarn::endpoints::s3 {

inline constexpr ErrorId kNotSupported{ErrorKind::kUnsupported,
                                       "This operation is not supported in LakeFS"};
inline constexpr ErrorId kNotImplemented{
    ErrorKind::kUnsupported, "A header you provided implies functionality that is not implemented"};
inline constexpr ErrorId kPossibleApiEndpoint{
    ErrorKind::kNotFound,
    "Repository \"api\" not found; this can happen if your endpoint URL mistakenly ends in "
    "\"/api/v1\"."};
inline constexpr ErrorId kBucketExists{
    ErrorKind::kAlreadyExists,
    "The requested bucket name is not available. The bucket namespace is shared by all users of "
    "the system. Please select a different name and try again."};
inline constexpr ErrorId kInvalidBucketName{ErrorKind::kInvalid,
                                            "The specified bucket is not valid."};
/// A list that cannot be answered, or a body that is no XML.
inline constexpr ErrorId kBadRequest{ErrorKind::kInvalid, "400 BadRequest"};
inline constexpr ErrorId kMalformedXml{
    ErrorKind::kInvalid,
    "The XML you provided was not well-formed or did not validate against our published schema."};
/// The message says which argument and what it must be.
inline constexpr ErrorId kInvalidArgument{ErrorKind::kInvalid, "Invalid Argument"};
inline constexpr ErrorId kInvalidCopySource{
    ErrorKind::kInvalid,
    "Copy Source must mention the source bucket and key: sourcebucket/sourcekey."};
inline constexpr ErrorId kInvalidHeaderValue{ErrorKind::kInvalid, "Invalid header value."};
inline constexpr ErrorId kMetadataTooLarge{
    ErrorKind::kInvalid, "Your metadata headers exceed the maximum allowed metadata size"};
inline constexpr ErrorId kInvalidRange{ErrorKind::kInvalid,
                                       "The requested range is not satisfiable"};
inline constexpr ErrorId kEntityTooLarge{
    ErrorKind::kInvalid, "Your proposed upload exceeds the maximum allowed object size."};
/// A condition of a request does not hold.
inline constexpr ErrorId kConditionFailed{
    ErrorKind::kPreconditionFailed,
    "At least one of the pre-conditions you specified did not hold"};

}  // namespace tarn::endpoints::s3
