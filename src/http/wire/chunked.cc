#include "http/wire/chunked.h"

#include "base/assert.h"

namespace tarn::http::wire {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

bool is_line_byte(char c) {
  const auto u = static_cast<unsigned char>(c);
  return c == '\t' || (u >= 0x20 && u != 0x7f);
}

}  // namespace

void ChunkedDecoder::took(std::uint64_t size) {
  TARN_ASSERT(size <= data_left_, "more chunk data taken than the chunk has");
  data_left_ -= size;
}

std::optional<std::size_t> ChunkedDecoder::read_framing(std::string_view in) {
  std::size_t used = 0;
  while (used < in.size() && data_left_ == 0 && state_ != State::kDone) {
    if (!accept(in[used])) {
      return std::nullopt;
    }
    ++used;
  }
  return used;
}

bool ChunkedDecoder::accept(char c) {
  if (++framing_bytes_ > kFramingBytesMax) {
    return false;
  }
  switch (state_) {
    case State::kSize:
      if (const int digit = hex_digit(c); digit >= 0) {
        size_ = size_ * 16 + static_cast<std::uint64_t>(digit);
        return ++digits_ <= 15;  // 2^60 bytes; keeps sums of sizes far from overflow
      }
      if (digits_ == 0) {
        return false;
      }
      if (c == '\r') {
        state_ = State::kSizeLf;
        return true;
      }
      state_ = State::kExtension;
      return c == ';' || c == ' ' || c == '\t';
    case State::kExtension:
      if (c == '\r') {
        state_ = State::kSizeLf;
        return true;
      }
      return is_line_byte(c);
    case State::kSizeLf:
      if (c != '\n') {
        return false;
      }
      digits_ = 0;
      if (size_ == 0) {
        state_ = State::kTrailerLine;
        return true;
      }
      framing_bytes_ = 0;
      data_left_ = size_;
      size_ = 0;
      state_ = State::kData;
      return true;
    case State::kData:
      state_ = State::kDataLf;
      return c == '\r';
    case State::kDataLf:
      state_ = State::kSize;
      return c == '\n';
    case State::kTrailerLine:
      state_ = c == '\r' ? State::kEndLf : State::kTrailer;
      return c == '\r' || is_line_byte(c);
    case State::kTrailer:
      if (c == '\r') {
        state_ = State::kTrailerLf;
        return true;
      }
      return is_line_byte(c);
    case State::kTrailerLf:
      state_ = State::kTrailerLine;
      return c == '\n';
    case State::kEndLf:
      state_ = State::kDone;
      return c == '\n';
    case State::kDone:
      break;
  }
  return false;
}

}  // namespace tarn::http::wire
