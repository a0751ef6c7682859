// What hooks cost a commit, over memory drivers, where writing log, manifest and records is next to
// nothing: the commit without actions, with a Lua hook that does nothing before it, and with one
// after it (until its run has ended). Every commit changes one object of a hundred.
#include "actions/server_modules.h"
#include "actions/testing/hook_world.h"
#include "runtime/testing/run.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <thread>

namespace tarn::actions {
namespace {

using testing::HookWorld;

class HookBench {
 public:
  explicit HookBench(const std::string& event) {
    ServiceConfig config;
    const aws::Services aws{*world_.http, world_.clock, world_.rng};
    config.hooks.lua_modules =
        server_modules(world_.api, aws, world_.environment, *world_.http, true, journal_,
                       std::make_shared<aws::AssumedRoles>());
    world_.restart_with(std::move(config));
    for (int i = 0; i < 100; ++i) {
      world_.upload(fmt::format("data/{}", i), "0");
    }
    if (!event.empty()) {
      world_.upload(
          "_lakefs_actions/nothing",
          "name: nothing\non: {" + event +
              ": }\nhooks:\n  - {id: hook, type: lua, properties: {script: 'local x'}}\n");
    }
    commit();
  }

  void commit() {
    ++commits_;
    world_.upload(fmt::format("data/{}", commits_ % 100), std::to_string(commits_));
    if (world_.commit().size() != 64) {
      std::abort();
    }
    while (world_.service->background_runs() > 0) {
      std::this_thread::yield();
    }
  }

 private:
  HookWorld world_;
  tables::ExportJournal journal_{*world_.kv, world_.clock};
  int commits_ = 0;
};

void commits(benchmark::State& state, const std::string& event) {
  HookBench bench(event);
  for (auto _ : state) {
    bench.commit();
  }
}

BENCHMARK_CAPTURE(commits, no_hook, "")->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(commits, before, "pre-commit")->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(commits, after, "post-commit")->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tarn::actions
