#include "server/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace tarn::server {
namespace {

std::string read_file(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Field of /proc/self/stat by its number in proc(5), from 3 on: what is behind the program's name,
/// which may hold spaces.
double stat_field(int number) {
  const std::string text = read_file("/proc/self/stat");
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) {
    return 0;
  }
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  for (int at = 3; at <= number; ++at) {
    fields >> field;
  }
  double value = 0;
  std::istringstream(field) >> value;
  return value;
}

double page_size_bytes() { return static_cast<double>(::sysconf(_SC_PAGESIZE)); }
double ticks_per_second() { return static_cast<double>(::sysconf(_SC_CLK_TCK)); }

double open_descriptors() {
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) {
    return 0;
  }
  double count = 0;
  while (const dirent* entry = ::readdir(folder)) {
    count += entry->d_name[0] != '.' ? 1 : 0;
  }
  ::closedir(folder);
  return count - 1;  // the folder's own
}

double descriptors_max() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

double cpu_seconds() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) {
    return 0;
  }
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double start_time_seconds() {
  std::istringstream lines(read_file("/proc/stat"));
  std::string line;
  while (std::getline(lines, line)) {
    if (line.starts_with("btime ")) {
      return std::stod(line.substr(6)) + stat_field(22) / ticks_per_second();
    }
  }
  return 0;
}

}  // namespace

void register_process_metrics(Metrics& metrics) {
  metrics.gauge_from("process_resident_memory_bytes", "Resident memory size in bytes.", {},
                     [] { return stat_field(24) * page_size_bytes(); });
  metrics.gauge_from("process_virtual_memory_bytes", "Virtual memory size in bytes.", {},
                     [] { return stat_field(23); });
  metrics.gauge_from("process_open_fds", "Number of open file descriptors.", {}, open_descriptors);
  metrics.gauge_from("process_max_fds", "Maximum number of open file descriptors.", {},
                     descriptors_max);
  metrics.counter_from("process_cpu_seconds_total",
                       "Total user and system CPU time spent in seconds.", {}, cpu_seconds);
  // It does not change.
  metrics
      .gauge("process_start_time_seconds",
             "Start time of the process since the Unix epoch in seconds.")
      .set(start_time_seconds());
}

}  // namespace tarn::server
