#include "base/id.h"

#include "base/assert.h"
#include "base/encoding.h"

namespace tarn {

XidGenerator::XidGenerator(const Clock& clock, Rng& rng)
    : clock_(clock), machine_and_process_(rng.bytes(5)), counter_(static_cast<std::uint32_t>(rng.below(1U << 24))) {}

std::string XidGenerator::encode(std::uint32_t seconds, std::string_view tail) {
  TARN_ASSERT(tail.size() == 8, "an xid has eight bytes after its seconds");
  std::string raw;
  for (int shift = 24; shift >= 0; shift -= 8) {
    raw.push_back(static_cast<char>(seconds >> shift));
  }
  raw.append(tail);
  return base32hex_encode(raw);
}

std::string XidGenerator::make(std::uint32_t seconds) {
  const std::uint32_t count = counter_.fetch_add(1, std::memory_order_relaxed);
  std::string tail = machine_and_process_;
  tail.push_back(static_cast<char>(count >> 16));
  tail.push_back(static_cast<char>(count >> 8));
  tail.push_back(static_cast<char>(count));
  return encode(seconds, tail);
}

std::string XidGenerator::ascending() { return make(static_cast<std::uint32_t>(unix_seconds(clock_.now()))); }

std::string XidGenerator::descending(std::int64_t epoch_s) {
  return make(static_cast<std::uint32_t>(epoch_s - unix_seconds(clock_.now())));
}

std::string uuid_v4(Rng& rng) {
  std::string raw = rng.bytes(16);
  raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x40);
  raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);
  std::string text = hex_encode(raw);
  for (const std::size_t at : {8, 13, 18, 23}) {
    text.insert(at, 1, '-');
  }
  return text;
}

std::string random_text(Rng& rng, std::string_view alphabet, std::size_t length) {
  std::string out(length, '\0');
  for (char& c : out) {
    c = alphabet[rng.below(alphabet.size())];
  }
  return out;
}

std::string nanoid(Rng& rng, std::size_t length) {
  return random_text(rng, "_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", length);
}

}  // namespace tarn
