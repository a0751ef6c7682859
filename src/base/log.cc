#include "base/log.h"

#include "base/json.h"
#include "base/text.h"
#include "base/time_text.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <mutex>

namespace tarn::log {
namespace {

/// What the process logs to. The one piece of process-wide state: a log line must be possible
/// everywhere, also before wiring.
struct Output {
  std::mutex mutex;
  std::shared_ptr<spdlog::logger> logger;
  std::atomic<bool> json = false;
};

Output& output() {
  static Output instance;
  return instance;
}

std::atomic<Level> current_level = Level::kWarn;

std::shared_ptr<spdlog::logger> make_logger(const std::string& where) {
  spdlog::sink_ptr sink;
  if (where == "-") {
    sink = std::make_shared<spdlog::sinks::stdout_sink_mt>();
  } else if (where == "=") {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(where);
  }
  auto logger = std::make_shared<spdlog::logger>("tarn", std::move(sink));
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::info);
  return logger;
}

constexpr std::string_view name(Level level) {
  switch (level) {
    case Level::kTrace:
      return "trace";
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warning";
    case Level::kError:
      return "error";
    case Level::kOff:
      break;
  }
  return "off";
}

/// JSON string syntax also quotes text values, so that no field can forge a line.
constexpr auto append_quoted = append_json_string;

bool is_plain(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '=' || c == '\\' || c == 0x7f) {
      return false;
    }
  }
  return !text.empty();
}

}  // namespace

void configure(const Config& config) {
  auto logger = make_logger(config.output);
  Output& out = output();
  std::scoped_lock lock(out.mutex);
  out.logger = std::move(logger);
  out.json = config.json;
  current_level = config.level;
}

void set_level(Level level) { current_level = level; }
bool enabled(Level level) { return level >= current_level.load(std::memory_order_relaxed); }

bool parse_level(std::string_view text, Level& out) {
  const std::string lower = ascii_lower(text);
  static constexpr struct {
    std::string_view name;
    Level level;
  } kNames[] = {{"trace", Level::kTrace}, {"debug", Level::kDebug},  {"info", Level::kInfo},
                {"warn", Level::kWarn},   {"warning", Level::kWarn}, {"error", Level::kError},
                {"fatal", Level::kError}, {"panic", Level::kError},  {"off", Level::kOff},
                {"none", Level::kOff},    {"null", Level::kOff}};
  for (const auto& entry : kNames) {
    if (entry.name == lower) {
      out = entry.level;
      return true;
    }
  }
  return false;
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!enabled(level)) {
    return;
  }
  Output& out = output();
  const SystemClock clock;
  const std::string time = format_rfc3339(clock.now());
  std::string line;
  if (out.json) {
    line = "{\"time\":\"" + time + "\",\"level\":\"";
    line.append(name(level)).append("\",\"msg\":");
    append_quoted(line, event);
    for (const Field& field : fields) {
      line.push_back(',');
      append_quoted(line, field.name);
      line.push_back(':');
      append_quoted(line, field.value);
    }
    line.push_back('}');
  } else {
    line = "time=" + time + " level=";
    line.append(name(level)).append(" msg=");
    append_quoted(line, event);
    for (const Field& field : fields) {
      line.push_back(' ');
      line.append(field.name).push_back('=');
      if (is_plain(field.value)) {
        line.append(field.value);
      } else {
        append_quoted(line, field.value);
      }
    }
  }
  std::shared_ptr<spdlog::logger> logger;
  {
    std::scoped_lock lock(out.mutex);
    if (!out.logger) {
      out.logger = make_logger("=");
    }
    logger = out.logger;
  }
  logger->log(level >= Level::kInfo ? spdlog::level::info : spdlog::level::debug,
              spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace tarn::log
