// Headers of others that most sources include and that cost the most to parse. A source still
// includes what it uses: the builds of g++, of ThreadSanitizer and of clang-tidy have no
// precompiled header.
#include <fmt/format.h>
#include <tl/expected.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
