#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "block/errors.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::block {

struct WalkedObject {
  /// What follows the walk's folder in the object's URI.
  std::string name;
  std::uint64_t size_bytes = 0;
  /// As the store tells it; of a local file the MD5 of what it holds.
  std::string etag;
  WallTime last_modified;
};

/// Takes the objects of a walk as they are found: on threads of a pool, several at a time, each
/// call with a few thousand at most. An error ends the walk.
using WalkSink = std::function<Result<void>(std::vector<WalkedObject>)>;

/// Reads what lies in an object store, also outside of every storage namespace: the sources of
/// imports. Knows URIs; never writes. Thread-safe. Errors of every call: kInvalidAddress (not an
/// URI of this store), kAccessDenied, kCancelled, those of reading the store.
class Walker {
 public:
  virtual ~Walker() = default;
  /// Every object whose URI begins with `prefix`, each once, in no particular order. A last
  /// component without a slash after it is the beginning of names: `s3://b/a/x` finds `a/x1` and
  /// `a/xy/z`. The sink has returned from every call when this returns. Errors: kObjectNotFound (a
  /// local folder that is not there).
  virtual Task<Result<void>> walk(Context ctx, std::string prefix, WalkSink sink) = 0;
  /// One object by its URI. Errors: kObjectNotFound.
  virtual Task<Result<WalkedObject>> object(Context ctx, std::string uri) = 0;
  /// One spelling of each place, for comparisons: an object lies under a prefix if its canonical
  /// URI begins with the canonical prefix.
  virtual Result<std::string> canonical(std::string_view uri) const = 0;
};

/// The length of a URI up to its last slash: the folder that names of a walk are relative to.
inline std::size_t folder_size_of(std::string_view uri) { return uri.rfind('/') + 1; }

}  // namespace tarn::block
