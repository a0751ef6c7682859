#pragma once

#include "base/clock.h"
#include "base/rng.h"
#include "block/adapter.h"

#include <memory>

namespace tarn::block::mem {

/// Objects in this process's memory, for tests and trials; the strictest driver. `clock` and `rng`
/// outlive it.
std::unique_ptr<Adapter> make_adapter(const Clock& clock, Rng& rng);

}  // namespace tarn::block::mem
