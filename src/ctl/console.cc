#include "ctl/console.h"

#include "base/bytes.h"
#include "ctl/errors.h"
#include "ctl/flags.h"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>

namespace tarn::ctl {
namespace {

constexpr std::size_t kBufferBytes = 64 * kKiB;

/// 0, or errno.
int write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(descriptor, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) {
      continue;
    }
    if (done < 0) {
      return errno;
    }
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return 0;
}

}  // namespace

bool is_interactive(const Environment& environment, bool no_color, bool out_is_terminal) {
  if (no_color) {
    return false;
  }
  if (const auto word = environment.get("LAKECTL_INTERACTIVE")) {
    return parse_go_bool(*word).value_or(true);
  }
  return out_is_terminal;
}

bool Console::out_is_terminal() const { return ::isatty(out_) == 1; }

void Console::print(std::string_view text) {
  const MutexLock lock(mutex_);
  buffer_.append(text);
  if (buffer_.size() >= kBufferBytes) {
    flush_locked();
  }
}

Result<void> Console::write_through(std::string_view bytes) {
  const MutexLock lock(mutex_);
  flush_locked();
  if (write_error_ == 0) {
    write_error_ = write_all(out_, bytes);
  }
  if (write_error_ != 0) {
    return system_error("write", "/dev/stdout", write_error_);
  }
  return {};
}

void Console::complain(std::string_view text) {
  const MutexLock lock(mutex_);
  flush_locked();
  write_all(err_, text);
}

void Console::flush() {
  const MutexLock lock(mutex_);
  flush_locked();
}

void Console::flush_locked() {
  if (write_error_ == 0) {
    write_error_ = write_all(out_, buffer_);
  }
  buffer_.clear();
}

Result<void> Console::check() const {
  const MutexLock lock(mutex_);
  if (write_error_ != 0) {
    return system_error("write", "/dev/stdout", write_error_);
  }
  return {};
}

std::string Console::paint(std::string_view code, std::string_view text) const {
  return interactive_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

}  // namespace tarn::ctl
