#pragma once

#include "base/rng.h"

#include <array>
#include <bit>
#include <cstdint>
#include <string>

namespace tarn::http {

/// Request ids in the form of version 4 UUIDs, seeded once from `Rng` and drawn from xoshiro256**
/// (Blackman and Vigna, public domain): a system call each would cost more than the rest of a small
/// request. Unique, but guessable: a request id must never serve as a secret. One loop only.
class RequestIds {
 public:
  explicit RequestIds(Rng& rng) {
    for (std::uint64_t& word : state_) {
      word = rng.next_u64();
    }
    state_[0] |= 1;  // all zero is the one seed that never leaves zero
  }

  std::string next() {
    std::array<std::uint64_t, 2> bits{draw(), draw()};
    bits[0] = (bits[0] & ~0xf000ULL) | 0x4000ULL;
    bits[1] = (bits[1] & ~(3ULL << 62)) | (2ULL << 62);
    std::string text(36, '-');
    std::size_t at = 0;
    for (int digit = 0; digit < 32; ++digit) {
      if (digit == 8 || digit == 12 || digit == 16 || digit == 20) {
        ++at;
      }
      const std::uint64_t word = bits[static_cast<std::size_t>(digit / 16)];
      text[at++] = "0123456789abcdef"[(word >> (60 - 4 * (digit % 16))) & 15];
    }
    return text;
  }

 private:
  std::uint64_t draw() {
    const std::uint64_t out = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return out;
  }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace tarn::http
