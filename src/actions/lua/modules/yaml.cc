#include "actions/lua/modules/modules.h"
#include "actions/lua/modules/yaml_emitter.h"
#include "actions/lua/yaml_value.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace tarn::actions::lua {
namespace {

/// What yaml-cpp's nodes may need for each byte of text: a list of one-letter items is two bytes an
/// item.
constexpr std::size_t kParseBytesPerByte = 200;

int yaml_marshal(Call& call) {
  if (!call.missing(1) && !call.is_table(1)) {
    call.fail(fmt::format("need a table at index 1, got {}: cannot pull go type into lua",
                          call.type_name(1)));
  }
  Buffer out(call.engine());
  emit_yaml(call.engine(), out, call.json(1));
  call.push(out.text());
  return 1;
}

int yaml_unmarshal(Call& call) {
  const std::string_view text = call.string(1);
  call.charge_bytes(kParseBytesPerByte * text.size());
  call.engine().require_room(kParseBytesPerByte * text.size());
  YAML::Node root;
  try {
    root = YAML::Load(std::string(text));
  } catch (const YAML::Exception& error) {
    call.fail(fmt::format("yaml: line {}: {}", error.mark.line + 1, error.msg));
  }
  push_yaml(call.lua(), root);
  return 1;
}

}  // namespace

const Module& yaml_module() {
  static const Module kModule = {"encoding/yaml",
                                 {{"marshal", yaml_marshal}, {"unmarshal", yaml_unmarshal}}};
  return kModule;
}

}  // namespace tarn::actions::lua
