#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <random>
#include <span>
#include <string>

namespace tarn {

/// The only source of randomness. Thread-safe.
class Rng {
 public:
  virtual ~Rng() = default;
  virtual void fill(std::span<std::byte> out) = 0;

  std::uint64_t next_u64();
  /// Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  double unit();
  /// `size` raw random bytes.
  std::string bytes(std::size_t size);
};

/// The operating system's generator through OpenSSL; fit for keys and tokens.
class SystemRng final : public Rng {
 public:
  void fill(std::span<std::byte> out) override;
};

/// Repeatable from a seed, for tests and simulation. Not fit for secrets.
class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<std::byte> out) override;

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace tarn
