// Hooks of type `lua`: a script, inline or from the repository, in a State of its own.
#include "actions/hook.h"
#include "actions/lua/state.h"
#include "base/encoding.h"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <exception>
#include <utility>

namespace tarn::actions {
namespace {

/// The chunk's name in messages: `[string "lua"]:1: …`.
constexpr const char* kChunkName = "lua";
constexpr std::size_t kScriptBytesMax = 16 * kMiB;

std::string_view reason_text(CancelReason reason) {
  switch (reason) {
    case CancelReason::kClientGone:
      return "the client is gone";
    case CancelReason::kShutdown:
      return "the server is stopping";
    case CancelReason::kDeadline:
      return "out of time";
    case CancelReason::kNone:
    case CancelReason::kRequested:
      break;
  }
  return "on request";
}

class LuaHook final : public Hook {
 public:
  LuaHook(HookServices services, HookRequest request) : services_(services), request_(request) {}

  /// Set one of them.
  std::string script;
  std::string script_path;
  YamlNode args = YamlNode::map({});

  Task<Result<void>> run(Context ctx, BlockingPool& pool, HookLog& log) override {
    if (ctx.user().empty()) {
      co_return Error::with_message(kHookFailed, "user not found");
    }
    ctx = ctx.with_timeout(services_.clock, services_.config.lua_timeout);
    if (!script_path.empty()) {
      TARN_CO_CHECK_OK(co_await fetch_script(ctx));
    }
    const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
    auto job = [this, &ctx, &log, &executor]() -> Result<void> {
      try {
        return run_script(ctx, log, executor);
      } catch (const std::exception& e) {
        return Error(kInternal, e.what());
      }
    };
    co_return co_await run_blocking(pool, std::move(job));
  }

 private:
  Task<Result<void>> fetch_script(Context ctx) {
    ApiRequest request;
    request.method = "GET";
    request.target = fmt::format("/api/v1/repositories/{}/refs/{}/objects?path={}",
                                 percent_encode(request_.record.repository.id.str()),
                                 percent_encode(request_.files_ref), percent_encode(script_path));
    request.user = std::string(ctx.user());
    request.response_bytes_max = kScriptBytesMax;
    Result<ApiResponse> answer = co_await services_.api.call(std::move(ctx), std::move(request));
    if (!answer) {
      co_return std::move(answer).error().wrap("could not load script_path " + script_path);
    }
    if (answer->status != 200) {
      co_return Error(kInvalidAction, fmt::format("could not load script_path {}: HTTP {}",
                                                  script_path, answer->status));
    }
    script = std::move(answer->body);
    co_return Result<void>();
  }

  /// On a thread that may block.
  Result<void> run_script(const Context& ctx, HookLog& log,
                          const boost::asio::any_io_executor& executor) {
    TARN_CHECK_OK(ctx.check(services_.clock));
    lua::Limits limits = services_.config.lua_limits;
    limits.deadline = ctx.deadline();
    const auto output = [&log](std::string_view text) { log.text.append(text); };
    lua::State state(limits, lua::Host{services_.clock, services_.rng, output});
    const CancelToken cancel = ctx.cancel();
    const CancelToken::Registration stop =
        cancel.on_cancel([interrupt = state.interrupt(), cancel] {
          interrupt->cancel(std::string(reason_text(cancel.reason())));
        });
    if (services_.config.lua_modules) {
      TARN_CHECK_OK(services_.config.lua_modules(state, ctx, executor));
    }
    TARN_CHECK_OK(state.set_global("action", lua_event(request_.record, request_.names)));
    TARN_CHECK_OK(state.set_global("username", Json(ctx.user())));
    TARN_CHECK_OK(state.set_global("args", args));
    return state.run(script, kChunkName);
  }

  const HookServices services_;
  const HookRequest request_;
};

}  // namespace

Result<std::unique_ptr<Hook>> make_lua_hook(HookServices services, HookRequest request,
                                            Secrets& secrets) {
  auto hook = std::make_unique<LuaHook>(services, request);
  const YamlNode& properties = request.spec.properties;
  for (const auto& [key, target] :
       {std::pair{"script", &hook->script}, std::pair{"script_path", &hook->script_path}}) {
    const YamlNode* found = properties.find(key);
    if (found == nullptr || found->is_null()) {
      continue;
    }
    if (!found->is_scalar()) {
      return Error(kInvalidAction, fmt::format("'{}' should be a string: wrong value type", key));
    }
    *target = found->text();
  }
  if (!hook->script.empty()) {
    hook->script_path.clear();
  } else if (hook->script_path.empty()) {
    return Error(kInvalidAction, "'script' or 'script_path' is empty");
  }
  const YamlNode* args = properties.find("args");
  if (args != nullptr && !args->is_null()) {
    if (!args->is_map()) {
      return Error(kInvalidAction, "'args' should be a map: wrong value type");
    }
    const Substitution substitution(services.environment, services.config.environment);
    TARN_TRY(hook->args, substitution.apply(*args, secrets));
  }
  return std::unique_ptr<Hook>(std::move(hook));
}

}  // namespace tarn::actions
