#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace tarn::testing {

/// Gives a fuzz target every file of its corpus; returns how many there are.
inline std::size_t replay_corpus(const std::string& folder,
                                 int (*target)(const std::uint8_t*, std::size_t)) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string input(std::istreambuf_iterator<char>(stream), {});
    target(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    ++count;
  }
  return count;
}

}  // namespace tarn::testing
