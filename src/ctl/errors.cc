#include "ctl/errors.h"

#include <fmt/format.h>

#include <cctype>
#include <system_error>

namespace tarn::ctl {

bool is_api_error(const Error& error) {
  return error.is(kApiFailure) || error.is(kApiUnauthorized) || error.is(kApiNotFound) ||
         error.is(kApiConflict);
}

Error api_error(unsigned status, std::string_view message, std::string_view status_line) {
  const ErrorId* id = &kApiFailure;
  if (status == 401) {
    id = &kApiUnauthorized;
  } else if (status == 404) {
    id = &kApiNotFound;
  } else if (status == 409) {
    id = &kApiConflict;
  }
  return Error::with_message(*id, fmt::format("{}\n{}", message, status_line));
}

std::string_view api_message(std::string_view message) {
  return message.substr(0, message.rfind('\n'));
}

std::string_view api_status_line(std::string_view message) {
  return message.substr(message.rfind('\n') + 1);
}

Error failure(std::string text) { return Error::with_message(kFailed, std::move(text)); }

Error with_context(Error error, std::string_view context) {
  if (is_api_error(error)) {
    return error;
  }
  return Error::with_message(error.id(), fmt::format("{}{}", context, error.message()));
}

std::string system_text(int error_number) {
  std::string text = std::generic_category().message(error_number);
  if (!text.empty()) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

Error system_error(std::string_view action, std::string_view path, int error_number) {
  return failure(fmt::format("{} {}: {}", action, path, system_text(error_number)));
}

}  // namespace tarn::ctl
