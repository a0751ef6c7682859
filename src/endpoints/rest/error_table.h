#pragma once

#include "base/error.h"

#include <string>

namespace tarn::endpoints::rest {

struct ErrorAnswer {
  unsigned status = 500;
  std::string message;
};

/// The one place where an error becomes a status and a text.
ErrorAnswer answer_for(const Error& error);

}  // namespace tarn::endpoints::rest
