#include "actions/lua/modules/databricks_client.h"
#include "actions/lua/testing/server_bench.h"
#include "base/encoding.h"
#include "base/thread_annotations.h"
#include "http/testing/imposter.h"
#include "runtime/testing/run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <set>

// `databricks` against a workspace in memory, and the client alone where time matters.

namespace tarn::actions::lua {
namespace {

using http::testing::Imposter;
using http::testing::ReceivedRequest;
using http::testing::Reply;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::ServerBench;

constexpr std::string_view kToken = "dapi-secret-token";

Reply json_reply(unsigned status, const Json& body) {
  Reply reply;
  reply.status = status;
  reply.headers.add("Content-Type", "application/json");
  reply.body = body.dump();
  return reply;
}

Reply refusal(unsigned status, std::string_view code, std::string_view message) {
  return json_reply(status, Json::object({{"error_code", code}, {"message", message}}));
}

/// Schemas, tables and statements of a workspace. Refuses what lacks the token, and bodies that the
/// real service would refuse.
class Workspace {
 public:
  std::string url() const { return imposter_.base_url(); }
  std::vector<std::string> calls() const {
    std::vector<std::string> out;
    for (const ReceivedRequest& request : imposter_.requests()) {
      out.push_back(request.method + " " + request.target);
    }
    return out;
  }
  std::vector<std::string> statements() const {
    const MutexLock lock(mutex_);
    return statements_;
  }
  Json last_statement() const {
    const MutexLock lock(mutex_);
    return last_statement_;
  }
  void add_table(const std::string& name, const std::string& type) {
    const MutexLock lock(mutex_);
    tables_[name] = type;
  }
  /// Statements are under way for that many polls; -1 = for ever.
  void set_polls(int polls) {
    const MutexLock lock(mutex_);
    polls_ = polls;
  }
  /// Answers the next requests.
  void script(std::deque<Reply> replies) {
    const MutexLock lock(mutex_);
    scripted_ = std::move(replies);
  }

 private:
  static Json state(std::string_view word) {
    Json out = Json::object({{"statement_id", "st/1"}});
    out.set("status", Json::object({{"state", word}}));
    return out;
  }
  static Json failed(std::string_view code, std::string_view message) {
    Json error = Json::object({{"error_code", code}, {"message", message}});
    Json status = Json::object({{"state", "FAILED"}});
    status.set("error", std::move(error));
    Json out = Json::object({{"statement_id", "st/1"}});
    out.set("status", std::move(status));
    return out;
  }

  Reply answer(const ReceivedRequest& request) {
    EXPECT_EQ(request.headers.get("Authorization"), fmt::format("Bearer {}", kToken));
    const MutexLock lock(mutex_);
    if (!scripted_.empty()) {
      Reply reply = std::move(scripted_.front());
      scripted_.pop_front();
      return reply;
    }
    const Json body = request.body.empty() ? Json() : parse_json(request.body).value();
    const std::string what = request.method + " " + request.target;
    constexpr std::string_view kSchema = "/api/2.1/unity-catalog/schemas";
    constexpr std::string_view kTable = "/api/2.1/unity-catalog/tables/";
    if (what == fmt::format("POST {}", kSchema)) {
      const std::string name = body.get_string("name").value();
      const std::string full = body.get_string("catalog_name").value() + "." + name;
      if (!schemas_.insert(full).second) {
        return refusal(400, "SCHEMA_ALREADY_EXISTS",
                       fmt::format("Schema '{}' already exists", name));
      }
      return json_reply(200, Json::object({{"name", name}, {"full_name", full}}));
    }
    if (what.starts_with(fmt::format("GET {}/", kSchema))) {
      const std::string full = percent_decode(request.target.substr(kSchema.size() + 1)).value();
      return schemas_.contains(full)
                 ? json_reply(200, Json::object({{"name", full.substr(full.find('.') + 1)}}))
                 : refusal(404, "SCHEMA_DOES_NOT_EXIST", "Schema does not exist.");
    }
    if (request.target.starts_with(kTable)) {
      const std::string full = request.target.substr(kTable.size());
      if (!tables_.contains(full)) {
        return refusal(404, "TABLE_DOES_NOT_EXIST", "Table does not exist.");
      }
      if (request.method == "DELETE") {
        tables_.erase(full);
        return json_reply(200, Json::object());
      }
      return json_reply(200, Json::object({{"full_name", full}, {"table_type", tables_[full]}}));
    }
    if (what == "POST /api/2.0/sql/statements") {
      EXPECT_EQ(body.string_or("on_wait_timeout", ""), "CONTINUE");
      EXPECT_TRUE(body.get_string("warehouse_id"));
      statements_.push_back(body.get_string("statement").value());
      last_statement_ = body;
      waiting_ = polls_;
      return json_reply(200, waiting_ == 0 ? outcome() : state("PENDING"));
    }
    if (what == "GET /api/2.0/sql/statements/st%2F1") {
      waiting_ -= waiting_ > 0 ? 1 : 0;
      return json_reply(200, waiting_ == 0 ? outcome() : state("RUNNING"));
    }
    if (what == "POST /api/2.0/sql/statements/st%2F1/cancel") {
      return json_reply(200, Json::object());
    }
    return refusal(404, "ENDPOINT_NOT_FOUND", what);
  }

  /// Of the last statement; makes tables.
  Json outcome() TARN_REQUIRES(mutex_) {
    const std::string& sql = statements_.back();
    constexpr std::string_view kCreate = "CREATE EXTERNAL TABLE ";
    if (!sql.starts_with(kCreate)) {
      return sql.find("syntax") == std::string::npos
                 ? state("SUCCEEDED")
                 : failed("BAD_REQUEST", "[PARSE_SYNTAX_ERROR] Syntax error");
    }
    const std::string name =
        sql.substr(kCreate.size(), sql.find(' ', kCreate.size()) - kCreate.size());
    const std::string full = last_statement_.string_or("catalog", "") + "." +
                             last_statement_.string_or("schema", "") + "." + name;
    if (!tables_.emplace(full, "EXTERNAL").second) {
      return failed("BAD_REQUEST", fmt::format("[TABLE_OR_VIEW_ALREADY_EXISTS] Cannot create table "
                                               "or view `{}` because it already exists.",
                                               name));
    }
    return state("SUCCEEDED");
  }

  mutable Mutex mutex_;
  std::set<std::string> schemas_ TARN_GUARDED_BY(mutex_);
  std::map<std::string, std::string> tables_ TARN_GUARDED_BY(mutex_);
  std::vector<std::string> statements_ TARN_GUARDED_BY(mutex_);
  Json last_statement_ TARN_GUARDED_BY(mutex_);
  int polls_ TARN_GUARDED_BY(mutex_) = 0;
  int waiting_ TARN_GUARDED_BY(mutex_) = 0;
  std::deque<Reply> scripted_ TARN_GUARDED_BY(mutex_);
  Imposter imposter_{[this](const ReceivedRequest& request) { return answer(request); }};
};

class LuaDatabricks : public ::testing::Test {
 protected:
  Outcome run(const std::string& script) {
    bench_.args.set("host", workspace_.url() + "/");
    bench_.args.set("token", kToken);
    return bench_.run("local db = require('databricks').client(args.host, args.token) " + script);
  }
  std::string output(const std::string& script) {
    const Outcome outcome = run(script);
    return outcome.error.empty() ? outcome.output : "error: " + outcome.raised();
  }

  Workspace workspace_;
  ServerBench bench_;
};

TEST_F(LuaDatabricks, CreatesSchemas) {
  EXPECT_EQ(output("print(db.create_schema('my-branch', 'lake', true))"), "my-branch\n");
  EXPECT_EQ(output("print(db.create_schema('my-branch', 'lake', true))"), "my-branch\n");
  EXPECT_THAT(output("db.create_schema('my-branch', 'lake', false)"),
              HasSubstr("failed creating/getting schema lake.my-branch: databricks: POST "
                        "/api/2.1/unity-catalog/schemas: status 400: SCHEMA_ALREADY_EXISTS: Schema "
                        "'my-branch' already exists"));
  EXPECT_THAT(workspace_.calls(), ElementsAre("POST /api/2.1/unity-catalog/schemas",
                                              "POST /api/2.1/unity-catalog/schemas",
                                              "GET /api/2.1/unity-catalog/schemas/lake.my-branch",
                                              "POST /api/2.1/unity-catalog/schemas"));
}

TEST_F(LuaDatabricks, ExecutesStatements) {
  EXPECT_EQ(output("print(db.execute_statement('SELECT 1', 'w1', 'lake', 'main'))"), "SUCCEEDED\n");
  EXPECT_EQ(workspace_.last_statement().dump(),
            R"({"statement":"SELECT 1","warehouse_id":"w1","wait_timeout":"30s",)"
            R"("on_wait_timeout":"CONTINUE","catalog":"lake","schema":"main"})");
  EXPECT_THAT(output("db.execute_statement('a syntax error', 'w1', 'lake', 'main')"),
              HasSubstr("databricks: statement st/1 ended as FAILED: BAD_REQUEST: "
                        "[PARSE_SYNTAX_ERROR] Syntax error"));
}

TEST_F(LuaDatabricks, WaitsForStatements) {
  workspace_.set_polls(2);
  EXPECT_EQ(output("print(db.execute_statement('SELECT 1', 'w1', 'lake', 'main'))"), "SUCCEEDED\n");
  EXPECT_THAT(workspace_.calls(),
              ElementsAre("POST /api/2.0/sql/statements", "GET /api/2.0/sql/statements/st%2F1",
                          "GET /api/2.0/sql/statements/st%2F1"));
}

TEST_F(LuaDatabricks, RegistersTables) {
  EXPECT_EQ(output("print(db.register_external_table('my-table', 's3://b/it\\'s\\\\x', 'w1', "
                   "'lake', 'main', {description = \"it's\"}))"),
            "SUCCEEDED\n");
  EXPECT_EQ(output("print(db.register_external_table('plain', 's3://b/p', 'w1', 'lake', 'main'))"),
            "SUCCEEDED\n");
  EXPECT_EQ(
      output("print(db.register_external_table('empty', 'abfss://c@a.dfs.core.windows.net/p', "
             "'w1', 'lake', 'main', {description = ''}))"),
      "SUCCEEDED\n");
  EXPECT_THAT(
      workspace_.statements(),
      ElementsAre(R"(CREATE EXTERNAL TABLE my_table LOCATION 's3://b/it\'s\\x' COMMENT 'it\'s')",
                  "CREATE EXTERNAL TABLE plain LOCATION 's3://b/p'",
                  "CREATE EXTERNAL TABLE empty LOCATION 'abfss://c@a.dfs.core.windows.net/p'"));
}

TEST_F(LuaDatabricks, ReplacesATableThatIsThere) {
  workspace_.add_table("lake.main.my_table", "EXTERNAL");
  EXPECT_EQ(
      output("print(db.register_external_table('my-table', 's3://b/p', 'w1', 'lake', 'main'))"),
      "SUCCEEDED\n");
  EXPECT_THAT(workspace_.calls(),
              ElementsAre("POST /api/2.0/sql/statements",
                          "GET /api/2.1/unity-catalog/tables/lake.main.my_table",
                          "DELETE /api/2.1/unity-catalog/tables/lake.main.my_table",
                          "POST /api/2.0/sql/statements"));
}

TEST_F(LuaDatabricks, DoesNotReplaceATableThatHoldsDataOfItsOwn) {
  workspace_.add_table("lake.main.t", "MANAGED");
  EXPECT_THAT(
      output("db.register_external_table('t', 's3://b/p', 'w1', 'lake', 'main')"),
      HasSubstr("lake.main.t is there and no external table but MANAGED: it is not replaced"));
  EXPECT_EQ(workspace_.calls().size(), 2U);
}

TEST_F(LuaDatabricks, RefusesNamesAndPlaces) {
  for (const std::string name : {"", "a b", "a.b", "a;DROP TABLE x", "ü", "a`b"}) {
    EXPECT_THAT(output("db.register_external_table('" + name + "', 's3://b/p', 'w', 'c', 's')"),
                HasSubstr("databricks: table name `" + name + "` may have"));
  }
  EXPECT_THAT(output("db.register_external_table(('x'):rep(256), 's3://b/p', 'w', 'c', 's')"),
              HasSubstr("at most 255"));
  for (const std::string place : {"", "b/p", "://x", "s3://", "s 3://b/p"}) {
    EXPECT_THAT(output("db.register_external_table('t', '" + place + "', 'w', 'c', 's')"),
                HasSubstr("databricks: table location `" + place + "` is no URI"));
  }
  EXPECT_TRUE(workspace_.calls().empty());
}

TEST_F(LuaDatabricks, TriesAgainWhileTheServiceIsBusy) {
  workspace_.script({refusal(429, "REQUEST_LIMIT_EXCEEDED", "slow"), refusal(503, "", "starting")});
  EXPECT_EQ(output("print(db.execute_statement('SELECT 1', 'w1', 'lake', 'main'))"), "SUCCEEDED\n");
  EXPECT_EQ(workspace_.calls().size(), 3U);
}

TEST_F(LuaDatabricks, DoesNotRepeatAStatementThatMayHaveRun) {
  Reply lost;
  lost.drop = true;
  workspace_.script({lost});
  EXPECT_THAT(output("db.execute_statement('SELECT 1', 'w1', 'lake', 'main')"),
              HasSubstr("databricks: POST /api/2.0/sql/statements: connection lost"));
  EXPECT_EQ(workspace_.calls().size(), 1U);
}

TEST_F(LuaDatabricks, SaysWhatTheServiceSays) {
  workspace_.script({refusal(403, "PERMISSION_DENIED", "User lacks USE CATALOG")});
  EXPECT_THAT(output("db.create_schema('s', 'c', true)"),
              HasSubstr("status 403: PERMISSION_DENIED: User lacks USE CATALOG"));
  Reply page;
  page.status = 401;
  page.body = "<html>\n" + std::string(1000, 'x');
  workspace_.script({page});
  EXPECT_THAT(output("db.create_schema('s', 'c', true)"), HasSubstr("status 401: <html> xxx"));
  Reply nothing;
  nothing.body = "hello";
  workspace_.script({nothing});
  EXPECT_THAT(output("db.create_schema('s', 'c', true)"),
              HasSubstr("the answer is no JSON object: hello"));
  workspace_.script({json_reply(200, Json::object())});
  EXPECT_THAT(output("db.execute_statement('x', 'w', 'c', 's')"), HasSubstr("ended as unknown"));
}

TEST_F(LuaDatabricks, RefusesHostsAndTokens) {
  for (const std::string_view host : {"", "ftp://x", "https://", "a b", "user@host", "host?x"}) {
    bench_.args.set("bad", host);
    EXPECT_THAT(bench_.run("require('databricks').client(args.bad, 'token')").error,
                HasSubstr("is no host or http(s) URL"))
        << host;
  }
  for (const std::string_view token : {"", "a\nb", "a b", "ü"}) {
    bench_.args.set("bad", token);
    EXPECT_THAT(bench_.run("require('databricks').client('host', args.bad)").error,
                HasSubstr("a personal access token expected"))
        << token;
  }
}

TEST_F(LuaDatabricks, GoesWhereHooksMay) {
  bench_.refuse_hosts();
  EXPECT_THAT(output("db.create_schema('s', 'c', true)"),
              HasSubstr("127.0.0.1: hooks may not go there"));
  EXPECT_TRUE(workspace_.calls().empty());
}

TEST_F(LuaDatabricks, ErrorsDoNotShowTheToken) {
  workspace_.script({refusal(403, "PERMISSION_DENIED", "no")});
  EXPECT_EQ(run("db.create_schema('s', 'c', true)").error.find(kToken), std::string::npos);
}

/// Registers what the Delta exporter would give, from end to end.
TEST_F(LuaDatabricks, ServesTheUnityExporter) {
  const std::string descriptor = "{name: trips-1, type: delta, path: x, catalog: lake}";
  bench_.api.add(std::string(testing::kCommit), "_lakefs_tables/trips.yaml", 1, descriptor);
  EXPECT_EQ(output(R"(
    local unity = require("lakefs/catalogexport/unity_exporter")
    local details = {trips = {path = "s3://b/trips", metadata = {description = "rides"}}}
    for i = 1, 2 do
      print(unity.register_tables(action, "_lakefs_tables", details, db, "w1").trips)
    end
  )"),
            "SUCCEEDED\nSUCCEEDED\n");
  EXPECT_EQ(workspace_.statements().back(),
            "CREATE EXTERNAL TABLE trips_1 LOCATION 's3://b/trips' COMMENT 'rides'");
  EXPECT_EQ(workspace_.last_statement().string_or("schema", ""), "main");
}

TEST(DatabricksClient, CancelsAStatementThatTakesTooLong) {
  Workspace workspace;
  workspace.set_polls(-1);
  const SystemClock clock;
  SeededRng rng(1);
  const std::unique_ptr<http::Client> client = http::make_client({}, clock);
  DatabricksConfig config;
  config.url = workspace.url();
  config.token = Secret(std::string(kToken));
  config.statement_timeout = std::chrono::milliseconds(200);
  config.poll_delay = std::chrono::milliseconds(5);
  DatabricksClient databricks(*client, clock, rng, config);
  DatabricksStatement statement{
      .sql = "SELECT 1", .warehouse_id = "w", .catalog = "c", .schema = "s"};
  const Result<std::string> state = tarn::testing::run(databricks.execute(Context(), statement));
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().kind(), ErrorKind::kTimeout);
  EXPECT_THAT(state.error().message(), HasSubstr("databricks: statement st/1"));
  EXPECT_EQ(workspace.calls().back(), "POST /api/2.0/sql/statements/st%2F1/cancel");
}

}  // namespace
}  // namespace tarn::actions::lua
