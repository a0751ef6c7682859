#pragma once

#include "actions/api_caller.h"
#include "base/metrics.h"
#include "endpoints/rest/services.h"
#include "http/server.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::endpoints::rest {

/// The path below which everything is the REST API.
inline constexpr std::string_view kBasePath = "/api/v1";

/// Answers `/api/v1/…`: match, bind, authenticate, call the handler, encode. Requests come from the
/// network, or from inside the server on behalf of a user (ApiCaller). Thread-safe.
class Endpoint final : public http::Handler, public actions::ApiCaller {
 public:
  /// `metrics` outlives the endpoint.
  Endpoint(Services services, Metrics& metrics);
  /// Call once before the first request; without it nobody can order runs of actions.
  void set_manual_runs(actions::ManualRuns& runs) { services_.manual_runs = &runs; }
  /// The same of exports of tables.
  void set_exports(const actions::CatalogExportServices& exports) { services_.exports = &exports; }
  Task<http::Response> handle(Context ctx, http::Request request) override;
  Task<Result<actions::ApiResponse>> call(Context ctx, actions::ApiRequest request) override;

 private:
  /// `as_user` stands in for credentials, which then are not looked at.
  Task<http::Response> dispatch(Context ctx, http::Request request,
                                std::optional<std::string> as_user);
  Task<http::Response> answer(Context ctx, http::Request request,
                              std::optional<std::string> as_user, std::size_t& operation);

  Services services_;
  /// Seconds by operation; the last for requests that match none.
  std::vector<Histogram> durations_;
  /// By hundreds of the status.
  std::array<Counter, 6> responses_;
};

}  // namespace tarn::endpoints::rest
