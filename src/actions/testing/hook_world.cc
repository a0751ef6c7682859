#include "actions/testing/hook_world.h"

#include "actions/lua/state.h"
#include "base/encoding.h"
#include "runtime/byte_source.h"
#include "runtime/testing/run.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace tarn::actions::testing {

using tarn::testing::run;

namespace {

/// Adds the module `test`.
Result<void> add_test_module(lua::State& state, Context ctx, boost::asio::any_io_executor executor,
                             ApiCaller& api) {
  lua::Module module;
  module.name = "test";
  module.functions.push_back(
      {"tag", [ctx, executor, &api](lua::Call& call) {
         ApiRequest request;
         request.method = "POST";
         request.target = "/api/v1/repositories/repo/tags";
         request.body = std::string(call.string(1));
         request.user = std::string(ctx.user());
         const unsigned status = call.block_on<unsigned>([&](lua::Pending<unsigned> done) {
           auto work = [](Context inner, ApiCaller& to, ApiRequest what,
                          lua::Pending<unsigned> tell) -> Task<void> {
             const Result<ApiResponse> answer = co_await to.call(std::move(inner), std::move(what));
             tell(answer ? answer->status : 0);
           };
           boost::asio::co_spawn(executor, work(ctx, api, std::move(request), std::move(done)),
                                 boost::asio::detached);
         });
         call.push(static_cast<double>(status));
         return 1;
       }});
  module.functions.push_back({"wait", [](lua::Call& call) -> int {
                                return call.block_on<int>([](const lua::Pending<int>&) {});
                              }});
  return state.add_module(std::move(module));
}

std::string indent(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    out += "        " + line + "\n";
  }
  return out;
}

}  // namespace

Task<Result<ApiResponse>> ObjectsApi::call(Context ctx, ApiRequest request) {
  {
    MutexLock lock(mutex_);
    calls_.push_back(fmt::format("{} {} {}", request.method, request.target, request.user));
  }
  ApiResponse response;
  if (request.target == "/api/v1/user" && unavailable.fetch_sub(1) > 0) {
    response.status = 503;
    co_return response;
  }
  response.status = 401;
  if (request.user != "jo") {
    co_return response;
  }
  if (request.target == "/api/v1/user") {
    response.status = 200;
    co_return response;
  }
  ctx = ctx.with_user("jo");
  const RepositoryId id = RepositoryId::trusted("repo");
  TARN_CO_TRY(const graveler::RepositoryPtr repository, co_await versions_.repository(ctx, id));
  if (request.method == "POST") {
    const Result<graveler::Tag> tag =
        co_await versions_.create_tag(ctx, repository, TagId::trusted(request.body), "main", false);
    response.status = tag ? 201 : tag.error().kind() == ErrorKind::kPreconditionFailed ? 412 : 400;
    response.body = tag ? Bytes() : tag.error().message();
    co_return response;
  }
  constexpr std::string_view kRefs = "/api/v1/repositories/repo/refs/";
  constexpr std::string_view kObjects = "/objects?path=";
  const std::string& target = request.target;
  const std::size_t at = target.find(kObjects);
  EXPECT_TRUE(target.starts_with(kRefs) && at != std::string::npos) << target;
  std::string ref = target.substr(kRefs.size(), at - kRefs.size());
  const std::string path = percent_decode(target.substr(at + kObjects.size())).value();
  Result<graveler::Entry> entry =
      co_await objects_.stat(ctx, repository, std::move(ref), ObjectPath::trusted(path));
  response.status = entry ? 200 : 404;
  if (entry) {
    TARN_CO_TRY(std::unique_ptr<ByteSource> body,
                co_await objects_.read(ctx, repository, *std::move(entry), std::nullopt));
    TARN_CO_TRY(response.body, co_await read_all(ctx, *body, request.response_bytes_max));
  }
  co_return response;
}

std::vector<std::string> ObjectsApi::calls() const {
  MutexLock lock(mutex_);
  return calls_;
}

HookWorld::HookWorld(ServiceConfig config, Environment::Map variables)
    : World({}, nullptr,
            [](std::unique_ptr<block::Adapter> inner) {
              return std::make_unique<graveler::testing::GatedBlocks>(std::move(inner));
            }),
      environment(std::move(variables)),
      config_(std::move(config)) {
  config_.hooks.lua_modules = [this](lua::State& state, Context ctx,
                                     boost::asio::any_io_executor executor) {
    return add_test_module(state, std::move(ctx), std::move(executor), api);
  };
  start();
}

void HookWorld::start() {
  service = std::make_unique<Service>(
      Service::Services{store(), objects, run_store, run_queue, api, *http, clock, rng, xids,
                        environment, loops, metrics},
      config_);
  store().set_hooks(*service);
}

void HookWorld::restart() {
  start();
  const Result<void> resumed = run(service->resume(Context()));
  ASSERT_TRUE(resumed) << resumed.error().message();
}

void HookWorld::restart_with(ServiceConfig config) {
  if (!config.hooks.lua_modules) {
    config.hooks.lua_modules = config_.hooks.lua_modules;
  }
  config_ = std::move(config);
  service->stop(std::chrono::milliseconds(0));
  restart();
}

std::vector<std::string> HookWorld::queued() {
  std::vector<std::string> out;
  const auto rows = run(run_queue.load(Context()));
  EXPECT_TRUE(rows) << rows.error().message();
  for (const StoredOrder& row : rows.value_or(std::vector<StoredOrder>())) {
    out.push_back(row.order.record.run_id);
  }
  return out;
}

HookWorld::~HookWorld() { service->stop(std::chrono::milliseconds(0)); }

void HookWorld::upload(const std::string& path, const std::string& text) {
  catalog::Upload upload;
  upload.body = memory_source(text);
  upload.size_bytes = text.size();
  const auto entry =
      run(objects.upload(as_jo(), repo, main, ObjectPath::trusted(path), std::move(upload)));
  ASSERT_TRUE(entry) << entry.error().message();
}

void HookWorld::add_action(const std::string& name, const std::string& events,
                           const std::vector<std::string>& scripts) {
  std::string text = "name: " + name + "\non: {" + events + "}\nhooks:\n";
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    text += fmt::format("  - id: hook{}\n    type: lua\n    properties:\n      script: |\n{}", i,
                        indent(scripts[i]));
  }
  upload("_lakefs_actions/" + name + ".yaml", text);
}

Result<graveler::CommitPtr> HookWorld::try_commit(const std::string& message, Context ctx) {
  graveler::CommitRequest request;
  request.committer = "jo";
  request.message = message;
  request.metadata = {{"key", "value"}};
  request.allow_empty = true;
  return run(store().commit(std::move(ctx), repo, main, std::move(request)));
}

std::string HookWorld::commit(const std::string& message) {
  const auto made = try_commit(message);
  return made ? (*made)->id.str() : made.error().message();
}

void HookWorld::settle() {
  const SteadyTime give_up = clock.steady_now() + std::chrono::seconds(60);
  while (service->background_runs() > 0) {
    ASSERT_LT(clock.steady_now(), give_up) << "a background run does not end";
    std::this_thread::yield();
  }
}

std::vector<ActionRun> HookWorld::runs(RunFilter filter) {
  auto page = run(run_store.list(Context(), repo->id, std::move(filter), "", 1000));
  EXPECT_TRUE(page) << page.error().message();
  return page ? std::move(page->items) : std::vector<ActionRun>();
}

std::vector<HookRun> HookWorld::hooks(const std::string& run_id) {
  auto page = run(run_store.list_hooks(Context(), repo->id, run_id, "", 1000));
  EXPECT_TRUE(page) << page.error().message();
  return page ? std::move(page->items) : std::vector<HookRun>();
}

std::string HookWorld::log(const std::string& run_id, const std::string& hook_run_id) {
  auto source = run(run_store.log(Context(), *repo, run_id, hook_run_id));
  if (!source) {
    return source.error().message();
  }
  return run(read_all(Context(), **source, 64 * kMiB)).value();
}

std::string HookWorld::log_of(const std::string& event, const std::string& hook_run_id) {
  for (const ActionRun& one : runs()) {
    if (one.event == event) {
      return log(one.id, hook_run_id);
    }
  }
  return "no run of " + event;
}

std::string HookWorld::outcomes() {
  std::vector<ActionRun> all = runs();
  // Runs of one second sort oldest first, seconds newest first: by time they are always in order.
  std::ranges::sort(all, {}, [](const ActionRun& one) { return *one.start; });
  std::string out;
  for (const ActionRun& one : all) {
    out += (out.empty() ? "" : ", ") + one.event + (one.passed ? " completed" : " failed");
  }
  return out;
}

}  // namespace tarn::actions::testing
