#include "http/server/connection.h"

#include "base/log.h"
#include "base/time_text.h"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>

namespace tarn::http {

namespace asio = boost::asio;
using wire::error_code;
using wire::Framing;
using wire::Pieces;
using wire::Stream;

namespace {

/// Fits the head of an ordinary API request; larger ones make it grow.
constexpr std::size_t kHeadReadBytes = 4 * kKiB;
constexpr std::size_t kResponseChunkBytes = 64 * kKiB;
/// A body below this leaves in one write with its head: a second system call and packet cost more
/// than the copy that sendfile saves.
constexpr std::size_t kSendFileBytesMin = 16 * kKiB + 1;
/// How long a client that was refused may go on sending before the connection is reset under its
/// feet; until then it can still read why.
constexpr std::chrono::seconds kLingerTime{5};

constexpr wire::BodyErrors kBodyErrors{.cut = kBodyTruncated, .malformed = kBodyMalformed};

std::string hex_size(std::size_t size) {
  char digits[16];
  const auto [end, failure] = std::to_chars(digits, digits + sizeof digits, size, 16);
  return {digits, end};
}

/// Responses that end at their empty line whatever their fields say (RFC 9112 6.3).
bool has_no_body(std::string_view method, unsigned status) {
  return method == "HEAD" || status < 200 || status == 204 || status == 304;
}

}  // namespace

/// The body as the handler sees it. May outlive its request; then it only answers kCancelled.
class RequestBody final : public ByteSource {
 public:
  explicit RequestBody(Connection& connection) : connection_(&connection) {
    connection.live_body_ = this;
  }
  ~RequestBody() override {
    if (connection_ != nullptr) {
      connection_->live_body_ = nullptr;
    }
  }

  Task<Result<Bytes>> read(Context ctx, std::size_t max_bytes) override {
    return connection_ != nullptr ? connection_->read_body(std::move(ctx), max_bytes) : gone();
  }
  std::optional<std::uint64_t> remaining() const override {
    return connection_ != nullptr ? connection_->body_.remaining() : std::nullopt;
  }
  void detach() { connection_ = nullptr; }

 private:
  static Task<Result<Bytes>> gone() { co_return Error(kCancelled, "the request is over"); }

  Connection* connection_;
};

void ServerLoop::refresh() {
  now = clock.steady_now();
  date_field.clear();
  wire::append_field(date_field, "Date", format_http_date(clock.now()));
}

void ServerLoop::sweep() {
  refresh();
  // Nothing below destroys a connection: cancellation resumes coroutines on a later turn.
  for (Connection* connection = first; connection != nullptr; connection = connection->next()) {
    connection->check_limits();
  }
}

Connection::Connection(ServerLoop& loop, asio::ip::tcp::socket socket)
    : loop_(loop),
      stream_(std::move(socket), loop.shared.tls ? &*loop.shared.tls : nullptr),
      body_(stream_, kBodyErrors),
      since_(loop.now) {
  error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  stream_.socket().non_blocking(true, ignored);
  const auto peer = stream_.socket().remote_endpoint(ignored);
  peer_address_ = peer.address().to_string();
  next_ = loop_.first;
  if (next_ != nullptr) {
    next_->previous_ = this;
  }
  loop_.first = this;
}

Connection::~Connection() {
  if (live_body_ != nullptr) {
    live_body_->detach();
  }
  (previous_ != nullptr ? previous_->next_ : loop_.first) = next_;
  if (next_ != nullptr) {
    next_->previous_ = previous_;
  }
}

void Connection::enter(Phase phase) {
  phase_ = phase;
  since_ = loop_.now;
}

void Connection::close_if_idle() {
  if (phase_ == Phase::kIdle || (phase_ == Phase::kHead && stream_.buffered().empty())) {
    stream_.abort(Stream::Abort::kClosed);
  }
}

void Connection::kill() {
  cancel_.cancel(CancelReason::kShutdown);
  stream_.abort(Stream::Abort::kCancelled);
}

void Connection::check_limits() {
  const ServerConfig& config = loop_.shared.config;
  SteadyTime::duration limit{};
  switch (phase_) {
    case Phase::kHandshake:
    case Phase::kHead:
      limit = config.header_timeout;
      break;
    case Phase::kIdle:
      limit = config.idle_timeout;
      break;
    case Phase::kLinger:
      limit = kLingerTime;
      break;
    case Phase::kRequest:
      if (!stream_.waiting()) {
        // The handler works; no time limit of ours. But is it still for someone?
        since_ = loop_.now;
        if (stream_.peer_gone()) {
          cancel_.cancel(CancelReason::kClientGone);
        }
        return;
      }
      if (stream_.progress() != seen_progress_) {
        seen_progress_ = stream_.progress();
        since_ = loop_.now;
        return;
      }
      limit = config.idle_timeout;
      break;
  }
  if (loop_.now - since_ >= limit) {
    cancel_.cancel(CancelReason::kClientGone);
    stream_.abort(Stream::Abort::kTimeout);
  }
}

Task<void> Connection::run() {
  if (stream_.is_tls()) {
    enter(Phase::kHandshake);
    error_code failure;
    co_await stream_.tls().async_handshake(asio::ssl::stream_base::server,
                                           asio::redirect_error(asio::use_awaitable, failure));
    if (failure) {
      log::debug("TLS handshake failed", {{"peer", peer_address_}, {"why", failure.message()}});
      co_return;
    }
    enter(Phase::kHead);
  }
  for (;;) {
    const HeadOutcome outcome = co_await read_head();
    if (outcome == HeadOutcome::kClosed) {
      break;
    }
    if (outcome == HeadOutcome::kRefused) {
      co_await refuse(refusal_);
      co_return;
    }
    enter(Phase::kRequest);
    const bool keep = co_await serve_request();
    if (live_body_ != nullptr) {
      live_body_->detach();
      live_body_ = nullptr;
    }
    if (!keep) {
      if (!body_.done()) {
        co_await linger();
        co_return;
      }
      break;
    }
    enter(Phase::kIdle);
  }
  if (stream_.is_tls() && stream_.aborted() == Stream::Abort::kNone) {
    enter(Phase::kLinger);
    error_code ignored;
    co_await stream_.tls().async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

/// Fills `request_` and `facts_`, or `refusal_`.
Task<Connection::HeadOutcome> Connection::read_head() {
  std::size_t scanned = 0;
  for (;;) {
    // RFC 9112 2.2: an empty line before a request is skipped, also one that comes in two parts.
    while (stream_.buffered().starts_with("\r\n")) {
      stream_.consume(2);
      scanned = 0;
    }
    const std::string_view ahead = stream_.buffered();
    const std::size_t size = wire::find_head_end(ahead, scanned);
    const std::size_t size_max = loop_.shared.config.header_bytes_max;
    if (size == wire::kHeadMalformed) {
      refusal_ = {.status = 400, .why = "a line does not end in CRLF"};
      co_return HeadOutcome::kRefused;
    }
    if (size > size_max || (size == 0 && ahead.size() >= size_max)) {
      refusal_ = {.status = 431, .why = "request header too large"};
      co_return HeadOutcome::kRefused;
    }
    if (size > 0) {
      request_ = Request();
      facts_ = wire::HeadFacts();
      const std::optional<wire::HeadRefusal> refusal =
          wire::parse_request_head(ahead.substr(0, size), request_, facts_);
      stream_.consume(size);
      if (refusal) {
        refusal_ = *refusal;
        co_return HeadOutcome::kRefused;
      }
      co_return HeadOutcome::kRequest;
    }
    if (ahead.empty()) {
      if (loop_.shared.stopping.load(std::memory_order_relaxed)) {
        co_return HeadOutcome::kClosed;
      }
      stream_.shrink();
    } else if (phase_ == Phase::kIdle) {
      enter(Phase::kHead);
    }
    const auto room = stream_.prepare(kHeadReadBytes);
    error_code failure;
    const std::size_t got = co_await stream_.read_some(room, failure);
    if (got == 0) {
      co_return HeadOutcome::kClosed;
    }
    stream_.commit(got);
  }
}

/// True when the connection can take another request.
Task<bool> Connection::serve_request() {
  body_.start(facts_.framing);
  continue_pending_ = facts_.expect_continue && !body_.done();
  response_started_ = false;
  const bool no_body_wanted = request_.method == "HEAD";
  const std::string method = request_.method;
  request_.peer_address = peer_address_;
  request_.tls = stream_.is_tls();
  request_.body = std::make_unique<RequestBody>(*this);
  Context ctx(loop_.ids.next(), cancel_.token());

  Response response;
  std::exception_ptr thrown;
  try {
    response = co_await loop_.shared.handler.handle(ctx, std::move(request_));
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown) {
    std::string what = "not a std::exception";
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      what = e.what();
    } catch (...) {  // NOLINT(bugprone-empty-catch): named above
    }
    log::error("request handler threw", {{"request_id", ctx.request_id()}, {"what", what}});
    response = Response();
    response.status = 500;
    response.close = true;
  }
  if (stream_.aborted() != Stream::Abort::kNone) {
    co_return false;
  }

  bool keep = can_keep(response);
  error_code failure;
  if (auto* bytes = std::get_if<Bytes>(&response.body)) {
    const bool bodiless = has_no_body(method, response.status);
    if (!bodiless && response.content_length && *response.content_length != bytes->size()) {
      log::error("response length differs from its body", {{"request_id", ctx.request_id()}});
    }
    const std::uint64_t length =
        bodiless ? response.content_length.value_or(bytes->size()) : bytes->size();
    start_head(response);
    if (response.status >= 200 && response.status != 204 &&
        (response.status != 304 || response.content_length)) {
      wire::append_field(head_, "Content-Length", length);
    }
    finish_head(keep);
    Pieces pieces;
    pieces.add(head_);
    if (!bodiless) {
      pieces.add(*bytes);
    }
    if (!stream_.write_now(pieces, failure) && !failure) {
      failure = co_await stream_.write(pieces);
    }
    if (failure) {
      co_return false;
    }
  } else if (no_body_wanted || has_no_body(method, response.status)) {
    const ByteSource* source = std::get<std::unique_ptr<ByteSource>>(response.body).get();
    std::optional<std::uint64_t> length = response.content_length;
    if (!length && source != nullptr && response.status != 304) {
      length = source->remaining();
    }
    start_head(response);
    if (length && response.status >= 200 && response.status != 204) {
      wire::append_field(head_, "Content-Length", *length);
    }
    finish_head(keep);
    Pieces pieces;
    pieces.add(head_);
    failure = co_await stream_.write(pieces);
    if (failure) {
      co_return false;
    }
  } else {
    keep = co_await send_stream(ctx, std::move(response), keep);
  }

  if (keep && !body_.done()) {
    keep = co_await body_.drain(loop_.shared.config.drain_bytes_max);
  }
  co_return keep;
}

bool Connection::can_keep(const Response& response) const {
  return facts_.keep_alive && !response.close &&
         !loop_.shared.stopping.load(std::memory_order_relaxed) && !body_.failed() &&
         // A client that still waits for 100 may send its body or not; there is no telling.
         !continue_pending_ && body_.remaining().value_or(0) <= loop_.shared.config.drain_bytes_max;
}

void Connection::start_head(const Response& response) {
  head_.clear();
  char status[4];
  const unsigned code = response.status >= 100 && response.status <= 999 ? response.status : 500;
  std::to_chars(status, status + 3, code);
  head_.append("HTTP/1.1 ").append(status, 3).append(" ").append(reason_phrase(code));
  head_.append("\r\n");
  wire::append_fields(head_, response.headers);
  if (!response.headers.contains("Date")) {
    head_.append(loop_.date_field);
  }
}

void Connection::finish_head(bool keep) {
  if (!keep) {
    head_.append("Connection: close\r\n");
  } else if (facts_.minor_version == 0) {
    head_.append("Connection: keep-alive\r\n");
  }
  head_.append("\r\n");
}

/// Writes a response whose body is a stream. The first chunk is read before the head leaves, so a
/// source that cannot even start still becomes a 500 and not a cut response.
Task<bool> Connection::send_stream(Context ctx, Response response, bool keep) {
  const std::unique_ptr<ByteSource> source =
      std::move(std::get<std::unique_ptr<ByteSource>>(response.body));
  std::optional<std::uint64_t> length = response.content_length;
  if (!length) {
    length = source ? source->remaining() : 0;
  }
  error_code failure;
  Pieces pieces;

  std::optional<FileRegion> region;
  if (source && !stream_.is_tls() && length.value_or(0) >= kSendFileBytesMin) {
    region = source->file_region();
  }
  if (region && region->size_bytes >= *length) {
    start_head(response);
    wire::append_field(head_, "Content-Length", *length);
    finish_head(keep);
    pieces.add(head_);
    failure = co_await stream_.write(pieces);
    if (!failure) {
      failure = co_await stream_.send_file(region->descriptor, region->offset, *length);
    }
    co_return !failure && keep;
  }

  Bytes chunk;
  if (source && length != std::uint64_t{0}) {
    Result<Bytes> first = co_await source->read(ctx, kResponseChunkBytes);
    if (!first || (first->empty() && length)) {
      log::error("response body cannot be read",
                 {{"request_id", ctx.request_id()},
                  {"why", first ? std::string("it is empty") : first.error().message()}});
      head_.assign("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n");
      finish_head(/*keep=*/false);
      pieces.add(head_);
      failure = co_await stream_.write(pieces);
      co_return false;
    }
    chunk = *std::move(first);
  }
  response_started_ = true;
  const bool chunked = !length && facts_.minor_version >= 1;
  if (!length && !chunked) {
    keep = false;  // HTTP/1.0: the end of the connection is the end of the body
  }
  start_head(response);
  if (length) {
    wire::append_field(head_, "Content-Length", *length);
  } else if (chunked) {
    head_.append("Transfer-Encoding: chunked\r\n");
  }
  finish_head(keep);

  std::uint64_t sent = 0;
  std::string frame = std::move(head_);
  for (;;) {
    pieces = Pieces();
    if (length && chunk.size() > *length - sent) {
      log::error("response body is longer than announced", {{"request_id", ctx.request_id()}});
      chunk.resize(*length - sent);
      keep = false;
    }
    sent += chunk.size();
    const bool last = chunk.empty() || (length && sent == *length);
    if (chunked) {
      if (!chunk.empty()) {
        frame.append(hex_size(chunk.size())).append("\r\n");
      }
      pieces.add(frame);
      pieces.add(chunk);
      pieces.add(chunk.empty() ? "0\r\n\r\n" : "\r\n");
    } else {
      pieces.add(frame);
      pieces.add(chunk);
    }
    failure = co_await stream_.write(pieces);
    if (failure) {
      cancel_.cancel(CancelReason::kClientGone);
      co_return false;
    }
    frame.clear();
    if (last) {
      break;
    }
    Result<Bytes> next = co_await source->read(ctx, kResponseChunkBytes);
    if (!next || (next->empty() && length)) {
      // Only breaking the connection tells the client that what it has is not all.
      log::warn(
          "response body broke off",
          {{"request_id", ctx.request_id()},
           {"why", next ? std::string("it is shorter than announced") : next.error().message()}});
      stream_.abort(Stream::Abort::kClosed);
      co_return false;
    }
    chunk = *std::move(next);
  }
  head_ = std::move(frame);  // its capacity
  co_return keep;
}

Task<Result<Bytes>> Connection::read_body(Context ctx, std::size_t max_bytes) {
  TARN_CO_CHECK_OK(ctx.check(loop_.clock));
  if (continue_pending_ && !body_.done()) {
    continue_pending_ = false;
    // A client that already sends does not need the word, and mid-response it would corrupt it.
    if (stream_.buffered().empty() && !response_started_) {
      error_code failure;
      Pieces pieces;
      pieces.add("HTTP/1.1 100 Continue\r\n\r\n");
      failure = co_await stream_.write(pieces);
    }
  }
  co_return co_await body_.read(max_bytes);
}

Task<void> Connection::refuse(wire::HeadRefusal refusal) {
  log::debug("request refused",
             {{"peer", peer_address_}, {"status", refusal.status}, {"why", refusal.why}});
  enter(Phase::kLinger);
  Response response;
  response.status = refusal.status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  start_head(response);
  wire::append_field(head_, "Content-Length", refusal.why.size() + 1);
  finish_head(/*keep=*/false);
  head_.append(refusal.why).append("\n");
  Pieces pieces;
  pieces.add(head_);
  error_code failure;
  failure = co_await stream_.write(pieces);
  if (!failure) {
    co_await linger();
  }
}

/// Closes our side and reads on until the client closes its own: closing at once would reset the
/// connection and could destroy the response on its way.
Task<void> Connection::linger() {
  enter(Phase::kLinger);
  error_code failure;
  if (stream_.is_tls()) {
    // close_notify leaves within the shutdown; the rest of it is waiting for the client's.
    co_await stream_.tls().async_shutdown(asio::redirect_error(asio::use_awaitable, failure));
  }
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, failure);
  std::string sink(16 * kKiB, '\0');
  const auto into = asio::buffer(sink);
  failure = {};
  while (!failure && stream_.aborted() == Stream::Abort::kNone) {
    co_await stream_.socket().async_read_some(into,
                                              asio::redirect_error(asio::use_awaitable, failure));
  }
}

}  // namespace tarn::http
