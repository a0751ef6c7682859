#pragma once

#include "base/environment.h"
#include "base/error.h"
#include "base/thread_annotations.h"

#include <string>
#include <string_view>

namespace tarn::ctl {

/// SGR codes, as they stand in an escape sequence.
namespace color {
inline constexpr std::string_view kRed = "91";
inline constexpr std::string_view kGreen = "92";
inline constexpr std::string_view kYellow = "93";
inline constexpr std::string_view kBlue = "94";
inline constexpr std::string_view kBold = "1";
inline constexpr std::string_view kDarkRed = "31";
inline constexpr std::string_view kDarkGreen = "32";
inline constexpr std::string_view kDarkYellow = "33";
}  // namespace color

/// Whether colours and drawn tables are wanted: LAKECTL_INTERACTIVE if set, else whether stdout is
/// a terminal; never with `no_color`.
bool is_interactive(const Environment& environment, bool no_color, bool out_is_terminal);

/// The two output streams, in order: what was printed before an error is seen before it.
/// Thread-safe.
class Console {
 public:
  Console(int out, int err) : out_(out), err_(err) {}
  ~Console() { flush(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  void set_interactive(bool on) { interactive_ = on; }
  bool interactive() const { return interactive_; }
  /// stdout is a terminal, whatever the variables say.
  bool out_is_terminal() const;

  /// To stdout, buffered.
  void print(std::string_view text);
  /// To stdout without a copy, after what is buffered. Blocks while the reader is slow. Errors:
  /// what the system says.
  Result<void> write_through(std::string_view bytes);
  /// To stderr.
  void complain(std::string_view text);
  void flush();
  /// What the first failed write to stdout said, if one did.
  Result<void> check() const;

  /// `text` in a colour, or as it is when not interactive.
  std::string paint(std::string_view code, std::string_view text) const;

 private:
  void flush_locked() TARN_REQUIRES(mutex_);

  const int out_;
  const int err_;
  bool interactive_ = false;
  mutable Mutex mutex_;
  std::string buffer_ TARN_GUARDED_BY(mutex_);
  int write_error_ TARN_GUARDED_BY(mutex_) = 0;
};

}  // namespace tarn::ctl
