#include "block/open.h"

#include "block/local/open.h"
#include "block/mem/open.h"

namespace tarn::block {

Result<std::unique_ptr<Adapter>> open(const Config& config, BlockingPool& pool, const Clock& clock, Rng& rng) {
  if (config.type == "mem") {
    return open_mem(clock, rng);
  }
  if (config.type == "local") {
    TARN_TRY(std::unique_ptr<local::FileSystem> files, local::open_file_system(config.local_path));
    return local::make_adapter(std::move(files), pool, rng);
  }
  return Error::with_message(kInvalid, "unknown block store type \"" + config.type + "\": local or mem");
}

std::unique_ptr<Adapter> open_mem(const Clock& clock, Rng& rng) { return mem::make_adapter(clock, rng); }

}  // namespace tarn::block
