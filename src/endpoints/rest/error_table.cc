#include "endpoints/rest/error_table.h"

#include "api/errors.h"
#include "auth/errors.h"
#include "block/errors.h"
#include "catalog/objects.h"
#include "endpoints/rest/errors.h"
#include "graveler/errors.h"
#include "graveler/refs_restore.h"
#include "kv/errors.h"

namespace tarn::endpoints::rest {
namespace {

/// Identities that do not follow their kind. An empty text keeps the error's own.
struct Row {
  const ErrorId* id;
  unsigned status;
  std::string_view text;
};

const Row kById[] = {
    {&auth::kUnauthenticated, 401, "error authenticating request"},
    // Clients expect 401, not 403, where rights are missing.
    {&auth::kInsufficientPermissions, 401, ""},
    {&auth::kWrongSecretKey, 500, "internal server error"},
    {&graveler::kRepositoryInDeletion, 410, ""},
    {&catalog::kDataMissing, 410, "No data"},
    {&graveler::kDumpTableMissing, 410, ""},
    {&graveler::kTooManyTries, 429, "Too many attempts, try again later"},
    {&kv::kSlowDown, 503, "Throughput exceeded. Slow down and retry"},
    {&graveler::kPreconditionFailed, 412, "Precondition failed"},
    {&kNotImplemented, 501, "Not Implemented"},
    {&kRangeNotSatisfiable, 416, ""},
    {&block::kInvalidRange, 416, "Requested Range Not Satisfiable"},
};

unsigned status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return 400;
    case ErrorKind::kNotFound:
      return 404;
    case ErrorKind::kAlreadyExists:
    case ErrorKind::kConflict:
      return 409;
    case ErrorKind::kPreconditionFailed:
      return 412;
    case ErrorKind::kForbidden:
      return 403;
    case ErrorKind::kUnauthenticated:
      return 401;
    case ErrorKind::kThrottled:
    case ErrorKind::kUnavailable:
      return 503;
    case ErrorKind::kTimeout:
      return 504;
    case ErrorKind::kCancelled:
      return 499;
    case ErrorKind::kUnsupported:
      return 400;
    case ErrorKind::kUnknownOutcome:
    case ErrorKind::kCorruption:
    case ErrorKind::kInternal:
      return 500;
  }
  return 500;
}

}  // namespace

ErrorAnswer answer_for(const Error& error) {
  for (const Row& row : kById) {
    if (error.is(*row.id)) {
      return {row.status, row.text.empty() ? error.message() : std::string(row.text)};
    }
  }
  return {status_of(error.kind()), error.message()};
}

}  // namespace tarn::endpoints::rest
