// Invariants: any body is read to its end or refused; parts and verdict do not depend on how the
// body arrives or how it is read.
#include "base/assert.h"
#include "http/multipart.h"
#include "runtime/testing/piecewise_source.h"
#include "runtime/testing/run.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace tarn;  // NOLINT(google-build-using-namespace): a program of one file

Task<std::string> read_parts(Bytes body, std::size_t piece, std::size_t read_bytes) {
  testing::PiecewiseSource source(std::move(body), piece);
  http::MultipartReader reader(source, "b");
  Context ctx;
  std::string out;
  for (;;) {
    Result<std::optional<http::MultipartPart>> part = co_await reader.next(ctx);
    if (!part || !part->has_value()) {
      co_return out + (part ? "|end" : "|error");
    }
    out += "|" + (*part)->name + "|" + (*part)->filename.value_or("") + "|";
    for (;;) {
      Result<Bytes> chunk = co_await (*part)->content->read(ctx, read_bytes);
      if (!chunk) {
        co_return out + "|error";
      }
      TARN_ASSERT(chunk->size() <= read_bytes, "more than was asked for");
      if (chunk->empty()) {
        break;
      }
      out += *chunk;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes body(reinterpret_cast<const char*>(data), size);
  const std::string whole = tarn::testing::run(read_parts(body, size + 1, size + 1));
  const std::string bytewise = tarn::testing::run(read_parts(body, 1, 3));
  // A body that is cut may show more or less of its last part before the cut is noticed.
  if (whole.ends_with("|end") || bytewise.ends_with("|end")) {
    TARN_ASSERT(whole == bytewise, "parts depend on how they arrive");
  }
  return 0;
}
