#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tarn::http::testing {

/// A blocking TCP client on 127.0.0.1 that sends exactly the given bytes, for malformed and cut
/// input. Reads give up after ten seconds, so a test fails and does not hang.
class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port);
  ~RawSocket();
  RawSocket(RawSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  RawSocket& operator=(RawSocket&&) = delete;

  /// False if the peer has closed.
  bool send(std::string_view bytes);
  /// Reads until `size` bytes are there or the connection ends.
  std::string read(std::size_t size);
  /// Reads until `end` was seen or the connection ends; what follows `end` stays for the next call.
  std::string read_until(std::string_view end);
  /// Reads to the end of the connection.
  std::string read_all();
  /// One response with Content-Length, head and body.
  std::string read_response();
  /// True if the peer has closed and nothing is left to read.
  bool at_end();
  void close_sending();
  void close();

 private:
  bool more();

  int descriptor_ = -1;
  std::string ahead_;
};

}  // namespace tarn::http::testing
