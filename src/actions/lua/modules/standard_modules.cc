#include "actions/lua/modules/modules.h"
#include "actions/lua/state.h"

namespace tarn::actions::lua {

const std::vector<Module>& standard_modules() {
  static const std::vector<Module> kModules = {
      aes_module(),  hmac_module(), md5_module(),  sha256_module(), base64_module(),
      hex_module(),  json_module(), yaml_module(), z85_module(),    parquet_module(),
      hook_module(), url_module(),  path_module(), regexp_module(), strings_module(),
      time_module(), uuid_module()};
  return kModules;
}

}  // namespace tarn::actions::lua
