#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "ctl/ctl.h"

#include <string>
#include <string_view>

namespace tarn::ctl {

/// Whether object bytes go to and from the object store directly, by signed URLs.
struct PreSign {
  bool on = false;
  bool multipart = false;
};

/// What the server supports for this repository; off without asking when not `wanted`: a flag
/// cannot force it on. Errors: of the calls.
Result<PreSign> negotiate_presign(Ctl& ctl, bool wanted, const std::string& repository);

/// True unless `X-Amz-Date` and `X-Amz-Expires` say that the URL is good for 15 seconds more.
bool about_to_expire(std::string_view signed_url, WallTime now);

}  // namespace tarn::ctl
