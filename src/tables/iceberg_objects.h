#pragma once

#include "tables/iceberg_location.h"
#include "tables/object_reader.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tarn::tables {

/// Of the repository.
struct IcebergObject {
  std::string path;
  /// Empty if there is none.
  std::string physical_address = {};
};

/// The objects of one version that an Iceberg table names by addresses. To be awaited on a loop.
class IcebergObjects {
 public:
  using ByAddress = std::map<std::string, IcebergObject, std::less<>>;

  /// `reader` outlives it. At most `requests_max` are looked up at a time.
  IcebergObjects(Context ctx, ObjectReader& reader, IcebergAddresses addresses,
                 std::size_t requests_max)
      : ctx_(std::move(ctx)),
        reader_(reader),
        addresses_(std::move(addresses)),
        requests_max_(requests_max) {}

  const IcebergAddresses& addresses() const { return addresses_; }
  /// Those of `addresses` that are of a path.
  Task<Result<ByAddress>> look_up(std::vector<std::string> addresses);
  /// How many paths look_up() was about.
  std::uint64_t looked_up() const { return looked_up_; }

  // Errors: those of the reader, with the path before them.
  Task<Result<std::optional<TableObject>>> find(std::string path);
  Task<Result<Bytes>> read(std::string path);

 private:
  Task<Result<void>> look_up_one(std::string path, std::string& to);

  const Context ctx_;
  ObjectReader& reader_;
  const IcebergAddresses addresses_;
  const std::size_t requests_max_;
  std::uint64_t looked_up_ = 0;
};

}  // namespace tarn::tables
