#include "actions/hook.h"

namespace tarn::actions {

Result<std::unique_ptr<Hook>> make_hook(HookServices services, HookRequest request,
                                        Secrets& secrets) {
  switch (request.spec.type) {
    case HookType::kLua:
      return make_lua_hook(services, std::move(request), secrets);
    case HookType::kWebhook:
      return make_webhook(services, std::move(request), secrets);
    case HookType::kCatalogExport:
      return make_catalog_export_hook(services, std::move(request), secrets);
    case HookType::kAirflow:
      return make_airflow_hook(services, std::move(request), secrets);
  }
  return Error(kInternal, "a hook of no type");
}

}  // namespace tarn::actions
