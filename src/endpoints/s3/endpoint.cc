#include "endpoints/s3/endpoint.h"

#include "auth/errors.h"
#include "auth/request_login.h"
#include "aws/sigv4_verify.h"
#include "base/encoding.h"
#include "endpoints/s3/authenticate.h"
#include "endpoints/s3/dispatch.h"
#include "endpoints/s3/errors.h"
#include "endpoints/s3/response.h"

#include <algorithm>

namespace tarn::endpoints::s3 {
namespace {

/// Buckets of lakeFS's histogram, in seconds.
const std::vector<double>& lakefs_bounds() {
  static const std::vector<double> bounds{0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60};
  return bounds;
}

http::Response login_failed() {
  http::Response response;
  response.status = 401;
  response.headers.add("Content-Type", "application/json");
  response.body = Bytes("{\"message\":\"error authenticating request\"}\n");
  return response;
}

/// The repository of the request. Errors: as the caller may know; who may not list repositories
/// learns nothing.
Task<Result<graveler::RepositoryPtr>> find_repository(Context ctx, Call call) {
  Result<RepositoryId> id = RepositoryId::parse(call.address().repository);
  if (!id) {
    co_return Error(kInvalidBucketName);
  }
  Result<graveler::RepositoryPtr> found = co_await call.versions().repository(ctx, *std::move(id));
  if (found || found.error().kind() != ErrorKind::kNotFound) {
    co_return found;
  }
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, auth::action::kListRepositories, std::string(auth::arn::kAll)));
  if (call.request().target.starts_with("/api/v1")) {
    co_return Error(kPossibleApiEndpoint);
  }
  if (call.state().operation == Operation::kPutBucket) {
    co_return Error(kNotImplemented);
  }
  co_return std::move(found).error();
}

/// Everything between the address and the answer.
Task<Result<http::Response>> serve(Context ctx, Call call) {
  Call::State& state = call.state();
  TARN_CO_CHECK_OK(co_await authenticate(ctx, call));
  ctx = ctx.with_user(state.user);
  if (!state.address.repository.empty()) {
    TARN_CO_TRY(state.repository, co_await find_repository(ctx, call));
  }
  state.stage = Stage::kAuthorising;
  TARN_CO_CHECK_OK(co_await authorise(ctx, call));
  if (state.services.config.verify_unsupported && names_unsupported(state.operation, state.query)) {
    co_return Error(kNotSupported);
  }
  const Handler handler = handler_of(call);
  if (handler != &operations::unsupported && state.repository) {
    state.stage = state.address.ref.empty() ? Stage::kBucket : Stage::kObject;
  }
  co_return co_await handler(std::move(ctx), call);
}

}  // namespace

Endpoint::Endpoint(Services services, Metrics& metrics) : services_(services), metrics_(metrics) {
  for (std::size_t at = 0; at < kOperationCount; ++at) {
    const auto operation = static_cast<Operation>(at);
    durations_[at] = metrics.histogram(
        "tarn_s3_request_duration_seconds", "Time from a request's head to its response's head.",
        duration_bounds(), {{"operation", std::string(to_string(operation))}});
  }
  for (std::size_t hundreds = 1; hundreds < responses_.size(); ++hundreds) {
    responses_[hundreds] =
        metrics.counter("tarn_s3_responses_total", "Responses by the first digit of their status.",
                        {{"status", std::to_string(hundreds) + "xx"}});
  }
}

void Endpoint::count(Operation operation, unsigned status, double seconds) {
  durations_[static_cast<std::size_t>(operation)].observe(seconds);
  responses_[std::min<std::size_t>(status / 100, responses_.size() - 1)].add();
  // The name and labels that lakeFS's dashboards ask for.
  metrics_
      .histogram(
          "gateway_request_duration_seconds", "Requests of the S3 gateway, as lakeFS names them.",
          lakefs_bounds(),
          {{"operation", std::string(to_string(operation))}, {"code", std::to_string(status)}})
      .observe(seconds);
}

Task<http::Response> Endpoint::handle(Context ctx, http::Request request) {
  const SteadyTime start = services_.clock.steady_now();
  Operation operation = Operation::kNotFound;
  http::Response response = co_await answer(std::move(ctx), std::move(request), &operation);
  count(operation, response.status,
        std::chrono::duration<double>(services_.clock.steady_now() - start).count());
  co_return response;
}

Task<http::Response> Endpoint::answer(Context ctx, http::Request request, Operation* operation) {
  Call::State state(services_, request);
  const Call call(state);
  state.request_id = std::string(ctx.request_id());
  state.source_ip = auth::source_address(request);
  Result<http::QueryPairs> query = http::parse_query(request.query());
  Result<std::string> path = percent_decode(request.path());
  Result<http::Response> outcome = Error(aws::kInvalidUri);
  if (query && path) {
    state.query = *std::move(query);
    state.address = parse_address(request.headers.get("Host"), *path, services_.config.domains);
    state.operation = operation_of(state.address, request.method);
    *operation = state.operation;
    outcome = co_await serve(std::move(ctx), call);
  }
  http::Response response;
  if (outcome) {
    response = *std::move(outcome);
  } else if (outcome.error().is(kLoginFailed)) {
    response = login_failed();
  } else {
    response = error_response(call, outcome.error());
  }
  complete_content_type(call, response);
  response.headers.add("X-Amz-Request-Id", std::move(state.request_id));
  co_return response;
}

}  // namespace tarn::endpoints::s3
