#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace tarn::endpoints::s3 {

struct ErrorAnswer {
  unsigned status = 500;
  std::string_view code;
  std::string message;
};

/// The one place where an error becomes a status, a code and a text.
ErrorAnswer answer_for(const Error& error);

}  // namespace tarn::endpoints::s3
