#pragma once

#include "aws/credentials/lookup.h"

#include <string>

/// The two calls of AWS's Security Token Service that credentials come from
/// (https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html): forms in, XML out.
namespace tarn::aws::detail {

struct RoleRequest {
  std::string role_arn;
  /// Empty = AWS_ROLE_SESSION_NAME, else `tarn-<seconds>`.
  std::string session_name = {};
  std::string external_id = {};
  /// Seconds; empty = the service's default of an hour.
  std::string duration = {};
  /// Empty = the region of the environment.
  std::string region = {};
};

/// AssumeRole, signed with `keys`. Errors kNoCredentials when refused, kUnavailable, kTimeout.
Task<Result<Credentials>> assume_role(Context ctx, LookupPtr lookup, RoleRequest role,
                                      Credentials keys);
/// AssumeRoleWithWebIdentity, with the token in that file. Errors as above, and kNoCredentials for
/// a file that cannot be read.
Task<Result<Credentials>> assume_role_with_web_identity(Context ctx, LookupPtr lookup,
                                                        RoleRequest role, std::string token_file);

}  // namespace tarn::aws::detail
