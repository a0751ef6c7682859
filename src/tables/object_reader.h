#pragma once

#include "base/bytes.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tarn::tables {

/// An object of a listing.
struct TableObject {
  std::string path;
  /// Absolute URI of its bytes.
  std::string physical_address;
  std::uint64_t size_bytes = 0;
};

struct ObjectPage {
  /// By path.
  std::vector<TableObject> objects;
  bool has_more = false;
  /// What to list after for the next page.
  std::string next_after;
};

/// One version of a repository through the eyes of one user: rights travel with the reader, so that
/// nobody exports what they cannot read. To be awaited on a loop.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  /// Objects whose path begins with `prefix` and comes after `after`, at most `amount`.
  virtual Task<Result<ObjectPage>> list(Context ctx, std::string prefix, std::string after,
                                        std::size_t amount) = 0;
  /// The object at `path`, if there is one and the user may read it; nothing if there is none.
  virtual Task<Result<std::optional<TableObject>>> find(Context ctx, std::string path) = 0;
  /// The whole of a small object, such as a descriptor.
  virtual Task<Result<Bytes>> get(Context ctx, std::string path) = 0;
  /// `size_bytes` (more than none) of an object that reaches further than `offset`, fewer at its
  /// end.
  virtual Task<Result<Bytes>> get_range(Context ctx, std::string path, std::uint64_t offset,
                                        std::size_t size_bytes) = 0;
};

struct ChangePage {
  /// By path: added, changed and removed objects.
  std::vector<std::string> paths;
  /// Those of them that were there before: changed and removed ones.
  std::vector<std::string> replaced;
  bool has_more = false;
  std::string next_after;
};

/// What differs between versions of a repository, through the eyes of one user. To be awaited on a
/// loop.
class ChangeReader {
 public:
  virtual ~ChangeReader() = default;
  /// Paths that begin with `prefix`, come after `after` and differ between commits `from` and `to`,
  /// at most `amount`. An error of kind kNotFound means that one of them is gone.
  virtual Task<Result<ChangePage>> changes(Context ctx, std::string from, std::string to,
                                           std::string prefix, std::string after,
                                           std::size_t amount) = 0;
  /// Whether commit `older` came before `newer`; false as well when that cannot be told.
  virtual Task<Result<bool>> is_ancestor(Context ctx, std::string older, std::string newer) = 0;
};

/// Where manifests go. Called for several at once, on one loop.
class ManifestWriter {
 public:
  virtual ~ManifestWriter() = default;
  /// Writes a whole object, replacing what is there.
  virtual Task<Result<void>> put(Context ctx, std::string bucket, std::string key,
                                 Bytes content) = 0;
};

}  // namespace tarn::tables
