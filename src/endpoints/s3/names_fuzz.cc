// Names, metadata and ranges as strangers send them. Invariants: a key that was read is written
// back as it came; encoded words decode to what was encoded; a copy range lies in its object; a
// token that was handed out comes back as what it stood for.
#include "base/assert.h"
#include "endpoints/s3/copy_source.h"
#include "endpoints/s3/metadata.h"
#include "endpoints/s3/naming.h"
#include "endpoints/s3/operation.h"
#include "endpoints/s3/parameters.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tarn::endpoints::s3 {
namespace {

void try_all(std::string_view input) {
  const std::string_view head = input.substr(0, input.find('\n'));
  const Address address = parse_address(head, input, {"s3.test"});
  (void)operation_of(address, "GET");
  const std::optional<Key> key = parse_key(input);
  if (key && key->with_path) {
    const std::string joined = join_key(key->ref, key->path);
    TARN_ASSERT(input == joined || input.substr(1) == joined, "a key survives");
  }
  (void)parse_copy_source(input);
  const Result<block::ByteRange> range = parse_copy_range(input, 1000);
  if (range) {
    TARN_ASSERT(range->size_bytes > 0 && range->offset + range->size_bytes <= 1000, "inside");
  }
  (void)decode_words(input);
  const std::string words = encode_words(input);
  if (words != input) {
    const Result<std::string> back = decode_words(words);
    TARN_ASSERT(back && *back == input, "words survive");
  }
  if (!input.starts_with("//")) {
    const Result<std::string> back = decode_token(encode_token(std::string(input)));
    TARN_ASSERT(back && *back == input, "tokens survive");
  }
}

}  // namespace
}  // namespace tarn::endpoints::s3

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tarn::endpoints::s3::try_all({reinterpret_cast<const char*>(data), size});
  return 0;
}
