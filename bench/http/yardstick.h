#pragma once

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

/// What the two servers of this benchmark share: the answer, and how run.py drives them.
namespace tarn::bench {

/// 200 bytes of JSON.
inline constexpr std::string_view kAnswer =
    R"({"id":"main","commit_id":"6f4b1c1e8f1d4b7a9c3e5d2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b",)"
    R"("creation_date":1795402882,"committer":"yardstick","message":"constant answer","pad":)"
    R"("01234567890123456789"})";
static_assert(kAnswer.size() == 200);

struct Arguments {
  std::uint16_t port = 0;
  std::size_t loops = 1;
};

inline Arguments read_arguments(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string_view value = argv[i + 1];
    if (name == "--port") {
      std::from_chars(value.data(), value.data() + value.size(), out.port);
    } else if (name == "--loops") {
      std::from_chars(value.data(), value.data() + value.size(), out.loops);
    }
  }
  return out;
}

/// Prints the port, then blocks until standard input ends.
inline void announce_and_wait(std::uint16_t port) {
  std::printf("port %u\n", static_cast<unsigned>(port));
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}

}  // namespace tarn::bench
