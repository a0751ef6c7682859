#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "kv/errors.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::kv {

/// Address of one row. Both parts are opaque non-empty bytes.
struct Key {
  std::string partition;
  std::string key;
};

struct Entry {
  std::string key;
  Bytes value;
};

/// What a row must be like for set_if to write it.
class Predicate {
 public:
  enum class Kind : std::uint8_t { kAbsent, kExists, kEquals };

  static Predicate absent() { return Predicate(Kind::kAbsent, {}); }
  static Predicate exists() { return Predicate(Kind::kExists, {}); }
  /// The row still holds the bytes that were read.
  static Predicate equals(Bytes value) { return Predicate(Kind::kEquals, std::move(value)); }

  Kind kind() const { return kind_; }
  const Bytes& value() const { return value_; }

 private:
  Predicate(Kind kind, Bytes value) : kind_(kind), value_(std::move(value)) {}
  Kind kind_;
  Bytes value_;
};

struct ScanOptions {
  /// First key wanted (inclusive); empty = from the start of the partition.
  std::string start;
  /// Only keys with this prefix; a scan ends at the first key past it.
  std::string prefix;
  /// At most this many rows; 0 = as many as the driver likes to put in a page.
  std::size_t limit = 1000;
};

struct Page {
  std::vector<Entry> entries;
  /// True when the partition (or prefix) may hold more; continue from
  /// `next_key(entries.back().key)`.
  bool more = false;
};

/// The smallest key after `key` in bytewise order.
inline std::string next_key(std::string key) {
  key.push_back('\0');
  return key;
}

/// Ordered key-value rows in named partitions; the only durable truth about references and staged
/// entries. Keys and values are opaque bytes; order is unsigned bytewise within a partition.
/// Thread-safe. A write that returned is durable. Errors of every call: kMissingPartition,
/// kMissingKey, kSlowDown, kTimeout, kCancelled, kUnavailable.
class Store {
 public:
  virtual ~Store() = default;

  /// Errors: kKeyNotFound.
  virtual Task<Result<Bytes>> get(Context ctx, Key key) = 0;
  /// Writes whatever the row was. Empty values are allowed. Errors: kUnknownOutcome.
  virtual Task<Result<void>> set(Context ctx, Key key, Bytes value) = 0;
  /// Writes only if the row is as `expected` says. Errors: kPredicateFailed, kUnknownOutcome.
  virtual Task<Result<void>> set_if(Context ctx, Key key, Bytes value, Predicate expected) = 0;
  /// Deleting a missing row is no error.
  virtual Task<Result<void>> remove(Context ctx, Key key) = 0;
  /// One page of rows in order; at most `options.limit` and at most the driver's page size (then
  /// `more` is set).
  virtual Task<Result<Page>> scan(Context ctx, std::string partition, ScanOptions options) = 0;
  /// Removes all rows of a partition; not atomic, repeatable.
  virtual Task<Result<void>> remove_partition(Context ctx, std::string partition) = 0;
  /// Every row of a batch, in one durable step where the driver can; otherwise row by row, in
  /// order. Not conditional.
  virtual Task<Result<void>> set_many(Context ctx, std::string partition,
                                      std::vector<Entry> rows) = 0;

  /// Reads from memory without suspending when the driver can; absent = ask get(). For hot paths.
  virtual std::optional<Result<Bytes>> get_now(const Key& key) = 0;
};

}  // namespace tarn::kv
