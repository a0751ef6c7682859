#include "actions/lua/modules/modules.h"
#include "base/id.h"

namespace tarn::actions::lua {
namespace {

int uuid_new(Call& call) {
  call.push(uuid_v4(call.rng()));
  return 1;
}

}  // namespace

const Module& uuid_module() {
  static const Module kModule = {"uuid", {{"new", uuid_new}}};
  return kModule;
}

}  // namespace tarn::actions::lua
