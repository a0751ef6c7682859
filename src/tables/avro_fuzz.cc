// Feeds foreign bytes to what reads Iceberg's Avro files. Invariants: nothing crashes; a file that
// can be read can be written again, and says the same then.

#include "base/testing/require.h"
#include "tables/iceberg_location.h"
#include "tables/iceberg_manifest.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

using tarn::testing::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tarn::tables;  // NOLINT(google-build-using-namespace)
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto files = read_manifest(bytes)) {
    const auto after = rewrite_manifest(
        bytes, [](const std::string& address) { return std::optional(address + "/"); }, {});
    require(after.has_value());
    const auto again = read_manifest(*after);
    require(again && again->size() == files->size());
    for (std::size_t i = 0; i < files->size(); ++i) {
      require((*again)[i].address == (*files)[i].address + "/");
    }
  }
  if (const auto manifests = read_manifest_list(bytes)) {
    const auto after = rewrite_manifest_list(bytes, [](const std::string& address) {
      return std::optional(IcebergManifest{.address = address, .size_bytes = 1});
    });
    require(after && read_manifest_list(*after)->size() == manifests->size());
  }
  if (const auto metadata = parse_iceberg_metadata(bytes, "f")) {
    const std::string after = rewrite_iceberg_metadata(
        bytes, "l", [](const std::string& address) { return std::optional(address); });
    require(parse_iceberg_metadata(after, "f").has_value());
  }
  return 0;
}
