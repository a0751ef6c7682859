#include "ctl/prompt.h"

#include <fmt/format.h>

#include <termios.h>
#include <unistd.h>

#include <cerrno>

namespace tarn::ctl {
namespace {

/// The next line of stdin without its newline, read byte by byte so that nothing is taken from
/// whoever reads after us. Nothing when the input ends before a newline.
std::optional<std::string> read_line() {
  std::string line;
  for (;;) {
    char c = 0;
    const ssize_t got = ::read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return std::nullopt;
    }
    if (c == '\n') {
      return line;
    }
    line += c;
  }
}

/// Typed characters stay invisible while this lives.
class NoEcho {
 public:
  NoEcho() : active_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (active_) {
      termios silent = before_;
      silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
      silent.c_lflag |= ECHONL;
      ::tcsetattr(STDIN_FILENO, TCSANOW, &silent);
    }
  }
  ~NoEcho() {
    if (active_) {
      ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool active_;
};

}  // namespace

bool confirmed(Ctl& ctl, bool yes, std::string_view question) {
  if (yes) {
    return true;
  }
  // Drawn with escapes whatever stdout is, as lakectl does.
  ctl.console.print(
      fmt::format("\x1b[2K\r\x1b[1;94m?\x1b[0m \x1b[1m{}\x1b[0m? \x1b[2m[y/N]\x1b[0m ", question));
  ctl.console.flush();
  const std::optional<std::string> line = read_line();
  if (::isatty(STDIN_FILENO) != 1 || !line) {
    ctl.console.print("\n");
  }
  return line && (*line == "y" || *line == "Y");
}

Result<std::string> ask(Ctl& ctl, std::string_view label, std::string_view current, bool masked) {
  std::string shown(current);
  if (masked) {
    shown.assign(current.size(), '*');
  }
  ctl.console.print(current.empty() ? fmt::format("{}: ", label)
                                    : fmt::format("{} [{}]: ", label, shown));
  ctl.console.flush();
  std::optional<std::string> line;
  if (masked) {
    const NoEcho no_echo;
    line = read_line();
  } else {
    line = read_line();
  }
  if (!line) {
    ctl.console.print("\n");
    return failure("^D");
  }
  return line->empty() ? std::string(current) : *line;
}

}  // namespace tarn::ctl
