#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace tarn {

void assertion_failed(const char* expression, std::string_view why, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: invariant broken: %s (%.*s)\n", file, line, expression,
               static_cast<int>(why.size()), why.data());
  std::abort();
}

}  // namespace tarn
