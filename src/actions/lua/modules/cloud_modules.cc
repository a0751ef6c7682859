#include "actions/lua/modules/cloud_modules.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::actions::lua {

std::vector<Module> cloud_modules(const SessionPtr& session) {
  std::vector<Module> modules;
  modules.push_back(delta_module(session));
  modules.push_back(formats_module(session));
  modules.push_back(databricks_module(session));
  modules.push_back(azure_module(session));
  modules.push_back(gcloud_module(session));
  return modules;
}

http::Client& outbound_client(const Session& session) {
  const ServerServices& services = session.host().services;
  return services.outbound != nullptr ? *services.outbound : services.aws.http;
}

std::string host_url(Call& call, std::string_view given) {
  std::string url(given);
  if (url.find("://") == std::string::npos) {
    url.insert(0, "https://");
  }
  while (url.ends_with('/')) {
    url.pop_back();
  }
  const bool http = url.starts_with("http://") || url.starts_with("https://");
  const std::string_view host = std::string_view(url).substr(url.find("://") + 3);
  const bool plain = std::ranges::none_of(host, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '?' || c == '#' || c == '@';
  });
  if (!http || host.empty() || !plain) {
    call.fail(fmt::format("`{}` is no host or http(s) URL", given));
  }
  return url;
}

}  // namespace tarn::actions::lua
