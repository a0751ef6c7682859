#include "aws/client/tries.h"

#include "aws/errors.h"
#include "http/client.h"
#include "runtime/timer.h"

namespace tarn::aws {
namespace {

bool may_have_been_applied(const Error& error) {
  return error.is(http::kConnectionLost) || error.is(http::kBadResponse) || error.is(kTimeout);
}

bool may_pass(const Error& error) {
  return may_have_been_applied(error) || error.is(http::kConnectFailed) || error.is(kSlowDown) ||
         error.is(kServiceFailed);
}

}  // namespace

Task<std::optional<Error>> Tries::failed(Error error, std::shared_ptr<CallBody> body) {
  ++done_;
  if (body && body->failure()) {
    co_return *body->failure();
  }
  reply_lost_ = reply_lost_ || may_have_been_applied(error);
  const bool passes = may_pass(error) || (rules_.conflicts_pass && error.is(kConflict));
  if (!passes) {
    co_return error;
  }
  if (done_ < rules_.retry.tries_max && ctx_.check(clock_) && (!body || body->restart())) {
    const Result<void> slept = co_await sleep_for(ctx_, rules_.retry.delay(done_, rng_));
    if (slept) {
      co_return std::nullopt;
    }
  }
  co_return settle(std::move(error));
}

Error Tries::settle(Error error) const {
  if (rules_.is_write && reply_lost_) {
    return Error(kUnknownOutcome).append(": " + error.message());
  }
  if (error.is(http::kConnectFailed) || error.is(http::kConnectionLost) ||
      error.is(http::kBadResponse)) {
    return Error::with_message(kServiceFailed, error.message());
  }
  return error;
}

}  // namespace tarn::aws
