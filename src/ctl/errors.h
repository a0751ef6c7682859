#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace tarn::ctl {

// What went wrong decides how it is shown (cli.cc) and what a command can do about it.

/// The command line itself: `Error: <text>`, nothing else.
inline constexpr ErrorId kUsage{ErrorKind::kInvalid, "invalid command line"};
/// An answer of 400 and above; the message is the server's, a newline, and the status line. Nothing
/// is put before it: scripts compare the first line.
inline constexpr ErrorId kApiFailure{ErrorKind::kInternal, "request failed"};
inline constexpr ErrorId kApiUnauthorized{ErrorKind::kUnauthenticated, "request failed"};
inline constexpr ErrorId kApiNotFound{ErrorKind::kNotFound, "request failed"};
inline constexpr ErrorId kApiConflict{ErrorKind::kConflict, "request failed"};
/// A success that is not JSON where JSON was asked for: usually a wrong base path.
inline constexpr ErrorId kNotJson{ErrorKind::kInternal, "Bad response from server"};
/// No answer, after all tries.
inline constexpr ErrorId kTransport{ErrorKind::kUnavailable, "no answer"};
/// The answer's body broke off, after some of it was passed on.
inline constexpr ErrorId kCutShort{ErrorKind::kUnavailable, "answer cut short"};
/// Everything is printed already; only the exit code is missing.
inline constexpr ErrorId kReported{ErrorKind::kInternal, "failed"};
inline constexpr ErrorId kFailed{ErrorKind::kInternal, "failed"};

/// An answer of 400 and above.
bool is_api_error(const Error& error);
/// kApi… by status.
Error api_error(unsigned status, std::string_view message, std::string_view status_line);
/// The two parts of an API error's message.
std::string_view api_message(std::string_view message);
std::string_view api_status_line(std::string_view message);

/// An error of a command with this text.
Error failure(std::string text);
/// `<context><error>`, except that API errors stay as they are.
Error with_context(Error error, std::string_view context);

/// `no such file or directory`: strerror as Go writes it.
std::string system_text(int error_number);
/// `open x: no such file or directory`.
Error system_error(std::string_view action, std::string_view path, int error_number);

}  // namespace tarn::ctl
