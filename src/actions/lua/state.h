#pragma once

#include "actions/lua/call.h"
#include "actions/lua/errors.h"
#include "actions/lua/limits.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/yaml.h"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

struct lua_State;

namespace tarn::actions::lua {

/// What a State takes from its host. The references outlive it.
struct Host {
  const Clock& clock;
  Rng& rng;
  /// Receives what `print` writes, a line per call, on the script's thread. May be empty.
  std::function<void(std::string_view)> output;
};

/// A sandboxed Lua 5.2 environment for one hook: the standard library without files, processes,
/// bytecode and reflection on the host, the library modules of standard_modules(), and limits that
/// the script can neither catch nor outrun. docs/lua.md lists what scripts see.
///
/// One thread at a time; only interrupt() is for others. A hook's thread runs the script and blocks
/// in native functions, so it must not be a thread of an event loop. It needs 1 MiB of stack.
class State {
 public:
  /// With the standard library and standard_modules().
  State(const Limits& limits, Host host);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// Makes `module` what `require(module.name)` answers, replacing one of that name.
  Result<void> add_module(Module module);
  /// Lua source that `require(name)` compiles and runs; the dotted form of the name finds it, too.
  Result<void> add_source(std::string_view name, std::string_view text);
  /// Sets a global. Errors: kScriptLimit.
  Result<void> set_global(const std::string& name, const Json& value);
  /// The same from YAML, whose keys keep their type. Timestamps arrive as text.
  Result<void> set_global(const std::string& name, const YamlNode& value);

  /// Compiles and runs `script`; its return values are dropped. `chunk_name` appears in messages as
  /// `[string "<chunk_name>"]:<line>:`. Errors: all of errors.h. After a limit every further run
  /// gives that same error.
  Result<void> run(std::string_view script, const std::string& chunk_name);

  /// Stops the script from any thread, at any time, also after the State is gone.
  std::shared_ptr<Interrupt> interrupt() const;
  /// The limit that ended the script, if one did.
  std::optional<LimitKind> limit_reached() const;
  std::uint64_t instructions_used() const;
  std::size_t memory_used() const;
  /// Names of the modules that the script required, for usage metrics.
  const std::set<std::string, std::less<>>& required_modules() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The modules that need no server: encoding/*, crypto/*, path, strings, time, regexp, uuid,
/// net/url, hook.
const std::vector<Module>& standard_modules();

}  // namespace tarn::actions::lua
