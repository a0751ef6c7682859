#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/thread_annotations.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::catalog {

/// Sorts any number of records by key in bounded memory: what does not fit goes as sorted runs into
/// files that have no name, so that nothing is left when the process ends, however it does. Of the
/// records of one key that of the highest rank stays; among equals the one that was added last (by
/// one thread). Calls block; meant for a pool.
class ExternalSorter {
 public:
  struct Config {
    /// Where runs are written; must exist.
    std::string folder;
    /// For records that wait to be sorted; about as much again while they are written.
    std::size_t memory_bytes_max = std::size_t{64} << 20;
  };

  /// Records gathered by one thread. Not thread-safe.
  class Batch {
   public:
    void add(std::string_view key, std::uint32_t rank, std::string_view value);
    bool empty() const { return bytes_.empty(); }

   private:
    friend class ExternalSorter;
    Bytes bytes_;
    std::vector<std::size_t> starts_;
  };

  /// The sorted records. One thread.
  class Reader {
   public:
    virtual ~Reader() = default;
    /// To the first, and then to the next record; false at the end. Errors: kUnavailable (a run
    /// cannot be read), kCorruption.
    virtual Result<bool> next() = 0;
    // After next() gave true; the views live until it is called again.
    virtual std::string_view key() const = 0;
    virtual std::string_view value() const = 0;
  };

  explicit ExternalSorter(Config config);
  ~ExternalSorter();
  ExternalSorter(const ExternalSorter&) = delete;
  ExternalSorter& operator=(const ExternalSorter&) = delete;

  /// Thread-safe. Errors: kUnavailable (a run cannot be written). After an error the sorter is
  /// lost.
  Result<void> add(const Batch& batch);
  /// Ends adding; the reader may not outlive the sorter.
  Result<std::unique_ptr<Reader>> finish();
  /// Runs written to files so far.
  std::size_t runs_written() const;

 private:
  struct Buffer;
  struct Run;

  Result<void> spill(std::unique_ptr<Buffer> buffer) TARN_REQUIRES(spill_mutex_);
  /// Joins runs as long as the last kFanIn are of one level.
  Result<void> join_runs() TARN_REQUIRES(spill_mutex_);

  const Config config_;
  mutable Mutex mutex_;
  std::unique_ptr<Buffer> buffer_ TARN_GUARDED_BY(mutex_);
  /// Held while a run is written; taken before mutex_.
  mutable Mutex spill_mutex_;
  std::vector<std::unique_ptr<Run>> runs_ TARN_GUARDED_BY(spill_mutex_);
  std::size_t runs_written_ TARN_GUARDED_BY(spill_mutex_) = 0;
};

/// A file without a name in `folder`, for reading and writing. Errors: kUnavailable.
Result<int> open_unnamed_file(const std::string& folder);
/// Where a file system has no such files they have a name for a moment: removes those of a process
/// that died just then. For start-up.
void remove_left_runs(const std::string& folder);

}  // namespace tarn::catalog
