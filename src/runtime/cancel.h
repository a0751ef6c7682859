#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace tarn {

enum class CancelReason : std::uint8_t { kNone, kClientGone, kDeadline, kShutdown, kRequested };

namespace detail {
struct CancelState;
}

/// Observes whether work should stop. Thread-safe; copies share one state. A default token is never
/// cancelled.
class CancelToken {
 public:
  /// Keeps a callback registered; unregisters when destroyed. After destruction the callback does
  /// not run any more, and destruction waits for a running one (so do not destroy it inside its own
  /// callback).
  class Registration {
   public:
    Registration() = default;
    Registration(Registration&& other) noexcept;
    Registration& operator=(Registration&& other) noexcept;
    ~Registration();

   private:
    friend class CancelToken;
    std::shared_ptr<detail::CancelState> state_;
    std::uint64_t id_ = 0;
    void reset();
  };

  CancelToken() = default;
  bool cancelled() const { return reason() != CancelReason::kNone; }
  CancelReason reason() const;
  /// Runs `callback` once, on the cancelling thread, or at once if already cancelled.
  [[nodiscard]] Registration on_cancel(std::function<void()> callback) const;

 private:
  friend class CancelSource;
  explicit CancelToken(std::shared_ptr<detail::CancelState> state) : state_(std::move(state)) {}
  std::shared_ptr<detail::CancelState> state_;
};

/// Requests the stop that its tokens observe. Thread-safe. The first reason stays.
class CancelSource {
 public:
  CancelSource();
  void cancel(CancelReason reason);
  CancelToken token() const { return CancelToken(state_); }

 private:
  std::shared_ptr<detail::CancelState> state_;
};

}  // namespace tarn
