#pragma once

#include "aws/credentials.h"
#include "base/clock.h"
#include "http/message.h"

#include <chrono>
#include <string>
#include <string_view>

/// AWS Signature Version 4 as clients make it
/// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html). The other side, checking
/// one, is in aws/sigv4_verify.h and shares the canonical form with this.
namespace tarn::aws {

/// Value of x-amz-content-sha256 for a body that is not part of the signature.
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

struct SigningScope {
  std::string region;
  /// `s3`, `glue`, `sts`, …; for `s3` the path is encoded once, otherwise twice.
  std::string service;
};

/// Adds X-Amz-Date, Authorization, X-Amz-Security-Token where the credentials have one, and for
/// `s3` X-Amz-Content-Sha256. The request must have its Host, its final target and all headers;
/// all of them but those that proxies change (User-Agent, Connection, Expect, …) are signed.
/// `payload_hash` is the body's SHA-256 in lower-case hex, or kUnsignedPayload.
void sign(http::Request& request, const Credentials& credentials, const SigningScope& scope,
          WallTime now, std::string_view payload_hash);

/// The target with X-Amz-… query parameters behind it: anyone may send it until it expires (at
/// most 7 days). Signs only the host. `target` is encoded; the rest as for sign().
std::string presign(std::string_view method, std::string_view host, std::string_view target,
                    const Credentials& credentials, const SigningScope& scope, WallTime now,
                    std::chrono::seconds expires_in);

}  // namespace tarn::aws
