#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace tarn {

/// Names and values; values from closed sets only (an operation, an outcome, a pool), never keys,
/// messages or ids.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Handles. Copies share one series, live as long as their Metrics, and are thread-safe. A default
// one records nothing, so that code runs without metrics. Keep handles: making one takes a lock and
// a lookup.

class Counter {
 public:
  Counter() = default;
  /// `by` is not negative.
  void add(double by = 1) const;

 private:
  friend class Metrics;
  explicit Counter(prometheus::Counter* series) : series_(series) {}
  prometheus::Counter* series_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  void set(double value) const;
  void add(double by) const;

 private:
  friend class Metrics;
  explicit Gauge(prometheus::Gauge* series) : series_(series) {}
  prometheus::Gauge* series_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  void observe(double value) const;

 private:
  friend class Metrics;
  explicit Histogram(prometheus::Histogram* series) : series_(series) {}
  prometheus::Histogram* series_ = nullptr;
};

/// The metrics of a server: made once, passed to whoever counts something. Thread-safe.
/// Names are `tarn_<module>_<noun>_<unit>[_total]`, except those that lakeFS's dashboards expect.
/// Asking again for a name and labels gives the same series; asking for a name as another kind, or
/// a malformed name, is a bug and stops the process. A name has at most kSeriesMax series; labels
/// past that are counted together under the value `other`.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter counter(std::string_view name, std::string_view help, MetricLabels labels = {});
  Gauge gauge(std::string_view name, std::string_view help, MetricLabels labels = {});
  /// `bounds` are the upper bounds of the buckets, rising, without infinity.
  Histogram histogram(std::string_view name, std::string_view help,
                      const std::vector<double>& bounds, MetricLabels labels = {});
  /// A gauge that asks `read` at each rendering (a queue's length). `read` is quick, thread-safe,
  /// and outlives the Metrics.
  void gauge_from(std::string_view name, std::string_view help, MetricLabels labels,
                  std::function<double()> read);
  /// The same for what somebody else counts already and never counts down. One series a name and
  /// labels.
  void counter_from(std::string_view name, std::string_view help, MetricLabels labels,
                    std::function<double()> read);

  /// All series in the text format of Prometheus 0.0.4.
  std::string render() const;

  static constexpr std::size_t kSeriesMax = 1000;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Bounds for request durations in seconds: 0.1 ms to 30 s.
const std::vector<double>& duration_bounds();

}  // namespace tarn
