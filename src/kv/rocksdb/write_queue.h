#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/thread_annotations.h"
#include "kv/store.h"
#include "runtime/context.h"

#include <rocksdb/db.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

namespace tarn::kv {

/// One write call: all of its rows become durable in one step, or none.
struct WriteCall {
  struct Row {
    std::string key;             // physical
    std::optional<Bytes> value;  // absent: delete
  };

  Context ctx;
  std::vector<Row> rows;
  /// About the first row.
  std::optional<Predicate> expected;
  /// Deletes all rows in [first, second) instead.
  std::optional<std::pair<std::string, std::string>> range;
  Result<void> outcome;
};

/// Group commit. One thread takes all calls that wait, checks their predicates against the database
/// and the calls before them, writes what holds as one synced batch, then wakes every caller. While
/// the disk syncs, the next group gathers. Being the only writer, it needs no row locks, and as a
/// batch is visible only once it is durable, nobody reads or is told of a row that could still be
/// lost.
///
/// A failed write leaves the log in an unknown state: what was in the batch may come back when the
/// log is replayed. So the queue then fails for good; everything after it answers kUnavailable
/// until the store is opened anew.
class WriteQueue {
 public:
  struct Limits {
    bool sync = true;
    std::size_t calls_max = 0;
    std::size_t bytes_max = 0;
  };

  WriteQueue(rocksdb::DB& db, Limits limits, const Clock& clock);
  /// Writes what is queued, then joins.
  ~WriteQueue();
  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;

  /// Queues `call`, which lives until `done` is called (once, from the writer's thread) with the
  /// outcome set. False when too much waits.
  bool submit(WriteCall& call, std::function<void()> done);

  /// A write failed; the database must not be read any more.
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  /// Batches written so far.
  std::uint64_t batches() const { return batches_.load(std::memory_order_relaxed); }

 private:
  struct Waiting {
    WriteCall* call = nullptr;
    std::size_t bytes = 0;
    std::function<void()> done;
  };

  void work();
  std::vector<Waiting> take();
  void apply(const std::vector<Waiting>& group);
  Result<void> add(WriteCall& call, rocksdb::WriteBatch& batch);
  Result<bool> holds(const std::string& key, const Predicate& expected) const;

  rocksdb::DB& db_;
  const Limits limits_;
  const Clock& clock_;
  std::atomic<bool> failed_ = false;
  std::atomic<std::uint64_t> batches_ = 0;
  /// What the calls of the group under way made of their rows. Views into the calls. Used by the
  /// writer's thread only.
  std::unordered_map<std::string_view, const std::optional<Bytes>*> written_;

  Mutex mutex_;
  std::condition_variable_any ready_;
  std::deque<Waiting> waiting_ TARN_GUARDED_BY(mutex_);
  std::size_t waiting_bytes_ TARN_GUARDED_BY(mutex_) = 0;
  bool closed_ TARN_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tarn::kv
