#include "http/client/call.h"

#include "base/log.h"
#include "http/wire/body_reader.h"
#include "http/wire/head.h"
#include "http/wire/stream.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/ssl.h>

#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <utility>

namespace tarn::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using wire::error_code;
using wire::Pieces;
using wire::Stream;

namespace {

constexpr std::size_t kHeadReadBytes = 8 * kKiB;
constexpr std::size_t kSendChunkBytes = 64 * kKiB;
/// Interim (1xx) answers beyond this are an attack.
constexpr int kInterimMax = 16;
/// What other clients wait for `100 Continue` (RFC 9110 10.1.1 leaves it open).
constexpr std::chrono::seconds kContinueWait{1};

constexpr wire::BodyErrors kBodyErrors{.cut = kConnectionLost, .malformed = kBadResponse};

bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS" || method == "TRACE";
}

bool is_valid_target(std::string_view target) {
  return target.starts_with('/') && std::all_of(target.begin(), target.end(), [](char c) {
           return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
         });
}

SteadyTime real_now() {
  return asio::steady_timer::clock_type::now();  // tidy: clock what its timers run on
}

/// Lets the kernel find out, within a minute and a half, that the peer or the way to it is gone:
/// what ends a call whose caller allows for long silence.
void notice_dead_peers(int descriptor) {
  constexpr struct {
    int level;
    int name;
    int value;
  } options[] = {{SOL_SOCKET, SO_KEEPALIVE, 1},
                 {IPPROTO_TCP, TCP_KEEPIDLE, 30},
                 {IPPROTO_TCP, TCP_KEEPINTVL, 15},
                 {IPPROTO_TCP, TCP_KEEPCNT, 4}};
  for (const auto& option : options) {
    (void)::setsockopt(descriptor, option.level, option.name, &option.value, sizeof(option.value));
  }
}

bool is_readable(Stream& stream) {
  pollfd state{.fd = stream.socket().native_handle(), .events = POLLIN, .revents = 0};
  return ::poll(&state, 1, 0) > 0;
}

/// A response body; gives its connection back at the end.
class ResponseBody final : public ByteSource {
 public:
  ResponseBody(std::shared_ptr<ClientConnection> connection, std::chrono::milliseconds idle,
               const Clock& clock)
      : connection_(std::move(connection)), idle_(idle), clock_(clock) {}

  Task<Result<Bytes>> read(Context ctx, std::size_t max_bytes) override {
    if (!connection_) {
      Bytes nothing;
      co_return nothing;
    }
    TARN_CO_CHECK_OK(ctx.check(clock_));
    if (!connection_->body) {
      co_return Error(kConnectionLost, "the loop has ended");
    }
    connection_->limit(ctx, ctx.deadline(), idle_);
    Result<Bytes> chunk = co_await connection_->body->read(max_bytes);
    // No timer between reads: a loop must be able to end while somebody keeps a response.
    connection_->unlimit();
    if (chunk && connection_->body->done()) {
      connection_->finish();
      connection_.reset();
    }
    co_return chunk;
  }
  std::optional<std::uint64_t> remaining() const override {
    if (!connection_) {
      return 0;
    }
    return connection_->body ? connection_->body->remaining() : std::nullopt;
  }

 private:
  std::shared_ptr<ClientConnection> connection_;
  std::chrono::milliseconds idle_;
  const Clock& clock_;
};

/// One name lookup. getaddrinfo cannot be interrupted, so the waiting ends on its own.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), wake(executor) {}
  tcp::resolver resolver;
  asio::steady_timer wake;
  error_code failure;
  std::vector<tcp::endpoint> found;
  bool done = false;
};

std::string next_pool_prefix() {
  static std::atomic<std::uint64_t> next = 0;
  return std::to_string(next.fetch_add(1)) + " ";
}

}  // namespace

ClientShared::ClientShared(ClientConfig c, const Clock& k, ConnectGuard g)
    : config(std::move(c)), clock(k), guard(std::move(g)), pool_prefix(next_pool_prefix()) {}

Result<asio::ssl::context*> ClientShared::tls() {
  const MutexLock lock(mutex_);
  if (!tls_) {
    auto made = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
    error_code failure;
    made->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                          asio::ssl::context::no_tlsv1_1,
                      failure);
    if (config.verify_certificates) {
      made->set_verify_mode(asio::ssl::verify_peer, failure);
      made->set_default_verify_paths(failure);  // a machine may have no store, but a `ca_file`
    }
    if (!config.ca_file.empty()) {
      made->load_verify_file(config.ca_file, failure);
      if (failure) {
        return Error::with_message(kUnavailable,
                                   "CA file " + config.ca_file + ": " + failure.message());
      }
    }
    tls_ = std::move(made);
  }
  return tls_.get();
}

Result<Outgoing> prepare_request(const Origin& origin, const Request& request) {
  if (!wire::is_token(request.method)) {
    return Error::with_message(kInvalid, "malformed request method");
  }
  if (!is_valid_target(request.target)) {
    return Error::with_message(kInvalid, "malformed request target");
  }
  Outgoing out;
  std::optional<std::uint64_t> length;
  if (request.body) {
    const std::optional<std::uint64_t> known = request.body->remaining();
    // 0 is what the member holds when nobody set it.
    length = request.content_length.value_or(0) > 0 ? request.content_length : known;
    if (const auto field = request.headers.find("Content-Length")) {
      std::uint64_t given = 0;
      const auto [at, failure] =
          std::from_chars(field->data(), field->data() + field->size(), given);
      if (failure != std::errc() || at != field->data() + field->size()) {
        return Error::with_message(kInvalid, "malformed Content-Length");
      }
      length = given;
    }
    out.chunked = !length || has_list_token(request.headers.get("Transfer-Encoding"), "chunked");
  }
  out.length = out.chunked ? 0 : length.value_or(0);
  out.expect_continue = (out.chunked || out.length > 0) &&
                        equals_ignore_case(request.headers.get("Expect"), "100-continue");
  out.close = has_list_token(request.headers.get("Connection"), "close");

  out.head.reserve(512);
  out.head.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  if (!request.headers.contains("Host")) {
    wire::append_field(out.head, "Host", origin.authority);
  }
  wire::append_fields(out.head, request.headers);
  if (out.chunked) {
    out.head.append("Transfer-Encoding: chunked\r\n");
  } else if (out.length > 0 || request.body || request.method == "POST" ||
             request.method == "PUT" || request.method == "PATCH") {
    wire::append_field(out.head, "Content-Length", out.length);
  }
  if (out.close) {
    out.head.append("Connection: close\r\n");
  }
  out.head.append("\r\n");
  return out;
}

ClientCall::ClientCall(ClientShared& shared, Context ctx, Origin origin, Request request,
                       Outgoing outgoing)
    : shared_(shared),
      ctx_(std::move(ctx)),
      origin_(std::move(origin)),
      request_(std::move(request)),
      outgoing_(std::move(outgoing)) {}

Task<Result<ClientResponse>> ClientCall::run() {
  TARN_CO_CHECK_OK(ctx_.check(shared_.clock));
  for (bool fresh = false;; fresh = true) {
    TARN_CO_CHECK_OK(co_await acquire(fresh));
    const bool reused = connection_->reused;
    Result<void> answered = co_await exchange();
    if (answered) {
      co_return std::move(response_);
    }
    connection_.reset();
    const bool stale = reused && !any_byte_ && answered.error().is(kConnectionLost);
    if (!stale || fresh || !is_idempotent(request_.method) ||
        (request_.body && !request_.body->rewind())) {
      co_return std::move(answered).error();
    }
    log::debug("pooled connection was closed, trying a new one", {{"host", origin_.authority}});
  }
}

Task<Result<void>> ClientCall::acquire(bool fresh) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto& pool = asio::use_service<ConnectionPool>(asio::query(executor, asio::execution::context));
  const ClientConfig& config = shared_.config;
  const std::string key = shared_.pool_prefix + (origin_.tls ? "s" : "p") + origin_.authority;
  connect_end_ = real_now() + config.connect_timeout;
  connect_end_is_deadline_ = ctx_.deadline() && *ctx_.deadline() < connect_end_;
  if (connect_end_is_deadline_) {
    connect_end_ = *ctx_.deadline();
  }
  for (;;) {
    const SteadyTime now = real_now();
    pool.close_expired(now);
    // Looked up each time round: without connections it may have been forgotten meanwhile.
    PooledHost& host = pool.host(key, config.keep_alive);
    if (!fresh) {
      connection_ = pool.take_idle(host, now);
      if (connection_) {
        co_return Result<void>();
      }
    }
    if (host.open >= config.connections_per_host_max && !host.idle.empty()) {
      host.idle.erase(host.idle.begin());
    }
    if (host.open < config.connections_per_host_max) {
      connection_ = std::make_shared<ClientConnection>(pool, host, executor);
      co_return co_await connect();
    }
    if (now >= connect_end_) {
      if (connect_end_is_deadline_) {
        co_return Error(kTimeout);
      }
      co_return Error(kConnectFailed, "all connections to " + origin_.authority + " are in use");
    }
    auto waiter = std::make_shared<asio::steady_timer>(executor, connect_end_);
    host.waiters.push_back(waiter);
    std::function<void()> stop = [waiter, executor] {
      asio::post(executor, [waiter] { waiter->cancel(); });
    };
    const CancelToken::Registration registration = ctx_.cancel().on_cancel(std::move(stop));
    error_code ignored;
    if (!ctx_.cancel().cancelled()) {
      co_await waiter->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    std::erase(pool.host(key, config.keep_alive).waiters, waiter);
    if (ctx_.cancel().cancelled()) {
      co_return Error(kCancelled);
    }
  }
}

Task<Result<std::vector<tcp::endpoint>>> ClientCall::resolve() {
  error_code failure;
  const asio::ip::address literal = asio::ip::make_address(origin_.host, failure);
  if (!failure) {
    std::vector<tcp::endpoint> one(1, tcp::endpoint(literal, origin_.port));
    co_return one;
  }
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto lookup = std::make_shared<Lookup>(executor);
  lookup->wake.expires_at(connect_end_);
  lookup->resolver.async_resolve(
      origin_.host, std::to_string(origin_.port), tcp::resolver::numeric_service,
      [lookup](const error_code& error, const tcp::resolver::results_type& results) {
        lookup->done = true;
        lookup->failure = error;
        for (const auto& entry : results) {
          lookup->found.push_back(entry.endpoint());
        }
        lookup->wake.cancel();
      });
  std::function<void()> stop = [lookup, executor] {
    asio::post(executor, [lookup] { lookup->wake.cancel(); });
  };
  const CancelToken::Registration registration = ctx_.cancel().on_cancel(std::move(stop));
  co_await lookup->wake.async_wait(asio::redirect_error(asio::use_awaitable, failure));
  if (ctx_.cancel().cancelled()) {
    lookup->resolver.cancel();
    co_return Error(kCancelled);
  }
  if (!lookup->done) {
    lookup->resolver.cancel();
    if (connect_end_is_deadline_) {
      co_return Error(kTimeout);
    }
    co_return Error(kConnectFailed, "looking up " + origin_.host + " takes too long");
  }
  if (lookup->failure) {
    co_return Error(kConnectFailed, origin_.host + ": " + lookup->failure.message());
  }
  co_return std::move(lookup->found);
}

Result<std::vector<tcp::endpoint>> ClientCall::guarded(std::vector<tcp::endpoint> found) const {
  if (!shared_.guard) {
    return found;
  }
  std::vector<tcp::endpoint> allowed;
  Result<void> verdict;
  for (const tcp::endpoint& endpoint : found) {
    Result<void> one = shared_.guard(origin_.host, endpoint.address().to_string());
    if (one) {
      allowed.push_back(endpoint);
    } else {
      verdict = std::move(one);
    }
  }
  if (allowed.empty() && !verdict) {
    return std::move(verdict).error();
  }
  return allowed;
}

Task<Result<void>> ClientCall::connect() {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  TARN_CO_TRY(std::vector<tcp::endpoint> found, co_await resolve());
  TARN_CO_TRY(const std::vector<tcp::endpoint> endpoints, guarded(std::move(found)));
  asio::ssl::context* tls = nullptr;
  if (origin_.tls) {
    TARN_CO_TRY(tls, shared_.tls());
  }
  tcp::socket socket(executor);
  connection_->stream = std::make_unique<Stream>(std::move(socket), tls);
  Stream& stream = *connection_->stream;
  connection_->limit(ctx_, connect_end_, shared_.config.connect_timeout);
  error_code failure = asio::error::host_not_found;
  for (const tcp::endpoint& endpoint : endpoints) {
    error_code ignored;
    stream.socket().close(ignored);
    failure = {};
    co_await stream.socket().async_connect(endpoint,
                                           asio::redirect_error(asio::use_awaitable, failure));
    if (!failure || stream.aborted() != Stream::Abort::kNone) {
      break;
    }
  }
  if (!failure && stream.aborted() == Stream::Abort::kNone) {
    error_code ignored;
    stream.socket().set_option(tcp::no_delay(true), ignored);
    notice_dead_peers(stream.socket().native_handle());
    stream.socket().non_blocking(true, ignored);
    if (origin_.tls) {
      SSL_set_tlsext_host_name(stream.tls().native_handle(), origin_.host.c_str());
      if (shared_.config.verify_certificates) {
        stream.tls().set_verify_callback(asio::ssl::host_name_verification(origin_.host), ignored);
      }
      co_await stream.tls().async_handshake(asio::ssl::stream_base::client,
                                            asio::redirect_error(asio::use_awaitable, failure));
    }
  }
  connection_->unlimit();
  switch (stream.aborted()) {
    case Stream::Abort::kCancelled:
      co_return Error(kCancelled);
    case Stream::Abort::kTimeout:
      if (connect_end_is_deadline_) {
        co_return Error(kTimeout);
      }
      co_return Error(kConnectFailed, origin_.authority + ": no answer");
    case Stream::Abort::kNone:
    case Stream::Abort::kClosed:
      break;
  }
  if (failure) {
    co_return Error(kConnectFailed, origin_.authority + ": " + failure.message());
  }
  co_return Result<void>();
}

/// Sends the request and reads the head of its answer into `response_`.
Task<Result<void>> ClientCall::exchange() {
  Stream& stream = *connection_->stream;
  connection_->limit(ctx_, ctx_.deadline(), shared_.config.idle_timeout);
  any_byte_ = false;
  Sent sent = Sent::kAll;
  if (request_.body && (outgoing_.chunked || outgoing_.length > 0)) {
    TARN_CO_TRY(sent, co_await send_body());
  } else {
    Pieces pieces;
    pieces.add(outgoing_.head);
    error_code failure;
    if (!stream.write_now(pieces, failure) && !failure) {
      failure = co_await stream.write(pieces);
    }
    if (failure) {
      co_return stream.error_for(kConnectionLost, failure);
    }
  }
  if (sent == Sent::kAll) {
    bool final = response_.status != 0;
    for (int interim = 0; !final; ++interim) {
      if (interim > kInterimMax) {
        co_return Error(kBadResponse, "too many interim responses");
      }
      TARN_CO_TRY(final, co_await read_head());
    }
  }
  connection_->reusable = connection_->reusable && sent == Sent::kAll && !outgoing_.close;
  if (connection_->body->done()) {
    connection_->finish();
    connection_.reset();
    response_.body = memory_source(Bytes());
  } else {
    connection_->unlimit();
    response_.body = std::make_unique<ResponseBody>(std::move(connection_),
                                                    shared_.config.idle_timeout, shared_.clock);
  }
  co_return Result<void>();
}

/// Waits for `100 Continue`, a final answer (then `response_` has a status), or long enough.
Task<Result<void>> ClientCall::await_continue() {
  auto over = std::make_shared<bool>(false);
  asio::steady_timer patience(connection_->stream->socket().get_executor(), kContinueWait);
  patience.async_wait([over, weak = std::weak_ptr(connection_)](const error_code& cancelled) {
    const std::shared_ptr<ClientConnection> connection = weak.lock();
    if (!cancelled && connection && connection->stream) {
      *over = true;
      error_code ignored;
      connection->stream->socket().cancel(ignored);
    }
  });
  Result<bool> head = co_await read_head();
  patience.cancel();
  if (!head && !(*over && connection_->stream->aborted() == Stream::Abort::kNone)) {
    co_return std::move(head).error();
  }
  co_return Result<void>();
}

/// Sends head and body.
Task<Result<ClientCall::Sent>> ClientCall::send_body() {
  Stream& stream = *connection_->stream;
  const bool chunked = outgoing_.chunked;
  error_code failure;
  std::string frame = outgoing_.head;
  std::uint64_t left = outgoing_.length;
  if (outgoing_.expect_continue) {
    Pieces pieces;
    pieces.add(frame);
    failure = co_await stream.write(pieces);
    frame.clear();
    if (failure) {
      co_return stream.error_for(kConnectionLost, failure);
    }
    TARN_CO_CHECK_OK(co_await await_continue());
    if (response_.status >= 400) {
      co_return Sent::kAnswered;
    }
  }
  for (;;) {
    // A refusal before the end of the body: the rest would be sent for nothing. With TLS readable
    // bytes may be no answer at all (a session ticket).
    while (!stream.is_tls() && response_.status == 0 &&
           (!stream.buffered().empty() || is_readable(stream))) {
      TARN_CO_TRY(const bool final, co_await read_head());
      if (final && response_.status >= 400) {
        co_return Sent::kAnswered;
      }
    }
    const std::size_t most =
        chunked ? kSendChunkBytes : std::min<std::uint64_t>(left, kSendChunkBytes);
    TARN_CO_TRY(const Bytes chunk, co_await request_.body->read(ctx_, most));
    if (chunk.empty() && !chunked) {
      co_return Error::with_message(kInvalid, "request body is shorter than announced");
    }
    if (chunk.size() > most) {
      co_return Error::with_message(kInternal, "a source gave more than was asked for");
    }
    Pieces pieces;
    if (chunked && !chunk.empty()) {
      char digits[16];
      const auto [end, failed] = std::to_chars(digits, digits + sizeof digits, chunk.size(), 16);
      frame.append(digits, end).append("\r\n");
    }
    pieces.add(frame);
    pieces.add(chunk);
    if (chunked) {
      pieces.add(chunk.empty() ? "0\r\n\r\n" : "\r\n");
    } else {
      left -= chunk.size();
    }
    failure = co_await stream.write(pieces);
    frame.clear();
    if (failure) {
      if (stream.aborted() == Stream::Abort::kNone && response_.status == 0) {
        // The peer closed; it may have said why first.
        Result<bool> final = co_await read_head();
        if (final && *final) {
          co_return Sent::kAnswered;
        }
      }
      co_return stream.error_for(kConnectionLost, failure);
    }
    if (chunked ? chunk.empty() : left == 0) {
      co_return Sent::kAll;
    }
  }
}

/// Reads one response head into `response_`; false for an interim one, which is dropped.
Task<Result<bool>> ClientCall::read_head() {
  Stream& stream = *connection_->stream;
  const std::size_t size_max = shared_.config.header_bytes_max;
  std::size_t scanned = 0;
  for (;;) {
    const std::string_view ahead = stream.buffered();
    any_byte_ = any_byte_ || !ahead.empty();
    const std::size_t size = wire::find_head_end(ahead, scanned);
    if (size == wire::kHeadMalformed) {
      co_return Error(kBadResponse, "a line does not end in CRLF");
    }
    if (size > size_max || (size == 0 && ahead.size() >= size_max)) {
      co_return Error(kBadResponse, "header too large");
    }
    if (size > 0) {
      wire::HeadFacts facts;
      wire::StatusLine status;
      Headers headers;
      const std::optional<wire::HeadRefusal> refusal =
          wire::parse_response_head(ahead.substr(0, size), request_.method, status, headers, facts);
      if (refusal) {
        co_return Error(kBadResponse, refusal->why);
      }
      stream.consume(size);
      if (status.code < 200 && status.code != 101) {
        co_return false;
      }
      response_.status = status.code;
      response_.reason = std::move(status.reason);
      response_.headers = std::move(headers);
      connection_->reusable = facts.keep_alive && status.code != 101;
      connection_->body.emplace(stream, kBodyErrors);
      connection_->body->start(facts.framing);
      co_return true;
    }
    const auto room = stream.prepare(kHeadReadBytes);
    error_code failure;
    std::size_t got = 0;
    {
      Stream::IoScope waiting(stream);
      got = co_await stream.read_some(room, failure);
    }
    if (got == 0) {
      co_return stream.error_for(kConnectionLost, failure);
    }
    stream.commit(got);
  }
}

}  // namespace tarn::http
