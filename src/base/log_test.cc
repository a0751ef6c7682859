#include "base/log.h"

#include "base/json.h"
#include "base/secret.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tarn {
namespace {

/// Sends the log to a file for the length of a test.
class LogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / ("tarn_log_" + std::to_string(::getpid()));
    std::filesystem::remove(path_);
  }
  void TearDown() override {
    log::configure(log::Config{.level = log::Level::kWarn, .json = false, .output = "="});
    std::filesystem::remove(path_);
  }
  void open(bool json, log::Level level = log::Level::kInfo) {
    log::configure(log::Config{.level = level, .json = json, .output = path_.string()});
  }
  std::string written() const {
    std::ifstream in(path_);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path path_;
};

TEST_F(LogTest, WritesEventsWithFields) {
  open(false);
  log::info("commit created", {{"repo", "r1"}, {"entries", 3}, {"message", "two words"}});
  const std::string line = written();
  EXPECT_EQ(line.substr(0, 5), "time=");
  EXPECT_NE(
      line.find(" level=info msg=\"commit created\" repo=r1 entries=3 message=\"two words\"\n"),
      std::string::npos)
      << line;
}

// A value that holds line breaks and quotes must not look like a second line or another field.
TEST_F(LogTest, FieldsCannotForgeLines) {
  open(false);
  log::info("event\ntime=0 level=error", {{"user", "x\ntime=0 level=error msg=\"forged\" a=b"},
                                          {"key", "a=\"b\" c"},
                                          {"esc", "\x1b[31m\x7f"}});
  const std::string text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  EXPECT_NE(text.find(R"(user="x\ntime=0 level=error msg=\"forged\" a=b")"), std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(key="a=\"b\" c")"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST_F(LogTest, JsonLinesStayJson) {
  open(true);
  log::warn("event", {{"user", "a\"b\n\\\x01\xff"}, {"empty", ""}});
  const std::string text = written();
  Result<Json> line = parse_json(text);
  ASSERT_TRUE(line) << text;
  EXPECT_EQ(line->string_or("level", ""), "warning");
  EXPECT_EQ(line->string_or("msg", ""), "event");
  EXPECT_EQ(line->string_or("user", ""), "a\"b\n\\\x01\xef\xbf\xbd");
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLevel) {
  open(false, log::Level::kWarn);
  log::info("quiet");
  log::debug("quieter");
  EXPECT_EQ(written(), "");
  log::set_level(log::Level::kDebug);
  EXPECT_TRUE(log::enabled(log::Level::kDebug));
  log::info("loud");
  EXPECT_NE(written().find("msg=\"loud\""), std::string::npos);
  log::set_level(log::Level::kOff);
  log::error("nothing");
  EXPECT_EQ(written().find("nothing"), std::string::npos);
}

TEST_F(LogTest, MasksSecrets) {
  open(false);
  const Secret secret("hunter2");
  log::info("login", {{"password", secret}});
  EXPECT_EQ(written().find("hunter2"), std::string::npos);
  EXPECT_NE(written().find("password=***"), std::string::npos);
}

TEST(LogLevel, ReadsTheNamesOfConfigurationFiles) {
  log::Level level = log::Level::kInfo;
  EXPECT_TRUE(log::parse_level("DEBUG", level));
  EXPECT_EQ(level, log::Level::kDebug);
  EXPECT_TRUE(log::parse_level("warning", level));
  EXPECT_EQ(level, log::Level::kWarn);
  EXPECT_TRUE(log::parse_level("panic", level));
  EXPECT_EQ(level, log::Level::kError);
  EXPECT_TRUE(log::parse_level("none", level));
  EXPECT_EQ(level, log::Level::kOff);
  EXPECT_FALSE(log::parse_level("loud", level));
}

}  // namespace
}  // namespace tarn
