#include "block/open.h"

#include "block/local/open.h"
#include "block/mem/open.h"
#include "block/s3/open.h"

namespace tarn::block {

Result<std::unique_ptr<Adapter>> open(const Config& config, Services services) {
  if (config.type == "mem") {
    return open_mem(services.clock, services.rng);
  }
  if (config.type == "local") {
    TARN_TRY(std::unique_ptr<local::FileSystem> files, local::open_file_system(config.local_path));
    return local::make_adapter(std::move(files), services.pool, services.rng);
  }
  if (config.type == "s3") {
    return s3::open(config.s3, services);
  }
  return Error::with_message(kInvalid,
                             "unknown block store type \"" + config.type + "\": local, mem or s3");
}

std::unique_ptr<Adapter> open_mem(const Clock& clock, Rng& rng) {
  return mem::make_adapter(clock, rng);
}

}  // namespace tarn::block
