#include "http/testing/imposter.h"

#include "base/assert.h"
#include "http/wire/chunked.h"
#include "http/wire/head.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace tarn::http::testing {
namespace {

bool send_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receive(int descriptor, std::string& buffer) {
  char block[65536];
  const ssize_t got = ::recv(descriptor, block, sizeof block, 0);
  if (got <= 0) {
    return false;
  }
  buffer.append(block, static_cast<std::size_t>(got));
  return true;
}

/// False when the client closed before the end.
bool receive_body(int descriptor, std::string& buffer, const wire::BodyFraming& framing,
                  Bytes& body) {
  if (framing.kind == wire::Framing::kLength) {
    while (buffer.size() < framing.length) {
      if (!receive(descriptor, buffer)) {
        return false;
      }
    }
    body = buffer.substr(0, framing.length);
    buffer.erase(0, framing.length);
    return true;
  }
  if (framing.kind == wire::Framing::kNone) {
    return true;
  }
  wire::ChunkedDecoder chunks;
  while (!chunks.done()) {
    if (buffer.empty() && !receive(descriptor, buffer)) {
      return false;
    }
    if (const std::uint64_t left = chunks.data_left(); left > 0) {
      const std::size_t size = std::min<std::uint64_t>(left, buffer.size());
      body.append(buffer, 0, size);
      buffer.erase(0, size);
      chunks.took(size);
      continue;
    }
    const std::optional<std::size_t> used = chunks.read_framing(buffer);
    if (!used) {
      ADD_FAILURE() << "the client sent malformed chunks";
      return false;
    }
    buffer.erase(0, *used);
  }
  return true;
}

/// Sends `body` as the reply wants it; false when the connection is to close.
bool send_body(int descriptor, std::string_view body, std::size_t piece_bytes, bool chunked) {
  while (!body.empty()) {
    const std::string_view piece = body.substr(0, piece_bytes == 0 ? body.size() : piece_bytes);
    body.remove_prefix(piece.size());
    std::string framed(piece);
    if (chunked) {
      char size[20];
      std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
      framed = size + framed + "\r\n";
    }
    if (!send_all(descriptor, framed)) {
      return false;
    }
  }
  return true;
}

}  // namespace

void Gate::open() {
  const MutexLock lock(mutex_);
  open_ = true;
  opened_.notify_all();
}

void Gate::wait() {
  mutex_.lock();
  const auto end = std::chrono::system_clock::now() +  // tidy: clock a bound for hung tests
                   std::chrono::seconds(30);
  while (!open_ && opened_.wait_until(mutex_, end) != std::cv_status::timeout) {
  }
  mutex_.unlock();
}

std::string ReceivedRequest::query() const {
  const std::size_t at = target.find('?');
  return at == std::string::npos ? "" : target.substr(at + 1);
}

Imposter::Imposter(Script script) : script_(std::move(script)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  TARN_ASSERT(::bind(listener_, generic, size) == 0 && ::listen(listener_, 128) == 0 &&
                  ::getsockname(listener_, generic, &size) == 0,
              "a test can listen on 127.0.0.1");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept(); });
}

Imposter::~Imposter() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    for (const int descriptor : open_) {
      ::shutdown(descriptor, SHUT_RDWR);
    }
  }
  acceptor_.join();
  std::vector<std::thread> threads;
  {
    const MutexLock lock(mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  ::close(listener_);
}

std::string Imposter::base_url() const { return "http://127.0.0.1:" + std::to_string(port_); }

std::vector<ReceivedRequest> Imposter::requests() const {
  const MutexLock lock(mutex_);
  return requests_;
}

std::size_t Imposter::connections() const {
  const MutexLock lock(mutex_);
  return connections_;
}

void Imposter::accept() {
  for (;;) {
    const int descriptor = ::accept(listener_, nullptr, nullptr);
    const MutexLock lock(mutex_);
    if (descriptor < 0 || stopping_) {
      if (descriptor >= 0) {
        ::close(descriptor);
      }
      return;
    }
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::size_t number = ++connections_;
    open_.push_back(descriptor);
    threads_.emplace_back([this, descriptor, number] {
      serve(descriptor, number);
      const MutexLock inner(mutex_);
      std::erase(open_, descriptor);
      ::close(descriptor);
    });
  }
}

void Imposter::serve(int descriptor, std::size_t number) {
  std::string buffer;
  for (;;) {
    std::size_t scanned = 0;
    std::size_t head_size = 0;
    while ((head_size = wire::find_head_end(buffer, scanned)) == 0) {
      if (!receive(descriptor, buffer)) {
        return;
      }
    }
    Request head;
    wire::HeadFacts facts;
    const bool malformed = head_size == wire::kHeadMalformed;
    const auto refusal = malformed ? wire::HeadRefusal{.status = 400, .why = "bare LF"}
                                   : wire::parse_request_head(
                                         std::string_view(buffer).substr(0, head_size), head, facts)
                                         .value_or(wire::HeadRefusal{.status = 0, .why = ""});
    if (refusal.status != 0) {
      ADD_FAILURE() << "the client sent a malformed request: " << refusal.why;
      return;
    }
    buffer.erase(0, head_size);
    if (facts.expect_continue && !send_all(descriptor, "HTTP/1.1 100 Continue\r\n\r\n")) {
      return;
    }
    ReceivedRequest request;
    request.method = std::move(head.method);
    request.target = std::move(head.target);
    request.headers = std::move(head.headers);
    request.connection = number;
    if (!receive_body(descriptor, buffer, facts.framing, request.body)) {
      return;
    }
    {
      const MutexLock lock(mutex_);
      requests_.push_back(request);
    }
    const Reply reply = script_(request);
    if (!answer(descriptor, request, reply) || !facts.keep_alive) {
      return;
    }
  }
}

bool Imposter::answer(int descriptor, const ReceivedRequest& request, const Reply& reply) {
  if (reply.before) {
    reply.before->wait();
  }
  if (reply.drop) {
    return false;
  }
  if (reply.raw) {
    send_all(descriptor, *reply.raw);
    return false;
  }
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  head.append(reason_phrase(reply.status)).append("\r\n");
  for (const Headers::Field& field : reply.headers) {
    wire::append_field(head, field.name, field.value);
  }
  const bool bodiless = request.method == "HEAD" || reply.status == 204 || reply.status == 304;
  if (reply.chunked) {
    head.append("Transfer-Encoding: chunked\r\n");
  } else if (reply.status != 204 && !reply.headers.contains("Content-Length")) {
    wire::append_field(head, "Content-Length", reply.body.size());
  }
  head.append(reply.close ? "Connection: close\r\n\r\n" : "\r\n");
  if (!send_all(descriptor, head)) {
    return false;
  }
  if (bodiless) {
    return !reply.close;
  }
  std::string_view body = reply.body;
  body = body.substr(0, reply.cut_at.value_or(body.size()));
  const std::size_t half = reply.halfway ? body.size() / 2 : body.size();
  if (!send_body(descriptor, body.substr(0, half), reply.piece_bytes, reply.chunked)) {
    return false;
  }
  if (reply.halfway) {
    reply.halfway->wait();
    if (!send_body(descriptor, body.substr(half), reply.piece_bytes, reply.chunked)) {
      return false;
    }
  }
  if (reply.cut_at) {
    return false;
  }
  if (reply.chunked && !send_all(descriptor, "0\r\n\r\n")) {
    return false;
  }
  return !reply.close;
}

}  // namespace tarn::http::testing
