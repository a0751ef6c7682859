#pragma once

#include "base/bytes.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tarn::tables {

// What the files of an exported Iceberg table are called, all in `<root>/metadata/`:
//
// | File | Name |
// | --- | --- |
// | manifest, list | `<32 digits of what it was made from>-<16 of its content>-m.avro`, `-l.avro` |
// | manifest that names files of this folder | `…-d.avro` |
// | deletes by position | `…-p.parquet` |
// | one of them that cannot be used again | `x-<16 of its content>-…` |
// | metadata | `<version>-<content, as a UUID>.metadata.json` |

/// `<root>/metadata/`.
std::string metadata_folder(std::string_view root);
/// Stands for an object: its bytes never change, because addresses are never used again.
std::string translation_key(std::string_view physical_address);
enum class TranslationKind : std::uint8_t {
  kList,
  kManifest,
  /// One that names files of deletes that were translated, too.
  kDeletesManifest,
  kPositionDeletes,
};
/// An empty address makes a name without a key.
std::string translation_name(std::string_view physical_address, ByteView content,
                             TranslationKind kind);
/// Whether a file, named by its address, is a manifest of that kind.
bool is_deletes_manifest(std::string_view uri);
/// The key in the name of a file in `folder`; empty if it is in another folder, or has none.
std::string key_of_translation(std::string_view folder, std::string_view uri);
/// `source` is the path of the metadata that it is made from.
std::string metadata_name(std::string_view source, ByteView content);

}  // namespace tarn::tables
