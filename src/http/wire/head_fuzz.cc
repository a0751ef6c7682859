// Invariants: a head parsed is clean (no line break or NUL in any part) and parses to the same
// again from what is written for it; where its end is found does not depend on how it arrives; the
// chunked decoder gives the same bytes, verdict and end however its input is cut.
#include "base/assert.h"
#include "http/fields.h"
#include "http/range.h"
#include "http/wire/chunked.h"
#include "http/wire/head.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace tarn::http;  // NOLINT(google-build-using-namespace): a program of one file

bool is_clean(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void check_head(std::string_view input) {
  std::size_t scanned = 0;
  const std::size_t at_once = wire::find_head_end(input, scanned);
  std::size_t step_scanned = 0;
  std::size_t in_steps = 0;
  for (std::size_t size = 0; size <= input.size() && in_steps == 0; size += 1 + size / 16) {
    in_steps = wire::find_head_end(input.substr(0, size), step_scanned);
  }
  // A complete head is found either way unless a bare LF was met first on one of them.
  TARN_ASSERT(in_steps == 0 || in_steps == wire::kHeadMalformed || in_steps == at_once,
              "the end of a head moves");

  std::string head(input);
  head += "\r\n\r\n";
  Request request;
  wire::HeadFacts facts;
  if (!wire::parse_request_head(head, request, facts)) {
    TARN_ASSERT(is_clean(request.method) && is_clean(request.target), "a dirty start line");
    std::string again = request.method + " " + request.target + " HTTP/1." +
                        std::to_string(facts.minor_version) + "\r\n";
    for (const Headers::Field& field : request.headers) {
      TARN_ASSERT(is_clean(field.name) && is_clean(field.value), "a dirty field");
      wire::append_field(again, field.name, field.value);
    }
    again += "\r\n";
    Request second;
    wire::HeadFacts second_facts;
    TARN_ASSERT(!wire::parse_request_head(again, second, second_facts), "it parses once only");
    TARN_ASSERT(second.target == request.target &&
                    second.headers.size() == request.headers.size() &&
                    second_facts.framing.kind == facts.framing.kind &&
                    second_facts.framing.length == facts.framing.length,
                "it parses to something else");
    (void)parse_query(request.query());
    (void)parse_cookies(request.headers);
    (void)parse_range(request.headers.get("Range"), input.size());
    (void)parse_parameterized(request.headers.get("Content-Type"));
  }
  Headers headers;
  wire::HeadFacts response_facts;
  wire::StatusLine status;
  (void)wire::parse_response_head(head, "GET", status, headers, response_facts);
}

struct Decoded {
  std::string data;
  std::size_t used = 0;
  bool done = false;
  bool bad = false;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view input, std::size_t piece) {
  wire::ChunkedDecoder chunks;
  Decoded out;
  while (out.used < input.size() && !chunks.done()) {
    const std::string_view next = input.substr(out.used, piece);
    if (chunks.data_left() > 0) {
      const std::size_t size = std::min<std::uint64_t>(chunks.data_left(), next.size());
      out.data.append(next.substr(0, size));
      chunks.took(size);
      out.used += size;
      continue;
    }
    const auto used = chunks.read_framing(next);
    if (!used) {
      out.bad = true;
      out.used = 0;  // where within a piece it was noticed is no promise
      return out;
    }
    out.used += *used;
  }
  out.done = chunks.done();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_head(input);
  const Decoded whole = decode(input, size + 1);
  TARN_ASSERT(whole == decode(input, 1), "chunks depend on how they arrive");
  TARN_ASSERT(whole == decode(input, 7), "chunks depend on how they arrive");
  return 0;
}
