#include "kv/metered.h"

#include <chrono>
#include <string>
#include <utility>

namespace tarn::kv {
namespace {

/// Series of one operation. The outcomes of everyday have their handles ready; rare ones are looked
/// up.
class Operation {
 public:
  Operation(Metrics& metrics, std::string name)
      : metrics_(metrics),
        name_(std::move(name)),
        ok_(counter("ok")),
        not_found_(counter(to_string(ErrorKind::kNotFound))),
        conflict_(counter(to_string(ErrorKind::kConflict))) {}

  template <class T>
  void count(const Result<T>& outcome) const {
    if (outcome) {
      ok_.add();
    } else if (outcome.error().kind() == ErrorKind::kNotFound) {
      not_found_.add();
    } else if (outcome.error().kind() == ErrorKind::kConflict) {
      conflict_.add();
    } else {
      counter(to_string(outcome.error().kind())).add();
    }
  }
  void time(SteadyTime::duration taken) const {
    duration_.observe(std::chrono::duration<double>(taken).count());
  }
  void with_durations() {
    duration_ = metrics_.histogram("tarn_kv_request_duration_seconds",
                                   "Time of calls to the key-value store.", duration_bounds(),
                                   {{"operation", name_}});
  }

 private:
  Counter counter(std::string_view outcome) const {
    return metrics_.counter("tarn_kv_requests_total", "Calls to the key-value store.",
                            {{"operation", name_}, {"outcome", std::string(outcome)}});
  }

  Metrics& metrics_;
  std::string name_;
  Counter ok_;
  Counter not_found_;
  Counter conflict_;
  Histogram duration_;
};

class MeteredStore final : public Store {
 public:
  MeteredStore(std::unique_ptr<Store> store, Metrics& metrics, const Clock& clock)
      : store_(std::move(store)),
        clock_(clock),
        get_(metrics, "get"),
        get_now_(metrics, "get_now"),
        set_(metrics, "set"),
        set_if_(metrics, "set_if"),
        set_many_(metrics, "set_many"),
        remove_(metrics, "remove"),
        remove_partition_(metrics, "remove_partition"),
        scan_(metrics, "scan") {
    for (Operation* operation :
         {&get_, &set_, &set_if_, &set_many_, &remove_, &remove_partition_, &scan_}) {
      operation->with_durations();
    }
  }

  Task<Result<Bytes>> get(Context ctx, Key key) override {
    return measure(get_, store_->get(std::move(ctx), std::move(key)));
  }
  Task<Result<void>> set(Context ctx, Key key, Bytes value) override {
    return measure(set_, store_->set(std::move(ctx), std::move(key), std::move(value)));
  }
  Task<Result<void>> set_if(Context ctx, Key key, Bytes value, Predicate expected) override {
    return measure(set_if_, store_->set_if(std::move(ctx), std::move(key), std::move(value),
                                           std::move(expected)));
  }
  Task<Result<void>> remove(Context ctx, Key key) override {
    return measure(remove_, store_->remove(std::move(ctx), std::move(key)));
  }
  Task<Result<Page>> scan(Context ctx, std::string partition, ScanOptions options) override {
    return measure(scan_, store_->scan(std::move(ctx), std::move(partition), std::move(options)));
  }
  Task<Result<void>> remove_partition(Context ctx, std::string partition) override {
    return measure(remove_partition_,
                   store_->remove_partition(std::move(ctx), std::move(partition)));
  }
  Task<Result<void>> set_many(Context ctx, std::string partition,
                              std::vector<Entry> rows) override {
    return measure(set_many_,
                   store_->set_many(std::move(ctx), std::move(partition), std::move(rows)));
  }
  std::optional<Result<Bytes>> get_now(const Key& key) override {
    std::optional<Result<Bytes>> now = store_->get_now(key);
    if (now) {
      get_now_.count(*now);
    }
    return now;
  }

 private:
  template <class T>
  Task<Result<T>> measure(const Operation& operation, Task<Result<T>> call) {
    const SteadyTime start = clock_.steady_now();
    Result<T> outcome = co_await std::move(call);
    operation.time(clock_.steady_now() - start);
    operation.count(outcome);
    co_return outcome;
  }

  const std::unique_ptr<Store> store_;
  const Clock& clock_;
  Operation get_;
  Operation get_now_;
  Operation set_;
  Operation set_if_;
  Operation set_many_;
  Operation remove_;
  Operation remove_partition_;
  Operation scan_;
};

}  // namespace

std::unique_ptr<Store> metered(std::unique_ptr<Store> store, Metrics& metrics, const Clock& clock) {
  return std::make_unique<MeteredStore>(std::move(store), metrics, clock);
}

}  // namespace tarn::kv
