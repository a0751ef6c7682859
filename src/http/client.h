#pragma once

#include "base/clock.h"
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
  /// No byte in either direction for this long ends the call. A peer that is gone, as opposed to
  /// one that is silent, is noticed within two minutes whatever this says.
  std::chrono::milliseconds idle_timeout{60000};
  std::size_t connections_per_host_max = 64;
  std::chrono::milliseconds keep_alive{30000};
  std::size_t header_bytes_max = 64 * kKiB;
  bool verify_certificates = true;
  /// PEM file of authorities to trust besides the system's; empty = none.
  std::string ca_file;
};

struct ClientResponse {
  unsigned status = 0;
  /// What follows the status on the wire (`Not Found`); may be empty.
  std::string reason;
  Headers headers;
  /// Streams from the connection, which returns to the pool at its end. Never null.
  std::unique_ptr<ByteSource> body;
};

/// HTTP/1.1 client with a connection pool per loop and host. Thread-safe; a response and its body
/// stay on the loop that asked. Follows no redirects. Idle connections are closed when the loop
/// next uses a client after `keep_alive`. At `connections_per_host_max` a call waits up to
/// `connect_timeout` for a free one.
/// A pooled connection that turns out closed before a byte of the answer came is replaced once when
/// the request can be repeated (no body, or it rewinds, and an idempotent method).
class Client {
 public:
  virtual ~Client() = default;
  /// `base_url` is `http(s)://host[:port]`; `request.target` starts with `/`. Host, Content-Length
  /// and Transfer-Encoding are set if absent: the length is `request.content_length` or what the
  /// body says remains; a body that knows neither goes in chunks. With `Expect: 100-continue` the
  /// body waits up to a second for the peer's word. A refusal (400 and above) that comes while the
  /// body is still being sent ends the sending; any other answer is read after the whole body, so a
  /// peer that answers while it reads must not wait for us to take more than the sockets hold.
  /// Errors: kConnectFailed, kConnectionLost, kBadResponse, kTimeout, kCancelled, kInvalid (a
  /// malformed URL, method or target), and those of the request's body. A status is never an error.
  virtual Task<Result<ClientResponse>> send(Context ctx, std::string base_url, Request request) = 0;
};

/// `clock` decides whether a Context's deadline has passed; waiting itself is in real time.
/// Errors kUnavailable when the `ca_file` cannot be used.
Result<std::unique_ptr<Client>> open_client(ClientConfig config, const Clock& clock);
/// open_client for configurations that cannot fail (no `ca_file`).
std::unique_ptr<Client> make_client(ClientConfig config, const Clock& clock);

}  // namespace tarn::http
