// Not a test of anything but the fuzzer: `make fuzz` demands that it finds this abort, which it
// only does if the build is instrumented and the run is long enough to mean something.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.size() == 6 && input[0] == 't' && input[1] == 'a' && input[2] == 'r' &&
      input[3] == 'n') {
    std::abort();
  }
  return 0;
}
