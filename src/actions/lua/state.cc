#include "actions/lua/state.h"

#include "actions/lua/engine.h"
#include "actions/lua/libraries.h"
#include "actions/lua/value.h"
#include "actions/lua/yaml_value.h"
#include "base/assert.h"

#include <fmt/format.h>
#include <lua.hpp>

#include <deque>
#include <utility>

namespace tarn::actions::lua {
namespace {

/// What `hook.fail` raises, so that a script which catches and raises it again still fails with
/// exactly the message.
constexpr std::string_view kFailureOpen = "<HookFailure>";
constexpr std::string_view kFailureClose = "</HookFailure>";

char handler_key = 0;  // registry slot of the message handler

std::optional<std::string> find_hook_failure(std::string_view message) {
  const std::size_t open = message.find(kFailureOpen);
  const std::size_t close = message.rfind(kFailureClose);
  if (open == std::string_view::npos || close == std::string_view::npos ||
      close < open + kFailureOpen.size()) {
    return std::nullopt;
  }
  const std::size_t begin = open + kFailureOpen.size();
  return std::string(message.substr(begin, close - begin));
}

/// liblua quotes the token after "near", the interpreter that scripts were written for does not.
std::string syntax_message(std::string message) {
  const std::size_t near = message.rfind(" near '");
  if (near != std::string::npos && message.back() == '\'') {
    message.pop_back();
    message.erase(near + 6, 1);
  }
  return message;
}

}  // namespace

struct State::Impl {
  Impl(const Limits& limits, Host host)
      : engine(limits, host.clock, host.rng, std::move(host.output)) {}
  ~Impl() {
    if (L != nullptr) {
      lua_close(L);
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// Runs `work`, which uses the Lua API, in a protected call. Errors: kScriptLimit, and
  /// kScriptFailed with the raised text.
  Result<void> protect(const std::function<void()>& work);
  Error limit_error() const;
  static int run_protected(lua_State* L);
  static int note_error(lua_State* L);

  Engine engine;
  lua_State* L = nullptr;
  std::deque<Module> modules;  // closures point into it
  /// Why the environment could not be set up.
  std::optional<Error> broken;
  // Of the error that is being reported, set by note_error.
  std::string error_text;
  std::string error_traceback;
};

int State::Impl::run_protected(lua_State* L) {
  const auto& work = *static_cast<const std::function<void()>*>(lua_touserdata(L, 1));
  lua_settop(L, 0);
  std::string message;
  try {
    work();
    return 0;
  } catch (const std::bad_alloc&) {
    Engine::of(L).raise(LimitKind::kMemory);
  } catch (const std::exception& error) {
    message = error.what();
  }
  lua_pushlstring(L, message.data(), message.size());
  return lua_error(L);
}

Result<void> State::Impl::protect(const std::function<void()>& work) {
  if (engine.reached()) {
    return limit_error();
  }
  if (lua_checkstack(L, 2) == 0) {
    return Error(kScriptFailed, "stack overflow");
  }
  lua_pushcfunction(L, &Impl::run_protected);
  lua_pushlightuserdata(L, const_cast<std::function<void()>*>(&work));
  const int status = lua_pcall(L, 1, 0, 0);
  if (engine.note_limit(status)) {
    lua_settop(L, 0);
    return limit_error();
  }
  if (status != LUA_OK) {
    std::string message = "unknown error";
    if (lua_type(L, -1) == LUA_TSTRING) {
      message = lua_tostring(L, -1);
    }
    lua_settop(L, 0);
    return Error::with_message(kScriptFailed, std::move(message));
  }
  return {};
}

Error State::Impl::limit_error() const {
  std::string message = "runtime error: " + engine.limit_message();
  if (!engine.limit_traceback().empty()) {
    message.append("\n").append(engine.limit_traceback());
  }
  const ErrorId& id = engine.reached() == LimitKind::kDeadline    ? kScriptTimeout
                      : engine.reached() == LimitKind::kCancelled ? kScriptCancelled
                                                                  : kScriptLimit;
  return Error::with_message(id, std::move(message));
}

/// Message handler of run: keeps the text and where it happened.
int State::Impl::note_error(lua_State* L) {
  auto& self = *static_cast<Impl*>(lua_touserdata(L, lua_upvalueindex(1)));
  std::string text;
  if (lua_type(L, 1) == LUA_TNUMBER) {
    text = number_text(lua_tonumber(L, 1));
  } else if (lua_type(L, 1) == LUA_TSTRING || luaL_callmeta(L, 1, "__tostring") != 0) {
    std::size_t size = 0;
    const char* bytes = lua_tolstring(L, -1, &size);
    text = bytes == nullptr ? "(error object is not a string)" : std::string(bytes, size);
  } else {
    text = fmt::format("(error object is a {} value)", luaL_typename(L, 1));
  }
  self.error_traceback = traceback(L, 1);
  self.error_text = rewrite_error(std::move(text));
  lua_settop(L, 1);
  return 1;
}

State::State(const Limits& limits, Host host)
    : impl_(std::make_unique<Impl>(limits, std::move(host))) {
  Engine& engine = impl_->engine;
  lua_State* L = lua_newstate(&Engine::allocate, &engine);
  if (L == nullptr) {
    (void)engine.note_limit(LUA_ERRMEM);
    return;
  }
  impl_->L = L;
  engine.start(L);
  Result<void> opened = impl_->protect([L] {
    open_native(L);
    open_base(L);
    open_package(L);
    open_string(L);
    open_table(L);
    open_small(L);
    for (const Module& module : standard_modules()) {
      register_module(L, module);
    }
  });
  if (!opened) {
    impl_->broken = std::move(opened).error();
  }
}

State::~State() = default;

Result<void> State::add_module(Module module) {
  if (impl_->broken) {
    return *impl_->broken;
  }
  const Module& kept = impl_->modules.emplace_back(std::move(module));
  return impl_->protect([this, &kept] { register_module(impl_->L, kept); });
}

Result<void> State::add_source(std::string_view name, std::string_view text) {
  if (impl_->broken) {
    return *impl_->broken;
  }
  return impl_->protect([this, name, text] { register_source(impl_->L, name, text); });
}

Result<void> State::set_global(const std::string& name, const Json& value) {
  if (impl_->broken) {
    return *impl_->broken;
  }
  return impl_->protect([this, &name, &value] {
    push_json(impl_->L, value);
    lua_setglobal(impl_->L, name.c_str());
  });
}

Result<void> State::set_global(const std::string& name, const YamlNode& value) {
  if (impl_->broken) {
    return *impl_->broken;
  }
  return impl_->protect([this, &name, &value] {
    push_yaml(impl_->L, value);
    lua_setglobal(impl_->L, name.c_str());
  });
}

Result<void> State::run(std::string_view script, const std::string& chunk_name) {
  if (impl_->broken) {
    return *impl_->broken;
  }
  if (impl_->engine.reached()) {
    return impl_->limit_error();
  }
  if (script.size() > kSourceBytesMax) {
    return Error::with_message(
        kScriptSyntax,
        fmt::format("syntax error: script is larger than {} bytes", kSourceBytesMax));
  }
  Impl& impl = *impl_;
  lua_State* L = impl.L;
  lua_settop(L, 0);
  Result<void> prepared = impl.protect([&impl, L] {
    lua_pushlightuserdata(L, &impl);
    lua_pushcclosure(L, &Impl::note_error, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &handler_key);
  });
  if (!prepared) {
    return prepared;
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &handler_key);  // outside a protected call nothing may allocate
  int status = luaL_loadbufferx(L, script.data(), script.size(), chunk_name.c_str(), "t");
  if (impl.engine.note_limit(status)) {
    return impl.limit_error();
  }
  if (status != LUA_OK) {
    return Error::with_message(kScriptSyntax,
                               "syntax error: " + syntax_message(lua_tostring(L, -1)));
  }
  impl.error_text.clear();
  impl.error_traceback.clear();
  status = lua_pcall(L, 0, 0, 1);
  if (impl.engine.note_limit(status)) {
    return impl.limit_error();
  }
  if (status == LUA_OK) {
    return {};
  }
  if (status != LUA_ERRRUN) {
    impl.error_traceback.clear();
    impl.error_text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "unknown error";
  }
  if (auto failure = find_hook_failure(impl.error_text)) {
    return Error::with_message(kHookFailure, *std::move(failure));
  }
  std::string message = "runtime error: " + impl.error_text;
  if (!impl.error_traceback.empty()) {
    message.append("\n").append(impl.error_traceback);
  }
  return Error::with_message(kScriptFailed, std::move(message));
}

std::shared_ptr<Interrupt> State::interrupt() const { return impl_->engine.interrupt(); }
std::optional<LimitKind> State::limit_reached() const { return impl_->engine.reached(); }
std::uint64_t State::instructions_used() const { return impl_->engine.instructions_used(); }
std::size_t State::memory_used() const { return impl_->engine.memory_used(); }
const std::set<std::string, std::less<>>& State::required_modules() const {
  return impl_->engine.required();
}

}  // namespace tarn::actions::lua
