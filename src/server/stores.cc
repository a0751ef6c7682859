#include "server/stores.h"

#include "server/options.h"

namespace tarn::server {

kv::Config kv_config(const Settings& settings) {
  kv::Config config;
  config.type = settings.get_string("database.type");
  config.local.path = path_or_default(settings, "database.local.path", "metadata");
  config.local.sync_writes = settings.get_bool("database.local.sync_writes");
  return config;
}

block::Config block_config(const Settings& settings) {
  block::Config config;
  config.type = settings.get_string("blockstore.type");
  config.local_path = path_or_default(settings, "blockstore.local.path", "block");
  config.local_external_prefixes = settings.get_list("blockstore.local.allowed_external_prefixes");
  config.local_import_hidden = settings.get_bool("blockstore.local.import_hidden");
  config.s3.region = settings.get_string("blockstore.s3.region");
  config.s3.endpoint = settings.get_string("blockstore.s3.endpoint");
  config.s3.force_path_style = settings.get_bool("blockstore.s3.force_path_style");
  config.s3.profile = settings.get_string("blockstore.s3.profile");
  config.s3.credentials_file = settings.get_string("blockstore.s3.credentials_file");
  config.s3.access_key_id = settings.get_string("blockstore.s3.credentials.access_key_id");
  config.s3.secret_access_key = settings.get_secret("blockstore.s3.credentials.secret_access_key");
  config.s3.session_token = settings.get_secret("blockstore.s3.credentials.session_token");
  config.s3.max_retries = static_cast<std::size_t>(settings.get_int("blockstore.s3.max_retries"));
  config.s3.discover_bucket_region = settings.get_bool("blockstore.s3.discover_bucket_region");
  config.s3.pre_signed_endpoint = settings.get_string("blockstore.s3.pre_signed_endpoint");
  config.s3.disable_pre_signed = settings.get_bool("blockstore.s3.disable_pre_signed");
  config.s3.disable_pre_signed_multipart =
      settings.get_bool("blockstore.s3.disable_pre_signed_multipart");
  return config;
}

http::ClientConfig block_client_config(const Settings& settings) {
  http::ClientConfig config;
  config.verify_certificates =
      !settings.get_bool("blockstore.s3.skip_verify_certificate_test_only");
  return config;
}

}  // namespace tarn::server
