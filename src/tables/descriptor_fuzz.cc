// Feeds foreign bytes to the reader of descriptors and what uses its result. Invariants: nothing
// crashes; a mapped type maps to itself; a table that has an input has one with a location; what a
// layout takes for data lies below the table.

#include "base/testing/require.h"
#include "tables/descriptor.h"
#include "tables/glue_table.h"
#include "tables/hive_types.h"
#include "tables/partition.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

using tarn::testing::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tarn::tables;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const tarn::Result<std::string> type = map_hive_type(text)) {
    const tarn::Result<std::string> again = map_hive_type(*type);
    require(again.has_value() && *again == *type);
  }
  const tarn::Result<TableDescriptor> descriptor = parse_descriptor(text, "file");
  if (!descriptor) {
    require(!descriptor.error().message().empty());
    return 0;
  }
  const tarn::Json input = tarn::Json::object({{"StorageDescriptor", tarn::Json::object()}});
  const GlueTable table{.name = "name", .location = "s3://bucket/key"};
  if (const auto made = make_table_input(*descriptor, "file", table, input)) {
    require(made->find_path({"StorageDescriptor", "Location"}) != nullptr);
  }
  const PartitionLayout layout(descriptor->path, descriptor->partition_columns);
  const PartitionLayout::Place place = layout.place(text, size % 2);
  if (place.kind == PartitionLayout::Kind::kData) {
    require(text.starts_with(layout.prefix()) &&
            text.substr(layout.prefix().size()).starts_with(place.partition));
  }
  return 0;
}
