#pragma once

#include "base/environment.h"
#include "base/error.h"

#include <map>
#include <string>
#include <string_view>

/// The files that AWS's tools share
/// (https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html):
///
///     ~/.aws/credentials   [name]            keys
///     ~/.aws/config        [default] or [profile name]   keys and settings
///
/// Lines are `key = value`; `#` and `;` begin a comment at the start of a line or after a blank;
/// indented lines below a key are its own and not ours.
namespace tarn::aws::detail {

/// Settings by lower-case name.
using Profile = std::map<std::string, std::string, std::less<>>;
using Profiles = std::map<std::string, Profile, std::less<>>;

enum class ProfileFileKind { kCredentials, kConfig };

/// Errors kInvalid: what is wrong at which line of `path`.
Result<Profiles> parse_profiles(std::string_view text, ProfileFileKind kind, std::string_view path);

struct ProfilePaths {
  /// Empty where there is no home to look in.
  std::string credentials;
  std::string config;
};
/// AWS_SHARED_CREDENTIALS_FILE (before it, `credentials_file` if not empty) and AWS_CONFIG_FILE,
/// else those below HOME.
ProfilePaths profile_paths(const Environment& environment, std::string_view credentials_file);

/// `explicit_name` if not empty, else AWS_PROFILE, else `default`.
std::string profile_name(const Environment& environment, std::string_view explicit_name);

/// Both files as one: for the same key the credentials file counts. A missing file is an empty one.
/// Errors kInvalid, also for a file that cannot be read. Blocks on the disk.
Result<Profiles> load_profiles(const ProfilePaths& paths);

/// The whole of a small file; kNotFound (aws/errors.h) when there is none, else kInvalid naming
/// the path.
Result<std::string> read_small_file(const std::string& path);

/// The value of `key`, or empty.
std::string_view setting(const Profile& profile, std::string_view key);

}  // namespace tarn::aws::detail
