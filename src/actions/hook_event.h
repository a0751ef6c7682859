#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "graveler/hooks.h"

#include <string>
#include <string_view>

namespace tarn::actions {

/// The hook that an event is told to.
struct HookNames {
  std::string action;
  std::string hook_id;
};

/// The body of webhooks: JSON on one line, fields that do not apply left out.
std::string webhook_event(const graveler::HookRecord& record, const HookNames& names, WallTime now);

/// The global `action` of Lua hooks: every field is there, empty where it does not apply.
Json lua_event(const graveler::HookRecord& record, const HookNames& names);

}  // namespace tarn::actions
