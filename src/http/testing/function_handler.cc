#include "http/testing/function_handler.h"

#include "base/assert.h"

namespace tarn::http::testing {
namespace {

std::unique_ptr<Server> start(ServerConfig config, Loops& loops, Handler& handler, Rng& rng) {
  config.listen_address = "127.0.0.1:0";
  Result<std::unique_ptr<Server>> server = start_server(std::move(config), loops, handler, rng);
  TARN_ASSERT(server.has_value(), "a test server starts");
  return *std::move(server);
}

}  // namespace

TestServer::TestServer(FunctionHandler::Function function, ServerConfig config)
    : handler_(std::move(function)), server_(start(std::move(config), loops_, handler_, rng_)) {}

std::string TestServer::base_url() const {
  return "http://127.0.0.1:" + std::to_string(server_->port());
}

}  // namespace tarn::http::testing
