#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace tarn::sstable {

/// Takes the bytes of a table in order. Not thread-safe.
class Sink {
 public:
  virtual ~Sink() = default;
  /// Appends all of `bytes` or fails; after a failure the table is lost. May block.
  virtual Result<void> append(std::string_view bytes) = 0;
};

/// Collects the bytes in a string of the caller's.
class StringSink final : public Sink {
 public:
  explicit StringSink(std::string& out) : out_(out) {}
  Result<void> append(std::string_view bytes) override {
    out_.append(bytes);
    return {};
  }

 private:
  std::string& out_;
};

}  // namespace tarn::sstable
