// Feeds foreign bytes to what sees columns in files. Invariants: nothing crashes; columns have
// names and types that Hive knows, and a reason is given where there are none.

#include "base/testing/require.h"
#include "tables/avro_columns.h"
#include "tables/hive_types.h"
#include "tables/orc_columns.h"
#include "tables/parquet_schema.h"
#include "tables/schema_sample.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace {

using Columns = tarn::Result<std::vector<tarn::tables::TableField>>;

using tarn::testing::require;

void check(const Columns& columns, bool types_are_known) {
  require(columns ? !columns->empty() : !columns.error().message().empty());
  if (columns && types_are_known) {
    for (const tarn::tables::TableField& field : *columns) {
      require(tarn::tables::map_hive_type(field.type).has_value());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tarn::tables;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(csv_columns(text, size % 3 == 0 ? '\t' : ',', size % 2 == 0), true);
  check(json_columns(text, size % 2 == 0), true);
  // Members of structures can have names that Hive's types cannot hold.
  check(parquet_columns(text), false);
  (void)parquet_metadata_bytes(text);
  check(orc_columns(text), false);
  const auto avro = avro_columns(text);
  require(avro ? !avro->fields.empty() : !avro.error().message().empty());
  return 0;
}
