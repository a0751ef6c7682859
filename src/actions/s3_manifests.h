#pragma once

#include "aws/s3_client.h"
#include "tables/export_prune.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tarn::actions {

/// Manifests in S3.
class S3Manifests final : public tables::ManifestStore {
 public:
  explicit S3Manifests(std::shared_ptr<aws::S3Client> client) : client_(std::move(client)) {}

  Task<Result<void>> put(Context ctx, std::string bucket, std::string key, Bytes content) override;
  Task<Result<Bytes>> get(Context ctx, std::string bucket, std::string key) override;
  Task<Result<Page>> list(Context ctx, std::string bucket, std::string prefix,
                          std::string token) override;
  Task<Result<void>> remove(Context ctx, std::string bucket,
                            std::vector<std::string> keys) override;

 private:
  std::shared_ptr<aws::S3Client> client_;
};

}  // namespace tarn::actions
