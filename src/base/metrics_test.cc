#include "base/metrics.h"

#include <gtest/gtest.h>

#include <thread>

namespace tarn {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, RenderInTextForm) {
  Metrics metrics;
  metrics.counter("tarn_kv_requests_total", "Calls.", {{"operation", "get"}}).add();
  metrics.counter("tarn_kv_requests_total", "Calls.", {{"operation", "get"}}).add(2);
  metrics.counter("tarn_kv_requests_total", "Calls.", {{"operation", "set"}}).add();
  const Gauge gauge = metrics.gauge("tarn_http_connections", "Open connections.");
  gauge.set(5);
  gauge.add(-2);
  const Histogram histogram =
      metrics.histogram("tarn_kv_request_duration_seconds", "Latency.", {0.1, 1});
  histogram.observe(0.05);
  histogram.observe(0.5);
  histogram.observe(5);
  const std::string text = metrics.render();
  EXPECT_TRUE(has_line(text, "# HELP tarn_kv_requests_total Calls.")) << text;
  EXPECT_TRUE(has_line(text, "# TYPE tarn_kv_requests_total counter")) << text;
  EXPECT_TRUE(has_line(text, "tarn_kv_requests_total{operation=\"get\"} 3")) << text;
  EXPECT_TRUE(has_line(text, "tarn_kv_requests_total{operation=\"set\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "tarn_http_connections 3")) << text;
  EXPECT_TRUE(has_line(text, "tarn_kv_request_duration_seconds_bucket{le=\"0.1\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "tarn_kv_request_duration_seconds_bucket{le=\"1\"} 2")) << text;
  EXPECT_TRUE(has_line(text, "tarn_kv_request_duration_seconds_bucket{le=\"+Inf\"} 3")) << text;
  EXPECT_TRUE(has_line(text, "tarn_kv_request_duration_seconds_count 3")) << text;
}

TEST(Metrics, HandlesWithoutMetricsRecordNothing) {
  Counter().add();
  Gauge().set(1);
  Gauge().add(1);
  Histogram().observe(1);
}

TEST(Metrics, ReadGaugesAreAskedAtEachRendering) {
  Metrics metrics;
  double length = 1;
  metrics.gauge_from("tarn_pool_queue_jobs", "Waiting jobs.", {{"pool", "kv"}},
                     [&length] { return length; });
  EXPECT_TRUE(has_line(metrics.render(), "tarn_pool_queue_jobs{pool=\"kv\"} 1"));
  length = 7;
  EXPECT_TRUE(has_line(metrics.render(), "tarn_pool_queue_jobs{pool=\"kv\"} 7"));
}

TEST(Metrics, ACounterMayBeRead) {
  Metrics metrics;
  double count = 3;
  metrics.counter_from("tarn_test_total", "x", {}, [&count] { return count; });
  EXPECT_TRUE(has_line(metrics.render(), "tarn_test_total 3"));
  EXPECT_TRUE(has_line(metrics.render(), "# TYPE tarn_test_total counter"));
  count = 5;
  EXPECT_TRUE(has_line(metrics.render(), "tarn_test_total 5"));
  count = 4;
  EXPECT_TRUE(has_line(metrics.render(), "tarn_test_total 5")) << "a counter never goes back";
}

// Labels that grow with the data would eat the memory of the server and of whoever scrapes it.
TEST(Metrics, SeriesOfANameAreBounded) {
  Metrics metrics;
  for (std::size_t i = 0; i < Metrics::kSeriesMax + 50; ++i) {
    metrics.counter("tarn_test_total", "x", {{"key", std::to_string(i)}}).add();
  }
  const std::string text = metrics.render();
  EXPECT_TRUE(has_line(text, "tarn_test_total{key=\"999\"} 1"));
  EXPECT_TRUE(has_line(text, "tarn_test_total{key=\"other\"} 50"));
  EXPECT_EQ(text.find("key=\"1000\""), std::string::npos);
}

TEST(Metrics, CountFromManyThreads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&metrics] {
      for (int n = 0; n < 1000; ++n) {
        metrics.counter("tarn_test_total", "x", {{"n", std::to_string(n % 3)}}).add();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_TRUE(has_line(metrics.render(), "tarn_test_total{n=\"0\"} 1336"));
}

TEST(MetricsDeathTest, AMisusedNameIsABug) {
  Metrics metrics;
  metrics.counter("tarn_test_total", "x").add();
  EXPECT_DEATH(metrics.gauge("tarn_test_total", "x"), "tarn_test_total");
  EXPECT_DEATH(metrics.gauge("bad name", "x"), "bad name");
  EXPECT_DEATH(metrics.gauge("tarn_test", "x", {{"bad-label", "v"}}), "bad-label");
}

}  // namespace
}  // namespace tarn
