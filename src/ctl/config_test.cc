#include "ctl/config.h"

#include "ctl/errors.h"
#include "runtime/testing/temp_folder.h"

#include <gtest/gtest.h>

#include <fstream>

namespace tarn::ctl {
namespace {

class ConfigTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = (folder_.path() / name).string();
    std::ofstream(path) << text;
    return path;
  }
  Result<Config> load(const ConfigFile& file, Environment::Map variables = {}) {
    Result<ConfigValues> values = load_config_values(file, Environment(std::move(variables)));
    if (!values) {
      return values.error();
    }
    return decode_config(*values);
  }
  std::string complaint(const std::string& text) {
    const Result<Config> loaded = load({.path = write("bad.yaml", text), .required = true});
    return loaded ? "" : loaded.error().message();
  }

  testing::TempFolder folder_;
};

TEST_F(ConfigTest, EnvironmentWinsOverFileWinsOverDefaults) {
  const std::string path =
      write("a.yaml",
            "credentials:\n  access_key_id: file\n  secret_access_key: secret\n"
            "server:\n  endpoint_url: http://file\n  retries:\n    max_attempts: 7\n");
  const Result<Config> loaded = load({.path = path}, {{"LAKECTL_SERVER_ENDPOINT_URL", "http://env"},
                                                      {"LAKECTL_CREDENTIALS_ACCESS_KEY_ID", ""},
                                                      {"LAKECTL_OPTIONS_PARALLELISM", "3"},
                                                      {"TARNCTL_OPTIONS_PARALLELISM", "4"}});
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->endpoint_url, "http://env");
  EXPECT_EQ(loaded->access_key_id, "file");
  EXPECT_EQ(loaded->secret_access_key.reveal(), "secret");
  EXPECT_EQ(loaded->retries_max, 7U);
  EXPECT_EQ(loaded->retry_wait_min, std::chrono::milliseconds(200));
  EXPECT_EQ(loaded->retry_wait_max, std::chrono::seconds(30));
  EXPECT_TRUE(loaded->retries_enabled);
  EXPECT_EQ(loaded->parallelism, 4);
  EXPECT_FALSE(loaded->symlink_support);
}

TEST_F(ConfigTest, FilesAreChosenByFlagVariableHome) {
  EXPECT_EQ(config_file("x.yaml", Environment(Environment::Map{{"LAKECTL_CONFIG_FILE", "y"}})).path,
            "x.yaml");
  EXPECT_TRUE(config_file("x.yaml", Environment()).required);
  const ConfigFile named = config_file(
      "", Environment(Environment::Map{{"LAKECTL_CONFIG_FILE", "y.yaml"}, {"HOME", "/h"}}));
  EXPECT_EQ(named.path, "y.yaml");
  EXPECT_FALSE(named.required);
  EXPECT_EQ(config_file("", Environment(Environment::Map{{"HOME", "/h"}})).path,
            "/h/.lakectl.yaml");
}

TEST_F(ConfigTest, OnlyANamedFileMustBeThere) {
  const std::string missing = (folder_.path() / "none.yaml").string();
  EXPECT_TRUE(load({.path = missing}));
  EXPECT_TRUE(load({.path = write("broken.yaml", "a: [")}));
  const Result<Config> loaded = load({.path = missing, .required = true});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().message(),
            "error reading configuration file: open " + missing + ": no such file or directory");
  const Result<Config> odd = load({.path = write("noext", "a: 1"), .required = true});
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().message(),
            "error reading configuration file: Unsupported Config Type \"\"");
  EXPECT_FALSE(load({.path = write("broken.yaml", "a: ["), .required = true}));
}

TEST_F(ConfigTest, DecodingIsStrict) {
  const std::string head =
      "error unmarshal configuration: decoding failed due to the following error(s):\n\n";
  EXPECT_EQ(complaint("server:\n  foo: 1\n"), head + "'server' has invalid keys: foo");
  EXPECT_EQ(complaint("foo: 1\nbar: 2\n"), head + "'' has invalid keys: bar, foo");
  EXPECT_EQ(complaint("credentials:\n  access_key_id: 12\n"),
            head + "'credentials.access_key_id' must be a string, not a int");
  EXPECT_EQ(complaint("credentials:\n  access_key_id: \"12\"\n"), "");
  EXPECT_EQ(complaint("server: 5\n"), head + "'server' expected a map, got 'int'");
  EXPECT_EQ(complaint("server:\n"), "");
  EXPECT_EQ(
      complaint(
          "credentials:\n  provider:\n    aws_iam:\n      token_request_headers:\n        a: b\n"),
      "");
  const Result<Config> loaded = load(
      {.path = "/none.yaml"},
      {{"LAKECTL_SERVER_RETRIES_MAX_ATTEMPTS", "-1"}, {"LAKECTL_LOCAL_SYMLINK_SUPPORT", "maybe"}});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().message(),
            head +
                "'server.retries.max_attempts' cannot parse value as 'uint32': strconv.ParseUint: "
                "invalid syntax\n'local.symlink_support' cannot parse value as 'bool': "
                "strconv.ParseBool: invalid syntax");
}

TEST_F(ConfigTest, WrittenFilesReadBack) {
  ConfigValues values = current_config_values({.path = "/none.yaml"}, Environment());
  values["credentials.access_key_id"] = "123";
  values["credentials.secret_access_key"] = "a\"b\\c: d #e";
  values["server.endpoint_url"] = "http://localhost:8000";
  const std::string text = render_config(values);
  EXPECT_EQ(text,
            "credentials:\n"
            "    access_key_id: \"123\"\n"
            "    secret_access_key: \"a\\\"b\\\\c: d #e\"\n"
            "experimental:\n"
            "    local:\n"
            "        posix_permissions:\n"
            "            enabled: false\n"
            "local:\n"
            "    skip_non_regular_files: false\n"
            "    symlink_support: false\n"
            "network:\n"
            "    http2:\n"
            "        enabled: true\n"
            "server:\n"
            "    endpoint_url: http://localhost:8000\n"
            "    login_retries:\n"
            "        enabled: true\n"
            "        max_attempts: 75\n"
            "        max_wait_interval: 1s\n"
            "        min_wait_interval: 50ms\n"
            "    retries:\n"
            "        enabled: true\n"
            "        max_attempts: 4\n"
            "        max_wait_interval: 30s\n"
            "        min_wait_interval: 200ms\n");
  const Result<Config> loaded = load({.path = write("w.yaml", text), .required = true});
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->access_key_id, "123");
  EXPECT_EQ(loaded->secret_access_key.reveal(), "a\"b\\c: d #e");
}

}  // namespace
}  // namespace tarn::ctl
