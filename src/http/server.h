#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/rng.h"
#include "http/message.h"
#include "runtime/context.h"
#include "runtime/loops.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace tarn::http {

/// Answers requests. Called on a loop; requests of one connection come one after the other.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Must not throw; an exception is logged with the request and answered 500.
  virtual Task<Response> handle(Context ctx, Request request) = 0;
};

/// The request body ended before its announced end; the client is gone or broken.
inline constexpr ErrorId kBodyTruncated{ErrorKind::kInvalid, "request body ended early"};
/// The chunked coding of the request body is broken.
inline constexpr ErrorId kBodyMalformed{ErrorKind::kInvalid, "malformed chunked request body"};

struct TlsFiles {
  std::string certificate_file;
  std::string key_file;
};

struct ServerConfig {
  /// `host:port`; port 0 picks a free one.
  std::string listen_address = "127.0.0.1:8000";
  std::optional<TlsFiles> tls;
  std::size_t header_bytes_max = 64 * kKiB;
  std::chrono::milliseconds header_timeout{60000};
  /// An idle keep-alive connection, and a peer that neither sends nor takes bytes, are closed after
  /// this.
  std::chrono::milliseconds idle_timeout{120000};
  /// What of an unread request body is read and dropped to keep the connection.
  std::uint64_t drain_bytes_max = 256 * kKiB;
  std::size_t connections_max = 10000;
  /// How often time limits are looked at and vanished clients are noticed; both may be late by
  /// this much. At most one second.
  std::chrono::milliseconds sweep_interval{500};
};

/// HTTP/1.1 server over all loops (one SO_REUSEPORT listener each). `Expect: 100-continue` is
/// answered when the handler first reads the body, so that a refusal costs no upload. Request
/// bodies are streamed; a response body that is a file region may use sendfile. The request's
/// Context carries a fresh request id (UUID), and is cancelled with kClientGone when the peer
/// closes, kShutdown on stop.
class Server {
 public:
  virtual ~Server() = default;
  /// The port in use.
  virtual std::uint16_t port() const = 0;
  /// Stops accepting, lets requests under way finish until `grace` has passed, cancels and closes
  /// the rest. Blocking; idempotent; not from a loop.
  virtual void stop(std::chrono::milliseconds grace) = 0;
};

/// Binds and starts. `loops` and `handler` outlive the server, and the loops run until it has
/// stopped; `rng` is used only here. Request ids are unique but guessable: never use one as a
/// secret. Errors kUnavailable (address in use, bad certificate) with what and where.
Result<std::unique_ptr<Server>> start_server(ServerConfig config, Loops& loops, Handler& handler,
                                             Rng& rng);

}  // namespace tarn::http
