#pragma once

#include "base/error.h"
#include "http/message.h"
#include "runtime/context.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace tarn::http {

/// Could not connect, or the name did not resolve: nothing was sent.
inline constexpr ErrorId kConnectFailed{ErrorKind::kUnavailable, "cannot connect"};
/// The connection broke after (part of) the request was sent: a write may have been applied.
inline constexpr ErrorId kConnectionLost{ErrorKind::kUnknownOutcome, "connection lost"};
/// The peer does not speak HTTP/1.1, or exceeds our limits.
inline constexpr ErrorId kBadResponse{ErrorKind::kUnavailable, "malformed response"};

struct ClientConfig {
  std::chrono::milliseconds connect_timeout{5000};
  /// No byte in either direction for this long ends the call.
  std::chrono::milliseconds idle_timeout{60000};
  std::size_t connections_per_host_max = 64;
  std::chrono::milliseconds keep_alive{30000};
  std::size_t header_bytes_max = 64 * kKiB;
  bool verify_certificates = true;
};

struct ClientResponse {
  unsigned status = 0;
  Headers headers;
  /// Streams from the connection, which returns to the pool at its end. Never null.
  std::unique_ptr<ByteSource> body;
};

/// HTTP/1.1 client with a connection pool per loop and host. Thread-safe. Follows no redirects.
/// A pooled connection that turns out closed before a byte of the answer came is replaced once when
/// the request can be repeated (no body, or it rewinds, and an idempotent method).
class Client {
 public:
  virtual ~Client() = default;
  /// `base_url` is `http(s)://host[:port]`; `request.target` starts with `/`. Host, Content-Length
  /// and Transfer-Encoding are set if absent. Errors: kConnectFailed, kConnectionLost,
  /// kBadResponse, kTimeout, kCancelled. A status is never an error here.
  virtual Task<Result<ClientResponse>> send(Context ctx, std::string base_url, Request request) = 0;
};

std::unique_ptr<Client> make_client(ClientConfig config, const Clock& clock);

}  // namespace tarn::http
