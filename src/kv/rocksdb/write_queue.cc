#include "kv/rocksdb/write_queue.h"

#include "base/fault_points.h"
#include "base/log.h"

#include <utility>

namespace tarn::kv {
namespace {

/// A group stops growing here, so that one sync never waits for an unbounded write.
constexpr std::size_t kGroupBytesMax = 4 * kMiB;

std::size_t weight(const WriteCall& call) {
  std::size_t bytes = sizeof(WriteCall);
  for (const WriteCall::Row& row : call.rows) {
    bytes += row.key.size() + (row.value ? row.value->size() : 0) + sizeof(row);
  }
  return bytes;
}

}  // namespace

WriteQueue::WriteQueue(rocksdb::DB& db, Limits limits, const Clock& clock)
    : db_(db), limits_(limits), clock_(clock), thread_([this] { work(); }) {}

WriteQueue::~WriteQueue() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  ready_.notify_one();
  thread_.join();
}

bool WriteQueue::submit(WriteCall& call, std::function<void()> done) {
  const std::size_t bytes = weight(call);
  {
    MutexLock lock(mutex_);
    // A single call larger than the limit passes when nothing else waits.
    if (waiting_.size() >= limits_.calls_max ||
        (waiting_bytes_ > 0 && waiting_bytes_ + bytes > limits_.bytes_max)) {
      return false;
    }
    waiting_.push_back(Waiting{.call = &call, .bytes = bytes, .done = std::move(done)});
    waiting_bytes_ += bytes;
  }
  ready_.notify_one();
  return true;
}

std::vector<WriteQueue::Waiting> WriteQueue::take() {
  std::vector<Waiting> group;
  MutexLock lock(mutex_);
  while (waiting_.empty() && !closed_) {
    ready_.wait(mutex_);
  }
  std::size_t bytes = 0;
  while (!waiting_.empty() && bytes < kGroupBytesMax) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= next.bytes;
    bytes += next.bytes;
    const bool ends_group = next.call->range.has_value();
    group.push_back(std::move(next));
    if (ends_group) {
      // Predicates are checked against single rows of the group; a range would have to be matched
      // with each.
      break;
    }
  }
  return group;
}

void WriteQueue::work() {
  for (;;) {
    std::vector<Waiting> group = take();
    if (group.empty()) {
      return;
    }
    apply(group);
    for (const Waiting& waiting : group) {
      waiting.done();
    }
  }
}

Result<bool> WriteQueue::holds(const std::string& key, const Predicate& expected) const {
  const auto written = written_.find(key);
  bool exists = false;
  bool equal = false;
  if (written != written_.end()) {
    const std::optional<Bytes>& value = *written->second;
    exists = value.has_value();
    equal = exists && *value == expected.value();
  } else {
    rocksdb::PinnableSlice value;
    const rocksdb::Status status =
        db_.Get(rocksdb::ReadOptions(), db_.DefaultColumnFamily(), key, &value);
    if (!status.ok() && !status.IsNotFound()) {
      return Error(status.IsCorruption() ? kCorruption : kUnavailable, status.ToString());
    }
    exists = status.ok();
    equal = exists && value == rocksdb::Slice(expected.value());
  }
  switch (expected.kind()) {
    case Predicate::Kind::kAbsent:
      return !exists;
    case Predicate::Kind::kExists:
      return exists;
    case Predicate::Kind::kEquals:
      return equal;
  }
  return false;
}

Result<void> WriteQueue::add(WriteCall& call, rocksdb::WriteBatch& batch) {
  TARN_CHECK_OK(call.ctx.check(clock_));
  if (call.expected) {
    TARN_TRY(const bool ok, holds(call.rows.front().key, *call.expected));
    if (!ok) {
      return Error(kPredicateFailed);
    }
  }
  for (const WriteCall::Row& row : call.rows) {
    if (row.value) {
      batch.Put(row.key, *row.value);
    } else {
      batch.Delete(row.key);
    }
    written_.insert_or_assign(row.key, &row.value);
  }
  if (call.range) {
    batch.DeleteRange(db_.DefaultColumnFamily(), call.range->first, call.range->second);
  }
  return {};
}

void WriteQueue::apply(const std::vector<Waiting>& group) {
  if (failed()) {
    for (const Waiting& waiting : group) {
      waiting.call->outcome = Error(kUnavailable, "the store's log failed earlier");
    }
    return;
  }
  written_.clear();
  rocksdb::WriteBatch batch;
  for (const Waiting& waiting : group) {
    waiting.call->outcome = add(*waiting.call, batch);
  }
  if (batch.Count() == 0) {
    return;
  }
  rocksdb::WriteOptions options;
  options.sync = limits_.sync;
  TARN_FAULT_POINT("kv.rocksdb.before_sync");
  const rocksdb::Status status = db_.Write(options, &batch);
  if (status.ok()) {
    TARN_FAULT_POINT("kv.rocksdb.after_sync");
    batches_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  failed_.store(true, std::memory_order_release);
  log::error("writing the store's log failed; the store is unusable until a restart",
             {{"status", status.ToString()}});
  for (const Waiting& waiting : group) {
    Result<void>& outcome = waiting.call->outcome;
    // A predicate may have failed because of a row in the lost batch: that answer counts no more.
    if (outcome) {
      outcome = Error(kUnknownOutcome, status.ToString());
    } else if (outcome.error().is(kPredicateFailed)) {
      outcome = Error(kUnavailable, status.ToString());
    }
  }
}

}  // namespace tarn::kv
