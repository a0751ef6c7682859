#include "actions/lua/modules/http.h"

#include "actions/hook_http.h"
#include "actions/lua/modules/cloud_modules.h"
#include "actions/lua/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

namespace tarn::actions::lua {
namespace {

/// For the whole exchange.
constexpr std::chrono::seconds kTimeout{30};

struct Answer {
  unsigned status = 0;
  http::Headers headers;
  Bytes body;
};

Task<Result<Answer>> exchange(Context ctx, aws::Services services, OutgoingRequest request,
                              std::size_t bytes_max) {
  ctx = ctx.with_timeout(services.clock, kTimeout);
  const std::string method = request.method;
  const Url url = request.url;
  Result<http::ClientResponse> response =
      co_await send_following(ctx, services.http, std::move(request));
  if (!response) {
    co_return Error::with_message(response.error().id(),
                                  transport_error(method, url, response.error()));
  }
  TARN_CO_TRY(Bytes body, co_await read_all(ctx, *response->body, bytes_max));
  Answer answer{response->status, std::move(response->headers), std::move(body)};
  co_return answer;
}

/// `Content-Type` for any way of writing it, as Go's library has it.
std::string canonical(std::string_view name) {
  std::string out(name);
  bool upper = true;
  for (char& c : out) {
    if (upper && c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    } else if (!upper && c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
    upper = c == '-';
  }
  return out;
}

void add_header(Call& call, http::Headers& headers, const std::string& name, const Json& value) {
  const std::string text = value.as_string() != nullptr ? *value.as_string() : value.dump();
  if (!is_header_name(name) || !is_header_value(text)) {
    call.fail(fmt::format("net/http: invalid header field '{}'", name));
  }
  headers.add(name, text);
}

/// Texts and numbers; a nested table adds each of its values, a list is ignored.
void add_headers(Call& call, http::Headers& headers, const Json& given) {
  for (const Json::Member& member : given.members()) {
    if (member.value.is_object()) {
      for (const Json::Member& inner : member.value.members()) {
        add_header(call, headers, member.key, inner.value);
      }
    } else if (!member.value.is_array()) {
      add_header(call, headers, member.key, member.value);
    }
  }
}

OutgoingRequest request_of(Call& call) {
  std::string url;
  std::string method;
  OutgoingRequest request;
  if (call.is_string(1)) {
    url = call.string(1);
    if (!call.missing(2)) {
      request.body = Bytes(call.string(2));
    }
  } else if (call.is_table(1)) {
    // Not as a host value: a body may be any bytes.
    url = call.field_string(1, "url").value_or("");
    method = call.field_string(1, "method").value_or("");
    request.body = call.field_string(1, "body");
    lua_pushstring(call.lua(), "headers");
    lua_rawget(call.lua(), 1);
    const int headers = lua_gettop(call.lua());
    if (!lua_isnil(call.lua(), headers)) {
      if (!lua_istable(call.lua(), headers)) {
        call.fail("net/http: 'headers' should be a table");
      }
      add_headers(call, request.headers, pull_json(call.lua(), headers));
    }
    lua_pop(call.lua(), 1);
  } else {
    call.fail(fmt::format("first argument can be url or request table (invalid type: {})",
                          lua_type(call.lua(), 1)));
  }
  if (url.empty()) {
    call.fail("missing request url");
  }
  const std::optional<Url> split = split_url(url);
  if (!split) {
    call.fail(fmt::format("'{}' is no http or https URL", url));
  }
  request.url = *split;
  request.method = !method.empty() ? method : request.body ? "POST" : "GET";
  return request;
}

int request(const SessionPtr& session, Call& call) {
  OutgoingRequest outgoing = request_of(call);
  call.charge_bytes(outgoing.url.target.size() + (outgoing.body ? outgoing.body->size() : 0));
  const std::size_t room = Session::room(call);
  const aws::Services& host = session->host().services.aws;
  const aws::Services services{outbound_client(*session), host.clock, host.rng};
  std::function<Task<Result<Answer>>(Context)> start = [services, outgoing, room](Context ctx) {
    return exchange(std::move(ctx), services, outgoing, room);
  };
  const Answer answer = call.unwrap(session->await<Answer>(call, std::move(start)));
  call.charge_bytes(answer.body.size());

  std::map<std::string, std::vector<std::string>> fields;
  for (const http::Headers::Field& field : answer.headers) {
    fields[canonical(field.name)].push_back(field.value);
  }
  Json headers = Json::object();
  for (const auto& [name, values] : fields) {
    if (values.size() == 1) {
      headers.set(name, values.front());
      continue;
    }
    Json list = Json::array();
    for (const std::string& value : values) {
      list.push_back(value);
    }
    headers.set(name, std::move(list));
  }
  call.push(static_cast<double>(answer.status));
  call.push(answer.body);
  call.push(headers);
  call.push(fmt::format("{} {}", answer.status, http::reason_phrase(answer.status)));
  return 4;
}

}  // namespace

Module http_module(const SessionPtr& session) {
  return {"net/http", {{"request", [session](Call& call) { return request(session, call); }}}};
}

aws::Services aws_services(const SessionPtr& session, std::string_view named_endpoint) {
  const ServerServices& services = session->host().services;
  if (named_endpoint.empty()) {
    return services.aws;
  }
  return {outbound_client(*session), services.aws.clock, services.aws.rng};
}

}  // namespace tarn::actions::lua
