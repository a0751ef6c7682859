#pragma once

#include <rocksdb/env.h>

#include <memory>

namespace tarn::kv::testing {

/// A disk that loses power. Until then everything passes through to the real file system;
/// cut_power() makes every later change fail, and forget_unsynced() then takes away what a real
/// disk may forget: bytes after a file's last sync, and files and renames in a folder that was not
/// synced since. The test closes the store in between and opens it again without this Env.
class PowerLossDisk {
 public:
  PowerLossDisk();
  ~PowerLossDisk();

  rocksdb::Env* env();
  void cut_power();
  void forget_unsynced();
  /// Syncs of log files so far.
  int log_syncs() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tarn::kv::testing
