// Feeds foreign bytes to what reads checkpoints of Delta logs. Invariants: nothing crashes, in
// bounded memory; what can be read can be written as a checkpoint, and is the same then.

#include "base/testing/require.h"
#include "tables/delta_checkpoint.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

using tarn::testing::require;

namespace {

using namespace tarn::tables;  // NOLINT(google-build-using-namespace)

/// All lines, or nothing for what is no checkpoint.
std::optional<std::string> read(std::string bytes) {
  const ParquetLimits limits{.rows_max = 10'000, .budget_bytes = std::uint64_t{8} << 20U};
  auto reader = DeltaCheckpointReader::open(std::move(bytes), limits);
  std::string lines;
  while (reader) {
    const auto more = reader->next(lines, lines.size() + 4096);
    if (!more) {
      require(more.error().is(kBadParquet) && !more.error().message().empty());
      return std::nullopt;
    }
    if (!*more) {
      return lines;
    }
  }
  require(reader.error().is(kBadParquet) && !reader.error().message().empty());
  return std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::optional<std::string> lines = read({reinterpret_cast<const char*>(data), size});
  if (!lines) {
    return 0;
  }
  std::vector<std::string> sidecars;
  const auto kept = take_sidecars(*lines, sidecars);
  if (!kept) {
    return 0;
  }
  DeltaCheckpointWriter writer;
  // Keys of maps may be there twice, and names of actions in a map; numbers may be too large.
  if (writer.add(*kept)) {
    const auto again = read(writer.finish(7).parquet);
    require(again.has_value());
    DeltaCheckpointWriter once_more;
    require(once_more.add(*again).has_value());
    require(read(once_more.finish(7).parquet) == again);
  }
  return 0;
}
