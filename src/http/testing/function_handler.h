#pragma once

#include "base/rng.h"
#include "http/server.h"

#include <functional>
#include <memory>
#include <utility>

namespace tarn::http::testing {

/// A Handler from a function.
class FunctionHandler final : public Handler {
 public:
  using Function = std::function<Task<Response>(Context, Request)>;
  explicit FunctionHandler(Function function) : function_(std::move(function)) {}
  Task<Response> handle(Context ctx, Request request) override {
    return function_(std::move(ctx), std::move(request));
  }

 private:
  Function function_;
};

/// A real server on a free port of 127.0.0.1 that answers with a function.
class TestServer {
 public:
  explicit TestServer(FunctionHandler::Function function, ServerConfig config = {});

  std::uint16_t port() const { return server_->port(); }
  std::string base_url() const;
  Server& server() { return *server_; }
  Loops& loops() { return loops_; }

 private:
  FunctionHandler handler_;
  SeededRng rng_{1};
  Loops loops_{2};
  std::unique_ptr<Server> server_;
};

}  // namespace tarn::http::testing
