// Goal: the server's behaviour on the wire, byte by byte, so that no client library can hide it.
// Method: a real server on a free port, and sockets that send exactly what a test says.
#include "http/server.h"

#include "http/testing/function_handler.h"
#include "http/testing/raw_socket.h"
#include "runtime/suspend.h"
#include "runtime/testing/temp_folder.h"
#include "runtime/timer.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <set>
#include <stdexcept>
#include <thread>

namespace tarn::http {
namespace {

using namespace std::string_literals;
using testing::RawSocket;
using testing::TestServer;

Response text(Bytes body, unsigned status = 200) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

/// Answers `<method> <target> <body size>`.
Task<Response> describe(Context ctx, Request request) {
  Result<Bytes> body = co_await read_all(ctx, *request.body, 64 * kMiB);
  if (!body) {
    co_return text("error: " + body.error().message(), 400);
  }
  co_return text(request.method + " " + request.target + " " + std::to_string(body->size()));
}

/// Answers without a look at the body.
Task<Response> ignore_body(Context, Request) { co_return text("ignored"); }

Task<Response> echo(Context, Request request) {
  Response response;
  response.body = std::move(request.body);
  co_return response;
}

std::string status_of(const std::string& response) { return response.substr(9, 3); }
std::string body_of(const std::string& response) {
  const std::size_t at = response.find("\r\n\r\n");
  return at == std::string::npos ? "" : response.substr(at + 4);
}

/// What one connection answers to `bytes` until it closes.
std::string exchange(std::uint16_t port, std::string_view bytes) {
  RawSocket socket(port);
  socket.send(bytes);
  socket.close_sending();
  return socket.read_all();
}

/// Chunks of sizes that do not fall together with any buffer.
std::string chunked(std::string_view body) {
  std::string out;
  std::size_t size = 1;
  while (!body.empty()) {
    const std::string_view chunk = body.substr(0, size);
    char head[20];
    std::snprintf(head, sizeof head, "%zx\r\n", chunk.size());
    out.append(head).append(chunk).append("\r\n");
    body.remove_prefix(chunk.size());
    size = size * 3 % 70001 + 1;
  }
  return out + "0\r\n\r\n";
}

std::string unchunk(std::string_view in) {
  std::string out;
  for (;;) {
    const std::size_t line = in.find("\r\n");
    if (line == std::string_view::npos) {
      return out + "<cut>";
    }
    const std::size_t size = std::strtoull(std::string(in.substr(0, line)).c_str(), nullptr, 16);
    if (size == 0) {
      return out;
    }
    out.append(in.substr(line + 2, size));
    in.remove_prefix(std::min(in.size(), line + 2 + size + 2));
  }
}

TEST(Server, AnswersAndKeepsTheConnection) {
  TestServer server(describe);
  RawSocket socket(server.port());
  for (int i = 0; i < 3; ++i) {
    socket.send("GET /a%20b?c=d HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string response = socket.read_response();
    EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\n")) << response;
    EXPECT_EQ(body_of(response), "GET /a%20b?c=d 0");
    EXPECT_NE(response.find("\r\nDate: "), std::string::npos);
    EXPECT_EQ(response.find("Connection:"), std::string::npos);
  }
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  TestServer server(describe);
  RawSocket socket(server.port());
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde";
  }
  socket.send(all);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(body_of(socket.read_response()), "POST /" + std::to_string(i) + " 5");
  }
}

TEST(Server, AcceptsARequestByteByByte) {
  TestServer server(describe);
  RawSocket socket(server.port());
  const std::string_view request =
      "\r\nPUT /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;ext=\"1\"\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
  // What another connection is answered after a byte, the server has read it by then.
  RawSocket other(server.port());
  for (const char c : request) {
    ASSERT_TRUE(socket.send(std::string_view(&c, 1)));
    ASSERT_TRUE(other.send("GET /y HTTP/1.1\r\nHost: x\r\n\r\n"));
    ASSERT_EQ(body_of(other.read_response()), "GET /y 0");
  }
  EXPECT_EQ(body_of(socket.read_response()), "PUT /x 13");
}

TEST(Server, HandsOverFieldsPeerAndAUniqueRequestId) {
  std::mutex mutex;
  std::set<std::string> ids;
  TestServer server([&](Context ctx, Request request) -> Task<Response> {
    {
      const std::scoped_lock lock(mutex);
      ids.insert(std::string(ctx.request_id()));
    }
    co_return text(request.peer_address + "|" + std::string(request.headers.get("x-a")) + "|" +
                   std::to_string(request.headers.count("X-A")) + (request.tls ? "|tls" : ""));
  });
  RawSocket socket(server.port());
  for (int i = 0; i < 100; ++i) {
    socket.send("GET / HTTP/1.1\r\nHost: x\r\nX-A: \t one \r\nx-A:two\r\n\r\n");
    EXPECT_EQ(body_of(socket.read_response()), "127.0.0.1|one|2");
  }
  EXPECT_EQ(ids.size(), 100U);
  for (const std::string& id : ids) {
    ASSERT_EQ(id.size(), 36U);
    EXPECT_EQ(id[14], '4') << id;
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    EXPECT_EQ(id[8], '-');
    EXPECT_EQ(id[23], '-');
  }
}

TEST(Server, RefusesMalformedHeadsWithTheRightStatus) {
  TestServer server(describe);
  const std::pair<std::string, std::string> cases[] = {
      {"GET / HTTP/1.1\r\n\r\n", "400"},                                // no Host
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400"},          // two Hosts
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400"},                   // bad Host
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},                   // bad Host
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"},                    // blank before colon
      {"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n", "400"},  // folded line
      {"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", "400"},                // no colon
      {"GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", "400"},              // no name
      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"s, "400"},         // NUL
      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", "400"},          // bare CR
      {"GET / HTTP/1.1\nHost: a\n\n", "400"},                           // bare LF
      {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},                    // two blanks
      {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "400"},                  // blank in the target
      {"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", "400"},                 // control byte
      {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", "400"},                     // no slash
      {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "400"},               // authority form
      {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},                     // method no token
      {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "400"},                    // trailing blank
      {"GET / HTTQ/1.1\r\nHost: a\r\n\r\n", "400"},                     // not HTTP
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"},                     // not our version
      {"GET /\r\n\r\n", "400"},                                         // HTTP/0.9
      {"\x16\x03\x01\x02\r\n\r\n", "400"},                              // TLS on a plain port
      {"GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", "417"},
  };
  for (const auto& [request, status] : cases) {
    const std::string response = exchange(server.port(), request);
    ASSERT_GE(response.size(), 12U) << request;
    EXPECT_EQ(status_of(response), status) << request;
    EXPECT_NE(response.find("Connection: close"), std::string::npos) << request;
  }
}

TEST(Server, RefusesWhatTwoParsersCouldReadDifferently) {
  TestServer server(describe);
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "400"},
      {"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", "400"},
      {"Content-Length: 5, 5\r\n\r\nabcde", "400"},
      {"Content-Length: +5\r\n\r\nabcde", "400"},
      {"Content-Length: -1\r\n\r\n", "400"},
      {"Content-Length: 0x5\r\n\r\nabcde", "400"},
      {"Content-Length: 5 5\r\n\r\nabcde", "400"},
      {"Content-Length: \r\n\r\n", "400"},
      {"Content-Length: 99999999999999999999\r\n\r\n", "400"},
      {"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501"},
      {"Transfer-Encoding: identity\r\n\r\n", "501"},
      {"Transfer-Encoding: xchunked\r\n\r\n", "501"},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", "400"},
      {"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "400"},
  };
  for (const auto& [rest, status] : cases) {
    // A second request behind it must not be answered: nobody knows where it starts.
    const std::string response =
        exchange(server.port(), start + rest + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_GE(response.size(), 12U) << rest;
    EXPECT_EQ(status_of(response), status) << rest;
    EXPECT_EQ(response.find("smuggled"), std::string::npos) << rest;
  }
  const std::string old =
      exchange(server.port(), "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_EQ(status_of(old), "400");
  const std::string repeated =
      exchange(server.port(), start + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde");
  EXPECT_EQ(body_of(repeated), "POST / 5");
}

TEST(Server, RefusesBrokenChunksAndCloses) {
  TestServer server(describe);
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& body :
       {std::string("x\r\nabc\r\n0\r\n\r\n"), std::string("\r\n0\r\n\r\n"),
        std::string("3\nabc\r\n"), std::string("3\r\nabcd\r\n0\r\n\r\n"),
        std::string("-3\r\nabc\r\n0\r\n\r\n"), std::string("3\r\nabc\n0\r\n\r\n"),
        std::string("fffffffffffffffff\r\nabc"), std::string("0x3\r\nabc\r\n0\r\n\r\n"),
        "3;" + std::string(20000, 'e') + "\r\nabc\r\n", "0\r\n" + std::string(20000, 't')}) {
    const std::string response =
        exchange(server.port(), start + body + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(body_of(response), "error: malformed chunked request body") << body.substr(0, 40);
    EXPECT_NE(response.find("Connection: close"), std::string::npos);
  }
}

TEST(Server, RefusesAHeaderOfSixtyFourKiB) {
  TestServer server(describe);
  const std::string fits = std::string(60 * 1024, 'x');
  RawSocket good(server.port());
  good.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + fits + "\r\n\r\n");
  EXPECT_EQ(status_of(good.read_response()), "200");

  const std::string response = exchange(
      server.port(), "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(64 * 1024, 'x') + "\r\n\r\n");
  EXPECT_EQ(status_of(response), "431");
  // One that never ends is refused too, and its sender can still read why.
  RawSocket endless(server.port());
  endless.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(200 * 1024, 'x'));
  EXPECT_EQ(status_of(endless.read_response()), "431");
}

TEST(Server, ReportsATruncatedBody) {
  TestServer server(describe);
  const std::string by_length =
      exchange(server.port(), "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(body_of(by_length), "error: request body ended early");
  const std::string by_chunks =
      exchange(server.port(),
               "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n");
  EXPECT_EQ(body_of(by_chunks), "error: request body ended early");
}

TEST(Server, EchoesAMegabyteOfChunks) {
  TestServer server(echo);
  std::string body(1024 * 1024, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) {
    body[i] = static_cast<char>(i * 2654435761U >> 13);
  }
  RawSocket socket(server.port());
  std::thread sender([&] {
    socket.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body));
  });
  const std::string head = socket.read_until("\r\n\r\n");
  const std::string answer = socket.read_until("\r\n0\r\n\r\n");
  sender.join();
  EXPECT_NE(head.find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_TRUE(unchunk(answer) == body);
  socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(body_of(socket.read_response()), "abc");
}

TEST(Server, AnswersHeadWithoutABody) {
  TestServer server([](Context, Request request) -> Task<Response> {
    if (request.target == "/bytes") {
      co_return text("12345");
    }
    Response response;
    response.content_length = 1234567;
    co_return response;
  });
  RawSocket socket(server.port());
  socket.send("HEAD /bytes HTTP/1.1\r\nHost: a\r\n\r\nHEAD /set HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(socket.read_until("\r\n\r\n").find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_NE(socket.read_until("\r\n\r\n").find("Content-Length: 1234567\r\n"), std::string::npos);
  socket.send("GET /bytes HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(body_of(socket.read_response()), "12345");
}

TEST(Server, SendsNoLengthWithNoContent) {
  TestServer server([](Context, Request) -> Task<Response> { co_return text("", 204); });
  RawSocket socket(server.port());
  socket.send("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string head = socket.read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 204 No Content\r\n"));
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
}

TEST(Server, SaysContinueWhenTheHandlerReads) {
  TestServer server(describe);
  RawSocket socket(server.port());
  socket.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.send("abc");
  EXPECT_EQ(body_of(socket.read_response()), "PUT / 3");
  socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(body_of(socket.read_response()), "GET / 0");
}

TEST(Server, RefusesWithoutContinueAndCloses) {
  TestServer server(ignore_body);
  RawSocket socket(server.port());
  socket.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  const std::string response = socket.read_response();
  EXPECT_EQ(status_of(response), "200");
  EXPECT_NE(response.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(socket.at_end());
}

TEST(Server, KeepsTheConnectionAfterASmallUnreadBody) {
  TestServer server(ignore_body);
  RawSocket socket(server.port());
  const std::string body(100 * 1024, 'x');
  socket.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
  EXPECT_EQ(body_of(socket.read_response()), "ignored");
  socket.send("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body));
  EXPECT_EQ(body_of(socket.read_response()), "ignored");
  socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(body_of(socket.read_response()), "ignored");
}

TEST(Server, ClosesAfterALargeUnreadBodyButTheAnswerArrives) {
  TestServer server(ignore_body);
  RawSocket socket(server.port());
  const std::string body(8 * 1024 * 1024, 'x');
  std::thread sender([&] {
    socket.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
  });
  const std::string response = socket.read_response();
  sender.join();
  EXPECT_EQ(body_of(response), "ignored");
  EXPECT_NE(response.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(socket.at_end());
}

TEST(Server, ClosesWhenAskedTo) {
  TestServer server(describe);
  const std::string response =
      exchange(server.port(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n");
  EXPECT_NE(response.find("Connection: close"), std::string::npos);
  RawSocket socket(server.port());
  socket.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  socket.read_response();
  EXPECT_TRUE(socket.at_end());
}

TEST(Server, SpeaksHttp10) {
  TestServer server([](Context, Request) -> Task<Response> {
    struct Unknown final : ByteSource {
      int left = 3;
      Task<Result<Bytes>> read(Context, std::size_t) override {
        co_return Bytes(left-- > 0 ? "abc" : "");
      }
      std::optional<std::uint64_t> remaining() const override { return std::nullopt; }
    };
    Response response;
    response.body = std::make_unique<Unknown>();
    co_return response;
  });
  const std::string response = exchange(server.port(), "GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(body_of(response), "abcabcabc");
  EXPECT_EQ(response.find("chunked"), std::string::npos);
}

TEST(Server, TakesAbsoluteTargets) {
  TestServer server([](Context, Request request) -> Task<Response> {
    co_return text(request.target + "|" + std::string(request.headers.get("Host")));
  });
  RawSocket socket(server.port());
  socket.send("GET http://other:81/p?q HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(body_of(socket.read_response()), "/p?q|other:81");
}

TEST(Server, NeverLetsAValueStartAField) {
  TestServer server([](Context, Request) -> Task<Response> {
    Response response = text("ok");
    response.headers.add("X-Meta", "a\r\nX-Evil: 1");
    response.headers.add("X-Bad Name\r\nX-Evil", "1");
    response.headers.add("Content-Length", "999");
    co_return response;
  });
  RawSocket socket(server.port());
  socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string response = socket.read_response();
  EXPECT_EQ(response.find("\r\nX-Evil"), std::string::npos) << response;
  EXPECT_NE(response.find("Content-Length: 2\r\n"), std::string::npos) << response;
}

TEST(Server, TurnsAnExceptionInto500) {
  TestServer server([](Context, Request) -> Task<Response> {
    throw std::runtime_error("a bug");
    co_return Response();
  });
  const std::string response = exchange(server.port(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(response), "500");
}

/// A source that gives `good` chunks and then fails.
class FailingSource final : public ByteSource {
 public:
  FailingSource(int good, std::optional<std::uint64_t> length) : good_(good), length_(length) {}
  Task<Result<Bytes>> read(Context, std::size_t) override {
    if (good_-- > 0) {
      co_return Bytes(1000, 'g');
    }
    co_return Error(kUnavailable, "disk");
  }
  std::optional<std::uint64_t> remaining() const override { return length_; }

 private:
  int good_;
  std::optional<std::uint64_t> length_;
};

TEST(Server, AnswersAFailingBodyWith500OrACut) {
  TestServer server([](Context, Request request) -> Task<Response> {
    Response response;
    response.body = std::make_unique<FailingSource>(
        request.path() == "/first" ? 0 : 2,
        request.query().empty() ? std::optional<std::uint64_t>(5000) : std::nullopt);
    co_return response;
  });
  EXPECT_EQ(status_of(exchange(server.port(), "GET /first HTTP/1.1\r\nHost: a\r\n\r\n")), "500");
  const std::string cut = exchange(server.port(), "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(cut), "200");
  EXPECT_EQ(body_of(cut).size(), 2000U);
  const std::string chunks = exchange(server.port(), "GET /later?x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(unchunk(body_of(chunks)).ends_with("<cut>"));
}

/// A file as a region; reading it as bytes is a failure of the test.
class RegionSource final : public ByteSource {
 public:
  RegionSource(int descriptor, std::uint64_t offset, std::uint64_t size)
      : region_{.descriptor = descriptor, .offset = offset, .size_bytes = size} {}
  ~RegionSource() override { ::close(region_.descriptor); }
  Task<Result<Bytes>> read(Context, std::size_t) override {
    co_return Error(kInternal, "read instead of sendfile");
  }
  std::optional<std::uint64_t> remaining() const override { return region_.size_bytes; }
  std::optional<FileRegion> file_region() const override { return region_; }

 private:
  FileRegion region_;
};

TEST(Server, SendsAFileRegion) {
  tarn::testing::TempFolder folder;
  const std::string path = (folder.path() / "object").string();
  std::string content(5 * 1024 * 1024, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) {
    content[i] = static_cast<char>(i * 40503U >> 7);
  }
  std::ofstream(path, std::ios::binary) << content;
  TestServer server([&](Context, Request) -> Task<Response> {
    Response response;
    response.body =
        std::make_unique<RegionSource>(::open(path.c_str(), O_RDONLY), 1000, content.size() - 1000);
    co_return response;
  });
  RawSocket socket(server.port());
  for (int i = 0; i < 2; ++i) {
    socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(body_of(socket.read_response()) == content.substr(1000));
  }
}

/// Bytes that are also a region of no file at all.
class SmallSource final : public ByteSource {
 public:
  Task<Result<Bytes>> read(Context, std::size_t) override {
    co_return std::exchange(bytes_, Bytes());
  }
  std::optional<std::uint64_t> remaining() const override { return bytes_.size(); }
  std::optional<FileRegion> file_region() const override {
    return FileRegion{.descriptor = -1, .offset = 0, .size_bytes = bytes_.size()};
  }

 private:
  Bytes bytes_ = "small";
};

TEST(Server, ReadsASmallFileInsteadOfSendingItsRegion) {
  TestServer server([](Context, Request) -> Task<Response> {
    Response response;
    response.body = std::make_unique<SmallSource>();
    co_return response;
  });
  EXPECT_EQ(body_of(exchange(server.port(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n")), "small");
}

/// Lets a test hold a handler and see what its Context says.
struct HeldRequest {
  std::promise<Context> entered;
  std::promise<void> may_leave;
  std::shared_future<void> leave{may_leave.get_future()};
};

Task<Response> hold(HeldRequest& held, Context ctx, bool until_cancelled) {
  held.entered.set_value(ctx);
  if (until_cancelled) {
    Result<void> slept = co_await sleep_for(ctx, std::chrono::seconds(30));
    co_return text(slept ? "slept" : slept.error().message());
  }
  std::function<void(std::function<void()>)> start = [&held](std::function<void()> resume) {
    std::thread([&held, resume = std::move(resume)] {
      held.leave.wait();
      resume();
    }).detach();
  };
  co_await suspend(start);
  co_return text("finished");
}

TEST(Server, StopLetsARequestUnderWayFinish) {
  HeldRequest held;
  TestServer server([&](Context ctx, Request) { return hold(held, ctx, false); });
  RawSocket idle(server.port());
  RawSocket waiting(server.port());
  waiting.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const Context ctx = held.entered.get_future().get();
  std::thread stopper([&] { server.server().stop(std::chrono::seconds(30)); });
  // A connection without a request closes at once, which tells us that the stop has begun.
  EXPECT_TRUE(idle.at_end());
  held.may_leave.set_value();
  const std::string response = waiting.read_response();
  EXPECT_EQ(body_of(response), "finished");
  stopper.join();
  EXPECT_FALSE(ctx.cancel().cancelled() && ctx.cancel().reason() == CancelReason::kShutdown);
  EXPECT_TRUE(waiting.at_end());
}

TEST(Server, StopClosesIdleConnections) {
  TestServer server(describe);
  RawSocket idle(server.port());
  idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  idle.read_response();
  server.server().stop(std::chrono::seconds(30));
  EXPECT_TRUE(idle.at_end());
  server.server().stop(std::chrono::seconds(30));  // again: nothing to do
}

TEST(Server, StopCancelsWhatOutlivesItsGrace) {
  HeldRequest held;
  TestServer server([&](Context ctx, Request) { return hold(held, ctx, true); });
  RawSocket socket(server.port());
  socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const Context ctx = held.entered.get_future().get();
  server.server().stop(std::chrono::milliseconds(1));
  EXPECT_EQ(ctx.cancel().reason(), CancelReason::kShutdown);
}

TEST(Server, CancelsTheRequestOfAClientThatLeft) {
  HeldRequest held;
  ServerConfig config;
  config.sweep_interval = std::chrono::milliseconds(5);
  TestServer server([&](Context ctx, Request) { return hold(held, ctx, true); }, config);
  RawSocket socket(server.port());
  socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const Context ctx = held.entered.get_future().get();
  std::promise<void> cancelled;
  const auto registration = ctx.cancel().on_cancel([&] { cancelled.set_value(); });
  socket.close();
  ASSERT_EQ(cancelled.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(ctx.cancel().reason(), CancelReason::kClientGone);
}

TEST(Server, ClosesSlowAndIdleConnections) {
  ServerConfig config;
  config.sweep_interval = std::chrono::milliseconds(5);
  config.header_timeout = std::chrono::milliseconds(20);
  config.idle_timeout = std::chrono::milliseconds(20);
  TestServer server(describe, config);
  RawSocket silent(server.port());
  EXPECT_TRUE(silent.at_end());
  RawSocket half(server.port());
  half.send("GET / HT");
  EXPECT_TRUE(half.at_end());
  RawSocket idle(server.port());
  idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(body_of(idle.read_response()), "GET / 0");
  EXPECT_TRUE(idle.at_end());
  RawSocket body(server.port());
  body.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(body.at_end());
}

TEST(Server, RefusesConnectionsBeyondItsLimit) {
  ServerConfig config;
  config.connections_max = 2;
  TestServer server(describe, config);
  RawSocket first(server.port());
  first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  first.read_response();
  auto second = std::make_unique<RawSocket>(server.port());
  second->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  second->read_response();
  RawSocket third(server.port());
  EXPECT_EQ(status_of(third.read_response()), "503");
}

TEST(Server, NamesWhatKeepsItFromStarting) {
  TestServer server(describe);
  testing::FunctionHandler handler(describe);
  SeededRng rng(1);
  ServerConfig config;
  config.listen_address = "127.0.0.1:" + std::to_string(server.port());
  Result<std::unique_ptr<Server>> taken = start_server(config, server.loops(), handler, rng);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind(), ErrorKind::kUnavailable);
  EXPECT_NE(taken.error().message().find("in use"), std::string::npos) << taken.error().message();

  config.listen_address = "nonsense";
  EXPECT_FALSE(start_server(config, server.loops(), handler, rng));
  config.listen_address = "127.0.0.1:0";
  config.tls = TlsFiles{.certificate_file = "/nonexistent.pem", .key_file = "/nonexistent.key"};
  Result<std::unique_ptr<Server>> no_certificate =
      start_server(config, server.loops(), handler, rng);
  ASSERT_FALSE(no_certificate);
  EXPECT_NE(no_certificate.error().message().find("/nonexistent.pem"), std::string::npos);
}

TEST(Server, KeepsABodyThatOutlivesItsRequestHarmless) {
  std::unique_ptr<ByteSource> kept;
  std::promise<void> second;
  TestServer server([&](Context ctx, Request request) -> Task<Response> {
    if (kept) {
      Result<Bytes> late = co_await kept->read(ctx, 10);
      kept.reset();
      co_return text(late ? "read" : late.error().message());
    }
    kept = std::move(request.body);
    co_return text("kept");
  });
  RawSocket socket(server.port());
  socket.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(body_of(socket.read_response()), "kept");
  socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(body_of(socket.read_response()), "the request is over: cancelled");
}

}  // namespace
}  // namespace tarn::http
