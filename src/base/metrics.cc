#include "base/metrics.h"

#include "base/assert.h"
#include "base/log.h"
#include "base/thread_annotations.h"

#include <prometheus/check_names.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <exception>
#include <map>

namespace tarn {
namespace {

prometheus::Labels to_labels(const MetricLabels& labels) { return {labels.begin(), labels.end()}; }

}  // namespace

void Counter::add(double by) const {
  if (series_ != nullptr) {
    series_->Increment(by);
  }
}

void Gauge::set(double value) const {
  if (series_ != nullptr) {
    series_->Set(value);
  }
}

void Gauge::add(double by) const {
  if (series_ != nullptr) {
    series_->Increment(by);
  }
}

void Histogram::observe(double value) const {
  if (series_ != nullptr) {
    series_->Observe(value);
  }
}

struct Metrics::Impl {
  struct Name {
    /// `prometheus::Family<T>*` of the kind that the name was first asked for.
    void* family = nullptr;
    std::string_view kind;
    std::map<MetricLabels, void*> series;
  };
  /// One of the two is null.
  struct Reader {
    prometheus::Gauge* gauge;
    prometheus::Counter* counter;
    std::function<double()> read;
  };

  prometheus::Registry registry;
  mutable Mutex mutex;
  std::map<std::string, Name, std::less<>> names TARN_GUARDED_BY(mutex);
  std::vector<Reader> readers TARN_GUARDED_BY(mutex);

  /// The series of `name` and `labels`, made by `add(family, labels)` if it is new.
  template <class Series, class MakeFamily, class Add>
  Series* find(std::string_view name, std::string_view kind, MetricLabels labels,
               MakeFamily make_family, Add add) TARN_EXCLUDES(mutex) {
    TARN_ASSERT(prometheus::CheckMetricName(std::string(name)), name);
    MutexLock lock(mutex);
    Name& entry = names[std::string(name)];
    if (entry.family == nullptr) {
      entry.family = &make_family();
      entry.kind = kind;
    }
    TARN_ASSERT(entry.kind == kind, name);
    if (!entry.series.contains(labels) && entry.series.size() >= kSeriesMax) {
      if (entry.series.size() == kSeriesMax) {
        log::error("a metric has too many series; its labels are not from closed sets",
                   {{"metric", name}});
      }
      for (auto& [label, value] : labels) {
        value = "other";
      }
    }
    void*& series = entry.series[labels];
    if (series == nullptr) {
      for (const auto& [label, value] : labels) {
        TARN_ASSERT(prometheus::CheckLabelName(label), label);
      }
      series = &add(*static_cast<prometheus::Family<Series>*>(entry.family), to_labels(labels));
    }
    return static_cast<Series*>(series);
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(std::string_view name, std::string_view help, MetricLabels labels) {
  const auto make = [&]() -> prometheus::Family<prometheus::Counter>& {
    return prometheus::BuildCounter()
        .Name(std::string(name))
        .Help(std::string(help))
        .Register(impl_->registry);
  };
  const auto add = [](auto& family, const prometheus::Labels& all) -> prometheus::Counter& {
    return family.Add(all);
  };
  return Counter(impl_->find<prometheus::Counter>(name, "counter", std::move(labels), make, add));
}

Gauge Metrics::gauge(std::string_view name, std::string_view help, MetricLabels labels) {
  const auto make = [&]() -> prometheus::Family<prometheus::Gauge>& {
    return prometheus::BuildGauge()
        .Name(std::string(name))
        .Help(std::string(help))
        .Register(impl_->registry);
  };
  const auto add = [](auto& family, const prometheus::Labels& all) -> prometheus::Gauge& {
    return family.Add(all);
  };
  return Gauge(impl_->find<prometheus::Gauge>(name, "gauge", std::move(labels), make, add));
}

Histogram Metrics::histogram(std::string_view name, std::string_view help,
                             const std::vector<double>& bounds, MetricLabels labels) {
  const auto make = [&]() -> prometheus::Family<prometheus::Histogram>& {
    return prometheus::BuildHistogram()
        .Name(std::string(name))
        .Help(std::string(help))
        .Register(impl_->registry);
  };
  const auto add = [&bounds](auto& family,
                             const prometheus::Labels& all) -> prometheus::Histogram& {
    return family.Add(all, bounds);
  };
  return Histogram(
      impl_->find<prometheus::Histogram>(name, "histogram", std::move(labels), make, add));
}

void Metrics::gauge_from(std::string_view name, std::string_view help, MetricLabels labels,
                         std::function<double()> read) {
  const Gauge handle = gauge(name, help, std::move(labels));
  MutexLock lock(impl_->mutex);
  impl_->readers.push_back({.gauge = handle.series_, .counter = nullptr, .read = std::move(read)});
}

void Metrics::counter_from(std::string_view name, std::string_view help, MetricLabels labels,
                           std::function<double()> read) {
  const Counter handle = counter(name, help, std::move(labels));
  MutexLock lock(impl_->mutex);
  impl_->readers.push_back({.gauge = nullptr, .counter = handle.series_, .read = std::move(read)});
}

std::string Metrics::render() const {
  {
    MutexLock lock(impl_->mutex);
    for (const Impl::Reader& reader : impl_->readers) {
      if (reader.gauge != nullptr) {
        reader.gauge->Set(reader.read());
      } else {
        // A counter takes what was added since; it refuses what went down.
        reader.counter->Increment(std::max(0.0, reader.read() - reader.counter->Value()));
      }
    }
  }
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

const std::vector<double>& duration_bounds() {
  static const std::vector<double> bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                          0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                          1,      2.5,     5,      10,    30};
  return bounds;
}

}  // namespace tarn
