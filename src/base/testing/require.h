#pragma once

#include <cstdlib>

namespace tarn::testing {

/// For fuzzers: an invariant that does not hold ends the program.
inline void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace tarn::testing
