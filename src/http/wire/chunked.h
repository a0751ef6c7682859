#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tarn::http::wire {

/// Follows the framing of the chunked transfer coding (RFC 9112 section 7.1):
///
///     chunk*      <hex size> [; extension] CRLF <size bytes> CRLF
///     last chunk  0 [; extension] CRLF  trailer fields  CRLF
///
/// Chunk data does not pass through it: the reader takes `data_left()` bytes directly and reports
/// them. Extensions and trailers are skipped. Strict about CRLF, as two readings of a chunk's end
/// are two different next requests.
class ChunkedDecoder {
 public:
  /// Data bytes that come next; 0 when framing bytes do.
  std::uint64_t data_left() const { return data_left_; }
  /// `size` data bytes were taken (at most data_left()).
  void took(std::uint64_t size);
  /// The last chunk and its trailers have been read.
  bool done() const { return state_ == State::kDone; }
  /// Reads framing bytes from the start of `in` until data or the end follows, or `in` is used up.
  /// Returns how many were read; nothing if they are malformed.
  std::optional<std::size_t> read_framing(std::string_view in);

  /// Size line with extension, and all trailers together.
  static constexpr std::size_t kFramingBytesMax = 16 * 1024;

 private:
  enum class State : std::uint8_t {
    kSize,         // hexadecimal digits
    kExtension,    // rest of the size line
    kSizeLf,       // LF of the size line
    kData,         // chunk data, then its CR
    kDataLf,       // LF after chunk data
    kTrailerLine,  // start of a trailer line
    kTrailer,      // inside one
    kTrailerLf,    // its LF
    kEndLf,        // LF of the last, empty line
    kDone,
  };

  bool accept(char c);

  State state_ = State::kSize;
  std::uint64_t size_ = 0;
  std::uint64_t data_left_ = 0;
  std::size_t digits_ = 0;
  std::size_t framing_bytes_ = 0;
};

}  // namespace tarn::http::wire
