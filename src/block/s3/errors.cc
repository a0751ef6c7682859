#include "block/s3/errors.h"

#include "aws/credentials.h"
#include "aws/errors.h"
#include "block/errors.h"

namespace tarn::block::s3 {
namespace {

struct Row {
  const ErrorId& from;
  const ErrorId& to;
};

const Row kRows[] = {
    {aws::kNotFound, kObjectNotFound},       {aws::kNoSuchBucket, kBucketNotFound},
    {aws::kNoSuchUpload, kUploadNotFound},   {aws::kInvalidPart, kInvalidPart},
    {aws::kInvalidRange, kInvalidRange},     {aws::kPreconditionFailed, kPreconditionFailed},
    {aws::kUnknownOutcome, kUnknownOutcome}, {aws::kAccessDenied, kAccessDenied},
    {aws::kNoCredentials, kAccessDenied},    {aws::kSlowDown, kThrottled},
    {aws::kServiceFailed, kUnavailable},     {aws::kConflict, kUnavailable},
    {aws::kInvalidRequest, kInvalid},
};

}  // namespace

Error to_block(Error error) {
  for (const Row& row : kRows) {
    if (error.is(row.from)) {
      return Error::with_message(row.to, error.message());
    }
  }
  return error;
}

Error to_block_without_effect(Error error) {
  if (error.is(aws::kUnknownOutcome)) {
    return Error::with_message(kUnavailable, error.message());
  }
  return to_block(std::move(error));
}

}  // namespace tarn::block::s3
