#pragma once

#include "base/clock.h"
#include "ctl/console.h"
#include "ctl/transfer/source.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace tarn::ctl {

/// `upload a/b` in 40 columns, longer ones cut with a `~`.
std::string progress_label(std::string_view message);

/// Draws on stderr how many bytes have gone, until it is destroyed; nothing unless `shown`.
class ByteBar {
 public:
  ByteBar(Console& console, bool shown, std::string label, std::optional<std::uint64_t> total);
  ~ByteBar();
  ByteBar(const ByteBar&) = delete;
  ByteBar& operator=(const ByteBar&) = delete;
  const ByteCount& count() const { return count_; }

 private:
  void draw() const;

  Console& console_;
  const std::string label_;
  const std::optional<std::uint64_t> total_;
  const ByteCount count_;
  struct Wake;
  std::shared_ptr<Wake> wake_;
  std::thread thread_;
};

/// Counts of a recursive operation, and the block that sums them up.
struct Summary {
  std::atomic<std::uint64_t> downloaded = 0;
  std::atomic<std::uint64_t> uploaded = 0;
  std::atomic<std::uint64_t> removed = 0;

  std::string render(const Console& console, std::string_view operation) const;
};

}  // namespace tarn::ctl
