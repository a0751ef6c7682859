#include "endpoints/rest/endpoint.h"

#include "api/codec.h"
#include "api/errors.h"
#include "api/operation.h"
#include "api/requests.h"
#include "base/log.h"
#include "endpoints/rest/authenticate.h"
#include "endpoints/rest/call.h"
#include "endpoints/rest/error_table.h"
#include "endpoints/rest/handlers.h"

#include <algorithm>
#include <type_traits>

namespace tarn::endpoints::rest {
namespace {

/// Where requests from inside come from, for policies and logs.
constexpr std::string_view kInternalAddress = "[internal (lua)]";

/// What is known of a request before its operation's types come in.
struct Incoming {
  Context ctx;
  Call::State* state = nullptr;
  http::Request* request = nullptr;
  const api::Match* match = nullptr;
  api::QueryPairs query;
  /// Set: nobody else is looked for.
  std::optional<std::string> as_user;
};

/// Null where the request names nobody. Errors: auth::kUnauthenticated, also for a user who is
/// gone.
Task<Result<auth::UserPtr>> find_user(Context ctx, Incoming& in) {
  auth::Service& service = in.state->services.auth;
  if (!in.as_user) {
    co_return co_await authenticate(std::move(ctx), service, *in.request);
  }
  Result<auth::UserPtr> found = co_await service.user(std::move(ctx), *in.as_user);
  if (!found && found.error().is(auth::kUserNotFound)) {
    co_return Error(auth::kUnauthenticated);
  }
  co_return found;
}

http::Response json_response(unsigned status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("X-Content-Type-Options", "nosniff");
  body.push_back('\n');
  response.body = std::move(body);
  return response;
}

http::Response error_response(const Error& error, bool without_body) {
  ErrorAnswer answer = answer_for(error);
  http::Response response;
  if (without_body) {
    response.status = answer.status;
    return response;
  }
  if (error.is(api::kBadArgument)) {
    response.status = answer.status;
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = std::move(answer.message);
    return response;
  }
  if (answer.status >= 500 && answer.status != 501) {
    log::error("a request failed", {{"status", answer.status}, {"error", answer.message}});
  }
  std::string body = "{\"message\":";
  append_json_string(body, answer.message);
  body.push_back('}');
  return json_response(answer.status, std::move(body));
}

/// Everything between routing and encoding for one operation's types.
template <class Op>
Task<Result<http::Response>> serve(Incoming in) {
  const http::Headers& headers = in.request->headers;
  const auto find_header = [&headers](std::string_view name) {
    return api::HeaderValue{headers.get(name), headers.count(name)};
  };
  typename Op::Request request;
  const api::ParameterInput input{in.match->path, in.query, api::HeaderLookup(find_header)};
  Result<void> bound = api::bind(input, request);
  if (!bound && !bound.error().is(api::kBadArgument)) {
    co_return std::move(bound).error();
  }
  if constexpr (Op::body == api::BodyKind::kJson) {
    Result<Bytes> body =
        co_await read_all(in.ctx, *in.request->body, in.match->operation->body_size_bytes_max);
    if (!body) {
      co_return body.error().kind() == ErrorKind::kInvalid
          ? Error::with_message(api::kBadRequest,
                                "request body has an error: " + body.error().message())
          : std::move(body).error();
    }
    const api::BodyInput body_input{headers.get("Content-Type"), *body};
    TARN_CO_CHECK_OK(api::bind_body(body_input, request));
  }
  Context ctx = in.ctx;
  if (in.match->operation->security != api::Security::kOpen) {
    TARN_CO_TRY(const auth::UserPtr user, co_await find_user(ctx, in));
    if (user) {
      in.state->user = user->name;
      in.state->committer = user->committer();
      ctx = ctx.with_user(user->name);
    } else if (in.match->operation->security == api::Security::kAuthenticated) {
      // No handler sees a stranger, not even one that forgets to ask for a permission.
      co_return Error(auth::kUnauthenticated);
    }
  }
  if (!bound) {
    co_return std::move(bound).error();
  }
  constexpr auto handler = Op::handler;
  auto outcome = co_await handler(std::move(ctx), Call(*in.state), std::move(request));
  if (!outcome) {
    co_return std::move(outcome).error();
  }
  if constexpr (Op::response == api::ResponseKind::kStream) {
    co_return *std::move(outcome);
  } else {
    http::Response response;
    response.status = Op::status;
    if constexpr (Op::response == api::ResponseKind::kJson) {
      std::string body;
      api::encode_to(body, *outcome);
      response = json_response(in.state->response_status.value_or(Op::status), std::move(body));
    } else if constexpr (Op::response == api::ResponseKind::kText) {
      response.headers.add("Content-Type", "text/plain; charset=utf-8");
      response.body = *std::move(outcome);
    }
    for (const http::Headers::Field& field : in.state->response_headers) {
      response.headers.add(field.name, field.value);
    }
    co_return response;
  }
}

/// The traits of an operation with its handler.
#define TARN_OPERATION(name, Name, tag, BODY, RESPONSE) \
  struct Handled##Name : api::ops::Name {               \
    static constexpr auto handler = &handlers::name;    \
  };
#include "api/operations.inc"
#undef TARN_OPERATION

using Serve = Task<Result<http::Response>> (*)(Incoming);

constexpr Serve kServe[] = {
#define TARN_OPERATION(name, Name, tag, BODY, RESPONSE) &serve<Handled##Name>,
#include "api/operations.inc"
#undef TARN_OPERATION
};

}  // namespace

Endpoint::Endpoint(Services services, Metrics& metrics) : services_(services) {
  constexpr std::string_view name = "tarn_rest_request_duration_seconds";
  constexpr std::string_view help = "Time from a request's head to its response's head.";
  for (const api::Operation& operation : api::operations()) {
    durations_.push_back(metrics.histogram(name, help, duration_bounds(),
                                           {{"operation", std::string(operation.name)}}));
  }
  durations_.push_back(metrics.histogram(name, help, duration_bounds(), {{"operation", "none"}}));
  for (std::size_t hundreds = 1; hundreds < responses_.size(); ++hundreds) {
    responses_[hundreds] = metrics.counter("tarn_rest_responses_total",
                                           "Responses by the first digit of their status.",
                                           {{"status", std::to_string(hundreds) + "xx"}});
  }
}

Task<http::Response> Endpoint::handle(Context ctx, http::Request request) {
  co_return co_await dispatch(std::move(ctx), std::move(request), std::nullopt);
}

Task<Result<actions::ApiResponse>> Endpoint::call(Context ctx, actions::ApiRequest request) {
  TARN_CO_CHECK_OK(ctx.check(services_.clock));
  http::Request inner;
  inner.method = std::move(request.method);
  inner.target = std::move(request.target);
  inner.headers.add("User-Agent", "lakefs-lua/" + services_.info.version);
  if (!request.body.empty()) {
    inner.headers.add("Content-Type", "application/json");
  }
  if (!request.range.empty()) {
    inner.headers.add("Range", std::move(request.range));
  }
  inner.peer_address = kInternalAddress;
  inner.content_length = request.body.size();
  inner.body = memory_source(std::move(request.body));
  std::optional<std::string> as_user = std::move(request.user);
  http::Response response = co_await dispatch(ctx, std::move(inner), std::move(as_user));
  if (response.status >= 400) {
    // What ends the call is the caller's business, not an answer of the API.
    TARN_CO_CHECK_OK(ctx.check(services_.clock));
  }
  actions::ApiResponse out;
  out.status = response.status;
  out.content_type = std::string(response.headers.get("Content-Type"));
  if (auto* stream = std::get_if<std::unique_ptr<ByteSource>>(&response.body)) {
    if (*stream) {
      TARN_CO_TRY(out.body, co_await read_all(ctx, **stream, request.response_bytes_max));
    }
    co_return out;
  }
  out.body = std::get<Bytes>(std::move(response.body));
  if (out.body.size() > request.response_bytes_max) {
    co_return Error::with_message(
        kInvalid, "larger than " + std::to_string(request.response_bytes_max) + " bytes");
  }
  co_return out;
}

Task<http::Response> Endpoint::dispatch(Context ctx, http::Request request,
                                        std::optional<std::string> as_user) {
  const SteadyTime start = services_.clock.steady_now();
  std::size_t operation = durations_.size() - 1;
  http::Response response =
      co_await answer(std::move(ctx), std::move(request), std::move(as_user), operation);
  durations_[operation].observe(
      std::chrono::duration<double>(services_.clock.steady_now() - start).count());
  responses_[std::min<std::size_t>(response.status / 100, responses_.size() - 1)].add();
  co_return response;
}

Task<http::Response> Endpoint::answer(Context ctx, http::Request request,
                                      std::optional<std::string> as_user, std::size_t& operation) {
  const std::string_view path = request.path();
  const bool head = request.method == "HEAD";
  if (!path.starts_with(kBasePath)) {
    co_return json_response(404, R"({"message":"invalid API endpoint"})");
  }
  const std::optional<api::Match> match = api::match(request.method, path.substr(kBasePath.size()));
  if (!match || match->operation == nullptr) {
    co_return json_response(404, R"({"message":"invalid API endpoint"})");
  }
  operation = static_cast<std::size_t>(match->operation->id);
  Result<api::QueryPairs> query = http::parse_query(request.query());
  Call::State state{services_, &request, {}, {}, source_address(request), {}};
  Result<http::Response> outcome = Error(api::kBadRequest);
  if (match->error && !match->error->is(api::kBadArgument)) {
    co_return error_response(*match->error, head);
  }
  if (match->error) {
    outcome = *match->error;
  } else if (!query) {
    outcome =
        Error::with_message(api::kBadRequest, "request has an error: " + query.error().message());
  } else {
    Incoming in{ctx, &state, &request, &*match, *std::move(query), std::move(as_user)};
    const Serve serve_operation = kServe[static_cast<std::size_t>(match->operation->id)];
    outcome = co_await serve_operation(std::move(in));
  }
  http::Response response = outcome ? *std::move(outcome) : error_response(outcome.error(), head);
  response.headers.add("X-Request-Id", std::string(ctx.request_id()));
  co_return response;
}

}  // namespace tarn::endpoints::rest
