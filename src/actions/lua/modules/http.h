#pragma once

#include "actions/lua/modules/session.h"

#include <string_view>

namespace tarn::actions::lua {

/// `net/http`.
Module http_module(const SessionPtr& session);

/// What an AWS client works with: one whose endpoint the script names goes where hooks may; one for
/// AWS, or for what the server's environment names, goes where the server does.
aws::Services aws_services(const SessionPtr& session, std::string_view named_endpoint);

}  // namespace tarn::actions::lua
