#include "http/testing/raw_socket.h"

#include "base/assert.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace tarn::http::testing {

RawSocket::RawSocket(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int connected =
      ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  TARN_ASSERT(connected == 0, "nobody listens on the port of the test");
}

RawSocket::~RawSocket() { close(); }

bool RawSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawSocket::more() {
  char block[16384];
  const ssize_t got = ::recv(descriptor_, block, sizeof block, 0);
  if (got <= 0) {
    return false;
  }
  ahead_.append(block, static_cast<std::size_t>(got));
  return true;
}

std::string RawSocket::read(std::size_t size) {
  while (ahead_.size() < size && more()) {
  }
  std::string out = ahead_.substr(0, size);
  ahead_.erase(0, out.size());
  return out;
}

std::string RawSocket::read_until(std::string_view end) {
  std::size_t at = ahead_.find(end);
  while (at == std::string::npos && more()) {
    at = ahead_.find(end);
  }
  return read(at == std::string::npos ? ahead_.size() : at + end.size());
}

std::string RawSocket::read_all() {
  while (more()) {
  }
  return std::exchange(ahead_, {});
}

std::string RawSocket::read_response() {
  std::string head = read_until("\r\n\r\n");
  const std::size_t at = head.find("Content-Length: ");
  if (at == std::string::npos) {
    return head;
  }
  return head + read(std::strtoull(head.c_str() + at + 16, nullptr, 10));
}

bool RawSocket::at_end() { return ahead_.empty() && !more(); }

void RawSocket::close_sending() { ::shutdown(descriptor_, SHUT_WR); }

void RawSocket::close() {
  if (descriptor_ >= 0) {
    ::close(std::exchange(descriptor_, -1));
  }
}

}  // namespace tarn::http::testing
