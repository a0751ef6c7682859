#pragma once

#include "block/adapter.h"
#include "block/walker.h"
#include "runtime/blocking_pool.h"

#include <memory>

namespace tarn::block {

/// Walks a store by its listings, page by page. Both outlive the walker; sinks run on `pool`.
std::unique_ptr<Walker> make_list_walker(Adapter& adapter, BlockingPool& pool);

}  // namespace tarn::block
