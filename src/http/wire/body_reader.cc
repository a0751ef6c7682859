#include "http/wire/body_reader.h"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <limits>

namespace tarn::http::wire {

namespace {

constexpr std::size_t kReadBytesMin = 16 * kKiB;
constexpr std::size_t kReadBytesMax = 64 * kKiB;
constexpr std::size_t kFramingReadBytes = 4 * kKiB;

}  // namespace

void BodyReader::start(BodyFraming framing) {
  framing_ = framing;
  chunks_ = ChunkedDecoder();
  left_ = framing.length;
  read_size_ = kReadBytesMin;
  done_ = framing.kind == Framing::kNone || (framing.kind == Framing::kLength && left_ == 0);
  failed_ = false;
}

std::optional<std::uint64_t> BodyReader::remaining() const {
  if (done_) {
    return 0;
  }
  return framing_.kind == Framing::kLength ? std::optional(left_) : std::nullopt;
}

/// Some of the next `max_bytes` bytes of the connection; empty at its end (kUntilClose only).
Task<Result<Bytes>> BodyReader::take(std::uint64_t max_bytes) {
  Bytes out;
  const std::string_view ahead = stream_.buffered();
  if (!ahead.empty()) {
    out = ahead.substr(0, max_bytes);
    stream_.consume(out.size());
    co_return out;
  }
  out.resize(std::min<std::uint64_t>(max_bytes, read_size_));
  const auto into = boost::asio::buffer(out);
  error_code failure;
  std::size_t size = 0;
  {
    Stream::IoScope waiting(stream_);
    size = co_await stream_.read_some(into, failure);
  }
  if (size == 0) {
    if (framing_.kind == Framing::kUntilClose && failure == boost::asio::error::eof) {
      out.clear();
      co_return out;
    }
    co_return stream_.error_for(errors_.cut, failure);
  }
  if (size == out.size()) {
    read_size_ = std::min(read_size_ * 2, kReadBytesMax);
  } else if (size < out.size() / 4) {
    co_return Bytes(out, 0, size);  // do not let a few bytes pin a large block
  }
  out.resize(size);
  co_return out;
}

Task<Result<Bytes>> BodyReader::read(std::size_t max_bytes) {
  Bytes nothing;
  if (done_) {
    co_return nothing;
  }
  if (failed_ || stream_.aborted() != Stream::Abort::kNone) {
    failed_ = true;
    co_return stream_.error_for(errors_.cut, {});
  }
  const std::uint64_t wanted = std::min<std::uint64_t>(max_bytes, kReadBytesMax);
  while (framing_.kind == Framing::kChunked && chunks_.data_left() == 0) {
    if (stream_.buffered().empty()) {
      const auto room = stream_.prepare(kFramingReadBytes);
      error_code failure;
      std::size_t size = 0;
      {
        Stream::IoScope waiting(stream_);
        size = co_await stream_.read_some(room, failure);
      }
      if (size == 0) {
        failed_ = true;
        co_return stream_.error_for(errors_.cut, failure);
      }
      stream_.commit(size);
    }
    const std::optional<std::size_t> used = chunks_.read_framing(stream_.buffered());
    if (!used) {
      failed_ = true;
      co_return Error(errors_.malformed);
    }
    stream_.consume(*used);
    if (chunks_.done()) {
      done_ = true;
      co_return nothing;
    }
  }
  std::uint64_t most = wanted;
  if (framing_.kind == Framing::kChunked) {
    most = std::min(most, chunks_.data_left());
  } else if (framing_.kind == Framing::kLength) {
    most = std::min(most, left_);
  }
  Result<Bytes> taken = co_await take(most);
  if (!taken) {
    failed_ = true;
    co_return taken;
  }
  switch (framing_.kind) {
    case Framing::kChunked:
      chunks_.took(taken->size());
      break;
    case Framing::kLength:
      left_ -= taken->size();
      done_ = left_ == 0;
      break;
    case Framing::kUntilClose:
      done_ = taken->empty();
      break;
    case Framing::kNone:
      break;
  }
  co_return taken;
}

Task<bool> BodyReader::drain(std::uint64_t max_bytes) {
  std::uint64_t dropped = 0;
  while (!done_) {
    if (remaining().value_or(0) > max_bytes - dropped) {
      co_return false;
    }
    Result<Bytes> chunk = co_await read(kReadBytesMax);
    if (!chunk) {
      co_return false;
    }
    dropped += chunk->size();
    if (dropped > max_bytes) {
      co_return false;
    }
  }
  co_return true;
}

}  // namespace tarn::http::wire
