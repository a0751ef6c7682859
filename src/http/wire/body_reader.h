#pragma once

#include "http/wire/chunked.h"
#include "http/wire/head.h"
#include "http/wire/stream.h"

#include <cstdint>
#include <optional>

namespace tarn::http::wire {

/// The errors of whoever reads the body: a server and a client name them differently.
struct BodyErrors {
  /// The connection ended inside the body.
  const ErrorId& cut;
  /// The chunked coding is broken.
  const ErrorId& malformed;
};

/// Takes one message body off a stream, and not a byte more. The stream outlives it.
class BodyReader {
 public:
  BodyReader(Stream& stream, BodyErrors errors) : stream_(stream), errors_(errors) {}

  void start(BodyFraming framing);
  /// At most `max_bytes`, and at most 64 KiB; empty at the end. After an error all calls fail.
  Task<Result<Bytes>> read(std::size_t max_bytes);
  /// Reads and drops what is left; false when that is more than `max_bytes`, or the body broke.
  Task<bool> drain(std::uint64_t max_bytes);

  bool done() const { return done_; }
  bool failed() const { return failed_; }
  /// Bytes still to come, when known.
  std::optional<std::uint64_t> remaining() const;

 private:
  Task<Result<Bytes>> take(std::uint64_t max_bytes);

  Stream& stream_;
  BodyErrors errors_;
  BodyFraming framing_;
  ChunkedDecoder chunks_;
  /// kLength: bytes to come.
  std::uint64_t left_ = 0;
  std::size_t read_size_ = 0;
  bool done_ = true;
  bool failed_ = false;
};

}  // namespace tarn::http::wire
