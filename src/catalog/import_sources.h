#pragma once

#include "base/error.h"
#include "block/walker.h"
#include "graveler/entry.h"
#include "graveler/import_tree.h"
#include "names/ids.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::catalog {

inline constexpr ErrorId kInvalidImportSource{ErrorKind::kInvalid, "invalid import source"};

/// Objects to be imported, and where to.
struct ImportSource {
  enum class Kind : std::uint8_t { kObject, kCommonPrefix };
  Kind kind = Kind::kCommonPrefix;
  /// Of the object, or what the objects' URIs begin with.
  std::string uri;
  /// The object's path, or the folder that the objects go into; empty = the root.
  std::string destination;
};

/// Where objects of a source go: behind the destination and a slash, what follows the last slash of
/// the source.
std::string destination_folder(const ImportSource& source);
/// What of the branch gives way to a source: the object's path, or all that lies in the folder.
graveler::ReplacedPath replaced_by(const ImportSource& source);

/// Brings sources into the form that walkers take, and refuses what must not be imported: URIs of
/// other stores, and everything that lies in the repository's own storage namespace or around it.
/// Errors: kInvalidImportSource, block::kAccessDenied, kPathTooLong.
Result<void> check_sources(const block::Walker& walker, const StorageNamespace& storage_namespace,
                           std::vector<ImportSource>& sources);

/// The entry of an object, as trees hold it. Errors: kInvalidImportSource (a name that a record
/// cannot hold).
Result<graveler::Value> imported_value(std::string address, const block::WalkedObject& object);

}  // namespace tarn::catalog
