#pragma once

#include "base/file_descriptor.h"

#include <chrono>
#include <csignal>

namespace tarn::ctl {

/// While it lives, SIGINT and SIGTERM end a wait instead of the program. One at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// True as soon as a signal has come, false after `duration`.
  bool wait(std::chrono::milliseconds duration) const;

 private:
  FileDescriptor event_;
  struct sigaction interrupt_{};
  struct sigaction terminate_{};
};

}  // namespace tarn::ctl
