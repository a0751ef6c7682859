#pragma once

#include "block/local/external.h"
#include "block/walker.h"
#include "runtime/blocking_pool.h"

#include <memory>

namespace tarn::block::local {

/// Walks folders of this machine: those of the store (`local://bucket/key`, names read back into
/// keys) and those of absolute paths (`local:///data/`, names as they are). ETags are MD5 sums, so
/// every file is read. Follows no links, passes over what is no regular file, and over names that
/// begin with a dot unless they are `hidden` no more. `pool` outlives the walker.
std::unique_ptr<Walker> make_walker(ExternalFolders folders, bool with_hidden, BlockingPool& pool);

}  // namespace tarn::block::local
