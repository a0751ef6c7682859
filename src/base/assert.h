#pragma once

#include <string_view>

namespace tarn {

/// Prints the broken invariant and where, then aborts the process.
[[noreturn]] void assertion_failed(const char* expression, std::string_view why, const char* file,
                                   int line);

}  // namespace tarn

/// Stops the process when an invariant of our own is broken. On in every build. Never for input.
#define TARN_ASSERT(condition, why)                                    \
  do {                                                                 \
    if (!(condition)) [[unlikely]] {                                   \
      ::tarn::assertion_failed(#condition, (why), __FILE__, __LINE__); \
    }                                                                  \
  } while (false)
