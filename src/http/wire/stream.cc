#include "http/wire/stream.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tarn::http::wire {

namespace asio = boost::asio;

namespace {

error_code last_error() { return {errno, boost::system::system_category()}; }

/// sendfile moves at most this much before other connections of the loop get their turn.
constexpr std::uint64_t kSendFileTurnBytes = 1 * kMiB;
constexpr std::size_t kKeptBufferBytesMax = 16 * kKiB;
/// A TLS record's worth: below it one record is cheaper than two.
constexpr std::size_t kTlsJoinBytesMax = 16 * kKiB;

}  // namespace

std::size_t Pieces::size_bytes() const {
  std::size_t size = 0;
  for (const asio::const_buffer& part : *this) {
    size += part.size();
  }
  return size;
}

void Pieces::skip(std::size_t size) {
  std::size_t gone = 0;
  while (gone < count_ && size >= parts_[gone].size()) {
    size -= parts_[gone++].size();
  }
  std::copy(parts_.begin() + static_cast<std::ptrdiff_t>(gone),
            parts_.begin() + static_cast<std::ptrdiff_t>(count_), parts_.begin());
  count_ -= gone;
  if (count_ > 0) {
    parts_[0] += size;
  }
}

Stream::Stream(asio::ip::tcp::socket socket, asio::ssl::context* tls) : socket_(std::move(socket)) {
  if (tls != nullptr) {
    tls_ = std::make_unique<asio::ssl::stream<asio::ip::tcp::socket&>>(socket_, *tls);
  }
}

void Stream::consume(std::size_t size) {
  begin_ += size;
  if (begin_ == end_) {
    begin_ = end_ = 0;
  }
}

asio::mutable_buffer Stream::prepare(std::size_t size_min) {
  if (capacity_ - end_ < size_min) {
    const std::size_t used = end_ - begin_;
    if (capacity_ - used >= size_min) {
      std::memmove(buffer_.get(), buffer_.get() + begin_, used);
    } else {
      const std::size_t wanted = std::max(capacity_ * 2, used + size_min);
      std::unique_ptr<char[]> larger(new char[wanted]);
      if (used > 0) {
        std::memcpy(larger.get(), buffer_.get() + begin_, used);
      }
      buffer_ = std::move(larger);
      capacity_ = wanted;
    }
    begin_ = 0;
    end_ = used;
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

void Stream::shrink() {
  if (begin_ == end_ && capacity_ > kKeptBufferBytesMax) {
    buffer_.reset();
    capacity_ = 0;
  }
}

Task<std::size_t> Stream::read_some(asio::mutable_buffer into, error_code& failure) {
  // Not a coroutine: one frame less for every request.
  if (tls_) {
    return tls_->async_read_some(into, asio::redirect_error(asio::use_awaitable, failure));
  }
  return socket_.async_read_some(into, asio::redirect_error(asio::use_awaitable, failure));
}

bool Stream::write_now(Pieces& pieces, error_code& failure) {
  if (tls_ || aborted_ != Abort::kNone) {
    if (aborted_ != Abort::kNone) {
      failure = asio::error::operation_aborted;
    }
    return false;
  }
  std::array<iovec, 4> parts;
  std::size_t count = 0;
  std::size_t total = 0;
  for (const asio::const_buffer& piece : pieces) {
    parts[count].iov_base = const_cast<void*>(piece.data());  // sendmsg does not write to it
    parts[count].iov_len = piece.size();
    total += piece.size();
    ++count;
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      failure = last_error();
    }
    return false;
  }
  if (static_cast<std::size_t>(sent) == total) {
    return true;
  }
  pieces.skip(static_cast<std::size_t>(sent));
  return false;
}

Task<error_code> Stream::write(Pieces pieces) {
  error_code failure;
  while (!pieces.empty()) {
    if (aborted_ != Abort::kNone) {
      failure = asio::error::operation_aborted;
      co_return failure;
    }
    if (tls_) {
      const std::size_t total = pieces.size_bytes();
      IoScope waiting(*this);
      if (total <= kTlsJoinBytesMax) {
        std::string joined;
        joined.reserve(total);
        for (const asio::const_buffer& piece : pieces) {
          joined.append(static_cast<const char*>(piece.data()), piece.size());
        }
        const auto bytes = asio::buffer(std::as_const(joined));
        co_await asio::async_write(*tls_, bytes,
                                   asio::redirect_error(asio::use_awaitable, failure));
      } else {
        co_await asio::async_write(*tls_, pieces,
                                   asio::redirect_error(asio::use_awaitable, failure));
      }
      co_return failure;
    }
    if (write_now(pieces, failure) || failure) {
      co_return failure;
    }
    IoScope waiting(*this);
    const std::size_t sent = co_await socket_.async_write_some(
        pieces, asio::redirect_error(asio::use_awaitable, failure));
    if (failure) {
      co_return failure;
    }
    pieces.skip(sent);
  }
  co_return failure;
}

Task<error_code> Stream::send_file(int descriptor, std::uint64_t offset, std::uint64_t size) {
  error_code failure;
  auto executor = co_await asio::this_coro::executor;
  auto at = static_cast<off_t>(offset);
  std::uint64_t left = size;
  std::uint64_t turn = 0;
  while (left > 0) {
    if (aborted_ != Abort::kNone) {
      failure = asio::error::operation_aborted;
      co_return failure;
    }
    if (turn == 0) {
      // Starts the disk on the next stretch, so that sendfile rarely blocks the loop on it.
      ::posix_fadvise(descriptor, at, static_cast<off_t>(std::min(left, 4 * kSendFileTurnBytes)),
                      POSIX_FADV_WILLNEED);
    }
    const ssize_t sent = ::sendfile(socket_.native_handle(), descriptor, &at,
                                    std::min(left, kSendFileTurnBytes - turn));
    if (sent > 0) {
      left -= static_cast<std::uint64_t>(sent);
      turn += static_cast<std::uint64_t>(sent);
      ++progress_;
      if (turn >= kSendFileTurnBytes && left > 0) {
        turn = 0;
        co_await asio::post(executor, asio::use_awaitable);
      }
      continue;
    }
    if (sent == 0) {  // the file is shorter than it said
      failure = asio::error::eof;
      co_return failure;
    }
    if (errno == EINTR) {
      continue;
    }
    if (errno != EAGAIN) {
      failure = last_error();
      co_return failure;
    }
    IoScope waiting(*this);
    co_await socket_.async_wait(asio::ip::tcp::socket::wait_write,
                                asio::redirect_error(asio::use_awaitable, failure));
    if (failure) {
      co_return failure;
    }
  }
  co_return failure;
}

void Stream::abort(Abort reason) {
  if (aborted_ != Abort::kNone) {
    return;
  }
  aborted_ = reason;
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.cancel(ignored);
}

Error Stream::error_for(const ErrorId& id, const error_code& failure) const {
  switch (aborted_) {
    case Abort::kTimeout:
      return Error(kTimeout);
    case Abort::kCancelled:
      return Error(kCancelled);
    case Abort::kNone:
    case Abort::kClosed:
      break;
  }
  if (!failure || failure == asio::error::eof || failure == asio::error::operation_aborted) {
    return Error(id);
  }
  return Error(id, failure.message());
}

bool Stream::peer_gone() const {
  pollfd state{};
  state.fd = const_cast<asio::ip::tcp::socket&>(socket_).native_handle();
  state.events = POLLRDHUP;
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace tarn::http::wire
