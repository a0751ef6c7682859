#include "ctl/transfer/progress.h"

#include "base/thread_annotations.h"
#include "ctl/format.h"

#include <fmt/format.h>

#include <condition_variable>

namespace tarn::ctl {
namespace {

constexpr std::size_t kLabelColumns = 40;
constexpr std::chrono::milliseconds kRedrawInterval{100};

}  // namespace

struct ByteBar::Wake {
  Mutex mutex;
  std::condition_variable_any changed;
  bool stop TARN_GUARDED_BY(mutex) = false;
};

std::string progress_label(std::string_view message) {
  std::string out(message);
  if (display_width(out) > kLabelColumns) {
    while (display_width(out) >= kLabelColumns) {
      // A whole character, not a byte of one.
      while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) {
        out.pop_back();
      }
      out.pop_back();
    }
    return out + "~";
  }
  return out.append(kLabelColumns - display_width(out), ' ');
}

ByteBar::ByteBar(Console& console, bool shown, std::string label,
                 std::optional<std::uint64_t> total)
    : console_(console),
      label_(std::move(label)),
      total_(total),
      count_(std::make_shared<std::atomic<std::uint64_t>>(0)) {
  if (!shown) {
    return;
  }
  wake_ = std::make_shared<Wake>();
  thread_ = std::thread([this] {
    wake_->mutex.lock();
    while (!wake_->stop) {
      wake_->changed.wait_for(wake_->mutex, kRedrawInterval);
      draw();
    }
    wake_->mutex.unlock();
  });
}

ByteBar::~ByteBar() {
  if (!wake_) {
    return;
  }
  {
    const MutexLock lock(wake_->mutex);
    wake_->stop = true;
  }
  wake_->changed.notify_all();
  thread_.join();
  console_.complain("\n");
}

void ByteBar::draw() const {
  const std::string total = total_ ? " / " + human_size(*total_) : "";
  console_.complain(fmt::format("\r{} {}{}\x1b[K", label_, human_size(*count_), total));
}

std::string Summary::render(const Console& console, std::string_view operation) const {
  struct Row {
    std::string_view color;
    std::string_view label;
    std::uint64_t count;
  };
  const Row rows[] = {{color::kGreen, "Downloaded", downloaded},
                      {color::kYellow, "Uploaded", uploaded},
                      {color::kRed, "Removed", removed}};
  std::string body;
  for (const Row& row : rows) {
    if (row.count > 0) {
      body.append(fmt::format("{}{}\n", console.paint(row.color, fmt::format("{}: ", row.label)),
                              console.paint(row.color, fmt::to_string(row.count))));
    }
  }
  return fmt::format("\n{} Summary:\n\n{}", operation, body.empty() ? "No changes\n" : body + "\n");
}

}  // namespace tarn::ctl
