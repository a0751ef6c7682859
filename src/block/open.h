#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/rng.h"
#include "block/adapter.h"
#include "runtime/blocking_pool.h"

namespace tarn::block {

struct Config {
  /// `local` or `mem`.
  std::string type = "local";
  /// The local store's folder.
  std::string local_path;
};

/// Opens the block store that `config` names; creates a missing folder. Blocking: for start-up. The rest outlives it.
/// Errors: kInvalid (unknown type), kUnavailable (the file system refuses).
Result<std::unique_ptr<Adapter>> open(const Config& config, BlockingPool& pool, const Clock& clock, Rng& rng);

/// Objects in this process's memory, for tests and trials; the strictest driver.
std::unique_ptr<Adapter> open_mem(const Clock& clock, Rng& rng);

}  // namespace tarn::block
