// tarn_yardstick --port N [--loops N]: the http module answering every request with the same
// 200-byte JSON. Prints `port <n>` once it listens; ends at the end of its standard input.
#include "base/rng.h"
#include "bench/http/yardstick.h"
#include "http/server.h"
#include "runtime/loops.h"

#include <cstdio>

namespace {

class Constant final : public tarn::http::Handler {
 public:
  tarn::Task<tarn::http::Response> handle(tarn::Context, tarn::http::Request) override {
    tarn::http::Response response;
    response.headers.add("Content-Type", "application/json");
    response.body = tarn::Bytes(tarn::bench::kAnswer);
    co_return response;
  }
};

}  // namespace

int main(int argc, char** argv) {
  const tarn::bench::Arguments arguments = tarn::bench::read_arguments(argc, argv);
  tarn::SystemRng rng;
  tarn::Loops loops(arguments.loops);
  Constant handler;
  tarn::http::ServerConfig config;
  config.listen_address = "127.0.0.1:" + std::to_string(arguments.port);
  auto server = tarn::http::start_server(config, loops, handler, rng);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message().c_str());
    return 1;
  }
  tarn::bench::announce_and_wait((*server)->port());
  (*server)->stop(std::chrono::milliseconds(0));
  return 0;
}
