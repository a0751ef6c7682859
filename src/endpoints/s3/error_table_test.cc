#include "endpoints/s3/error_table.h"

#include "auth/errors.h"
#include "aws/payload.h"
#include "aws/sigv4_verify.h"
#include "block/errors.h"
#include "catalog/objects.h"
#include "endpoints/s3/errors.h"
#include "graveler/errors.h"
#include "kv/errors.h"
#include "names/ids.h"

#include <gtest/gtest.h>

namespace tarn::endpoints::s3 {
namespace {

std::string code(const Error& error) {
  const ErrorAnswer answer = answer_for(error);
  return std::to_string(answer.status) + " " + std::string(answer.code);
}

// Clients match on these codes and on parts of these texts.
TEST(ErrorTable, KeepsWhatClientsMatchOn) {
  EXPECT_EQ(code(Error(graveler::kWriteToProtectedBranch)), "403 ErrWriteToProtectedBranch");
  EXPECT_EQ(code(Error(graveler::kReadOnlyRepository)), "403 ErrReadOnlyRepository");
  EXPECT_NE(answer_for(Error(graveler::kReadOnlyRepository)).message.find("read-only"),
            std::string::npos);
  EXPECT_EQ(code(Error(kNotSupported)), "405 ERRLakeFSNotSupported");
  EXPECT_EQ(code(Error(graveler::kObjectNotFound)), "404 NoSuchKey");
  EXPECT_EQ(code(Error(graveler::kRepositoryNotFound)), "404 NoSuchBucket");
  EXPECT_EQ(answer_for(Error(graveler::kRepositoryNotFound)).message,
            "The specified bucket does not exist");
  EXPECT_EQ(code(Error(graveler::kBranchNotFound)), "404 NoSuchBucket");
  EXPECT_EQ(code(Error(kNotImplemented)), "501 NotImplemented");
  EXPECT_EQ(code(Error(kBucketExists)), "409 BucketAlreadyExists");
  EXPECT_EQ(code(Error(graveler::kPreconditionFailed)), "412 PreconditionFailed");
  EXPECT_EQ(code(Error(kPossibleApiEndpoint)), "404 ErrNoSuchBucketPossibleAPIEndpoint");
  EXPECT_EQ(code(Error(catalog::kDataMissing)), "404 NoSuchVersion");
}

TEST(ErrorTable, TellsClientsWhatTheyDidWrong) {
  EXPECT_EQ(code(Error(aws::kMissingFields)), "400 MissingFields");
  EXPECT_EQ(code(Error(aws::kSignatureDoesNotMatch)), "403 SignatureDoesNotMatch");
  EXPECT_EQ(code(Error(aws::kPayloadHashMismatch)), "400 XAmzContentSHA256Mismatch");
  EXPECT_EQ(code(Error(aws::kBadDigest)), "400 BadDigest");
  EXPECT_EQ(code(Error(aws::kMissingDecodedLength)), "411 MissingContentLength");
  EXPECT_EQ(code(ObjectPath::parse(std::string(1025, 'x')).error()), "400 KeyTooLongError");
  const ErrorAnswer bad_ref = answer_for(BranchId::parse("a~1").error());
  EXPECT_EQ(bad_ref.code, "InvalidArgument");
  EXPECT_NE(bad_ref.message.find("branch id"), std::string::npos) << bad_ref.message;
}

// Neither a key's existence nor the inside of the server shows.
TEST(ErrorTable, TellsStrangersNothing) {
  for (const ErrorId* id : {&auth::kCredentialsNotFound, &auth::kInsufficientPermissions,
                            &auth::kUserNotFound, &block::kAccessDenied}) {
    EXPECT_EQ(code(Error(*id, "details")), "403 AccessDenied");
    EXPECT_EQ(answer_for(Error(*id, "details")).message, "Access Denied.");
  }
  for (const ErrorId* id : {&kInternal, &kCorruption, &block::kUnknownOutcome}) {
    EXPECT_EQ(code(Error(*id, "details")), "500 InternalError");
    EXPECT_EQ(answer_for(Error(*id, "details")).message,
              "We encountered an internal error, please try again.");
  }
}

TEST(ErrorTable, SaysWhenToComeBack) {
  EXPECT_EQ(code(Error(kv::kSlowDown)), "503 SlowDown");
  EXPECT_EQ(code(Error(kThrottled)), "503 SlowDown");
  EXPECT_EQ(code(Error(kUnavailable)), "503 ServiceUnavailable");
  EXPECT_EQ(code(Error(kTimeout)), "503 ServiceUnavailable");
}

}  // namespace
}  // namespace tarn::endpoints::s3
