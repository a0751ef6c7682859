#pragma once

#include "base/id.h"
#include "base/rng.h"
#include "block/adapter.h"
#include "block/local/external.h"
#include "block/local/file_system.h"
#include "runtime/blocking_pool.h"

#include <memory>

namespace tarn::block::local {

/// Objects as files below one folder: `<root>/<bucket>/<key>` (docs/formats/local-block-store.md).
/// Keeps no content type and no ETag: those of committed and staged objects live in their entries,
/// so `stat` gives empty ones. A key cannot be both an object and a folder of other objects: the
/// later write fails with kInvalidAddress. `files` is opened by open_file_system, or a test's.
/// Removes what crashed writes left behind. Files of the machine that `external` allows can be read
/// by locations without a bucket, whose key is their path.
Result<std::unique_ptr<Adapter>> make_adapter(std::unique_ptr<FileSystem> files, BlockingPool& pool,
                                              Rng& rng, ExternalFolders external = {});
/// The same for reading, beside a server on the same folder: leaves what is being written alone.
std::unique_ptr<Adapter> make_reading_adapter(std::unique_ptr<FileSystem> files, BlockingPool& pool,
                                              Rng& rng, ExternalFolders external = {});

}  // namespace tarn::block::local
