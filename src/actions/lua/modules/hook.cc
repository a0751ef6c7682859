#include "actions/lua/modules/modules.h"

namespace tarn::actions::lua {
namespace {

/// State::run finds the marks and makes the text between them the whole error of the hook.
int hook_fail(Call& call) {
  std::string message = "<HookFailure>";
  call.fail(message.append(call.string(1)).append("</HookFailure>"));
}

}  // namespace

const Module& hook_module() {
  static const Module kModule = {"hook", {{"fail", hook_fail}}};
  return kModule;
}

}  // namespace tarn::actions::lua
