#include "server/front_door.h"

#include "api/operation.h"
#include "endpoints/s3/naming.h"

namespace tarn::server {
namespace {

http::Response text_response(unsigned status, std::string body, std::string content_type) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", std::move(content_type));
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.body = std::move(body);
  return response;
}

}  // namespace

Task<http::Response> FrontDoor::handle(Context ctx, http::Request request) {
  if (endpoints::s3::is_gateway_request(request, s3_domains_)) {
    co_return co_await endpoints_.s3.handle(std::move(ctx), std::move(request));
  }
  const std::string_view path = request.path();
  if (path == "/api/v1" || path.starts_with("/api/v1/")) {
    co_return co_await endpoints_.rest.handle(std::move(ctx), std::move(request));
  }
  if (path == "/_health") {
    co_return text_response(200, health_text_, "text/plain; charset=utf-8");
  }
  if (path == "/metrics") {
    co_return text_response(200, endpoints_.metrics.render(),
                            "text/plain; version=0.0.4; charset=utf-8");
  }
  if (path == "/openapi.json") {
    co_return text_response(200, std::string(api::openapi_json()), "application/json");
  }
  co_return text_response(404, "Not Found\n", "text/plain; charset=utf-8");
}

}  // namespace tarn::server
