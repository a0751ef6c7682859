#pragma once

#include "base/error.h"
#include "base/secret.h"
#include "http/message.h"

#include <string>
#include <string_view>
#include <vector>

/// The form of a request that Signature Version 4 signs, for both sides
/// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html):
///
///     method \n path \n query \n (name:value \n)* \n names joined with ; \n payload hash
namespace tarn::aws::detail {

inline constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view kScopeEnd = "aws4_request";
/// SHA-256 of nothing, in hex.
inline constexpr std::string_view kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// S3's form: decoded once, encoded once, neither `//` nor `..` touched. Errors kInvalid for a bad
/// escape.
Result<std::string> canonical_path_s3(std::string_view path);
/// Everybody else's: dot segments and doubled slashes removed, then encoded once more.
std::string canonical_path_other(std::string_view path);

/// All pairs of an encoded query, repeated names included, sorted as they read when encoded; those
/// named `without` are left out. A raw `+` means a space, because that is what it means to whoever
/// then reads the query: a signature must not cover anything else than what is carried out.
/// Errors kInvalid for a bad escape.
Result<std::string> canonical_query(std::string_view query, std::string_view without = "");

/// The values of all fields of that name joined with `,`, blanks trimmed and runs of them made one
/// space; empty for an absent one.
std::string canonical_value(const http::Headers& headers, std::string_view name);

struct CanonicalRequest {
  std::string_view method;
  std::string_view path;
  std::string_view query;
  /// Lower case.
  std::vector<std::string> signed_headers;
  std::string_view payload_hash;
};

/// `signed_list` is the text in the place of the names: a verifier has it from the client.
std::string canonical_request(const CanonicalRequest& request, const http::Headers& headers,
                              std::string_view signed_list);

std::string join(const std::vector<std::string>& names, char separator);
std::vector<std::string> split(std::string_view text, char separator);

struct Scope {
  /// `YYYYMMDD`.
  std::string_view date;
  std::string_view region;
  std::string_view service;

  /// `date/region/service/aws4_request`.
  std::string text() const;
};

/// The key of one day, region and service. The last few thousand are remembered: deriving one costs
/// more than the signature itself.
Secret signing_key(const Secret& secret, const Scope& scope);

/// Lower-case hex.
std::string v4_signature(const Secret& key, std::string_view amz_date, const Scope& scope,
                         std::string_view canonical_request);

}  // namespace tarn::aws::detail
