#pragma once

#include "graveler/fsck.h"

#include <functional>
#include <string>

namespace tarn::server {

/// Writes what a check finds, a line each: for people, or JSON lines (docs/fsck.md).
class FsckReport final : public graveler::fsck::Sink {
 public:
  /// `write` gets whole lines with their end.
  FsckReport(bool json, std::function<void(const std::string&)> write)
      : json_(json), write_(std::move(write)) {}

  void damage(const graveler::fsck::Damage& damage) override;
  void summary(const graveler::fsck::Summary& summary) override;

  std::uint64_t damages() const { return damages_; }
  std::uint64_t unreadable() const { return unreadable_; }

 private:
  const bool json_;
  std::function<void(const std::string&)> write_;
  std::uint64_t damages_ = 0;
  std::uint64_t unreadable_ = 0;
};

}  // namespace tarn::server
