#include "endpoints/s3/error_table.h"

#include "auth/errors.h"
#include "aws/payload.h"
#include "aws/sigv4_verify.h"
#include "block/errors.h"
#include "catalog/multipart_uploads.h"
#include "catalog/objects.h"
#include "endpoints/s3/errors.h"
#include "graveler/errors.h"
#include "http/server.h"
#include "kv/errors.h"
#include "names/errors.h"

namespace tarn::endpoints::s3 {
namespace {

constexpr std::string_view kAccessDenied = "Access Denied.";
constexpr std::string_view kNoSuchBucket = "The specified bucket does not exist";
constexpr std::string_view kNoSuchKey = "The specified key does not exist.";
constexpr std::string_view kReadOnly = "Attempted to write to a read-only repository";
constexpr std::string_view kProtected = "Attempted to write to a protected branch";
constexpr std::string_view kPrecondition =
    "At least one of the pre-conditions you specified did not hold";
constexpr std::string_view kNoSuchUpload =
    "The specified multipart upload does not exist. The upload ID might be invalid, or the "
    "multipart upload might have been aborted or completed.";
constexpr std::string_view kInvalidPart =
    "One or more of the specified parts could not be found. The part might not have been uploaded, "
    "or the specified entity tag might not have matched the part's entity tag.";
constexpr std::string_view kInternalError = "We encountered an internal error, please try again.";
constexpr std::string_view kSlowDown = "Please reduce your request";

/// An empty text keeps the error's own.
struct Row {
  const ErrorId* id;
  unsigned status;
  std::string_view code;
  std::string_view text;
};

const Row kById[] = {
    // Who asks
    {&aws::kMissingFields, 400, "MissingFields", ""},
    {&aws::kMissingDate, 400, "AccessDenied", ""},
    {&aws::kMalformedDate, 400, "MalformedDate", ""},
    {&aws::kAuthorizationHeaderMalformed, 400, "AuthorizationHeaderMalformed", ""},
    {&aws::kAuthorizationQueryParameters, 400, "AuthorizationQueryParametersError", ""},
    {&aws::kMissingCredential, 400, "InvalidRequest", ""},
    {&aws::kInvalidUri, 400, "InvalidURI", ""},
    {&aws::kSignatureDoesNotMatch, 403, "SignatureDoesNotMatch", ""},
    {&aws::kHeadersNotSigned, 403, "AccessDenied", ""},
    {&aws::kRequestTimeTooSkewed, 403, "RequestTimeTooSkewed", ""},
    {&aws::kRequestNotYetValid, 403, "AccessDenied", ""},
    {&aws::kRequestExpired, 403, "AccessDenied", ""},
    {&auth::kCredentialsNotFound, 403, "AccessDenied", kAccessDenied},
    {&auth::kUserNotFound, 403, "AccessDenied", kAccessDenied},
    {&auth::kUnauthenticated, 403, "AccessDenied", kAccessDenied},
    {&auth::kInsufficientPermissions, 403, "AccessDenied", kAccessDenied},
    // The body
    {&aws::kInvalidPayloadHash, 400, "InvalidArgument", ""},
    {&aws::kPayloadHashMismatch, 400, "XAmzContentSHA256Mismatch", ""},
    {&aws::kBadDigest, 400, "BadDigest", ""},
    {&aws::kInvalidDigest, 400, "InvalidDigest", ""},
    {&aws::kInvalidChecksum, 400, "InvalidRequest", ""},
    {&aws::kInvalidTrailerHeader, 400, "InvalidRequest", ""},
    {&aws::kMalformedTrailer, 400, "MalformedTrailerError", ""},
    {&aws::kMalformedChunk, 400, "InvalidRequest", ""},
    {&aws::kIncompleteBody, 400, "IncompleteBody", ""},
    {&aws::kMissingDecodedLength, 411, "MissingContentLength", ""},
    {&aws::kInvalidDecodedLength, 400, "InvalidArgument", ""},
    {&http::kBodyTruncated, 400, "IncompleteBody", aws::kIncompleteBody.text},
    {&http::kBodyMalformed, 400, "IncompleteBody", aws::kIncompleteBody.text},
    {&block::kBodyMismatch, 400, "IncompleteBody", aws::kIncompleteBody.text},
    {&kEntityTooLarge, 400, "EntityTooLarge", ""},
    // What is asked for
    {&kNotSupported, 405, "ERRLakeFSNotSupported", ""},
    {&kNotImplemented, 501, "NotImplemented", ""},
    {&kPossibleApiEndpoint, 404, "ErrNoSuchBucketPossibleAPIEndpoint", ""},
    {&kBucketExists, 409, "BucketAlreadyExists", ""},
    {&kInvalidBucketName, 400, "InvalidBucketName", ""},
    {&kBadRequest, 400, "BadRequest", ""},
    {&kMalformedXml, 400, "MalformedXML", ""},
    {&kInvalidArgument, 400, "InvalidArgument", ""},
    {&kInvalidCopySource, 400, "InvalidArgument", ""},
    {&kInvalidHeaderValue, 400, "InvalidArgument", ""},
    {&kMetadataTooLarge, 400, "MetadataTooLarge", ""},
    {&kInvalidRange, 416, "InvalidRange", ""},
    {&block::kInvalidRange, 416, "InvalidRange", kInvalidRange.text},
    {&kPathTooLong, 400, "KeyTooLongError", "Your key is too long"},
    // Repositories, branches, objects
    {&graveler::kRepositoryNotFound, 404, "NoSuchBucket", kNoSuchBucket},
    {&graveler::kRepositoryInDeletion, 404, "NoSuchBucket", kNoSuchBucket},
    {&graveler::kBranchNotFound, 404, "NoSuchBucket", kNoSuchBucket},
    {&graveler::kNotFound, 404, "NoSuchKey", kNoSuchKey},
    {&graveler::kObjectNotFound, 404, "NoSuchKey", kNoSuchKey},
    {&catalog::kDataMissing, 404, "NoSuchVersion",
     "Indicates that the version ID specified in the request does not match an existing version."},
    {&graveler::kReadOnlyRepository, 403, "ErrReadOnlyRepository", kReadOnly},
    {&graveler::kWriteToProtectedBranch, 403, "ErrWriteToProtectedBranch", kProtected},
    {&graveler::kPreconditionFailed, 412, "PreconditionFailed", kPrecondition},
    {&catalog::kPathExists, 412, "PreconditionFailed", kPrecondition},
    {&kConditionFailed, 412, "PreconditionFailed", ""},
    // Multipart uploads
    {&catalog::kUploadNotFound, 404, "NoSuchUpload", kNoSuchUpload},
    {&catalog::kPartInvalid, 400, "InvalidPart", kInvalidPart},
    {&catalog::kPartOrderInvalid, 400, "InvalidPartOrder",
     "The list of parts was not in ascending order. The parts list must be specified in order by "
     "part number."},
    {&catalog::kPartTooSmall, 400, "EntityTooSmall",
     "Your proposed upload is smaller than the minimum allowed object size."},
    {&catalog::kPartNumberInvalid, 400, "InvalidArgument", ""},
    // Load
    {&kv::kSlowDown, 503, "SlowDown", kSlowDown},
    {&graveler::kTooManyTries, 503, "SlowDown", kSlowDown},
};

struct KindRow {
  unsigned status;
  std::string_view code;
  std::string_view text;
};

KindRow row_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return {400, "InvalidArgument", ""};
    case ErrorKind::kNotFound:
      return {404, "NoSuchKey", kNoSuchKey};
    case ErrorKind::kAlreadyExists:
    case ErrorKind::kConflict:
      return {409, "OperationAborted",
              "A conflicting conditional operation is currently in progress against this resource. "
              "Try again."};
    case ErrorKind::kPreconditionFailed:
      return {412, "PreconditionFailed", kPrecondition};
    case ErrorKind::kForbidden:
    case ErrorKind::kUnauthenticated:
      return {403, "AccessDenied", kAccessDenied};
    case ErrorKind::kThrottled:
      return {503, "SlowDown", kSlowDown};
    case ErrorKind::kUnavailable:
    case ErrorKind::kTimeout:
      return {503, "ServiceUnavailable", "Service is unable to handle request."};
    case ErrorKind::kCancelled:
      return {499, "RequestCancelled", "The client has gone."};
    case ErrorKind::kUnsupported:
      return {501, "NotImplemented", kNotImplemented.text};
    case ErrorKind::kUnknownOutcome:
    case ErrorKind::kCorruption:
    case ErrorKind::kInternal:
      break;
  }
  return {500, "InternalError", kInternalError};
}

}  // namespace

ErrorAnswer answer_for(const Error& error) {
  for (const Row& row : kById) {
    if (error.is(*row.id)) {
      return {row.status, row.code, row.text.empty() ? error.message() : std::string(row.text)};
    }
  }
  const KindRow row = row_of(error.kind());
  return {row.status, row.code, row.text.empty() ? error.message() : std::string(row.text)};
}

}  // namespace tarn::endpoints::s3
