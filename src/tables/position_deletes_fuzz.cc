// Feeds foreign bytes to what reads Iceberg's deletes by position. Invariants: nothing crashes, in
// bounded memory; deletes that can be read can be written, and are the same then, in order.

#include "base/testing/require.h"
#include "tables/position_deletes.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

using tarn::testing::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tarn::tables;  // NOLINT(google-build-using-namespace)
  auto deletes = read_position_deletes({reinterpret_cast<const char*>(data), size});
  if (!deletes) {
    require(deletes.error().is(kBadParquet) && !deletes.error().message().empty());
    return 0;
  }
  const auto again = read_position_deletes(write_position_deletes(*deletes).content);
  for (auto& [address, positions] : *deletes) {
    std::ranges::sort(positions);
  }
  require(again && *again == *deletes);
  return 0;
}
