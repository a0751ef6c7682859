#include "actions/run_metrics.h"

#include <string>

namespace tarn::actions {
namespace {

const char* outcome(bool passed) { return passed ? "completed" : "failed"; }

double seconds(std::chrono::nanoseconds taken) {
  return std::chrono::duration<double>(taken).count();
}

}  // namespace

RunMetrics::RunMetrics(Metrics& metrics)
    : metrics_(metrics),
      waiting_(metrics.gauge("tarn_actions_queue_length",
                             "Runs of actions in the background that have not ended.")) {}

void RunMetrics::hook_ended(HookType type, bool passed, std::chrono::nanoseconds taken) {
  const std::string name(action_file::to_string(type));
  metrics_
      .histogram("tarn_actions_hook_duration_seconds", "Time of hooks, skipped ones left out.",
                 duration_bounds(), {{"type", name}})
      .observe(seconds(taken));
  metrics_
      .counter("tarn_actions_hooks_total", "Hooks that ran, by type and outcome.",
               {{"type", name}, {"outcome", outcome(passed)}})
      .add();
}

void RunMetrics::hook_retried(HookType type) {
  metrics_
      .counter("tarn_actions_hook_retries_total", "Hooks that failed and are tried again.",
               {{"type", std::string(action_file::to_string(type))}})
      .add();
}

void RunMetrics::run_ended(graveler::Event event, bool passed, std::chrono::nanoseconds taken) {
  const std::string name(graveler::to_string(event));
  metrics_
      .counter("tarn_actions_runs_total", "Runs of actions by event and outcome.",
               {{"event", name}, {"outcome", outcome(passed)}})
      .add();
  metrics_
      .histogram("tarn_actions_run_duration_seconds",
                 "Time from the begin of a run to its record, by event.", duration_bounds(),
                 {{"event", name}})
      .observe(seconds(taken));
}

}  // namespace tarn::actions
