#pragma once

#include "aws/credentials.h"
#include "base/clock.h"
#include "base/environment.h"
#include "base/rng.h"
#include "http/client.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tarn::aws {

/// What every client of an AWS service needs from its host; all outlive the clients.
struct Services {
  http::Client& http;
  const Clock& clock;
  Rng& rng;
};

/// Where a service answers.
struct Endpoint {
  /// `http(s)://host[:port]`, without a path.
  std::string base_url;
  /// Given by someone, not AWS's own: S3 then addresses buckets path-style unless told otherwise.
  bool custom = false;
};

/// `explicit_endpoint` if not empty, else AWS_ENDPOINT_URL_<SERVICE>, else AWS_ENDPOINT_URL, else
/// AWS's own for the region (`service` in lower case: `s3`, `glue`, `sts`).
/// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is honoured. Errors kInvalid for what is no URL.
Result<Endpoint> resolve_endpoint(const Environment& environment, std::string_view service,
                                  std::string_view region, std::string_view explicit_endpoint);

struct ChainOptions {
  /// Empty = AWS_PROFILE, else `default`.
  std::string profile = {};
  /// Empty = AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials.
  std::string credentials_file = {};
};

/// `explicit_region` if not empty, else AWS_REGION, AWS_DEFAULT_REGION, the profile's, else
/// us-east-1. Reads the profile file: for start-up and worker threads.
std::string resolve_region(const Environment& environment, std::string_view explicit_region,
                           const ChainOptions& options = {});

/// The chain of AWS's SDKs: environment, web identity, profile files, container, instance metadata;
/// a profile named in `options` is the only place looked at. A place that is configured but fails
/// ends the search. Temporary credentials are kept until minutes before they expire, and used to
/// their end while renewing fails; concurrent callers share one fetch, and its failure for seconds.
/// `environment` is copied. Small files (profiles, tokens) are read on the caller's loop.
std::unique_ptr<CredentialsProvider> default_chain(const Environment& environment,
                                                   ChainOptions options, Services services);

/// A role of AWS's IAM that somebody is allowed to take on.
struct Role {
  /// `arn:aws:iam::<account>:role/<name>`.
  std::string arn = {};
  /// What the role's owner demands of who takes it on; may be empty.
  std::string external_id = {};
  /// Shown in the owner's logs; empty = AWS_ROLE_SESSION_NAME, else `tarn-<seconds>`.
  std::string session_name = {};
};
/// Errors kInvalid, for what STS would refuse.
Result<void> check_role(const Role& role);

/// The role's credentials, asked for at STS with those of `base`, kept and renewed as those of
/// default_chain(). STS is where resolve_endpoint() says, in `region` (as resolve_region()). Errors
/// of asking: kNoCredentials when refused, those of `base`.
std::unique_ptr<CredentialsProvider> assumed_role(const Environment& environment, Role role,
                                                  std::string region,
                                                  std::shared_ptr<CredentialsProvider> base,
                                                  Services services);

}  // namespace tarn::aws
