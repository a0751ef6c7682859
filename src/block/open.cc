#include "block/open.h"

#include "block/list_walker.h"
#include "block/local/open.h"
#include "block/local/walker.h"
#include "block/s3/open.h"

#include <filesystem>
#include <utility>

namespace tarn::block {
namespace {

Error unknown_type(const std::string& type) {
  return Error::with_message(kInvalid,
                             "unknown block store type \"" + type + "\": local, mem or s3");
}

Result<local::ExternalFolders> external_folders(const Config& config) {
  std::error_code error;
  const std::filesystem::path root = std::filesystem::canonical(config.local_path, error);
  if (error) {
    return Error::with_message(kUnavailable,
                               "block store folder " + config.local_path + ": " + error.message());
  }
  return local::ExternalFolders::make(root.string(), config.local_external_prefixes);
}

}  // namespace

Result<std::unique_ptr<Adapter>> open(const Config& config, Services services) {
  if (config.type == "mem") {
    return open_mem(services.clock, services.rng);
  }
  if (config.type == "local") {
    TARN_TRY(std::unique_ptr<local::FileSystem> files, local::open_file_system(config.local_path));
    TARN_TRY(local::ExternalFolders external, external_folders(config));
    return local::make_adapter(std::move(files), services.pool, services.rng, std::move(external));
  }
  if (config.type == "s3") {
    return s3::open(config.s3, services);
  }
  return unknown_type(config.type);
}

Result<std::unique_ptr<Adapter>> open_read_only(const Config& config, Services services) {
  std::unique_ptr<Adapter> inner;
  if (config.type == "mem") {
    return Error::with_message(
        kUnsupported, "blockstore.type: objects in memory are seen by their own server only");
  }
  if (config.type == "local") {
    TARN_TRY(std::unique_ptr<local::FileSystem> files, local::find_file_system(config.local_path));
    TARN_TRY(local::ExternalFolders external, external_folders(config));
    inner = local::make_reading_adapter(std::move(files), services.pool, services.rng,
                                        std::move(external));
  } else if (config.type == "s3") {
    TARN_TRY(inner, s3::open(config.s3, services));
  } else {
    return unknown_type(config.type);
  }
  return read_only(std::move(inner));
}

Result<std::unique_ptr<Walker>> open_walker(const Config& config, Services services,
                                            Adapter& adapter) {
  if (config.type == "local") {
    TARN_TRY(local::ExternalFolders external, external_folders(config));
    return local::make_walker(std::move(external), config.local_import_hidden, services.pool);
  }
  return make_list_walker(adapter, services.pool);
}

}  // namespace tarn::block
