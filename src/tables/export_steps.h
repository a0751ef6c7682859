#pragma once

#include "tables/object_reader.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace tarn::tables {

/// Lines about what an export does, as many as a reader wants to see.
class ExportSteps {
 public:
  static constexpr std::size_t kMax = 50;

  void add(std::string text) {
    if (lines_.size() < kMax) {
      lines_.push_back(std::move(text));
    } else if (lines_.size() == kMax) {
      lines_.emplace_back("…");
    }
  }
  std::vector<std::string> take() { return std::exchange(lines_, {}); }

 private:
  std::vector<std::string> lines_;
};

/// For dry runs.
class NullWriter final : public ManifestWriter {
 public:
  Task<Result<void>> put(Context, std::string, std::string, Bytes) override {
    co_return Result<void>();
  }
};

}  // namespace tarn::tables
