#include "actions/export_target.h"

#include "actions/errors.h"
#include "actions/s3_manifests.h"
#include "aws/credentials.h"
#include "aws/s3_client.h"
#include "tables/file_catalog.h"
#include "tables/glue_catalog.h"

#include <fmt/format.h>

#include <utility>

namespace tarn::actions {

Result<ExportTargetSpec::Catalog> parse_catalog(std::string_view word) {
  using Catalog = ExportTargetSpec::Catalog;
  if (word == "glue" || word == "files") {
    return word == "glue" ? Catalog::kGlue : Catalog::kFiles;
  }
  if (!word.empty()) {
    return Error(kInvalidAction, "'catalog' should be 'glue' or 'files'");
  }
  return Catalog::kByStore;
}

Result<std::unique_ptr<ExportTarget>> ExportTarget::open(CatalogExportServices services,
                                                         ExportTargetSpec spec,
                                                         std::string storage_namespace) {
  std::unique_ptr<ExportTarget> target(new ExportTarget(std::move(services), std::move(spec)));
  TARN_CHECK_OK(target->open_store(storage_namespace));
  TARN_CHECK_OK(target->open_catalog());
  return target;
}

std::shared_ptr<aws::CredentialsProvider> ExportTarget::credentials() {
  if (credentials_) {
    return credentials_;
  }
  if (spec_.access_key_id.empty()) {
    credentials_ =
        spec_.role.arn.empty()
            ? aws::default_chain(services_.environment, {}, services_.aws)
            : services_.roles.find(services_.environment, spec_.role, spec_.region, services_.aws);
  } else {
    credentials_ = aws::static_credentials({.access_key_id = spec_.access_key_id,
                                            .secret_access_key = Secret(spec_.secret_access_key),
                                            .session_token = {},
                                            .expires_at = {}});
    if (!spec_.role.arn.empty()) {
      credentials_ = aws::assumed_role(services_.environment, spec_.role, spec_.region,
                                       std::move(credentials_), services_.aws);
    }
  }
  return credentials_;
}

aws::Services ExportTarget::services_for(const std::string& endpoint) const {
  return {.http = endpoint.empty() ? services_.aws.http : services_.outbound,
          .clock = services_.aws.clock,
          .rng = services_.aws.rng};
}

Result<void> ExportTarget::open_store(const std::string& storage_namespace) {
  base_uri_ = spec_.base_uri.empty() ? storage_namespace : spec_.base_uri;
  TARN_TRY(const tables::StorageUri base, tables::parse_storage_uri(base_uri_));
  const bool own = spec_.base_uri.empty() && spec_.s3_endpoint.empty() &&
                   (!spec_.names_somebody() || base.protocol == "local") &&
                   services_.blocks != nullptr &&
                   services_.blocks->capabilities().scheme == base.protocol;
  if (own && base.protocol == "local" && !services_.files_root.empty()) {
    files_.emplace(services_.files_root);
    base_uri_ = files_->uri(base_uri_);
    store_ = std::make_unique<tables::BlockManifests>(*services_.blocks, files_->root());
    return {};
  }
  if (base.protocol != "s3") {
    return Error(kInvalidAction,
                 fmt::format("cannot export to {}: give an 'export_base_uri' in S3", base_uri_));
  }
  if (own) {
    store_ = std::make_unique<tables::BlockManifests>(*services_.blocks);
    return {};
  }
  aws::S3Config s3;
  s3.region = aws::resolve_region(services_.environment, spec_.region);
  TARN_TRY(s3.endpoint,
           aws::resolve_endpoint(services_.environment, "s3", s3.region, spec_.s3_endpoint));
  s3.path_style = s3.endpoint.custom;
  store_ = std::make_unique<S3Manifests>(std::make_shared<aws::S3Client>(
      std::move(s3), credentials(), services_for(spec_.s3_endpoint)));
  return {};
}

Result<void> ExportTarget::open_catalog() {
  using Catalog = ExportTargetSpec::Catalog;
  if (spec_.catalog == Catalog::kFiles || (spec_.catalog == Catalog::kByStore && files_)) {
    TARN_TRY(catalog_folder_, tables::parse_storage_uri(base_uri_));
    std::string& key = catalog_folder_->key;
    key.append(key.empty() || key.ends_with('/') ? "" : "/").append("_lakefs/catalog");
    catalog_name_ = base_uri_;
    return {};
  }
  aws::GlueConfig glue;
  glue.region = aws::resolve_region(services_.environment, spec_.region);
  TARN_TRY(glue.endpoint,
           aws::resolve_endpoint(services_.environment, "glue", glue.region, spec_.glue_endpoint));
  catalog_name_ = glue.endpoint.base_url;
  glue_.emplace(std::move(glue), credentials(), services_for(spec_.glue_endpoint));
  return {};
}

std::unique_ptr<tables::TableCatalog> ExportTarget::catalog(std::string database) {
  if (catalog_folder_) {
    return std::make_unique<tables::FileCatalog>(*store_, services_.aws.clock, *catalog_folder_,
                                                 std::move(database));
  }
  return std::make_unique<tables::GlueCatalog>(*glue_, services_.aws.clock, std::move(database));
}

}  // namespace tarn::actions
