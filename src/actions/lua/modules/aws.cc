#include "actions/lua/modules/server_functions.h"

namespace tarn::actions::lua {

void push_client(Call& call, std::vector<NamedFunction> functions) {
  call.push_table(0, static_cast<int>(functions.size()));
  std::size_t bytes = kClientBytes;
  for (NamedFunction& each : functions) {
    call.push_function(std::move(each.function), std::exchange(bytes, 0));
    call.set_field(each.name.c_str());
  }
}

int push_object(Call& call, Result<Bytes> body, bool (*is_missing)(const Error&)) {
  const bool missing = !body && is_missing(body.error());
  const Bytes bytes = missing ? Bytes() : call.unwrap(std::move(body));
  call.charge_bytes(bytes.size());
  call.push(bytes);
  call.push(!missing);
  return 2;
}

Module aws_module(const SessionPtr& session) {
  return {"aws",
          {{"s3_client", [session](Call& call) { return make_s3_client(call, session); }},
           {"glue_client", [session](Call& call) { return make_glue_client(call, session); }}}};
}

}  // namespace tarn::actions::lua
