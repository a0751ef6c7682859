#include "block/s3/open.h"

#include "aws/config.h"
#include "aws/credentials.h"
#include "aws/s3_client.h"
#include "block/s3/adapter.h"

#include <utility>

namespace tarn::block::s3 {
namespace {

aws::ChainOptions chain_options(const S3Config& config) {
  return {.profile = config.profile, .credentials_file = config.credentials_file};
}

Result<std::shared_ptr<aws::CredentialsProvider>> credentials(const S3Config& config,
                                                              const Services& services,
                                                              aws::Services aws_services) {
  if (config.access_key_id.empty() != config.secret_access_key.empty()) {
    return Error::with_message(kInvalid,
                               "blockstore.s3.credentials: access_key_id and secret_access_key are "
                               "given together or not at all");
  }
  if (!config.access_key_id.empty()) {
    aws::Credentials keys;
    keys.access_key_id = config.access_key_id;
    keys.secret_access_key = config.secret_access_key;
    keys.session_token = config.session_token;
    return std::shared_ptr<aws::CredentialsProvider>(aws::static_credentials(std::move(keys)));
  }
  return std::shared_ptr<aws::CredentialsProvider>(
      aws::default_chain(services.environment, chain_options(config), aws_services));
}

}  // namespace

Result<std::unique_ptr<Adapter>> open(const S3Config& config, Services services) {
  const aws::Services aws_services{services.http, services.clock, services.rng};
  TARN_TRY(const std::shared_ptr<aws::CredentialsProvider> keys,
           credentials(config, services, aws_services));
  aws::S3Config client;
  client.region = aws::resolve_region(services.environment, config.region, chain_options(config));
  TARN_TRY(client.endpoint,
           aws::resolve_endpoint(services.environment, "s3", client.region, config.endpoint));
  if (config.force_path_style) {
    client.path_style = true;
  }
  client.discover_region = config.discover_bucket_region;
  client.retry.tries_max = config.max_retries + 1;
  std::unique_ptr<aws::S3Client> presigner;
  if (!config.pre_signed_endpoint.empty()) {
    aws::S3Config reached = client;
    TARN_TRY(reached.endpoint, aws::resolve_endpoint(services.environment, "s3", client.region,
                                                     config.pre_signed_endpoint));
    presigner = std::make_unique<aws::S3Client>(std::move(reached), keys, aws_services);
  }
  AdapterConfig adapter;
  adapter.presign = !config.disable_pre_signed;
  adapter.presign_multipart = !config.disable_pre_signed_multipart;
  return make_adapter(
      adapter,
      std::make_unique<aws::S3Client>(std::move(client), keys, aws_services, &services.metrics),
      std::move(presigner), services.clock);
}

}  // namespace tarn::block::s3
