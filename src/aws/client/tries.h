#pragma once

#include "aws/client/call_body.h"
#include "base/clock.h"
#include "base/rng.h"
#include "runtime/context.h"
#include "runtime/retry.h"
#include "runtime/task.h"

#include <memory>
#include <optional>

namespace tarn::aws {

/// The tries of one call: decides what follows a failed one. Not thread-safe.
class Tries {
 public:
  struct Rules {
    RetryPolicy retry;
    /// The call changes something: an answer that was lost leaves its outcome unknown.
    bool is_write = false;
    /// kConflict passes when one tries again.
    bool conflicts_pass = false;
  };
  /// `clock` and `rng` outlive it.
  Tries(Context ctx, Rules rules, const Clock& clock, Rng& rng)
      : ctx_(std::move(ctx)), rules_(std::move(rules)), clock_(clock), rng_(rng) {}

  /// After a try that ended in `error` (one of aws/errors.h, or of the HTTP client): waits and
  /// gives nothing when the call is worth another, else the call's error. `body` may be null.
  Task<std::optional<Error>> failed(Error error, std::shared_ptr<CallBody> body);

  /// Tries that failed so far.
  std::size_t count() const { return done_; }
  /// A try may have been applied though no answer came.
  bool reply_lost() const { return reply_lost_; }

 private:
  Error settle(Error error) const;

  Context ctx_;
  Rules rules_;
  const Clock& clock_;
  Rng& rng_;
  std::size_t done_ = 0;
  bool reply_lost_ = false;
};

}  // namespace tarn::aws
