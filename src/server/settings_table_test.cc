#include "server/settings_table.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace tarn::server {
namespace {

SettingSources sources(Environment::Map variables = {}) {
  variables.emplace("HOME", "/home/u");
  SettingSources out;
  out.environment = Environment(std::move(variables));
  return out;
}

TEST(SettingsTable, LoadsWithoutAnySource) {
  Result<Settings> settings = Settings::load(settings_table(), sources());
  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_EQ(settings->get_string("listen_address"), "127.0.0.1:8000");
  EXPECT_EQ(settings->get_string("data_dir"), "/home/u/tarn");
  EXPECT_TRUE(settings->warnings().empty());
}

// `a.b_c` and `a_b.c` would share a variable.
TEST(SettingsTable, HasOneVariableForEachKey) {
  std::set<std::string> names;
  for (const SettingSpec& spec : settings_table()) {
    EXPECT_TRUE(names.insert(setting_variable("TARN_", spec.key)).second) << spec.key;
  }
}

TEST(SettingsTable, TakesAUsualFile) {
  SettingSources from = sources({{"LAKEFS_BLOCKSTORE_S3_FORCE_PATH_STYLE", "true"}});
  from.file_text =
      "listen_address: \"0.0.0.0:8000\"\n"
      "logging: {format: json, level: WARN, output: \"-\"}\n"
      "database:\n  type: local\n  local: {path: ~/lake}\n  postgres: {connection_string: "
      "postgres://u:secret@h/d}\n"
      "auth:\n  encrypt:\n    secret_key: "
      "\"10a718b3f285d89c36e9864494cdd1507f3bc85b342df24736ea81f9a1134bcc\"\n"
      "blockstore:\n  type: s3\n  s3: {region: eu-west-1, endpoint: http://127.0.0.1:9000, "
      "pre_signed_expiry: 5m}\n"
      "gateways: {s3: {domain_name: [s3.a.example, s3.b.example]}}\n"
      "stats: {enabled: false}\n";
  Result<Settings> settings = Settings::load(settings_table(), from);
  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_TRUE(settings->get_bool("blockstore.s3.force_path_style"));
  EXPECT_EQ(settings->get_list("gateways.s3.domain_name").size(), 2U);
  EXPECT_EQ(settings->warnings(),
            std::vector<std::string>{
                "setting database.postgres.connection_string is accepted, but has no effect"});
}

TEST(SettingsTable, RefusesWhatWouldChangeWhoMayDoWhat) {
  SettingSources from = sources();
  from.file_text =
      "auth: {api: {endpoint: http://acl}, ui_config: {rbac: internal}}\ngateways: {s3: "
      "{fallback_url: http://x}}\n";
  Result<Settings> settings = Settings::load(settings_table(), from);
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().message(),
            "invalid configuration:\n"
            "  auth.api.endpoint: not supported; remove it\n"
            "  auth.ui_config.rbac: not supported; remove it\n"
            "  gateways.s3.fallback_url: not supported; remove it");
}

TEST(SettingsTable, IsWhatTheDocumentSays) {
  // The folder of test data need not exist, so `..` is taken off the text.
  const std::filesystem::path path =
      (std::filesystem::path(TARN_TEST_DATA) / "../../../docs/config.md").lexically_normal();
  if (std::getenv("TARN_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << render_config_docs();
  }
  std::ifstream in(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), render_config_docs())
      << "run this test once with TARN_UPDATE_GOLDEN=1";
}

}  // namespace
}  // namespace tarn::server
