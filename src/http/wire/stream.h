#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "runtime/task.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tarn::http::wire {

using boost::system::error_code;

/// Up to four pieces that leave in one system call.
class Pieces {
 public:
  Pieces() = default;
  void add(std::string_view piece) {
    if (!piece.empty()) {
      parts_[count_++] = boost::asio::const_buffer(piece.data(), piece.size());
    }
  }
  bool empty() const { return count_ == 0; }
  std::size_t size_bytes() const;
  /// Drops the first `size` bytes.
  void skip(std::size_t size);
  const boost::asio::const_buffer* begin() const { return parts_.data(); }
  const boost::asio::const_buffer* end() const { return parts_.data() + count_; }

 private:
  std::array<boost::asio::const_buffer, 4> parts_;
  std::size_t count_ = 0;
};

/// One TCP connection, with TLS or without, and what was read from it ahead. Used on its loop only.
///
/// Time limits and cancellation come from outside: the owner calls `abort`, after which pending and
/// later calls fail. Whoever waits for the peer does so under an `IoScope`, by which the owner
/// tells a peer that is slow from a program that is.
class Stream {
 public:
  enum class Abort : std::uint8_t { kNone, kTimeout, kCancelled, kClosed };

  /// `tls` outlives the stream; null for plain TCP.
  Stream(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  boost::asio::ip::tcp::socket& socket() { return socket_; }
  bool is_tls() const { return tls_ != nullptr; }
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>& tls() { return *tls_; }

  /// What was read ahead and not consumed.
  std::string_view buffered() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t size);
  /// Room for at least `size_min` more bytes behind the buffered ones. Invalidates `buffered()`.
  boost::asio::mutable_buffer prepare(std::size_t size_min);
  void commit(std::size_t size) { end_ += size; }
  /// Gives a large empty buffer back, for a connection that may now be idle for long.
  void shrink();

  /// Reads what there is, at least one byte. 0 with `failure` set, to `eof` at a clean end.
  Task<std::size_t> read_some(boost::asio::mutable_buffer into, error_code& failure);

  /// Sends what the socket takes at once, without suspending; sets `failure` when it is broken.
  /// With TLS it sends nothing. True when all went.
  bool write_now(Pieces& pieces, error_code& failure);
  /// Sends all; returns what went wrong.
  Task<error_code> write(Pieces pieces);
  /// Sends a stretch of a file; plain TCP only.
  Task<error_code> send_file(int descriptor, std::uint64_t offset, std::uint64_t size);

  /// Breaks the connection. The first reason stays.
  void abort(Abort reason);
  Abort aborted() const { return aborted_; }
  /// `id` for a broken connection, or kTimeout or kCancelled when that is why.
  Error error_for(const ErrorId& id, const error_code& failure) const;
  /// True if the peer has closed its side (plain poll, consumes nothing).
  bool peer_gone() const;

  /// Marks a stretch in which the peer is waited for.
  class IoScope {
   public:
    explicit IoScope(Stream& stream) : stream_(stream) { stream_.waiting_ = true; }
    ~IoScope() {
      stream_.waiting_ = false;
      ++stream_.progress_;
    }
    IoScope(const IoScope&) = delete;
    IoScope& operator=(const IoScope&) = delete;

   private:
    Stream& stream_;
  };
  bool waiting() const { return waiting_; }
  /// Changes whenever a wait for the peer ended with something.
  std::uint64_t progress() const { return progress_; }

 private:
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t progress_ = 0;
  bool waiting_ = false;
  Abort aborted_ = Abort::kNone;
};

}  // namespace tarn::http::wire
