#include "base/rng.h"

#include <openssl/rand.h>

#include <cstring>

#include "base/assert.h"

namespace tarn {

std::uint64_t Rng::next_u64() {
  std::uint64_t value = 0;
  fill(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

std::uint64_t Rng::below(std::uint64_t bound) {
  TARN_ASSERT(bound > 0, "an empty range has no random member");
  // Values under `skip` would favour small results; draw again.
  const std::uint64_t skip = (0 - bound) % bound;
  std::uint64_t value = next_u64();
  while (value < skip) {
    value = next_u64();
  }
  return value % bound;
}

double Rng::unit() { return static_cast<double>(next_u64() >> 11) * 0x1.0p-53; }

std::string Rng::bytes(std::size_t size) {
  std::string out(size, '\0');
  fill(std::as_writable_bytes(std::span(out.data(), out.size())));
  return out;
}

void SystemRng::fill(std::span<std::byte> out) {
  const int filled = RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size()));
  TARN_ASSERT(filled == 1, "the system has no randomness to give");
}

void SeededRng::fill(std::span<std::byte> out) {
  std::scoped_lock lock(mutex_);
  for (std::size_t at = 0; at < out.size(); at += 8) {
    const std::uint64_t value = engine_();
    std::memcpy(out.data() + at, &value, std::min<std::size_t>(8, out.size() - at));
  }
}

}  // namespace tarn
