#include "base/error.h"

#include "base/assert.h"

namespace tarn {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid: return "invalid";
    case ErrorKind::kNotFound: return "not_found";
    case ErrorKind::kAlreadyExists: return "already_exists";
    case ErrorKind::kConflict: return "conflict";
    case ErrorKind::kPreconditionFailed: return "precondition_failed";
    case ErrorKind::kForbidden: return "forbidden";
    case ErrorKind::kUnauthenticated: return "unauthenticated";
    case ErrorKind::kThrottled: return "throttled";
    case ErrorKind::kTimeout: return "timeout";
    case ErrorKind::kCancelled: return "cancelled";
    case ErrorKind::kUnavailable: return "unavailable";
    case ErrorKind::kUnknownOutcome: return "unknown_outcome";
    case ErrorKind::kUnsupported: return "unsupported";
    case ErrorKind::kCorruption: return "corruption";
    case ErrorKind::kInternal: return "internal";
  }
  TARN_ASSERT(false, "an ErrorKind outside its enumeration");
}

Error::Error(const ErrorId& id, std::string_view context) : id_(&id) {
  if (!context.empty()) {
    message_.reserve(context.size() + 2 + id.text.size());
    message_.append(context).append(": ").append(id.text);
  }
}

Error Error::with_message(const ErrorId& id, std::string message) {
  Error error(id);
  error.message_ = std::move(message);
  return error;
}

std::string Error::message() const { return message_.empty() ? std::string(id_->text) : message_; }

Error Error::wrap(std::string_view context) && {
  std::string wrapped(context);
  wrapped.append(": ").append(message_.empty() ? id_->text : std::string_view(message_));
  message_ = std::move(wrapped);
  return std::move(*this);
}

Error Error::append(std::string_view text) && {
  if (message_.empty()) {
    message_ = id_->text;
  }
  message_.append(text);
  return std::move(*this);
}

}  // namespace tarn
