// Goal: the numbers are this process's and follow it. Method: change what they count.
#include "server/process_metrics.h"

#include "base/clock.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <ctime>
#include <string>

namespace tarn::server {
namespace {

double value_of(const Metrics& metrics, const std::string& name) {
  const std::string text = metrics.render();
  const std::size_t at = text.find("\n" + name + " ");
  EXPECT_NE(at, std::string::npos) << name;
  return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

TEST(ProcessMetrics, CountDescriptors) {
  Metrics metrics;
  register_process_metrics(metrics);
  const double before = value_of(metrics, "process_open_fds");
  EXPECT_GT(before, 0);
  const int file = ::open("/dev/null", O_RDONLY);
  EXPECT_EQ(value_of(metrics, "process_open_fds"), before + 1);
  ::close(file);
  EXPECT_EQ(value_of(metrics, "process_open_fds"), before);
  EXPECT_GT(value_of(metrics, "process_max_fds"), before);
}

TEST(ProcessMetrics, CountMemory) {
  Metrics metrics;
  register_process_metrics(metrics);
  constexpr std::size_t more = std::size_t{64} << 20;
  const double before = value_of(metrics, "process_resident_memory_bytes");
  EXPECT_GT(before, 1e6);
  const std::string block(more, 'x');
  EXPECT_GT(value_of(metrics, "process_resident_memory_bytes"), before + 0.9 * more);
  EXPECT_GT(value_of(metrics, "process_virtual_memory_bytes"), before);
  EXPECT_EQ(block.back(), 'x');
}

TEST(ProcessMetrics, CountProcessorTimeAsACounter) {
  Metrics metrics;
  register_process_metrics(metrics);
  const double before = value_of(metrics, "process_cpu_seconds_total");
  EXPECT_NE(metrics.render().find("# TYPE process_cpu_seconds_total counter\n"), std::string::npos);
  const std::clock_t end = std::clock() + CLOCKS_PER_SEC / 20;
  while (std::clock() < end) {
  }
  EXPECT_GE(value_of(metrics, "process_cpu_seconds_total"), before + 0.04);
}

TEST(ProcessMetrics, KnowTheStart) {
  Metrics metrics;
  register_process_metrics(metrics);
  const double start = value_of(metrics, "process_start_time_seconds");
  const auto now = static_cast<double>(unix_seconds(SystemClock().now()));
  EXPECT_LE(start, now + 1);
  EXPECT_GT(start, now - 24 * 3600);
}

}  // namespace
}  // namespace tarn::server
