#include "aws/credentials/profile_file.h"

#include "aws/errors.h"
#include "runtime/testing/temp_folder.h"

#include <gtest/gtest.h>

#include <fstream>

namespace tarn::aws::detail {
namespace {

Profiles config(std::string_view text) {
  const Result<Profiles> parsed = parse_profiles(text, ProfileFileKind::kConfig, "config");
  EXPECT_TRUE(parsed.has_value()) << parsed.error().message();
  return parsed.value_or(Profiles());
}

TEST(ProfileFile, ReadsBothFormsOfSections) {
  const std::string text =
      "[default]\nregion=eu-west-1\n[profile dev]\nregion = us-east-2\n[profile \"with blank\"]\n"
      "region=x\n[dev2]\nregion=y\n[sso-session s]\nsso_region=z\n[profile]\nregion=w\n";
  const Profiles profiles = config(text);
  ASSERT_EQ(profiles.size(), 3U);
  EXPECT_EQ(setting(profiles.at("default"), "region"), "eu-west-1");
  EXPECT_EQ(setting(profiles.at("dev"), "region"), "us-east-2");
  EXPECT_EQ(setting(profiles.at("with blank"), "region"), "x");

  const auto credentials =
      parse_profiles("[dev]\na=1\n[profile dev]\na=2\n", ProfileFileKind::kCredentials, "c");
  ASSERT_TRUE(credentials.has_value());
  EXPECT_EQ(setting(credentials->at("dev"), "a"), "1");
  EXPECT_EQ(setting(credentials->at("profile dev"), "a"), "2");
}

TEST(ProfileFile, ReadsWhatPeopleWrite) {
  const Profiles profiles = config(
      "\xef\xbb\xbf# comment\r\n; another\r\n\r\n[ default ] # here too\r\n"
      "AWS_Access_Key_Id = AKIA # not this\r\n"
      "  aws_secret = indented, so of the key above\r\n"
      "aws_secret_access_key=a/b+c=#;d\r\n"
      "s3 =\r\n  max_concurrent_requests = 20\r\n  region = wrong\r\n"
      "empty=\r\nrole_session_name=a\r\nrole_session_name=b");
  const Profile& profile = profiles.at("default");
  EXPECT_EQ(setting(profile, "aws_access_key_id"), "AKIA");
  EXPECT_EQ(setting(profile, "aws_secret_access_key"), "a/b+c=#;d");
  EXPECT_EQ(setting(profile, "s3"), "");
  EXPECT_EQ(setting(profile, "region"), "");
  EXPECT_EQ(setting(profile, "role_session_name"), "b");
  EXPECT_EQ(profile.count("aws_secret"), 0U);
}

TEST(ProfileFile, NamesTheLineThatIsWrong) {
  const auto refusal = [](std::string_view text) {
    const auto parsed = parse_profiles(text, ProfileFileKind::kConfig, "/home/x/.aws/config");
    return parsed ? "" : parsed.error().message();
  };
  EXPECT_EQ(refusal("a=1\n"), "/home/x/.aws/config:1: a setting before the first [section]");
  EXPECT_EQ(refusal("[default]\n\nsecret\n"),
            "/home/x/.aws/config:3: neither `key = value` nor a [section]");
  EXPECT_EQ(refusal("[default]\n=secret\n"),
            "/home/x/.aws/config:2: neither `key = value` nor a [section]");
  EXPECT_EQ(refusal("[default\n"), "/home/x/.aws/config:1: a section without its ]");
}

TEST(ProfileFile, KeysOfTheCredentialsFileCount) {
  const tarn::testing::TempFolder folder;
  const ProfilePaths paths{.credentials = folder.path() / "credentials",
                           .config = folder.path() / "config"};
  EXPECT_TRUE(load_profiles(paths)->empty());
  std::ofstream(paths.config) << "[profile a]\nregion=r\naws_access_key_id=old\n";
  std::ofstream(paths.credentials) << "[a]\naws_access_key_id=new\n[b]\n";
  const Result<Profiles> both = load_profiles(paths);
  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(setting(both->at("a"), "aws_access_key_id"), "new");
  EXPECT_EQ(setting(both->at("a"), "region"), "r");
  EXPECT_TRUE(both->contains("b"));
}

TEST(ProfileFile, PathsComeFromTheEnvironment) {
  const Environment home(Environment::Map{{"HOME", "/home/x"}});
  EXPECT_EQ(profile_paths(home, "").credentials, "/home/x/.aws/credentials");
  EXPECT_EQ(profile_paths(home, "").config, "/home/x/.aws/config");
  const Environment set({{"HOME", "/home/x"},
                         {"AWS_SHARED_CREDENTIALS_FILE", "~/keys"},
                         {"AWS_CONFIG_FILE", "/etc/aws"},
                         {"AWS_PROFILE", "p"}});
  EXPECT_EQ(profile_paths(set, "").credentials, "/home/x/keys");
  EXPECT_EQ(profile_paths(set, "/other").credentials, "/other");
  EXPECT_EQ(profile_paths(set, "").config, "/etc/aws");
  EXPECT_EQ(profile_paths(Environment(), "").credentials, "");
  EXPECT_EQ(profile_name(set, ""), "p");
  EXPECT_EQ(profile_name(set, "q"), "q");
  EXPECT_EQ(profile_name(home, ""), "default");
}

TEST(ReadSmallFile, TellsAbsenceFromTrouble) {
  const tarn::testing::TempFolder folder;
  const std::string path = folder.path() / "f";
  EXPECT_TRUE(read_small_file(path).error().is(kNotFound));
  EXPECT_TRUE(read_small_file(folder.path()).error().is(kInvalid));
  std::ofstream(path) << "text";
  EXPECT_EQ(read_small_file(path).value(), "text");
  std::ofstream(path) << std::string((1 << 20) + 1, 'x');
  EXPECT_TRUE(read_small_file(path).error().is(kInvalid));
}

}  // namespace
}  // namespace tarn::aws::detail
