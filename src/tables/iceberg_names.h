#pragma once

#include "base/bytes.h"

#include <string>
#include <string_view>

namespace tarn::tables {

// What the files of an exported Iceberg table are called, all in `<root>/metadata/`:
//
// | File | Name |
// | --- | --- |
// | manifest, list | `<32 digits of what it was made from>-<16 of its content>-m.avro`, `-l.avro` |
// | the same, when it cannot be used again | `x-<16 of its content>-m.avro` |
// | metadata | `<version>-<content, as a UUID>.metadata.json` |

/// `<root>/metadata/`.
std::string metadata_folder(std::string_view root);
/// Stands for an object: its bytes never change, because addresses are never used again.
std::string translation_key(std::string_view physical_address);
/// An empty address makes a name without a key.
std::string translation_name(std::string_view physical_address, ByteView content,
                             std::string_view kind);
/// The key in the name of a file in `folder`; empty if it is in another folder, or has none.
std::string key_of_translation(std::string_view folder, std::string_view uri);
/// `source` is the path of the metadata that it is made from.
std::string metadata_name(std::string_view source, ByteView content);

}  // namespace tarn::tables
