#include "aws/credentials/kept.h"

#include "base/log.h"
#include "base/thread_annotations.h"
#include "runtime/semaphore.h"

#include <chrono>
#include <optional>
#include <utility>

namespace tarn::aws::detail {
namespace {

/// Temporary keys are renewed this long before their end, …
constexpr std::chrono::minutes kRenewBefore{5};
/// … and not used any more this long before it: a request has to arrive.
constexpr std::chrono::seconds kUnusableBefore{30};
/// Between two attempts while nothing forces one; also how long a failure is everybody's.
constexpr std::chrono::seconds kAttemptEvery{5};

class KeptCredentials final : public CredentialsProvider {
 public:
  KeptCredentials(Services services, FetchCredentials fetch)
      : services_(services), fetch_(std::move(fetch)) {}

  Task<Result<CredentialsPtr>> credentials(Context ctx) override {
    if (std::optional<Result<CredentialsPtr>> known = answer_from_memory(/*may_wait=*/true)) {
      co_return *std::move(known);
    }
    // The first to come fetches, the others find what it got.
    const AsyncSemaphore::Permit turn = co_await gate_.acquire();
    if (std::optional<Result<CredentialsPtr>> known = answer_from_memory(/*may_wait=*/false)) {
      co_return *std::move(known);
    }
    const Fetching fetching(*this);
    TARN_CO_CHECK_OK(ctx.check(services_.clock));
    Result<Found> found = co_await fetch_(ctx);
    // An end of this caller's patience says nothing to the others.
    if (!found && !ctx.check(services_.clock)) {
      co_return std::move(found).error();
    }
    co_return remember(std::move(found));
  }

 private:
  /// Marks that someone is on the way, for as long as the coroutine lives.
  class Fetching {
   public:
    explicit Fetching(KeptCredentials& chain) : chain_(chain) { set(true); }
    ~Fetching() { set(false); }
    Fetching(const Fetching&) = delete;
    Fetching& operator=(const Fetching&) = delete;

   private:
    void set(bool value) {
      MutexLock lock(chain_.mutex_);
      chain_.fetching_ = value;
    }
    KeptCredentials& chain_;
  };

  /// Nothing when a fetch is due. `may_wait`: someone else's fetch will do while the present keys
  /// last.
  std::optional<Result<CredentialsPtr>> answer_from_memory(bool may_wait) {
    const WallTime now = services_.clock.now();
    MutexLock lock(mutex_);
    const bool is_new =
        attempted_at_ && services_.clock.steady_now() < *attempted_at_ + kAttemptEvery;
    if (current_) {
      const std::optional<WallTime>& end = current_->expires_at;
      const bool is_due = end && *end - kRenewBefore <= now;
      const bool is_usable = !end || *end - kUnusableBefore > now;
      if (!is_due || (is_usable && (is_new || (may_wait && fetching_)))) {
        return current_;
      }
    }
    if (failure_ && is_new) {
      return Result<CredentialsPtr>(*failure_);
    }
    return std::nullopt;
  }

  Result<CredentialsPtr> remember(Result<Found> found) {
    const WallTime now = services_.clock.now();
    if (found && !found->credentials) {
      found = Error(kNoCredentials).append(": " + found->why_not);
    }
    MutexLock lock(mutex_);
    attempted_at_ = services_.clock.steady_now();
    if (found) {
      failure_.reset();
      current_ = std::make_shared<const Credentials>(*std::move(found->credentials));
      return current_;
    }
    failure_ = found.error();
    log::warn("cannot fetch AWS credentials", {{"error", failure_->message()}});
    if (current_ && (!current_->expires_at || *current_->expires_at - kUnusableBefore > now)) {
      return current_;
    }
    return *failure_;
  }

  const Services services_;
  const FetchCredentials fetch_;
  AsyncSemaphore gate_{1};
  Mutex mutex_;
  CredentialsPtr current_ TARN_GUARDED_BY(mutex_);
  std::optional<Error> failure_ TARN_GUARDED_BY(mutex_);
  std::optional<SteadyTime> attempted_at_ TARN_GUARDED_BY(mutex_);
  bool fetching_ TARN_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::unique_ptr<CredentialsProvider> keep_credentials(Services services, FetchCredentials fetch) {
  return std::make_unique<KeptCredentials>(services, std::move(fetch));
}

}  // namespace tarn::aws::detail
