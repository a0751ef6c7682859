// Feeds the reader bytes from anywhere. The first byte chooses what the rest is:
//   0  a whole file
//   1  a file's blocks without frame: u16 size, data block, index block; framed with right
//   checksums 2  the same with a two-level index: u16 size, index partition, top index 3  a stored
//   value
// Invariants: testing/exercise.h; no read outside of the input (ASan).
#include "sstable/testing/exercise.h"
#include "sstable/value.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sst = tarn::sstable;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) {
    return 0;
  }
  const int mode = input[0] & 3;
  input.remove_prefix(1);
  if (mode == 0) {
    (void)sst::testing::exercise(input);
  } else if (mode == 3) {
    (void)sst::decode_value(input);
  } else if (input.size() >= 2) {
    const std::size_t cut =
        static_cast<unsigned char>(input[0]) | static_cast<unsigned char>(input[1]) << 8;
    input.remove_prefix(2);
    const std::string first(input.substr(0, cut));
    const std::string_view second = input.substr(first.size());
    (void)sst::testing::exercise(sst::testing::frame(
        {first}, second,
        mode == 1 ? sst::detail::IndexType::kBinarySearch : sst::detail::IndexType::kTwoLevel));
  }
  return 0;
}
