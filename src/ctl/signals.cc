#include "ctl/signals.h"

#include "base/assert.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace tarn::ctl {
namespace {

/// Where the handler writes to; -1 without a guard.
std::atomic<int> g_event = -1;

void on_signal(int) {
  const int kept = errno;
  const std::uint64_t one = 1;
  // An event that cannot be written is full: it has been signalled.
  [[maybe_unused]] const ssize_t wrote = ::write(g_event.load(), &one, sizeof(one));
  errno = kept;
}

}  // namespace

InterruptGuard::InterruptGuard() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  TARN_ASSERT(event_.get() >= 0, "no descriptor for signals");
  TARN_ASSERT(g_event.exchange(event_.get()) == -1, "two guards of signals");
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, &interrupt_);
  ::sigaction(SIGTERM, &action, &terminate_);
}

InterruptGuard::~InterruptGuard() {
  ::sigaction(SIGINT, &interrupt_, nullptr);
  ::sigaction(SIGTERM, &terminate_, nullptr);
  g_event = -1;
}

bool InterruptGuard::wait(std::chrono::milliseconds duration) const {
  pollfd wanted{.fd = event_.get(), .events = POLLIN, .revents = 0};
  for (;;) {
    const int ready = ::poll(&wanted, 1, static_cast<int>(duration.count()));
    if (ready >= 0) {
      return ready > 0;
    }
    // A signal came: the event says whose.
  }
}

}  // namespace tarn::ctl
