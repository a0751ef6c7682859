#include "base/deflate.h"

#include "base/assert.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>

namespace tarn {
namespace {

constexpr int kGzipWindow = MAX_WBITS + 16;
constexpr std::size_t kChunkBytes = 64 * kKiB;
constexpr std::size_t kInputMax = std::numeric_limits<uInt>::max();

int window_bits(DeflateForm form) { return form == DeflateForm::kGzip ? kGzipWindow : -MAX_WBITS; }

Bytef* input_of(ByteView bytes) {
  // zlib does not write to its input; its interface is older than const.
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // NOLINT
}

}  // namespace

Result<Bytes> inflate(ByteView bytes, DeflateForm form, std::size_t size_bytes_max) {
  z_stream stream{};
  const int begun = inflateInit2(&stream, window_bits(form));
  TARN_ASSERT(begun == Z_OK, "zlib has memory");
  Bytes out;
  int state = Z_OK;
  std::size_t taken = 0;
  while (state != Z_STREAM_END) {
    const std::size_t before = out.size();
    out.resize(before + std::min(kChunkBytes, size_bytes_max - before + 1));
    const std::size_t given = std::min(bytes.size() - taken, kInputMax);
    stream.next_in = input_of(bytes.substr(taken));
    stream.avail_in = static_cast<uInt>(given);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = static_cast<uInt>(out.size() - before);
    state = ::inflate(&stream, Z_NO_FLUSH);
    taken += given - stream.avail_in;
    out.resize(out.size() - stream.avail_out);
    if (out.size() > size_bytes_max) {
      inflateEnd(&stream);
      return Error::with_message(
          kInvalid, fmt::format("compressed data becomes more than {} bytes", size_bytes_max));
    }
    if (state == Z_STREAM_END && form == DeflateForm::kGzip && taken < bytes.size()) {
      state = inflateReset(&stream);
      continue;
    }
    if (state != Z_OK && state != Z_STREAM_END) {
      break;
    }
  }
  inflateEnd(&stream);
  const bool whole = form == DeflateForm::kRaw || taken == bytes.size();
  if (state != Z_STREAM_END || !whole) {
    return Error::with_message(kInvalid, "compressed data is damaged or cut off");
  }
  return out;
}

Bytes deflate(ByteView bytes, DeflateForm form) {
  z_stream stream{};
  const int begun = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits(form), 8,
                                 Z_DEFAULT_STRATEGY);
  TARN_ASSERT(begun == Z_OK, "zlib has memory");
  Bytes out;
  out.resize(deflateBound(&stream, bytes.size()));
  std::size_t taken = 0;
  std::size_t made = 0;
  int state = Z_OK;
  while (state != Z_STREAM_END) {
    const std::size_t given = std::min(bytes.size() - taken, kInputMax);
    stream.next_in = input_of(bytes.substr(taken));
    stream.avail_in = static_cast<uInt>(given);
    const std::size_t room = std::min(out.size() - made, kInputMax);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + made);
    stream.avail_out = static_cast<uInt>(room);
    state = ::deflate(&stream, taken + given == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    TARN_ASSERT(state == Z_OK || state == Z_STREAM_END, "there is room for what is made");
    taken += given - stream.avail_in;
    made += room - stream.avail_out;
  }
  deflateEnd(&stream);
  out.resize(made);
  return out;
}

}  // namespace tarn
