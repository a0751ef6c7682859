#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "runtime/cancel.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tarn {

/// What a piece of work inherits from the request that started it: deadline, cancellation, request
/// id, user. First parameter of every operation, by value; copying costs one reference count.
/// Immutable, thread-safe.
class Context {
 public:
  /// No deadline, never cancelled, no user: for start-up and tests.
  Context() = default;
  Context(std::string request_id, CancelToken cancel);

  /// Absolute; absent = none.
  std::optional<SteadyTime> deadline() const { return data_ ? data_->deadline : std::nullopt; }
  const CancelToken& cancel() const;
  std::string_view request_id() const {
    return data_ ? std::string_view(data_->request_id) : std::string_view();
  }
  /// Name of the authenticated user; empty before authentication and for the server's own work.
  std::string_view user() const {
    return data_ ? std::string_view(data_->user) : std::string_view();
  }

  /// The same work with an earlier end; a later one changes nothing.
  Context with_deadline(SteadyTime deadline) const;
  Context with_timeout(const Clock& clock, std::chrono::nanoseconds timeout) const {
    return with_deadline(clock.steady_now() +
                         std::chrono::duration_cast<SteadyTime::duration>(timeout));
  }
  Context with_user(std::string user) const;
  Context with_cancel(CancelToken cancel) const;

  /// kCancelled or kTimeout when the work should stop. Reads ask at each step; writes only before
  /// their first durable one.
  Result<void> check(const Clock& clock) const;

 private:
  struct Data {
    std::optional<SteadyTime> deadline;
    CancelToken cancel;
    std::string request_id;
    std::string user;
  };
  std::shared_ptr<const Data> data_;
  Data copy() const { return data_ ? *data_ : Data(); }
};

}  // namespace tarn
