#pragma once

#include "aws/s3_client.h"
#include "base/clock.h"
#include "block/adapter.h"
#include "block/s3/limits.h"

#include <memory>

namespace tarn::block::s3 {

struct AdapterConfig {
  bool presign = true;
  bool presign_multipart = true;
  Limits limits;
};

/// The driver over S3. `presigner` signs the URLs that clients get (another endpoint, perhaps);
/// null = `client` does. `clock` outlives it. Bodies that it gave must not outlive it.
std::unique_ptr<Adapter> make_adapter(AdapterConfig config, std::unique_ptr<aws::S3Client> client,
                                      std::unique_ptr<aws::S3Client> presigner, const Clock& clock);

}  // namespace tarn::block::s3
