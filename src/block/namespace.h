#pragma once

#include "base/error.h"
#include "block/adapter.h"
#include "names/ids.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tarn::block {

/// How an entry's address is to be read; the values are those of the stored record
/// (docs/formats/records.md).
enum class AddressType : std::uint8_t {
  kUnknown = 0,   ///< old entries: full if it reads as a URI of a known scheme, else relative
  kRelative = 1,  ///< below the storage namespace
  kFull = 2,      ///< a URI of its own
};

/// A URI of an object store taken apart: scheme, and everything behind `://` without a query.
struct StoreUri {
  std::string scheme;
  std::string rest;
  /// Errors kInvalidAddress. The raw text is kept: escapes are not decoded.
  static Result<StoreUri> parse(std::string_view text);
};

/// Checks that a storage namespace can be one of a store of that scheme. Errors kInvalidNamespace.
Result<void> check_namespace(const StorageNamespace& storage_namespace, std::string_view scheme);

/// Where the object of an entry lies. `local:///data/a` has no bucket: its key is a path of the
/// machine. Errors kInvalidAddress.
Result<Location> resolve(const StorageNamespace& storage_namespace, std::string_view address,
                         AddressType type);

/// The address as clients see it: `<scheme>://<namespace>/<key>` for relative ones, the URI itself
/// for full ones.
std::string physical_address(const StorageNamespace& storage_namespace, std::string_view address,
                             AddressType type);

struct Address {
  std::string address;
  AddressType type = AddressType::kFull;
};
/// What to store for a physical address given by a client: relative if it lies under
/// `<namespace>/data/`, else full.
Address normalize(const StorageNamespace& storage_namespace, std::string_view physical);

}  // namespace tarn::block
