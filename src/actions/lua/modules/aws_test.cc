#include "actions/lua/testing/server_bench.h"
#include "http/testing/imposter.h"

#include <gtest/gtest.h>

namespace tarn::actions::lua {
namespace {

using aws::testing::S3Fault;
using testing::Outcome;
using testing::ServerBench;

constexpr std::string_view kS3 = "local s3 = require('aws').s3_client() ";
constexpr std::string_view kGlue = "local glue = require('aws').glue_client() ";

Outcome run(ServerBench& bench, std::string_view client, std::string_view script) {
  return bench.run(std::string(client).append(script));
}

TEST(LuaS3, PutsGetsAndDeletes) {
  ServerBench bench;
  const Outcome outcome = run(bench, kS3, R"(
    print(select('#', s3.put_object("bucket", "a b/%41=ü", "x\0y")))
    local body, found = s3.get_object("bucket", "a b/%41=ü")
    print(#body, found)
    s3.delete_object("bucket", "a b/%41=ü")
    print(s3.get_object("bucket", "a b/%41=ü"))
    print(s3.get_object("elsewhere", "a"))
    s3.delete_object("bucket", "never there")
    s3.put_object("bucket", "empty", "")
    print(s3.get_object("bucket", "empty"))
  )");
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.output, "0\n3\ttrue\n\tfalse\n\tfalse\n\ttrue\n");
  EXPECT_EQ(bench.s3.object("bucket", "empty"), "");
}

TEST(LuaS3, ListsDescendingWithPrefixes) {
  ServerBench bench;
  for (const char* key : {"a", "d/1", "d/2", "b", "c"}) {
    bench.s3.set_object("bucket", key, "xyz");
  }
  const Outcome outcome = run(bench, kS3, R"(
    local page = s3.list_objects("bucket")
    print(page.is_truncated, page.next_continuation_token, #page.results)
    for _, e in ipairs(page.results) do print(e.key, e.type, e.size) end
    print(page.results[4].etag, string.find(page.results[4].last_modified, "T", 1, true))
    print(#s3.list_objects("bucket", "d/").results, #s3.list_objects("bucket", "", "", "").results)
    print(#s3.list_objects("bucket", "none").results)
  )");
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.output,
            "false\t\t4\nd/\tprefix\tnil\nc\tobject\t3\nb\tobject\t3\na\tobject\t3\n"
            "\"d16fb36f0911f878998c136191af705e\"\t11\t11\n2\t5\n0\n");
}

TEST(LuaS3, DeletesRecursively) {
  ServerBench bench;
  for (int i = 0; i < 1500; ++i) {
    bench.s3.set_object("bucket", "old/" + std::to_string(i), "x");
  }
  bench.s3.set_object("bucket", "older", "x");
  Outcome outcome = run(bench, kS3, "s3.delete_recursive('bucket', 'old/')");
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(bench.s3.object_count(), 1U);
  EXPECT_EQ(bench.s3.count("DeleteObjects"), 2U);
  outcome = run(bench, kS3, "s3.delete_recursive('bucket', 'old/')");
  EXPECT_EQ(outcome.error, "") << "nothing to delete is success";
}

TEST(LuaS3, RaisesWhatS3Says) {
  ServerBench bench;
  bench.s3.inject({.kind = S3Fault::Kind::kRefuse,
                   .operation = "PutObject",
                   .times = 100,
                   .status = 403,
                   .code = "AccessDenied"});
  const std::string error = run(bench, kS3, "s3.put_object('bucket', 'a', 'x')").raised();
  EXPECT_TRUE(error.starts_with("operation error S3: PutObject")) << error;
  EXPECT_NE(error.find("AccessDenied"), std::string::npos) << error;
  EXPECT_TRUE(error.ends_with(" (s3://bucket/a)")) << error;
  EXPECT_EQ(run(bench, kS3, "print(pcall(s3.put_object, 'bucket', 'a', 'x'))").error, "")
      << "a script can catch it";
  bench.s3.clear_faults();
  EXPECT_NE(run(bench, kS3, "s3.list_objects('elsewhere')").raised().find("NoSuchBucket"),
            std::string::npos);
}

TEST(LuaS3, KeysAreTheScriptsOwnOrTheServers) {
  ServerBench bench;
  const aws::Credentials keys = aws::testing::S3Imposter::credentials();
  bench.environment.erase("AWS_ACCESS_KEY_ID");
  bench.environment.erase("AWS_SECRET_ACCESS_KEY");
  bench.args.set("id", keys.access_key_id).set("secret", keys.secret_access_key.reveal());
  EXPECT_EQ(bench
                .run("require('aws').s3_client(args.id, args.secret)"
                     ".put_object('bucket', 'own', 'x')")
                .error,
            "");
  EXPECT_EQ(bench.s3.object("bucket", "own"), "x");
  EXPECT_NE(
      bench.run("require('aws').s3_client(args.id, 'wrong').put_object('bucket', 'a', 'x')").error,
      "");
  const std::string half =
      "error: AWS client: an access key id and a secret access key are needed, or neither";
  EXPECT_EQ(bench.eval("require('aws').s3_client('', '')"), half);
  EXPECT_EQ(bench.eval("require('aws').s3_client(args.id)"), half);
  EXPECT_EQ(bench.eval("require('aws').glue_client(nil, args.secret)"), half);
}

TEST(LuaS3, ARoleIsTakenOn) {
  ServerBench bench;
  const aws::Credentials keys = aws::testing::S3Imposter::credentials();
  http::testing::Imposter sts([&keys](const http::testing::ReceivedRequest&) {
    http::testing::Reply reply;
    reply.body = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>" +
                 keys.access_key_id + "</AccessKeyId><SecretAccessKey>" +
                 keys.secret_access_key.reveal() +
                 "</SecretAccessKey><SessionToken></SessionToken>"
                 "<Expiration>2199-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
                 "</AssumeRoleResponse>";
    return reply;
  });
  bench.environment["AWS_ENDPOINT_URL_STS"] = sts.base_url();
  bench.environment["AWS_ACCESS_KEY_ID"] = "AKIASERVER";
  bench.environment["AWS_SECRET_ACCESS_KEY"] = "of the server";
  const Outcome outcome = bench.run(R"(
    local role = {role_arn = "arn:aws:iam::1:role/writer", external_id = "ours", session_name = "me"}
    local aws = require("aws")
    aws.s3_client(nil, nil, "eu-west-3", nil, role).put_object("bucket", "a", "x")
    aws.s3_client(nil, nil, "eu-west-3", nil, role).put_object("bucket", "b", "x")
    aws.glue_client(nil, nil, "eu-west-3", nil, role)
    print(pcall(aws.s3_client("AKIAOWN", "own", nil, nil, role).put_object, "bucket", "c", "x"))
  )");
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(bench.s3.object_count(), 3U);
  ASSERT_EQ(sts.requests().size(), 2U) << "one for the server's keys, one for the script's own";
  EXPECT_EQ(sts.requests()[0].body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fwriter"
            "&RoleSessionName=me&ExternalId=ours");
  const std::string who(sts.requests()[1].headers.get("Authorization"));
  EXPECT_NE(who.find("Credential=AKIAOWN/"), std::string::npos) << who;
  EXPECT_NE(who.find("/us-east-1/sts/"), std::string::npos) << who;

  const std::pair<std::string_view, std::string_view> rows[] = {
      {"{}", "AWS client: `` is no ARN of a role"},
      {"{role_arn = ''}", "AWS client: `` is no ARN of a role"},
      {"{role_arn = 5}", "AWS client: `role_arn` is none of the options"},
      {"{role = 'x'}",
       "AWS client: `role` is none of the options role_arn, external_id and "
       "session_name"},
  };
  for (const auto& [options, message] : rows) {
    const std::string got =
        bench.eval("require('aws').s3_client(nil, nil, nil, nil, " + std::string(options) + ")");
    EXPECT_NE(got.find(message), std::string::npos) << got;
  }
}

TEST(LuaS3, TheEndpointArgumentWins) {
  ServerBench bench;
  const std::string url = bench.s3.base_url();
  bench.environment["AWS_ENDPOINT_URL_S3"] = "http://127.0.0.1:1";
  bench.args.set("url", url);
  EXPECT_EQ(bench
                .run("require('aws').s3_client(nil, nil, 'us-east-1', args.url)"
                     ".put_object('bucket', 'a', 'x')")
                .error,
            "");
  EXPECT_EQ(bench.s3.object("bucket", "a"), "x") << "path-style";
  EXPECT_TRUE(bench.eval("require('aws').s3_client(nil, nil, 'us-east-1', 'no url')")
                  .starts_with("error: "));
}

TEST(LuaS3, ManyClientsAreTheScriptsMemory) {
  ServerBench bench;
  bench.limits.memory_bytes = 8 * kMiB;
  const Outcome outcome = bench.run(
      "local t = {} for i = 1, 10000 do t[i] = "
      "require('aws').s3_client('a', 'b') end");
  EXPECT_EQ(outcome.limit, LimitKind::kMemory);
}

TEST(LuaGlue, CreatesReadsUpdatesAndDeletesTables) {
  ServerBench bench;
  const Outcome outcome = run(bench, kGlue, R"(
    local json = require("encoding/json")
    glue.create_database("db")
    print(glue.get_table("db", "t"))
    glue.create_table("db", '{"name":"t","unknown":1,"StorageDescriptor":{"location":"s3://b/t"}}')
    local got, found = glue.get_table("db", "t")
    print(found, got.Table.StorageDescriptor.Location, got.Table.CreateTime, got.Table.UpdateTime)
    print(json.marshal(got.ResultMetadata))
    glue.update_table("db", '{"Name":"t","Retention":3}', "cat", "7", true)
    print(glue.get_table("db", "t").Table.Retention)
    glue.delete_table("db", "t")
    print(glue.get_table("db", "t"))
    glue.delete_database("db", "cat")
  )");
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.output,
            "\tfalse\ntrue\ts3://b/t\t2023-10-29T15:17:50.25Z\tnil\n{}\n\n3\n\tfalse\n");
  EXPECT_EQ(
      bench.glue.inputs("CreateTable").at(0).dump(),
      R"({"DatabaseName":"db","TableInput":{"Name":"t","StorageDescriptor":{"Location":"s3://b/t"}}})");
  EXPECT_EQ(
      bench.glue.inputs("UpdateTable").at(0).dump(),
      R"({"DatabaseName":"db","TableInput":{"Name":"t","Retention":3},"CatalogId":"cat","VersionId":"7","SkipArchive":true})");
  EXPECT_EQ(bench.glue.inputs("DeleteDatabase").at(0).dump(), R"({"Name":"db","CatalogId":"cat"})");
}

TEST(LuaGlue, PutsListsAndDeletesPartitions) {
  ServerBench bench;
  bench.glue.add_database("db");
  const Outcome outcome = run(bench, kGlue, R"(
    local json = require("encoding/json")
    glue.create_table("db", '{"Name":"t","PartitionKeys":[{"Name":"a","Type":"string"}]}')
    local function storage(location) return {Location = location} end
    local list = {{Values = {"x"}, StorageDescriptor = storage("s3://b/x")},
                  {Values = {"y"}, StorageDescriptor = storage("s3://b/y")}}
    print(#glue.batch_create_partition("db", "t", json.marshal(list)))
    for _, refused in ipairs(glue.batch_create_partition("db", "t", json.marshal(list))) do
      print(refused.PartitionValues[1], refused.ErrorDetail.ErrorCode)
    end
    print(#glue.batch_update_partition("db", "t", json.marshal({{PartitionValueList = {"x"},
      PartitionInput = {Values = {"x"}, StorageDescriptor = storage("s3://b/z")}}})))
    print(#glue.batch_delete_partition("db", "t", json.marshal({{Values = {"y"}}})))
    local page, next_token = glue.get_partitions("db", "t")
    print(#page, page[1].Values[1], page[1].StorageDescriptor.Location, next_token)
    print(pcall(glue.batch_create_partition, "db", "t", "["))
  )");
  EXPECT_EQ(outcome.error, "");
  EXPECT_TRUE(
      outcome.output.starts_with("0\nx\tAlreadyExistsException\ny\tAlreadyExistsException\n0\n0\n1"
                                 "\tx\ts3://b/z\tnil\nfalse\t"))
      << outcome.output;
  EXPECT_NE(outcome.output.find("partitions: invalid JSON"), std::string::npos);
  EXPECT_EQ(bench.glue.inputs("BatchDeletePartition").at(0).dump(),
            R"({"DatabaseName":"db","TableName":"t","PartitionsToDelete":[{"Values":["y"]}]})");
}

TEST(LuaGlue, CreatesDatabases) {
  ServerBench bench;
  EXPECT_EQ(run(bench, kGlue, R"(
    glue.create_database("db", {create_db_input = {DatabaseInput = {Description = "d"}, Tags = {a = "b"}}})
    glue.create_database("db", {error_on_already_exists = false})
  )")
                .error,
            "");
  EXPECT_EQ(bench.glue.inputs("CreateDatabase").at(0).dump(),
            R"({"DatabaseInput":{"Description":"d","Name":"db"},"Tags":{"a":"b"}})");
  EXPECT_EQ(
      run(bench, kGlue, "glue.create_database('db')").raised(),
      "operation error Glue: CreateDatabase, https response error StatusCode: 400, RequestID: "
      "request-1, AlreadyExistsException: Database already exists.");
  EXPECT_EQ(run(bench, kGlue,
                "glue.create_database('x', {create_db_input = {DatabaseInput = {Name = 'y'}}})")
                .raised(),
            "database name in input (y) doesn't match database name parameter (x)");
}

TEST(LuaGlue, RaisesWhatIsWrong) {
  ServerBench bench;
  bench.glue.add_database("db");
  EXPECT_EQ(run(bench, kGlue, "glue.create_table('db', '{\"Parameters\":{\"a\":1}}')").raised(),
            "TableInput.Parameters.a must be a string");
  EXPECT_TRUE(run(bench, kGlue, "glue.create_table('db', 'x')")
                  .raised()
                  .starts_with("table input: invalid JSON"));
  EXPECT_EQ(bench.glue.requests().size(), 0U);
  EXPECT_EQ(run(bench, kGlue, "glue.create_table('none', '{\"Name\":\"t\"}')").raised(),
            "operation error Glue: CreateTable, https response error StatusCode: 400, RequestID: "
            "request-1, EntityNotFoundException: Database none not found.");
  EXPECT_EQ(run(bench, kGlue,
                "glue.create_table('db', '{\"Name\":\"t\"}') "
                "glue.create_table('db', '{\"Name\":\"t\"}')")
                .raised(),
            "operation error Glue: CreateTable, https response error StatusCode: 400, RequestID: "
            "request-1, AlreadyExistsException: Table already exists.");
}

}  // namespace
}  // namespace tarn::actions::lua
