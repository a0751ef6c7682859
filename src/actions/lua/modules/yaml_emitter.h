#pragma once

#include "actions/lua/engine.h"
#include "base/json.h"

#include <string>

namespace tarn::actions::lua {

/// Appends `value` as a YAML document in block style, indented by four, a newline at the end.
/// Strings are plain where a reader gets them back as strings, also one of YAML 1.1 (`yes` is
/// quoted); several lines become a literal block.
void emit_yaml(Engine& engine, Buffer& out, const Json& value);

}  // namespace tarn::actions::lua
