#pragma once

#include "auth/service.h"
#include "base/clock.h"
#include "catalog/multipart_uploads.h"
#include "catalog/objects.h"
#include "endpoints/s3/config.h"
#include "graveler/store.h"

namespace tarn::endpoints::s3 {

/// What operations work with; all outlive the endpoint. Trivially copyable.
struct Services {
  graveler::VersionStore& versions;
  catalog::Objects& objects;
  catalog::MultipartUploads& uploads;
  auth::Service& auth;
  const Clock& clock;
  const Config& config;
};

}  // namespace tarn::endpoints::s3
