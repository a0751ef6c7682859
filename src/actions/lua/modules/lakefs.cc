#include "actions/lua/modules/cloud_modules.h"
#include "actions/lua/modules/server_functions.h"
#include "base/encoding.h"

#include <fmt/format.h>

namespace tarn::actions::lua {
namespace {

/// Memory of a parsed document for each byte of its text, at worst.
constexpr std::size_t kParseBytesPerByte = 16;

/// Status, and the decoded body if there is one.
int push_answer(Call& call, const ApiResponse& response) {
  call.push(static_cast<double>(response.status));
  if (response.body.empty()) {
    return 1;
  }
  call.engine().require_room(kParseBytesPerByte * response.body.size());
  const Result<Json> body = parse_json(response.body);
  if (!body) {
    call.fail(fmt::format("status {}: the answer is no JSON: {}", response.status,
                          body.error().message()));
  }
  call.push(*body);
  return 2;
}

int push_raw(Call& call, const ApiResponse& response) {
  call.push(static_cast<double>(response.status));
  call.push(response.body);
  return 2;
}

/// Adds argument `n` as a query parameter when it is there.
void add_text(Call& call, ApiTarget& target, std::string_view name, int n) {
  if (!call.missing(n)) {
    target.parameter(name, call.string(n));
  }
}

void add_number(Call& call, ApiTarget& target, std::string_view name, int n) {
  if (!call.missing(n)) {
    target.parameter(name, std::to_string(call.whole_number(n)));
  }
}

void add_flag(Call& call, ApiTarget& target, std::string_view name, int n) {
  if (!call.missing(n)) {
    target.parameter(name, call.boolean(n) ? "true" : "false");
  }
}

int create_tag(Session& session, Call& call) {
  ApiTarget target;
  target.segment(call.string(1)).literal("/tags");
  Json body = Json::object();
  body.set("ref", call.string(2)).set("id", call.string(3));
  return push_answer(call, session.request(call, "POST", std::move(target).str(), body.dump()));
}

int diff_refs(Session& session, Call& call) {
  ApiTarget target;
  target.segment(call.string(1)).literal("/refs").segment(call.string(2));
  target.literal("/diff").segment(call.string(3));
  add_text(call, target, "after", 4);
  add_text(call, target, "prefix", 5);
  add_text(call, target, "delimiter", 6);
  add_number(call, target, "amount", 7);
  return push_answer(call, session.request(call, "GET", std::move(target).str()));
}

int diff_branch(Session& session, Call& call) {
  ApiTarget target;
  target.segment(call.string(1)).literal("/branches").segment(call.string(2)).literal("/diff");
  add_text(call, target, "after", 3);
  add_number(call, target, "amount", 4);
  add_text(call, target, "prefix", 5);
  add_text(call, target, "delimiter", 6);
  return push_answer(call, session.request(call, "GET", std::move(target).str()));
}

int get_object(Session& session, Call& call) {
  ApiTarget target;
  target.segment(call.string(1)).literal("/refs").segment(call.string(2)).literal("/objects");
  target.parameter("path", call.string(3));
  return push_raw(call, session.request(call, "GET", std::move(target).str()));
}

int update_object_user_metadata(Session& session, Call& call) {
  ApiTarget target;
  target.segment(call.string(1)).literal("/branches").segment(call.string(2));
  target.literal("/objects/stat/user_metadata").parameter("path", call.string(3));
  call.require_table(4);
  Json body = Json::object();
  body.set("set", call.json(4));
  return push_answer(call, session.request(call, "PUT", std::move(target).str(), body.dump()));
}

}  // namespace

ApiTarget& ApiTarget::literal(std::string_view path) {
  text_.append(path);
  return *this;
}

ApiTarget& ApiTarget::segment(std::string_view text) {
  text_.append("/").append(percent_encode(text));
  return *this;
}

ApiTarget& ApiTarget::parameter(std::string_view name, std::string_view value) {
  text_.push_back(has_query_ ? '&' : '?');
  has_query_ = true;
  text_.append(name).append("=").append(percent_encode(value));
  return *this;
}

int ListObjects::operator()(Call& call) const {
  ApiTarget target;
  target.segment(call.string(1)).literal("/refs").segment(call.string(2)).literal("/objects/ls");
  add_text(call, target, "after", 3);
  add_text(call, target, "prefix", 4);
  add_text(call, target, "delimiter", 5);
  add_number(call, target, "amount", 6);
  add_flag(call, target, "user_metadata", 7);
  return push_answer(call, session->request(call, "GET", std::move(target).str()));
}

int StatObject::operator()(Call& call) const {
  ApiTarget target;
  target.segment(call.string(1)).literal("/refs").segment(call.string(2)).literal("/objects/stat");
  target.parameter("path", call.string(3));
  add_flag(call, target, "user_metadata", 4);
  return push_raw(call, session->request(call, "GET", std::move(target).str()));
}

Module lakefs_module(const SessionPtr& session) {
  using Function = int (*)(Session&, Call&);
  const auto bind = [&session](Function function) -> NativeFunction {
    return [session, function](Call& call) { return function(*session, call); };
  };
  return {"lakefs",
          {{"create_tag", bind(create_tag)},
           {"diff_refs", bind(diff_refs)},
           {"diff_branch", bind(diff_branch)},
           {"list_objects", ListObjects{session}},
           {"get_object", bind(get_object)},
           {"stat_object", StatObject{session}},
           {"update_object_user_metadata", bind(update_object_user_metadata)}}};
}

}  // namespace tarn::actions::lua
