// Goal: what callers can rely on when a server misbehaves, and which requests may be repeated.
// Method: imposters that break on purpose, and our own server for TLS.
#include "http/client.h"

#include "http/client/url.h"
#include "http/testing/certificate.h"
#include "http/testing/function_handler.h"
#include "http/testing/imposter.h"
#include "http/testing/raw_socket.h"
#include "runtime/suspend.h"
#include "runtime/testing/run.h"
#include "runtime/testing/temp_folder.h"

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace tarn::http {
namespace {

using testing::Gate;
using testing::Imposter;
using testing::ReceivedRequest;
using testing::Reply;
using testing::TestServer;

/// A response with its body read, or the error of either.
struct Answer {
  unsigned status = 0;
  std::string reason;
  Headers headers;
  Bytes body;
};

Request request(std::string method, std::string target, std::optional<Bytes> body = {}) {
  Request out;
  out.method = std::move(method);
  out.target = std::move(target);
  if (body) {
    out.body = memory_source(*std::move(body));
  }
  return out;
}

Task<Result<Answer>> fetch(Client* client, Context ctx, std::string url, Request what) {
  TARN_CO_TRY(ClientResponse response, co_await client->send(ctx, url, std::move(what)));
  Answer answer;
  answer.status = response.status;
  answer.reason = std::move(response.reason);
  answer.headers = std::move(response.headers);
  TARN_CO_TRY(answer.body, co_await read_all(ctx, *response.body, 64 * kMiB));
  co_return answer;
}

/// All of one test's calls on one loop, so that they share its pool.
class Caller {
 public:
  explicit Caller(ClientConfig config = {}) : client_(make_client(std::move(config), clock_)) {}

  Result<Answer> operator()(const std::string& url, Request what, Context ctx = {}) {
    std::optional<Result<Answer>> out;
    block_on(loops_.executor(0), run(&out, std::move(ctx), url, std::move(what)));
    return *std::move(out);
  }
  Client& client() { return *client_; }
  Loops& loops() { return loops_; }
  const Clock& clock() const { return clock_; }

 private:
  Task<void> run(std::optional<Result<Answer>>* out, Context ctx, std::string url, Request what) {
    Result<Answer> answer =
        co_await fetch(client_.get(), std::move(ctx), std::move(url), std::move(what));
    out->emplace(std::move(answer));
  }

  SystemClock clock_;
  std::unique_ptr<Client> client_;
  Loops loops_{1};
};

Reply say(Bytes body) {
  Reply reply;
  reply.body = std::move(body);
  return reply;
}

/// A body of unknown length that cannot rewind.
class Stream final : public ByteSource {
 public:
  explicit Stream(int chunks, std::size_t size = 1000) : left_(chunks), size_(size) {}
  Task<Result<Bytes>> read(Context, std::size_t) override {
    co_return Bytes(left_-- > 0 ? size_ : 0, 's');
  }
  std::optional<std::uint64_t> remaining() const override { return std::nullopt; }

 private:
  int left_;
  std::size_t size_;
};

TEST(Client, SendsWhatItWasGivenAndReturnsTheAnswer) {
  Imposter imposter([](const ReceivedRequest&) {
    Reply reply = say("not here");
    reply.status = 404;
    reply.headers.add("X-Answer", "42");
    return reply;
  });
  Caller call;
  Request what = request("PUT", "/a%20b?c=d", Bytes("body"));
  what.headers.add("X-Question", "?");
  const Result<Answer> answer = call(imposter.base_url(), std::move(what));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 404U);
  EXPECT_EQ(answer->headers.get("x-answer"), "42");
  EXPECT_EQ(answer->body, "not here");
  const ReceivedRequest got = imposter.requests().at(0);
  EXPECT_EQ(got.method, "PUT");
  EXPECT_EQ(got.target, "/a%20b?c=d");
  EXPECT_EQ(got.body, "body");
  EXPECT_EQ(got.headers.get("X-Question"), "?");
  EXPECT_EQ(got.headers.get("Content-Length"), "4");
  EXPECT_EQ(got.headers.get("Host"), imposter.base_url().substr(7));
}

TEST(Client, ReusesItsConnection) {
  Imposter imposter([](const ReceivedRequest& got) {
    Reply reply = say("x");
    reply.chunked = got.target == "/1";
    return reply;
  });
  Caller call;
  for (int i = 0; i < 4; ++i) {
    Request what = i == 2 ? request("HEAD", "/2") : request("GET", "/" + std::to_string(i));
    ASSERT_TRUE(call(imposter.base_url(), std::move(what)));
  }
  EXPECT_EQ(imposter.connections(), 1U);
}

TEST(Client, DoesNotReuseWhatIsToClose) {
  Imposter imposter([](const ReceivedRequest&) {
    Reply reply = say("x");
    reply.close = true;
    return reply;
  });
  Caller call;
  ASSERT_TRUE(call(imposter.base_url(), request("GET", "/")));
  ASSERT_TRUE(call(imposter.base_url(), request("GET", "/")));
  EXPECT_EQ(imposter.connections(), 2U);
}

TEST(Client, DoesNotReuseAConnectionWithAnUnreadBody) {
  Imposter imposter([](const ReceivedRequest&) { return say(Bytes(1 << 20, 'x')); });
  Caller call;
  auto drop = [](Client* client, std::string url) -> Task<void> {
    Context ctx;
    Request what = request("GET", "/");
    Result<ClientResponse> response = co_await client->send(ctx, url, std::move(what));
    EXPECT_TRUE(response);
    Result<Bytes> some = co_await response->body->read(ctx, 10);
    EXPECT_TRUE(some);
  };
  block_on(call.loops().executor(0), drop(&call.client(), imposter.base_url()));
  const Result<Answer> answer = call(imposter.base_url(), request("GET", "/"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body.size(), 1U << 20);
  EXPECT_EQ(imposter.connections(), 2U);
}

TEST(Client, DiscardsAnIdleConnectionThatTheServerClosed) {
  auto imposter = std::make_unique<Imposter>([](const ReceivedRequest&) { return say("x"); });
  const std::string url = imposter->base_url();
  Caller call;
  ASSERT_TRUE(call(url, request("GET", "/")));
  imposter.reset();
  // A POST must not be repeated. That this one could not connect, and was not lost, shows that the
  // dead connection was noticed before anything was sent on it.
  const Result<Answer> posted = call(url, request("POST", "/", Bytes("once")));
  ASSERT_FALSE(posted);
  EXPECT_TRUE(posted.error().is(kConnectFailed)) << posted.error().message();
}

TEST(Client, RepeatsAnIdempotentRequestOnceOnAStaleConnection) {
  Imposter imposter([](const ReceivedRequest& got) {
    Reply reply = say(got.body + std::to_string(got.connection));
    // The second request of the first connection finds the server gone.
    reply.drop = got.connection == 1 && got.target == "/second";
    return reply;
  });
  Caller call;
  ASSERT_TRUE(call(imposter.base_url(), request("GET", "/first")));
  const Result<Answer> answer = call(imposter.base_url(), request("PUT", "/second", Bytes("b")));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->body, "b2");
  EXPECT_EQ(imposter.requests().size(), 3U);
}

TEST(Client, NeverRepeatsWhatMayHaveBeenApplied) {
  Imposter imposter([](const ReceivedRequest& got) {
    Reply reply = say("ok");
    reply.drop = got.target == "/second";
    return reply;
  });
  Caller call;
  ASSERT_TRUE(call(imposter.base_url(), request("GET", "/first")));
  const Result<Answer> posted = call(imposter.base_url(), request("POST", "/second", Bytes("b")));
  ASSERT_FALSE(posted);
  EXPECT_TRUE(posted.error().is(kConnectionLost)) << posted.error().message();
  EXPECT_EQ(imposter.requests().size(), 2U);

  ASSERT_TRUE(call(imposter.base_url(), request("GET", "/first")));
  Request stream = request("PUT", "/second");
  stream.body = std::make_unique<Stream>(2);  // cannot rewind
  const Result<Answer> streamed = call(imposter.base_url(), std::move(stream));
  ASSERT_FALSE(streamed);
  EXPECT_EQ(imposter.requests().size(), 4U);

  // A fresh connection that breaks is no stale one.
  Imposter always([](const ReceivedRequest&) {
    Reply reply;
    reply.drop = true;
    return reply;
  });
  EXPECT_FALSE(call(always.base_url(), request("GET", "/")));
  EXPECT_EQ(always.requests().size(), 1U);
}

TEST(Client, SendsUnknownLengthInChunks) {
  Imposter imposter([](const ReceivedRequest&) { return say("ok"); });
  Caller call;
  Request what = request("PUT", "/");
  what.body = std::make_unique<Stream>(5);
  ASSERT_TRUE(call(imposter.base_url(), std::move(what)));
  const ReceivedRequest got = imposter.requests().at(0);
  EXPECT_EQ(got.headers.get("Transfer-Encoding"), "chunked");
  EXPECT_EQ(got.body, Bytes(5000, 's'));
}

TEST(Client, StreamsLargeBodiesBothWays) {
  TestServer server([](Context, Request what) -> Task<Response> {
    Response response;
    response.content_length = what.content_length;
    response.body = std::move(what.body);
    co_return response;
  });
  Bytes body(16 * 1024 * 1024, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) {
    body[i] = static_cast<char>(i * 2654435761U >> 11);
  }
  // Body up and body down share one connection: the server echoes while it is still being sent to,
  // so this goes through only if neither side waits for the other. Hence a size that fits buffers.
  Caller call;
  const Result<Answer> small =
      call(server.base_url(), request("POST", "/", body.substr(0, 100000)));
  ASSERT_TRUE(small) << small.error().message();
  EXPECT_TRUE(small->body == body.substr(0, 100000));

  TestServer source([&](Context, Request) -> Task<Response> {
    Response response;
    response.body = memory_source(body);
    co_return response;
  });
  const Result<Answer> down = call(source.base_url(), request("GET", "/"));
  ASSERT_TRUE(down) << down.error().message();
  EXPECT_TRUE(down->body == body);
}

TEST(Client, KeepsTheReasonAsSent) {
  struct {
    const char* line;
    const char* reason;
  } const cases[] = {{"404 No such  thing", "No such  thing"}, {"404 ", ""}, {"404", ""}};
  for (const auto& expected : cases) {
    Imposter imposter([&](const ReceivedRequest&) {
      Reply reply;
      reply.raw = std::string("HTTP/1.1 ") + expected.line + "\r\nContent-Length: 0\r\n\r\n";
      return reply;
    });
    Caller call;
    const Result<Answer> answer = call(imposter.base_url(), request("GET", "/"));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->status, 404U);
    EXPECT_EQ(answer->reason, expected.reason) << expected.line;
  }
}

TEST(Client, ReadsABodyThatEndsWithTheConnection) {
  Imposter imposter([](const ReceivedRequest&) {
    Reply reply;
    reply.raw = "HTTP/1.0 200 OK\r\n\r\nuntil the end";
    return reply;
  });
  Caller call;
  const Result<Answer> answer = call(imposter.base_url(), request("GET", "/"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "until the end");
}

TEST(Client, ReadsSmallPiecesAndSkipsInterimAnswers) {
  Imposter imposter([](const ReceivedRequest& got) {
    Reply reply = say(Bytes(500, 'p'));
    reply.piece_bytes = 7;
    reply.chunked = got.target == "/chunked";
    if (got.target == "/interim") {
      reply.raw =
          "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
          "1\r\n\r\nz";
    }
    return reply;
  });
  Caller call;
  for (const char* path : {"/", "/chunked"}) {
    const Result<Answer> answer = call(imposter.base_url(), request("GET", path));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, Bytes(500, 'p'));
  }
  const Result<Answer> answer = call(imposter.base_url(), request("GET", "/interim"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "z");
}

TEST(Client, NamesACutAnswerConnectionLost) {
  Imposter imposter([](const ReceivedRequest& got) {
    Reply reply = say(Bytes(1000, 'x'));
    reply.cut_at = 400;
    reply.chunked = got.target == "/chunked";
    if (got.target == "/head") {
      reply.raw = "HTTP/1.1 200 OK\r\nContent-Le";
    }
    return reply;
  });
  Caller call;
  for (const char* path : {"/", "/chunked", "/head"}) {
    const Result<Answer> answer = call(imposter.base_url(), request("GET", path));
    ASSERT_FALSE(answer) << path;
    EXPECT_TRUE(answer.error().is(kConnectionLost)) << path << " " << answer.error().message();
    EXPECT_EQ(answer.error().kind(), ErrorKind::kUnknownOutcome);
  }
}

TEST(Client, NamesNonsenseABadResponse) {
  std::string raw;
  Imposter imposter([&](const ReceivedRequest&) {
    Reply reply;
    reply.raw = raw;
    return reply;
  });
  Caller call;
  for (const std::string& answer :
       {std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n"), std::string("HTTP/1.1 20 OK\r\n\r\n"),
        std::string("HTTP/1.1 2000 OK\r\n\r\n"), std::string("HTTP/2.0 200 OK\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\nX: y\n\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        "HTTP/1.1 200 OK\r\nX: " + std::string(100000, 'x')}) {
    raw = answer;
    const Result<Answer> got = call(imposter.base_url(), request("GET", "/"));
    ASSERT_FALSE(got) << answer.substr(0, 60);
    EXPECT_TRUE(got.error().is(kBadResponse)) << answer.substr(0, 60) << got.error().message();
  }
}

/// A port on which nobody listens.
std::uint16_t closed_port() {
  boost::asio::io_context context;
  boost::asio::ip::tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
  return acceptor.local_endpoint().port();
}

TEST(Client, NamesARefusedConnectionConnectFailed) {
  Caller call;
  const Result<Answer> refused =
      call("http://127.0.0.1:" + std::to_string(closed_port()), request("GET", "/"));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kConnectFailed)) << refused.error().message();
}

TEST(Client, FallsBackToTheOtherAddressOfAName) {
  // `localhost` usually means ::1 first; the imposter listens on 127.0.0.1 only.
  Imposter imposter([](const ReceivedRequest&) { return say("here"); });
  Caller call;
  const Result<Answer> answer =
      call("http://localhost:" + std::to_string(imposter.port()), request("GET", "/"));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(imposter.requests().at(0).headers.get("Host"),
            "localhost:" + std::to_string(imposter.port()));
}

TEST(Client, RefusesToSendMalformedRequests) {
  Caller call;
  const std::string url = "http://127.0.0.1:1";
  for (const auto& [method, target] : {std::pair("GET", "a"), std::pair("GET", "/a b"),
                                       std::pair("GET", "/\r\nX: y"), std::pair("G T", "/")}) {
    const Result<Answer> answer = call(url, request(method, target));
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().is(kInvalid)) << target;
  }
  EXPECT_TRUE(call("ftp://x", request("GET", "/")).error().is(kInvalid));
}

TEST(Client, StopsAtTheDeadline) {
  auto gate = std::make_shared<Gate>();
  Imposter imposter([&](const ReceivedRequest& got) {
    Reply reply = say(Bytes(1000, 'x'));
    (got.target == "/head" ? reply.before : reply.halfway) = gate;
    return reply;
  });
  Caller call;
  for (const char* path : {"/head", "/body"}) {
    const Context ctx = Context().with_timeout(call.clock(), std::chrono::milliseconds(50));
    const Result<Answer> answer = call(imposter.base_url(), request("GET", path), ctx);
    ASSERT_FALSE(answer) << path;
    EXPECT_TRUE(answer.error().is(kTimeout)) << answer.error().message();
  }
  gate->open();
}

TEST(Client, StopsWhenNothingMoves) {
  auto gate = std::make_shared<Gate>();
  Imposter imposter([&](const ReceivedRequest& got) {
    Reply reply = say(Bytes(1000, 'x'));
    (got.target == "/head" ? reply.before : reply.halfway) = gate;
    return reply;
  });
  ClientConfig config;
  config.idle_timeout = std::chrono::milliseconds(30);
  Caller call(config);
  for (const char* path : {"/head", "/body"}) {
    const Result<Answer> answer = call(imposter.base_url(), request("GET", path));
    ASSERT_FALSE(answer) << path;
    EXPECT_TRUE(answer.error().is(kTimeout)) << answer.error().message();
  }
  gate->open();
}

TEST(Client, StopsWhenCancelled) {
  auto gate = std::make_shared<Gate>();
  CancelSource source;
  Imposter imposter([&](const ReceivedRequest&) {
    source.cancel(CancelReason::kRequested);
    Reply reply = say("late");
    reply.before = gate;
    return reply;
  });
  Caller call;
  const Result<Answer> answer =
      call(imposter.base_url(), request("GET", "/"), Context("id", source.token()));
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(kCancelled)) << answer.error().message();
  gate->open();
  const Result<Answer> never =
      call(imposter.base_url(), request("GET", "/"), Context("id", source.token()));
  ASSERT_FALSE(never);
  EXPECT_TRUE(never.error().is(kCancelled));
  EXPECT_EQ(imposter.requests().size(), 1U);
}

TEST(Client, WaitsForAFreeConnection) {
  auto gate = std::make_shared<Gate>();
  std::atomic<int> held = 0;
  Imposter imposter([&](const ReceivedRequest&) {
    Reply reply = say("x");
    if (++held == 1) {
      reply.before = gate;
    }
    return reply;
  });
  ClientConfig config;
  config.connections_per_host_max = 1;
  Caller call(config);
  std::thread first([&] { EXPECT_TRUE(call(imposter.base_url(), request("GET", "/1"))); });
  std::thread second([&] { EXPECT_TRUE(call(imposter.base_url(), request("GET", "/2"))); });
  std::thread third([&] { EXPECT_TRUE(call(imposter.base_url(), request("GET", "/3"))); });
  gate->open();
  first.join();
  second.join();
  third.join();
  EXPECT_EQ(imposter.connections(), 1U);
}

TEST(Client, GivesUpWaitingForAFreeConnection) {
  auto gate = std::make_shared<Gate>();
  std::promise<void> arrived;
  Imposter imposter([&](const ReceivedRequest&) {
    arrived.set_value();
    Reply reply = say("x");
    reply.before = gate;
    return reply;
  });
  ClientConfig config;
  config.connections_per_host_max = 1;
  config.connect_timeout = std::chrono::milliseconds(200);
  Caller call(config);
  std::thread first([&] { EXPECT_TRUE(call(imposter.base_url(), request("GET", "/1"))); });
  arrived.get_future().wait();
  const Result<Answer> second = call(imposter.base_url(), request("GET", "/2"));
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(kConnectFailed)) << second.error().message();
  gate->open();
  first.join();
}

TEST(Client, WaitsForContinueAndStopsAtARefusal) {
  TestServer server([](Context ctx, Request what) -> Task<Response> {
    Response response;
    if (what.target == "/refuse") {
      response.status = 403;
      response.body = Bytes("no");
      co_return response;
    }
    Result<Bytes> body = co_await read_all(ctx, *what.body, kMiB);
    response.body = std::to_string(body ? body->size() : 0);
    co_return response;
  });
  Caller call;
  for (const auto& [path, status, body] :
       {std::tuple("/take", 200U, "100000"), std::tuple("/refuse", 403U, "no")}) {
    Request what = request("PUT", path, Bytes(100000, 'x'));
    what.headers.add("Expect", "100-continue");
    const Result<Answer> answer = call(server.base_url(), std::move(what));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->status, status);
    EXPECT_EQ(answer->body, body);
  }
}

TEST(Client, GetsTheRefusalOfALargeUpload) {
  TestServer server([](Context, Request) -> Task<Response> {
    Response response;
    response.status = 413;
    response.body = Bytes("too large");
    co_return response;
  });
  Caller call;
  const Result<Answer> answer =
      call(server.base_url(), request("PUT", "/", Bytes(32 * 1024 * 1024, 'x')));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 413U);
  EXPECT_EQ(answer->body, "too large");
}

TEST(Client, ReportsASourceThatEndsEarly) {
  Imposter imposter([](const ReceivedRequest&) { return say("ok"); });
  Caller call;
  Request what = request("PUT", "/");
  what.body = std::make_unique<Stream>(2);
  what.content_length = 5000;
  const Result<Answer> answer = call(imposter.base_url(), std::move(what));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(), "request body is shorter than announced");
  EXPECT_TRUE(imposter.requests().empty());
}

TEST(Client, SpeaksTlsAndChecksTheCertificate) {
  tarn::testing::TempFolder folder;
  const testing::TestCertificate files = testing::make_certificate(folder.path());
  ServerConfig server_config;
  server_config.tls =
      TlsFiles{.certificate_file = files.certificate_file, .key_file = files.key_file};
  TestServer server(
      [](Context, Request what) -> Task<Response> {
        Response response;
        response.headers.add("X-Tls", what.tls ? "yes" : "no");
        response.content_length = what.content_length;
        response.body = std::move(what.body);
        co_return response;
      },
      server_config);
  const std::string port = std::to_string(server.port());

  ClientConfig trusting;
  trusting.ca_file = files.certificate_file;
  Caller call(trusting);
  for (const char* host : {"https://127.0.0.1:", "https://localhost:"}) {
    for (const std::size_t size : {std::size_t{5}, std::size_t{50000}}) {
      const Result<Answer> answer = call(host + port, request("POST", "/", Bytes(size, 't')));
      ASSERT_TRUE(answer) << host << answer.error().message();
      EXPECT_EQ(answer->headers.get("X-Tls"), "yes");
      EXPECT_EQ(answer->body, Bytes(size, 't'));
    }
  }
  Request stream = request("PUT", "/");
  stream.body = std::make_unique<Stream>(100);
  const Result<Answer> streamed = call("https://127.0.0.1:" + port, std::move(stream));
  ASSERT_TRUE(streamed) << streamed.error().message();
  EXPECT_EQ(streamed->body, Bytes(100000, 's'));

  // Another loopback address, which the certificate does not name.
  ASSERT_FALSE(call("https://127.0.0.2:" + port, request("GET", "/")));

  Caller wary;
  const Result<Answer> refused = wary("https://localhost:" + port, request("GET", "/"));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kConnectFailed));
  EXPECT_NE(refused.error().message().find("verify failed"), std::string::npos)
      << refused.error().message();

  ClientConfig blind;
  blind.verify_certificates = false;
  Caller careless(blind);
  EXPECT_TRUE(careless("https://localhost:" + port, request("GET", "/")));
}

TEST(Client, RefusesAMissingFileOfAuthorities) {
  tarn::testing::TempFolder folder;
  SystemClock clock;
  ClientConfig config;
  config.ca_file = (folder.path() / "missing.pem").string();
  const Result<std::unique_ptr<Client>> client = open_client(config, clock);
  ASSERT_FALSE(client);
  EXPECT_NE(client.error().message().find("missing.pem"), std::string::npos);
}

TEST(Client, SurvivesTheEndOfItsLoop) {
  // testing::run ends its loop with the call: what the pool or a caller still holds must not touch
  // it.
  Imposter imposter([](const ReceivedRequest&) { return say(Bytes(1 << 20, 'x')); });
  SystemClock clock;
  const std::unique_ptr<Client> client = make_client({}, clock);
  for (int i = 0; i < 3; ++i) {
    const Result<Answer> answer = tarn::testing::run(
        fetch(client.get(), Context(), imposter.base_url(), request("GET", "/")));
    ASSERT_TRUE(answer);
  }
  Result<ClientResponse> stray =
      tarn::testing::run(client->send(Context(), imposter.base_url(), request("GET", "/")));
  ASSERT_TRUE(stray);
  const Result<Bytes> chunk = tarn::testing::run(stray->body->read(Context(), 10));
  ASSERT_FALSE(chunk);
  EXPECT_TRUE(chunk.error().is(kConnectionLost));
}

TEST(Url, SplitsABaseUrl) {
  const Result<Origin> full = parse_base_url("HTTPS://[::1]:8443/");
  ASSERT_TRUE(full);
  EXPECT_TRUE(full->tls);
  EXPECT_EQ(full->host, "::1");
  EXPECT_EQ(full->port, 8443);
  EXPECT_EQ(full->authority, "[::1]:8443");
  const Result<Origin> plain = parse_base_url("http://s3.example.com:80");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->port, 80);
  EXPECT_EQ(plain->authority, "s3.example.com");
  for (const char* bad :
       {"", "x", "http://", "http://:80", "http://a:0", "http://a:99999", "http://a:x",
        "http://u@a", "http://a/b", "http://a b", "http://[::1", "http://[::1]x", "http://a?b"}) {
    EXPECT_FALSE(parse_base_url(bad)) << bad;
  }
}

}  // namespace
}  // namespace tarn::http
