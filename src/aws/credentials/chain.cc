#include "aws/config.h"
#include "aws/credentials/lookup.h"
#include "base/log.h"
#include "base/thread_annotations.h"
#include "runtime/semaphore.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace tarn::aws {
namespace {

using detail::Found;
using detail::Lookup;
using detail::LookupPtr;

/// Temporary keys are renewed this long before their end, …
constexpr std::chrono::minutes kRenewBefore{5};
/// … and not used any more this long before it: a request has to arrive.
constexpr std::chrono::seconds kUnusableBefore{30};
/// Between two attempts while nothing forces one; also how long a failure is everybody's.
constexpr std::chrono::seconds kAttemptEvery{5};

/// After the environment's keys.
constexpr std::array<Task<Result<Found>> (*)(Context, LookupPtr), 4> kPlaces = {
    &detail::from_web_identity, &detail::from_profile, &detail::from_container,
    &detail::from_instance};

class DefaultChain final : public CredentialsProvider {
 public:
  explicit DefaultChain(LookupPtr lookup) : lookup_(std::move(lookup)) {}

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
    TARN_CO_CHECK_OK(ctx.check(lookup_->services.clock));
    Result<Found> found = co_await search(ctx, lookup_);
    // An end of this caller's patience says nothing to the others.
    if (!found && !ctx.check(lookup_->services.clock)) {
      co_return std::move(found).error();
    }
    co_return remember(std::move(found));
  }

 private:
  /// Marks that someone is on the way, for as long as the coroutine lives.
  class Fetching {
   public:
    explicit Fetching(DefaultChain& chain) : chain_(chain) { set(true); }
    ~Fetching() { set(false); }
    Fetching(const Fetching&) = delete;
    Fetching& operator=(const Fetching&) = delete;

   private:
    void set(bool value) {
      MutexLock lock(chain_.mutex_);
      chain_.fetching_ = value;
    }
    DefaultChain& chain_;
  };

  static Task<Result<Found>> search(Context ctx, LookupPtr lookup) {
    // A profile that the configuration names goes before whatever the process inherited.
    if (!lookup->options.profile.empty()) {
      co_return co_await detail::from_profile(ctx, lookup);
    }
    TARN_CO_TRY(Found environment, detail::from_environment(lookup->environment));
    if (environment.credentials) {
      co_return environment;
    }
    std::string looked_at = std::move(environment.why_not);
    for (const auto look : kPlaces) {
      TARN_CO_TRY(Found found, co_await look(ctx, lookup));
      if (found.credentials) {
        co_return found;
      }
      looked_at.append("; ").append(found.why_not);
    }
    co_return Found::none(std::move(looked_at));
  }

  /// Nothing when a fetch is due. `may_wait`: someone else's fetch will do while the present keys
  /// last.
  std::optional<Result<CredentialsPtr>> answer_from_memory(bool may_wait) {
    const WallTime now = lookup_->services.clock.now();
    MutexLock lock(mutex_);
    const bool is_new =
        attempted_at_ && lookup_->services.clock.steady_now() < *attempted_at_ + kAttemptEvery;
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
    const WallTime now = lookup_->services.clock.now();
    if (found && !found->credentials) {
      found = Error(kNoCredentials).append(": " + found->why_not);
    }
    MutexLock lock(mutex_);
    attempted_at_ = lookup_->services.clock.steady_now();
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

  const LookupPtr lookup_;
  AsyncSemaphore gate_{1};
  Mutex mutex_;
  CredentialsPtr current_ TARN_GUARDED_BY(mutex_);
  std::optional<Error> failure_ TARN_GUARDED_BY(mutex_);
  std::optional<SteadyTime> attempted_at_ TARN_GUARDED_BY(mutex_);
  bool fetching_ TARN_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::unique_ptr<CredentialsProvider> default_chain(const Environment& environment,
                                                   ChainOptions options, Services services) {
  auto lookup = std::make_shared<const Lookup>(
      Lookup{.environment = environment, .options = std::move(options), .services = services});
  return std::make_unique<DefaultChain>(std::move(lookup));
}

}  // namespace tarn::aws
