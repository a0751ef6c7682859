// Airflow hooks against an imposter of its stable REST API.
#include "actions/testing/hook_world.h"
#include "base/encoding.h"
#include "base/json.h"
#include "http/testing/imposter.h"
#include "runtime/testing/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tarn::actions {
namespace {

using http::testing::Imposter;
using http::testing::ReceivedRequest;
using http::testing::Reply;
using ::testing::HasSubstr;
using testing::HookWorld;
using ::testing::Not;

/// Airflow with one DAG, whose runs go through these states, one at each look.
class Airflow {
 public:
  std::vector<std::string> states{"success"};
  unsigned trigger_status = 200;
  unsigned poll_status = 200;

  std::string base_url() const { return imposter_.base_url(); }
  std::vector<ReceivedRequest> requests() const { return imposter_.requests(); }

 private:
  Reply answer(const ReceivedRequest& request) {
    Reply reply;
    EXPECT_EQ(request.headers.get("Authorization"), "Basic " + base64_encode("air:s3cret-pw"));
    if (request.method == "POST") {
      EXPECT_EQ(request.path(), "/base/api/v1/dags/my%20dag/dagRuns");
      EXPECT_EQ(request.headers.get("Content-Type"), "application/json");
      reply.status = trigger_status;
      reply.body = R"({"state":"queued"})";
      return reply;
    }
    EXPECT_EQ(request.method, "GET");
    EXPECT_TRUE(request.path().starts_with("/base/api/v1/dags/my%20dag/dagRuns/lakeFS_hook_dag_"));
    reply.status = poll_status;
    reply.body = R"({"state":")" + states[std::min(looks_, states.size() - 1)] + R"("})";
    ++looks_;
    return reply;
  }

  std::size_t looks_ = 0;
  Imposter imposter_{[this](const ReceivedRequest& request) { return answer(request); }};
};

ServiceConfig quick() {
  ServiceConfig config;
  config.hooks.airflow_poll_interval = std::chrono::milliseconds(1);
  return config;
}

/// Commits with one pre-commit hook of these properties besides the usual ones; the id or the
/// error.
std::string commit_with(HookWorld& world, const Airflow& airflow, const std::string& more) {
  world.upload("_lakefs_actions/a",
               "name: air\non: {pre-commit: }\nhooks:\n"
               "  - {id: dag, type: airflow, properties: {url: '" +
                   airflow.base_url() +
                   "/base/?own=1', dag_id: my dag, username: air, password: '{{ "
                   "ENV.LAKEFSACTION_PW }}'" +
                   more + "}}\n");
  return world.commit("hi");
}

const Environment::Map kVariables{{"LAKEFSACTION_PW", "s3cret-pw"}};

TEST(AirflowHook, TriggersADag) {
  Airflow airflow;
  HookWorld world(quick(), kVariables);
  const std::string commit =
      commit_with(world, airflow, ", dag_conf: {z: [1, 2.5, true, '7', ~], a: {c: d}}");
  ASSERT_EQ(commit.size(), 64U) << commit;
  ASSERT_EQ(airflow.requests().size(), 1U);
  EXPECT_EQ(airflow.requests()[0].query(), "own=1");
  const Json body = parse_json(airflow.requests()[0].body).value();
  EXPECT_EQ(body.string_or("dag_run_id", ""), "lakeFS_hook_dag_" + world.runs()[0].id);
  const Json* conf = body.find("conf");
  ASSERT_NE(conf, nullptr);
  std::string keys;
  for (const Json::Member& member : conf->members()) {
    keys += member.key + " ";
  }
  EXPECT_EQ(keys, "a lakeFS_event z ");
  EXPECT_EQ(conf->find("a")->dump(), R"({"c":"d"})");
  EXPECT_EQ(conf->find("z")->dump(), R"([1,2.5,true,"7",null])");
  EXPECT_EQ(conf->find_path({"lakeFS_event", "event_type"})->dump(), R"("pre-commit")");
  EXPECT_EQ(conf->find_path({"lakeFS_event", "commit_message"})->dump(), R"("hi")");
  EXPECT_THAT(world.log_of("pre-commit"), Not(HasSubstr("s3cret")));
  EXPECT_THAT(world.log_of("pre-commit"), Not(HasSubstr("Waiting")));
}

TEST(AirflowHook, WaitsForTheDagsEnd) {
  Airflow airflow;
  airflow.states = {"queued", "running", "running", "success"};
  HookWorld world(quick(), kVariables);
  const std::string commit = commit_with(world, airflow, ", wait_for_dag: true");
  ASSERT_EQ(commit.size(), 64U) << commit;
  EXPECT_EQ(airflow.requests().size(), 5U);
  EXPECT_TRUE(airflow.requests()[4].path().ends_with("/lakeFS_hook_dag_" + world.runs()[0].id));
  EXPECT_THAT(world.log_of("pre-commit"),
              HasSubstr("Waiting for DAG to complete...\nDAG completed with state: success\n"));
}

TEST(AirflowHook, FailsWithTheDag) {
  Airflow airflow;
  airflow.states = {"running", "failed"};
  HookWorld world(quick(), kVariables);
  EXPECT_THAT(commit_with(world, airflow, ", wait_for_dag: true"),
              HasSubstr("action failed: airflow hook DAG failed\n"));
  EXPECT_THAT(world.log_of("pre-commit"), HasSubstr("DAG completed with state: failed\nError: "));
}

TEST(AirflowHook, FailsWhenItCannotBeTriggered) {
  Airflow airflow;
  HookWorld world(quick(), kVariables);
  for (const unsigned status : {201U, 404U, 500U}) {
    airflow.trigger_status = status;
    EXPECT_THAT(commit_with(world, airflow, ", wait_for_dag: true"),
                HasSubstr("action failed: status code (" + std::to_string(status) +
                          "): airflow hook request failed"));
  }
  // What a run before the server's end has triggered is there.
  airflow.trigger_status = 409;
  EXPECT_EQ(commit_with(world, airflow, ", wait_for_dag: true").size(), 64U);
}

TEST(AirflowHook, WaitingHasATimeoutAndBearsBadAnswers) {
  Airflow airflow;
  airflow.states = {"running"};
  HookWorld world(quick(), kVariables);
  EXPECT_THAT(commit_with(world, airflow, ", wait_for_dag: true, timeout: 30ms"),
              HasSubstr("action failed: context deadline exceeded"));
  airflow.poll_status = 503;
  EXPECT_THAT(commit_with(world, airflow, ", wait_for_dag: true, timeout: 30ms"),
              HasSubstr("action failed: context deadline exceeded"));
  std::string logs;
  for (const ActionRun& one : world.runs()) {
    logs += world.log(one.id, "0000_0000");
  }
  EXPECT_THAT(logs, HasSubstr("Response: 503\n"));
  airflow.poll_status = 404;
  EXPECT_THAT(commit_with(world, airflow, ", wait_for_dag: true, timeout: 10s"),
              HasSubstr("action failed: status code (404): airflow hook request failed"));
}

TEST(AirflowHook, ARetryIsANewRunOfTheDag) {
  Airflow airflow;
  airflow.states = {"failed", "success"};
  HookWorld world(quick(), kVariables);
  world.upload(
      "_lakefs_actions/a",
      "name: air\non: {post-commit: }\nhooks:\n"
      "  - {id: dag, type: airflow, retry: {attempts: 2, delay: 1ms}, properties: {url: '" +
          airflow.base_url() +
          "/base', dag_id: my dag, username: air, password: s3cret-pw, "
          "wait_for_dag: true}}\n");
  ASSERT_EQ(world.commit().size(), 64U);
  world.settle();
  EXPECT_EQ(world.outcomes(), "post-commit completed");
  const auto requests = airflow.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_TRUE(requests[3].path().ends_with(world.runs()[0].id + "_2"));
}

TEST(AirflowHook, RefusesPropertiesThatMakeNoSense) {
  HookWorld world(quick());
  const std::string good = "url: 'http://h', dag_id: d, username: u, password: p";
  const std::pair<std::string, const char*> cases[] = {
      {"url: '', dag_id: d, username: u, password: p",
       "value of url is empty: missing key in properties"},
      {"url: 'http://h', dag_id: 7, username: u, password: p",
       "value of dag_id is not of type string: wrong value type"},
      {"url: 'http://h', dag_id: d, username: [u], password: p",
       "value of username is not of type string: wrong value type"},
      {"url: 'http://h', dag_id: d, username: u, password: ",
       "value of password is empty: missing key in properties"},
      {"url: 'http://h', dag_id: d, username: u, password: '{{ ENV.LAKEFSACTION_NOPE }}'",
       "LAKEFSACTION_NOPE not found: missing env var"},
      {"url: 'ftp://h', dag_id: d, username: u, password: p", "'url' should be an http or https"},
      {good + ", dag_conf: [1]", "'dag_conf' should be a map: wrong value type"},
      {good + ", wait_for_dag: maybe", "value of wait_for_dag is not of type bool"},
      {good + ", timeout: 5", "airflow hook timeout: '5' is no duration"},
  };
  for (const auto& [properties, expected] : cases) {
    world.upload("_lakefs_actions/a",
                 "name: air\non: {pre-commit: }\nhooks:\n"
                 "  - {id: dag, type: airflow, properties: {" +
                     properties + "}}\n");
    EXPECT_THAT(world.commit(), HasSubstr(expected)) << properties;
  }
}

}  // namespace
}  // namespace tarn::actions
