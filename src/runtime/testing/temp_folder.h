#pragma once

#include "base/assert.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace tarn::testing {

/// A fresh folder under the system's temporary one, removed with all it holds at the end.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tarn_test_XXXXXX").string();
    const char* made = ::mkdtemp(pattern.data());
    TARN_ASSERT(made != nullptr, "tests need a temporary folder");
    path_ = made;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace tarn::testing
