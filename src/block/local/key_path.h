#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace tarn::block::local {

/// The relative file path of a key, reversible (docs/formats/local-block-store.md). Ordinary
/// components stay as they are; those a file system cannot hold (empty, `.`, `..`, over 255 bytes,
/// with NUL or a control character) or that begin with `.tarn~` are escaped.
std::string path_of_key(std::string_view bucket, std::string_view key);

/// Folders of the store's own, which hold no objects.
inline constexpr std::string_view kTemporaryFolder = ".tarn~tmp";
inline constexpr std::string_view kUploadsFolder = ".tarn~uploads";
/// True for what lies in one of them.
bool is_reserved_path(std::string_view relative_path);

/// One component of a key as the one or more path components that hold it.
std::string escape_component(std::string_view component);

/// Puts a key back together from path components, front to back.
class KeyDecoder {
 public:
  /// What a path component says of the key component it belongs to.
  struct Step {
    /// The bytes it adds.
    std::string text;
    /// The key component goes on in the next path component.
    bool unfinished = false;
  };
  /// Errors kCorruption for an escape we did not write.
  static Result<Step> step(std::string_view path_component);
};

}  // namespace tarn::block::local
