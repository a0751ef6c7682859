#include "base/settings.h"

#include <gtest/gtest.h>

namespace tarn {
namespace {

using namespace std::chrono_literals;

constexpr SettingSpec kTable[] = {
    {.key = "listen_address", .fallback = "127.0.0.1:8000", .text = "Where to listen."},
    {.key = "logging.level", .fallback = "INFO", .text = "", .choices = "DEBUG|INFO|WARN"},
    {.key = "logging.output", .type = SettingType::kList, .fallback = "-"},
    {.key = "database.type", .fallback = "local", .choices = "local|mem"},
    {.key = "database.local.path", .fallback = "~/data", .text = "The folder.", .is_path = true},
    {.key = "database.local.sync_writes", .type = SettingType::kBool, .fallback = "true"},
    {.key = "database.drop_tables",
     .type = SettingType::kBool,
     .support = SettingSupport::kRefused},
    {.key = "cache.size_bytes",
     .type = SettingType::kSize,
     .fallback = "1GiB",
     .min = 0,
     .max = 1LL << 40},
    {.key = "cache.ratio", .type = SettingType::kFloat, .fallback = "0.9"},
    {.key = "auth.secret", .type = SettingType::kSecret},
    {.key = "auth.cache.size",
     .type = SettingType::kInt,
     .fallback = "1024",
     .min = 1,
     .max = 5000},
    {.key = "auth.cache.ttl", .type = SettingType::kDuration, .fallback = "20s", .min = 0},
    {.key = "auth.claims", .type = SettingType::kMap},
    {.key = "gateway.domains",
     .type = SettingType::kList,
     .fallback = "s3.local",
     .comma_separated = true},
    {.key = "ui.snippets", .type = SettingType::kRecords},
    {.key = "stats.enabled",
     .type = SettingType::kBool,
     .fallback = "false",
     .support = SettingSupport::kIgnored},
    {.key = "paths", .type = SettingType::kList, .is_path = true},
};

struct Load {
  SettingSources sources;

  Load& file(std::string text) {
    sources.file_text = std::move(text);
    return *this;
  }
  Load& env(Environment::Map variables) {
    variables.emplace("HOME", "/home/u");
    sources.environment = Environment(std::move(variables));
    return *this;
  }
  Settings ok() {
    if (!sources.environment.get("HOME")) {
      env({});
    }
    Result<Settings> settings = Settings::load(kTable, sources);
    EXPECT_TRUE(settings) << (settings ? "" : settings.error().message());
    return settings ? *std::move(settings) : *Settings::load(kTable, Load().env({}).sources);
  }
  std::string refusal() {
    if (!sources.environment.get("HOME")) {
      env({});
    }
    Result<Settings> settings = Settings::load(kTable, sources);
    return settings ? "accepted" : settings.error().message();
  }
};

TEST(Settings, HaveTheirDefaults) {
  const Settings settings = Load().ok();
  EXPECT_EQ(settings.get_string("listen_address"), "127.0.0.1:8000");
  EXPECT_EQ(settings.get_string("database.local.path"), "/home/u/data");
  EXPECT_TRUE(settings.get_bool("database.local.sync_writes"));
  EXPECT_EQ(settings.get_int("cache.size_bytes"), 1 << 30);
  EXPECT_EQ(settings.get_float("cache.ratio"), 0.9);
  EXPECT_EQ(settings.get_duration("auth.cache.ttl"), 20s);
  EXPECT_EQ(settings.get_list("gateway.domains"), std::vector<std::string>{"s3.local"});
  EXPECT_TRUE(settings.get_map("auth.claims").empty());
  EXPECT_TRUE(settings.get_secret("auth.secret").empty());
  EXPECT_FALSE(settings.is_set("listen_address"));
  EXPECT_TRUE(settings.warnings().empty());
}

TEST(Settings, ComeFromTheFile) {
  const Settings settings =
      Load()
          .file(
              "listen_address: 0.0.0.0:9000\n"
              "Logging: {level: debug, output: ['-', /var/log/x]}\n"
              "database:\n  type: mem\n  local:\n    path: ~/other\n    sync_writes: no\n"
              "cache: {size_bytes: 64MiB, ratio: 0.5}\n"
              "auth:\n  secret: 12345\n  cache: {size: 7, ttl: 1h30m}\n  claims: {a: b, n: 1}\n"
              "gateway: {domains: 'a.example, b.example'}\n"
              "ui: {snippets: [{id: x, code: <b>}, {id: y, code: z}]}\n"
              "paths: [~/one, /two]\n"
              "stats:\n")
          .ok();
  EXPECT_EQ(settings.get_string("listen_address"), "0.0.0.0:9000");
  EXPECT_EQ(settings.get_string("logging.level"), "DEBUG")
      << "a choice is stored as the table spells it";
  EXPECT_EQ(settings.get_list("logging.output"), (std::vector<std::string>{"-", "/var/log/x"}));
  EXPECT_EQ(settings.get_string("database.local.path"), "/home/u/other");
  EXPECT_FALSE(settings.get_bool("database.local.sync_writes"));
  EXPECT_EQ(settings.get_int("cache.size_bytes"), 64 << 20);
  EXPECT_EQ(settings.get_secret("auth.secret").reveal(), "12345");
  EXPECT_EQ(settings.get_duration("auth.cache.ttl"), 90min);
  EXPECT_EQ(settings.get_map("auth.claims"), (Settings::Map{{"a", "b"}, {"n", "1"}}));
  EXPECT_EQ(settings.get_list("gateway.domains"),
            (std::vector<std::string>{"a.example", "b.example"}));
  ASSERT_EQ(settings.get_records("ui.snippets").size(), 2U);
  EXPECT_EQ(settings.get_records("ui.snippets")[0].at("code"), "<b>");
  EXPECT_EQ(settings.get_list("paths"), (std::vector<std::string>{"/home/u/one", "/two"}));
  EXPECT_EQ(settings.origin("cache.ratio"), Settings::Origin::kFile);
}

TEST(Settings, ComeFromTheEnvironment) {
  const Settings settings = Load()
                                .env({{"TARN_LISTEN_ADDRESS", "0.0.0.0:1"},
                                      {"LAKEFS_DATABASE_LOCAL_SYNC_WRITES", "false"},
                                      {"LAKEFS_AUTH_CACHE_TTL", "3ms"},
                                      {"LAKEFS_LOGGING_OUTPUT", R"(["-", "="])"},
                                      {"LAKEFS_GATEWAY_DOMAINS", "a,b"},
                                      {"TARN_AUTH_CLAIMS", "k1=v1,k2=v=2"},
                                      {"TARN_PATHS", "a,b"},
                                      {"TARN_UI_SNIPPETS", R"([{"id":"x","code":"y"}])"}})
                                .ok();
  EXPECT_EQ(settings.get_string("listen_address"), "0.0.0.0:1");
  EXPECT_FALSE(settings.get_bool("database.local.sync_writes"));
  EXPECT_EQ(settings.get_duration("auth.cache.ttl"), 3ms);
  EXPECT_EQ(settings.get_list("logging.output"), (std::vector<std::string>{"-", "="}));
  EXPECT_EQ(settings.get_list("gateway.domains"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(settings.get_map("auth.claims"), (Settings::Map{{"k1", "v1"}, {"k2", "v=2"}}));
  EXPECT_EQ(settings.get_list("paths"), std::vector<std::string>{"a,b"})
      << "only marked lists split at commas";
  EXPECT_EQ(settings.get_records("ui.snippets")[0].at("id"), "x");
}

TEST(Settings, LaterSourcesWin) {
  Load load;
  load.sources.defaults = {{"listen_address", "mode"}, {"database.type", "mem"}};
  EXPECT_EQ(load.ok().get_string("listen_address"), "mode");
  EXPECT_FALSE(load.ok().is_set("listen_address"));
  load.file("listen_address: file");
  EXPECT_EQ(load.ok().get_string("listen_address"), "file");
  load.env({{"LAKEFS_LISTEN_ADDRESS", "lakefs"}});
  EXPECT_EQ(load.ok().get_string("listen_address"), "lakefs");
  load.env({{"LAKEFS_LISTEN_ADDRESS", "lakefs"}, {"TARN_LISTEN_ADDRESS", "tarn"}});
  EXPECT_EQ(load.ok().get_string("listen_address"), "tarn");
  load.sources.overrides = {{"listen_address", "flag"}};
  EXPECT_EQ(load.ok().get_string("listen_address"), "flag");
  EXPECT_EQ(load.ok().get_string("database.type"), "mem");
}

TEST(Settings, AnEmptyVariableIsUnset) {
  const Settings settings =
      Load().file("listen_address: file").env({{"TARN_LISTEN_ADDRESS", ""}}).ok();
  EXPECT_EQ(settings.get_string("listen_address"), "file");
}

TEST(Settings, ASectionMayBeOneJsonVariable) {
  const Settings settings =
      Load()
          .env({{"LAKEFS_AUTH", R"({"cache":{"size":9,"ttl":"1s"},"secret":"s"})"},
                {"LAKEFS_AUTH_CACHE_SIZE", "10"}})
          .ok();
  EXPECT_EQ(settings.get_int("auth.cache.size"), 10) << "the more exact variable wins";
  EXPECT_EQ(settings.get_duration("auth.cache.ttl"), 1s);
  EXPECT_EQ(settings.get_secret("auth.secret").reveal(), "s");
}

TEST(Settings, UnknownKeysOfTheFileRefuseWithTheFullList) {
  const std::string message = Load()
                                  .file(
                                      "listn_address: x\ndatabase:\n  typ: mem\n  local: "
                                      "5\nauth:\n  cache: {size: many, ttl: 5}\nnothing: 1\n")
                                  .refusal();
  EXPECT_EQ(message,
            "invalid configuration:\n"
            "  config.yaml:1: listn_address: unknown setting; did you mean listen_address?\n"
            "  config.yaml:3: database.typ: unknown setting; did you mean database.type?\n"
            "  config.yaml:4: database.local: is a section, not a value\n"
            "  config.yaml:6: auth.cache.size: \"many\" is not a whole number\n"
            "  config.yaml:6: auth.cache.ttl: \"5\" is not a duration such as 300ms, 20s or 1h30m\n"
            "  config.yaml:7: nothing: unknown setting");
}

TEST(Settings, UnknownVariablesOnlyWarn) {
  const Settings settings = Load()
                                .env({{"LAKEFS_PORT_8000_TCP_ADDR", "10.0.0.1"},
                                      {"LAKEFS_AUTH", "tcp://x"},
                                      {"LAKEFS_EMPTY", ""},
                                      {"OTHER", "x"}})
                                .ok();
  EXPECT_EQ(settings.warnings(),
            (std::vector<std::string>{
                "unknown environment variable LAKEFS_AUTH is ignored",
                "unknown environment variable LAKEFS_PORT_8000_TCP_ADDR is ignored"}));
}

TEST(Settings, RefuseBadValues) {
  const auto message = [](std::string file) {
    return Load()
        .file(std::move(file))
        .refusal()
        .substr(std::string("invalid configuration:\n  ").size());
  };
  EXPECT_EQ(
      message("database: {local: {sync_writes: maybe}}"),
      "config.yaml:1: database.local.sync_writes: \"maybe\" is not a boolean (true or false)");
  EXPECT_EQ(message("logging: {level: loud}"),
            "config.yaml:1: logging.level: \"loud\" is not one of DEBUG, INFO, WARN");
  EXPECT_EQ(message("auth: {cache: {size: 0}}"),
            "config.yaml:1: auth.cache.size: 0 is less than 1");
  EXPECT_EQ(message("auth: {cache: {size: 5001}}"),
            "config.yaml:1: auth.cache.size: 5001 is more than 5000");
  EXPECT_EQ(message("auth: {cache: {ttl: -1s}}"),
            "config.yaml:1: auth.cache.ttl: -1s is less than 0s");
  EXPECT_EQ(message("cache: {size_bytes: 99999999999GiB}").substr(0, 42),
            "config.yaml:1: cache.size_bytes: \"99999999");
  EXPECT_EQ(message("listen_address: [a]"),
            "config.yaml:1: listen_address: a list where a string is wanted");
  EXPECT_EQ(message("paths: [[a]]"), "config.yaml:1: paths: a nested value where a text is wanted");
  EXPECT_EQ(message("listen_address: a\nLISTEN_ADDRESS: b"),
            "config.yaml:2: listen_address: set twice (keys compare without case)");
  EXPECT_EQ(message("listen_address: a\nlisten_address: b"),
            "config.yaml: line 2: duplicate key \"listen_address\"");
  EXPECT_EQ(message("- a"), "config.yaml: not a map of settings");
  EXPECT_EQ(Load().env({{"TARN_AUTH_CACHE_SIZE", "x"}}).refusal(),
            "invalid configuration:\n  TARN_AUTH_CACHE_SIZE: \"x\" is not a whole number");
}

TEST(Settings, UnsupportedOnesWarnOrRefuse) {
  EXPECT_EQ(Load().file("stats: {enabled: true}").ok().warnings(),
            std::vector<std::string>{"setting stats.enabled is accepted, but has no effect"});
  EXPECT_TRUE(Load().file("stats: {enabled: false}").ok().warnings().empty())
      << "that is what happens anyway";
  EXPECT_EQ(Load().file("database: {drop_tables: true}").refusal(),
            "invalid configuration:\n  database.drop_tables: not supported; remove it");
  EXPECT_EQ(Load().file("database: {drop_tables: false}").refusal(), "accepted");
}

TEST(Settings, MaskSecrets) {
  std::string shown;
  const Settings settings = Load().file("auth: {secret: hunter2}").ok();
  for (const auto& [key, value] : settings.masked()) {
    shown.append(key).append("=").append(value).append("\n");
  }
  EXPECT_EQ(shown.find("hunter2"), std::string::npos);
  EXPECT_NE(shown.find("auth.secret=******\n"), std::string::npos);
  EXPECT_NE(shown.find("auth.cache.ttl=20s\n"), std::string::npos);
  EXPECT_EQ(Load().ok().masked()[9],
            (std::pair<std::string, std::string>("auth.secret", "------")));
}

TEST(Settings, NeedAHomeForTilde) {
  SettingSources sources;
  EXPECT_FALSE(Settings::load(kTable, sources));
}

TEST(Settings, RenderTheirDocument) {
  const std::string docs = render_settings_docs(kTable);
  EXPECT_NE(
      docs.find("## `database`\n\n| Key | Type | Default | Meaning |\n| --- | --- | --- | --- |\n"
                "| `database.type` | string | `local` | One of `local`, `mem`. |\n"
                "| `database.local.path` | string | `~/data` | The folder. |\n"),
      std::string::npos)
      << docs;
  EXPECT_NE(
      docs.find("| `database.drop_tables` | boolean | – | *Not supported: refuses the start.* |"),
      std::string::npos);
}

TEST(SettingsDeathTest, LookingUpAnUnknownKeyIsABug) {
  const Settings settings = Load().ok();
  EXPECT_DEATH(static_cast<void>(settings.get_string("no.such.key")), "no.such.key");
  EXPECT_DEATH(static_cast<void>(settings.get_string("auth.cache.size")), "auth.cache.size");
}

}  // namespace
}  // namespace tarn
