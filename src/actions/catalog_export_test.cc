#include "actions/catalog_export.h"

#include "actions/catalog_prune.h"
#include "actions/hook.h"
#include "actions/lua/testing/fake_api.h"
#include "aws/testing/glue_imposter.h"
#include "aws/testing/s3_imposter.h"
#include "base/metrics.h"
#include "base/rng.h"
#include "base/time_text.h"
#include "block/open.h"
#include "http/client.h"
#include "http/guarded_client.h"
#include "kv/open.h"
#include "runtime/blocking_pool.h"
#include "runtime/testing/run.h"
#include "runtime/testing/temp_folder.h"
#include "tables/iceberg_manifest.h"
#include "tables/testing/iceberg_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>

namespace tarn::actions {
namespace {

constexpr std::string_view kCommit = "9255e5abcdef01234567";
constexpr std::string_view kFile = "_lakefs_tables/animals.yaml";
constexpr std::string_view kAnimals = R"(
name: animals
type: hive
path: tables/animals
partition_columns: [type]
schema: {fields: [{name: type, type: string}, {name: name, type: string}]}
)";

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Result<CatalogExport> read(std::string_view text) {
  return read_catalog_export(parse_yaml(text).value());
}

TEST(CatalogExportProperties, AreFewByDefault) {
  const Result<CatalogExport> job = read("{tables: [animals, other/t.yaml], format: csv}");
  ASSERT_TRUE(job) << job.error().message();
  EXPECT_EQ(job->tables, (std::vector<std::string>{std::string(kFile), "other/t.yaml"}));
  EXPECT_EQ(job->mode, CatalogExport::Mode::kRef);
  EXPECT_EQ(job->database + " " + job->table, "{repository}_{ref} {table}");
  EXPECT_FALSE(job->dry_run || job->full || job->prunes());
  EXPECT_TRUE(job->create_database);
  const Result<CatalogExport> kept =
      read("{tables: [a], format: csv, mode: commit, keep: {last: 3, days: 2}}");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->table, "") << "that of scripts";
  EXPECT_EQ(kept->keep_last, 3U);
  EXPECT_EQ(kept->keep_for, std::chrono::hours(48));
  EXPECT_FALSE(kept->timeout.has_value());
  const Result<CatalogExport> patient = read("{tables: [a], format: csv, timeout: 1h30m}");
  ASSERT_TRUE(patient);
  EXPECT_EQ(patient->timeout, std::chrono::minutes(90));
}

TEST(CatalogExportProperties, WhatMakesNoSenseIsNamed) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"{format: csv}", "'tables' should be a list of paths of table descriptors"},
      {"{tables: [], format: csv}", "'tables' should be a list of paths"},
      {"{tables: a, format: csv}", "'tables' should be a list of paths"},
      {"{tables: [[a]], format: csv}", "'tables' should be a list of paths"},
      {"{tables: [a], format: excel}", "format `excel` is none of csv"},
      {"{tables: [a], table_input: x}", "'table_input' should be a map"},
      {"{tables: [a], format: csv, mode: x}", "'mode' should be 'ref' or 'commit'"},
      {"{tables: [a], format: text, check_data: true}",
       "'check_data' works with the formats csv, tsv, json, parquet, orc and avro"},
      {"{tables: [a], format: csv, timeout: 5}", "'timeout' should be a duration of up to 24h"},
      {"{tables: [a], format: csv, timeout: -1m}", "'timeout' should be a duration of up to 24h"},
      {"{tables: [a], format: csv, timeout: 0s}", "'timeout' should be a duration of up to 24h"},
      {"{tables: [a], format: csv, timeout: 25h}", "'timeout' should be a duration of up to 24h"},
      {"{tables: [a], format: csv, timeout: [5m]}", "'timeout' should be a string"},
      {"{tables: [a], format: csv, catalog: hive}", "'catalog' should be 'glue' or 'files'"},
      {"{tables: [a], format: csv, database: a/b}", "a name holds neither slashes"},
      {"{tables: [a], format: csv, dry_run: perhaps}", "'dry_run' should be true or false"},
      {"{tables: [a], format: csv, databse: x}", "'databse' is no property of catalog_export"},
      {"{tables: [a], format: csv, database: '{x}'}", "`{x}` is none of {table}"},
      {"{tables: [a], format: csv, database: ''}", "which has not 1 to 255 bytes"},
      {"{tables: [a], format: csv, keep: 3}", "'keep' should be a map of 'last', 'days' or both"},
      {"{tables: [a], format: csv, keep: {last: 0}}", "'keep.last' should be 1 or more"},
      {"{tables: [a], format: csv, keep: {days: -1}}", "'keep.days' should be a whole number"},
      {"{tables: [a], format: csv, aws: {region: [x]}}", "'aws.region' should be a string"},
      {"{tables: [a], format: csv, aws: {access_key_id: x}}",
       "'aws' needs an access_key_id and a secret_access_key, or neither"},
      {"{tables: [a], format: csv, aws: {role_arn: ''}}",
       "'aws.role_arn' : `` is no ARN of a role"},
      {"{tables: [a], format: csv, aws: {role_arn: r, session_name: x}}",
       "`r` is no ARN of a role"},
      {"{tables: [a], format: csv, aws: {external_id: xx}}",
       "'aws' has an external_id or a session_name, and no role_arn"},
      {"{tables: [a], format: csv, aws: {access_key_id: x, secret_access_key: ''}}",
       "'aws' needs an access_key_id and a secret_access_key, or neither"},
  };
  for (const auto& [text, message] : rows) {
    const Result<CatalogExport> job = read(text);
    ASSERT_FALSE(job) << text;
    EXPECT_NE(job.error().message().find(message), std::string::npos) << job.error().message();
  }
}

class CatalogExportTest : public ::testing::Test {
 protected:
  CatalogExportTest() {
    const aws::Credentials keys = aws::testing::S3Imposter::credentials();
    environment =
        Environment(Environment::Map{{"AWS_ENDPOINT_URL_S3", s3.base_url()},
                                     {"AWS_ENDPOINT_URL", glue.base_url()},
                                     {"AWS_REGION", "us-east-1"},
                                     {"AWS_ACCESS_KEY_ID", keys.access_key_id},
                                     {"AWS_SECRET_ACCESS_KEY", keys.secret_access_key.reveal()},
                                     {"AWS_CONFIG_FILE", "/nonexistent"},
                                     {"AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"}});
    api.add(std::string(kCommit), std::string(kFile), kAnimals.size(), std::string(kAnimals));
    api.add(std::string(kCommit), "tables/animals/type=cat/a.csv");
    api.add(std::string(kCommit), "tables/animals/type=dog/b.csv");
  }

  CatalogExportRequest request(std::string ref = "main") {
    return {.source = {.repository_id = "catalogs",
                       .ref = std::move(ref),
                       .commit_id = std::string(kCommit),
                       .base_uri = "s3://bucket/ns"},
            .only_forward = true,
            .log = [this](std::string_view line) { log.append(line).push_back('\n'); }};
  }
  CatalogExportServices services() {
    return {.api = api,
            .aws = {.http = *http, .clock = clock, .rng = rng},
            .outbound = *http,
            .environment = environment,
            .locks = locks,
            .roles = roles,
            .journal = &journal};
  }
  Result<void> run(std::string_view properties, std::string_view user = "ann") {
    const Context ctx = Context("request-1", {}).with_user(std::string(user));
    return tarn::testing::run(export_catalog(ctx, services(), read(properties).value(), request()));
  }

  SystemClock clock;
  SeededRng rng{3};
  std::unique_ptr<http::Client> http = http::make_client({}, clock);
  lua::testing::FakeApi api;
  aws::testing::S3Imposter s3;
  aws::testing::GlueImposter glue;
  Environment environment;
  tables::ExportLocks locks;
  aws::AssumedRoles roles;
  std::unique_ptr<kv::Store> kv = kv::open_mem();
  tables::ExportJournal journal{*kv, clock};
  std::string log;
};

TEST_F(CatalogExportTest, MakesDatabaseTablePartitionsAndManifests) {
  const Result<void> done = run("{tables: [animals], format: parquet}");
  ASSERT_TRUE(done) << done.error().message();
  const std::string folder =
      "ns/_lakefs/exported/main/_tables/animals/" + std::string(kCommit.substr(0, 16));
  EXPECT_EQ(s3.object("bucket", folder + "/type=cat/symlink.txt"),
            "s3://bucket/ns/data/tables-animals-type=cat-a.csv\n");
  EXPECT_EQ(glue.partitions("catalogs_main", "animals"),
            (std::map<std::string, std::string>{{"cat", "s3://bucket/" + folder + "/type=cat"},
                                                {"dog", "s3://bucket/" + folder + "/type=dog"}}));
  EXPECT_NE(log.find("created database catalogs_main\n"), std::string::npos) << log;
  EXPECT_NE(log.find("catalogs_main.animals: exported as a whole (the table is new); 2 manifests "
                     "of 2 objects; partitions: 2 created, 0 updated, 0 deleted\n"),
            std::string::npos)
      << log;
  for (const ApiRequest& each : api.requests()) {
    EXPECT_EQ(each.user, "ann");
  }
  log.clear();
  ASSERT_TRUE(run("{tables: [animals], format: parquet}"));
  EXPECT_EQ(log, "catalogs_main.animals is up to date\n");
}

TEST_F(CatalogExportTest, ARoleIsTakenOnOnceForManyRuns) {
  http::testing::Imposter sts([this](const http::testing::ReceivedRequest& request) {
    EXPECT_NE(request.body.find("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fexporter"),
              std::string::npos);
    EXPECT_NE(request.body.find("ExternalId=ours"), std::string::npos);
    const aws::Credentials keys = aws::testing::S3Imposter::credentials();
    http::testing::Reply reply;
    reply.body = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>" +
                 keys.access_key_id + "</AccessKeyId><SecretAccessKey>" +
                 keys.secret_access_key.reveal() +
                 "</SecretAccessKey><SessionToken></SessionToken><Expiration>" +
                 format_rfc3339(clock.now() + std::chrono::hours(1)) +
                 "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
    return reply;
  });
  Environment::Map variables{
      {"AWS_ENDPOINT_URL_STS", sts.base_url()}, {"AWS_ENDPOINT_URL_S3", s3.base_url()},
      {"AWS_ENDPOINT_URL", glue.base_url()},    {"AWS_REGION", "us-east-1"},
      {"AWS_ACCESS_KEY_ID", "AKIASERVER"},      {"AWS_SECRET_ACCESS_KEY", "of the server"},
      {"AWS_CONFIG_FILE", "/nonexistent"},      {"AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"}};
  environment = Environment(std::move(variables));
  for (const char* full : {"false", "true"}) {
    const Result<void> done = run(std::string("{tables: [animals], format: csv, full: ") + full +
                                  ", aws: {role_arn: 'arn:aws:iam::1:role/exporter', "
                                  "external_id: ours}}");
    ASSERT_TRUE(done) << done.error().message();
  }
  EXPECT_EQ(sts.requests().size(), 1U);
  EXPECT_EQ(s3.object_count(), 2U);
  for (const http::testing::ReceivedRequest& each : glue.requests()) {
    EXPECT_EQ(each.headers.get("Authorization").find("AKIASERVER"), std::string_view::npos);
  }
}

TEST_F(CatalogExportTest, FormatsOfHiveTablesAreNeeded) {
  const Result<void> refused = run("{tables: [animals]}");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("'format' or 'table_input' is needed"),
            std::string::npos);
  EXPECT_EQ(s3.object_count() + glue.table_count(), 0U);
}

class IcebergCatalogExportTest : public CatalogExportTest {
 protected:
  IcebergCatalogExportTest() {
    put("_lakefs_tables/trips.yaml", "{name: trips, type: iceberg, path: trips}");
    const Bytes manifest =
        tables::testing::manifest_file({{.file_path = "s3://catalogs/main/trips/data/a.parquet"}});
    put("trips/data/a.parquet", "data");
    put("trips/metadata/m.avro", manifest);
    put("trips/metadata/l.avro",
        tables::testing::manifest_list_file({{"s3://catalogs/main/trips/metadata/m.avro",
                                              static_cast<std::int64_t>(manifest.size())}}));
    put("trips/metadata/00001-x.metadata.json",
        tables::testing::metadata_json("s3://catalogs/main/trips",
                                       {{1, "s3://catalogs/main/trips/metadata/l.avro"}}));
  }
  void put(const std::string& path, Bytes content) {
    const std::size_t size = content.size();
    api.add(std::string(kCommit), path, size, std::move(content));
  }
  /// Addresses of the files that the exported table names.
  std::string files(const std::string& table) {
    const auto fetch = [this](std::string_view uri) {
      EXPECT_TRUE(uri.starts_with("s3://bucket/")) << uri;
      return s3.object("bucket", std::string(uri.substr(12))).value_or("");
    };
    const std::string json = fetch(
        glue.table("catalogs_main", table).find("Parameters")->string_or("metadata_location", ""));
    const auto metadata = tables::parse_iceberg_metadata(json, "exported").value();
    std::string found;
    const auto manifests =
        tables::read_manifest_list(fetch(metadata.snapshots.at(0).manifest_list)).value();
    for (const tables::IcebergManifest& each : manifests) {
      const auto named = tables::read_manifest(fetch(each.address)).value();
      for (const tables::IcebergFile& file : named) {
        found += file.address + " ";
      }
    }
    return found;
  }
};

TEST_F(IcebergCatalogExportTest, TablesAreNativeInGlueAndNeedNoFormat) {
  const Result<void> done = run("{tables: [trips, animals], format: csv}");
  ASSERT_TRUE(done) << done.error().message();
  const Json table = glue.table("catalogs_main", "trips");
  EXPECT_EQ(table.find("Parameters")->string_or("table_type", ""), "ICEBERG");
  EXPECT_EQ(table.find("Parameters")->find("classification"), nullptr) << "it is no CSV";
  EXPECT_EQ(table.find_path({"StorageDescriptor", "InputFormat"}), nullptr);
  EXPECT_EQ(files("trips"), "s3://bucket/ns/data/trips-data-a.parquet ");
  EXPECT_NE(log.find("catalogs_main.trips: created from trips/metadata/00001-x.metadata.json; 3 "
                     "files written, 0 used again, 1 objects looked up\n"),
            std::string::npos)
      << log;
  for (const ApiRequest& each : api.requests()) {
    EXPECT_EQ(each.user, "ann");
  }
  log.clear();
  ASSERT_TRUE(run("{tables: [trips], lake_formation: true}"));
  EXPECT_NE(
      glue.table("catalogs_main", "trips").find_path({"StorageDescriptor", "AdditionalLocations"}),
      nullptr)
      << "what changes the table brings it up to date";
  log.clear();
  ASSERT_TRUE(run("{tables: [trips], lake_formation: true}"));
  EXPECT_EQ(log, "catalogs_main.trips is up to date\n");
}

TEST_F(IcebergCatalogExportTest, NobodyExportsAFileThatTheyMayNotRead) {
  api.forbid("ann", "trips/data/a.parquet");
  for (const char* mode : {"ref", "commit"}) {
    const Result<void> refused = run(std::string("{tables: [trips], mode: ") + mode + "}");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message(),
              "export of _lakefs_tables/trips.yaml: trips/data/a.parquet: lakeFS: api return "
              "non-2xx403: insufficient permissions");
    EXPECT_EQ(s3.object_count() + glue.table_count(), 0U);
  }
  EXPECT_TRUE(run("{tables: [trips]}", "bob"));
}

TEST_F(IcebergCatalogExportTest, WhatIsWrongIsFoundBeforeTheCommit) {
  const Context ctx = Context("request-1", {}).with_user("ann");
  const auto check = [&] {
    return tarn::testing::run(
        check_catalog_export(ctx, services(), read("{tables: [trips]}").value(), request()));
  };
  ASSERT_TRUE(check());
  put("trips/metadata/00002-x.metadata.json", "{}");
  const Result<void> refused = check();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "trips/metadata/00002-x.metadata.json: format version 0 is none of 1 to 3");
  EXPECT_EQ(s3.object_count() + glue.table_count(), 0U);
}

TEST_F(CatalogExportTest, EndpointsOfAnActionAreReachedAsHooksMay) {
  static constexpr ErrorId kRefused{ErrorKind::kForbidden, "not there"};
  const auto guarded = http::make_guarded_client(
      {},
      [](std::string_view, std::string_view address) -> Result<void> {
        return Error(kRefused, std::string(address));
      },
      clock);
  const CatalogExportServices own{.api = api,
                                  .aws = {.http = *http, .clock = clock, .rng = rng},
                                  .outbound = *guarded,
                                  .environment = environment,
                                  .locks = locks,
                                  .roles = roles,
                                  .journal = &journal};
  const auto exported = [&](const std::string& endpoint) {
    const std::string properties =
        "{tables: [animals], format: csv, aws: {access_key_id: a, "
        "secret_access_key: b" +
        endpoint + "}}";
    const Context ctx = Context("request-1", {}).with_user("ann");
    return tarn::testing::run(export_catalog(ctx, own, read(properties).value(), request()));
  };
  for (const std::string& endpoint :
       {", s3_endpoint: '" + s3.base_url() + "'", ", glue_endpoint: '" + glue.base_url() + "'"}) {
    const Result<void> refused = exported(endpoint);
    ASSERT_FALSE(refused) << endpoint;
    EXPECT_NE(refused.error().message().find("not there"), std::string::npos)
        << refused.error().message();
  }
  EXPECT_EQ(glue.table_count(), 0U);
}

// A hook before the fact checks; a hook after it goes forward only.
TEST_F(CatalogExportTest, EventsSayWhatAHookDoes) {
  const std::string older(64, '1');
  api.add(older, std::string(kFile), kAnimals.size(), std::string(kAnimals));
  api.add(older, "tables/animals/type=cat/a.csv");
  api.script = [&older](const ApiRequest& asked) {
    ApiResponse answer;
    answer.status = asked.target.find("/merge/") == std::string::npos ? 404 : 200;
    answer.body = R"({"base_commit_id":")" + older + R"("})";
    return answer;
  };
  HookConfig config;
  config.export_journal = &journal;
  const HookServices hook_services{api, *http, clock, rng, environment, config};
  HookSpec spec;
  spec.type = HookType::kCatalogExport;
  spec.properties = parse_yaml("{tables: [animals], format: csv}").value();
  BlockingPool pool("hooks", 1, 10);
  const auto run_at = [&](graveler::Event event, const std::string& commit) {
    graveler::HookRecord record;
    record.event = event;
    record.repository.id = RepositoryId::trusted("catalogs");
    record.repository.storage_namespace = StorageNamespace::trusted("s3://bucket/ns");
    record.branch = BranchId::trusted("main");
    record.source_ref = commit;
    HookLog said;
    const auto hook = make_catalog_export_hook(
        hook_services, HookRequest{record, spec, {"tables", "animals"}, commit}, said.secrets);
    const Context ctx = Context("request-1", {}).with_user("ann");
    const Result<void> done = tarn::testing::run((*hook)->run(ctx, pool, said));
    return done ? said.text : "failed: " + done.error().message();
  };
  EXPECT_EQ(run_at(graveler::Event::kPreCommit, std::string(kCommit)),
            "_lakefs_tables/animals.yaml: table `animals` can be exported\n");
  EXPECT_EQ(s3.object_count() + glue.table_count(), 0U);
  EXPECT_NE(run_at(graveler::Event::kPostCommit, std::string(kCommit)).find("the table is new"),
            std::string::npos);
  EXPECT_EQ(run_at(graveler::Event::kPostCommit, older),
            "catalogs_main.animals shows a later commit, and goes on to\n");
  EXPECT_EQ(glue.partitions("catalogs_main", "animals").size(), 2U);
}

TEST_F(CatalogExportTest, NobodyExportsWhatTheyMayNotRead) {
  api.forbid("ann", "tables/animals");
  for (const char* mode : {"ref", "commit"}) {
    const Result<void> refused =
        run(std::string("{tables: [animals], format: csv, mode: ") + mode + "}");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message(),
              "export of _lakefs_tables/animals.yaml: lakeFS: api return non-2xx403: insufficient "
              "permissions");
    EXPECT_EQ(s3.object_count() + glue.table_count(), 0U);
  }
  EXPECT_TRUE(run("{tables: [animals], format: csv}", "bob"));
  EXPECT_EQ(glue.table_count(), 1U);
}

TEST_F(CatalogExportTest, ATableOfACommitIsThatOfScripts) {
  ASSERT_TRUE(run("{tables: [animals], format: csv, mode: commit, database: db}"));
  EXPECT_TRUE(s3.object("bucket", "ns/_lakefs/exported/main/9255e5/animals/type=cat/symlink.txt"));
  EXPECT_EQ(glue.partitions("db", "animals_catalogs_main_9255e5").size(), 2U);
  const std::string tree = "s3://bucket/ns/_lakefs/exported/main/9255e5/animals";
  EXPECT_FALSE(tarn::testing::run(journal.find({}, "catalogs", tree))->has_value());
}

TEST_F(CatalogExportTest, APartialTreeOfACommitIsKnownAsSuch) {
  s3.inject({.kind = aws::testing::S3Fault::Kind::kRefuse,
             .operation = "PutObject",
             .times = 100,
             .skip = 1,
             .status = 403,
             .code = "AccessDenied"});
  EXPECT_FALSE(run("{tables: [animals], format: csv, mode: commit, database: db}"));
  EXPECT_EQ(glue.table_count(), 0U);
  const std::string tree = "s3://bucket/ns/_lakefs/exported/main/9255e5/animals";
  EXPECT_TRUE(tarn::testing::run(journal.find({}, "catalogs", tree))->has_value());
}

TEST_F(CatalogExportTest, ADryRunOfACommitNamesManifestsAndRequests) {
  ASSERT_TRUE(run("{tables: [animals], format: csv, mode: commit, database: db, dry_run: true}"));
  EXPECT_EQ(log,
            "would write s3://bucket/ns/_lakefs/exported/main/9255e5/animals/type=cat/symlink.txt\n"
            "would write s3://bucket/ns/_lakefs/exported/main/9255e5/animals/type=dog/symlink.txt\n"
            "would create or update table db.animals_catalogs_main_9255e5 at "
            "s3://bucket/ns/_lakefs/exported/main/9255e5/animals\n"
            "would put partitions of db.animals_catalogs_main_9255e5: 2\n");
  EXPECT_TRUE(glue.requests().empty());
  EXPECT_EQ(s3.object_count(), 0U);
}

TEST_F(CatalogExportTest, TwoTablesOfOneNameAreRefused) {
  api.add(std::string(kCommit), "_lakefs_tables/twin.yaml", 1, std::string(kAnimals));
  const Result<void> done = run("{tables: [animals, twin], format: csv}");
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message().find("export of _lakefs_tables/twin.yaml: table `animals` is "
                                        "also that of _lakefs_tables/animals.yaml"),
            std::string::npos)
      << done.error().message();
}

TEST_F(CatalogExportTest, WhatIsOfANewRefOfThatNameStays) {
  ASSERT_TRUE(run("{tables: [animals], format: csv}"));
  api.script = [](const ApiRequest& each) {
    return ApiResponse{.status = each.target.find("/tags/") == std::string::npos ? 404U : 200U,
                       .content_type = "application/json",
                       .body = "{}"};
  };
  const Context ctx = Context("request-1", {}).with_user("ann");
  ASSERT_TRUE(tarn::testing::run(remove_catalog_export(
      ctx, services(), read("{tables: [animals], format: csv}").value(), request())));
  EXPECT_EQ(glue.table_count(), 1U);
  EXPECT_NE(log.find("`main` exists: nothing is removed"), std::string::npos);
}

TEST_F(CatalogExportTest, ColumnsAreThoseOfTheDataWhereNobodySaidThem) {
  api.add(std::string(kCommit), "_lakefs_tables/pets.yaml", 1,
          "{name: pets, type: hive, path: pets, partition_columns: [kind]}");
  api.add(std::string(kCommit), "pets/kind=cat/a.csv", 20, "name,weight\nTom,5\n");
  const Result<void> done = run("{tables: [pets], format: csv}");
  ASSERT_TRUE(done) << done.error().message();
  const Json table = glue.table("catalogs_main", "pets");
  EXPECT_EQ(table.find_path({"StorageDescriptor", "Columns"})->dump(),
            R"([{"Name":"name","Type":"string"},{"Name":"weight","Type":"bigint"}])");
  EXPECT_EQ(table.find("PartitionKeys")->dump(), R"([{"Name":"kind","Type":"string"}])");
  bool asked_in_part = false;
  for (const ApiRequest& each : api.requests()) {
    asked_in_part = asked_in_part || each.range == "bytes=0-262143";
  }
  EXPECT_TRUE(asked_in_part);
}

TEST_F(CatalogExportTest, DataThatIsNotAsTheDescriptorSaysIsNamed) {
  api.add(std::string(kCommit), "tables/animals/type=cat/a.csv", 20, "title,x\nTom,5\n");
  const Context ctx = Context("request-1", {}).with_user("ann");
  const CatalogExport job = read("{tables: [animals], format: csv, check_data: true}").value();
  const Result<void> bad =
      tarn::testing::run(check_catalog_export(ctx, services(), job, request()));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message(),
            "_lakefs_tables/animals.yaml: tables/animals/type=cat/a.csv is another table: column "
            "`name` is not in the data");
  EXPECT_FALSE(run("{tables: [animals], format: csv, check_data: true}"));
  EXPECT_EQ(s3.object_count() + glue.table_count(), 0U);
  api.add(std::string(kCommit), "tables/animals/type=cat/a.csv", 9, "name\nTom\n");
  EXPECT_TRUE(run("{tables: [animals], format: csv, check_data: true}"));
}

TEST_F(CatalogExportTest, LakeFormationIsToldWhereTheDataIs) {
  ASSERT_TRUE(
      run("{tables: [animals], format: csv, lake_formation: true, export_base_uri: "
          "'s3://bucket/elsewhere'}"));
  const Json locations = *glue.table("catalogs_main", "animals")
                              .find_path({"StorageDescriptor", "AdditionalLocations"});
  EXPECT_EQ(locations.dump(), R"(["s3://bucket/ns/data/"])");
  EXPECT_NE(glue.partition("catalogs_main", "animals", {"cat"}).dump().find("s3://bucket/ns/data/"),
            std::string::npos);
}

TEST_F(CatalogExportTest, StopsAtTheFirstTableThatFails) {
  const Result<void> done = run("{tables: [none, animals], format: csv}");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(),
            "export of _lakefs_tables/none.yaml: could not read table descriptor "
            "_lakefs_tables/none.yaml: lakeFS: api return non-2xx404: path not found");
  EXPECT_EQ(s3.object_count() + glue.table_count(), 0U);
}

TEST_F(CatalogExportTest, ChecksWithoutAskingACatalog) {
  const Context ctx = Context("request-1", {}).with_user("ann");
  const Result<void> good = tarn::testing::run(check_catalog_export(
      ctx, services(), read("{tables: [animals], format: csv}").value(), request()));
  EXPECT_TRUE(good);
  EXPECT_EQ(log, "_lakefs_tables/animals.yaml: table `animals` can be exported\n");
  api.add(std::string(kCommit), "_lakefs_tables/bad.yaml", 1,
          "{name: b, type: hive, path: b, partition_columns: [x]}");
  const Result<void> bad = tarn::testing::run(check_catalog_export(
      ctx, services(), read("{tables: [animals, bad], format: csv}").value(), request()));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message(),
            "_lakefs_tables/bad.yaml: partition name `x` not found in table `b`");
  EXPECT_TRUE(glue.requests().empty());
  EXPECT_EQ(s3.object_count(), 0U);
}

TEST_F(CatalogExportTest, ADeletedRefLeavesNothing) {
  ASSERT_TRUE(run("{tables: [animals], format: csv}"));
  ASSERT_TRUE(run("{tables: [animals], format: csv, mode: commit}"));
  EXPECT_EQ(s3.object_count(), 4U);
  const Context ctx = Context("request-1", {}).with_user("ann");
  const Result<void> done = tarn::testing::run(remove_catalog_export(
      ctx, services(), read("{tables: [animals], format: csv}").value(), request()));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(s3.object_count(), 0U);
  EXPECT_EQ(glue.table_count(), 0U);
  // There was never an export of this one, nor its database.
  EXPECT_TRUE(tarn::testing::run(remove_catalog_export(
      ctx, services(), read("{tables: [animals], format: csv}").value(), request("dev"))));
}

/// No cloud at all: data, manifests and the catalog are files of one folder.
TEST_F(CatalogExportTest, ALocalStoreIsExportedToFiles) {
  api.set_address(std::string(kCommit), "tables/animals/type=cat/a.csv", "local://lake/data/1.csv");
  api.set_address(std::string(kCommit), "tables/animals/type=dog/b.csv", "local:///imported/b.csv");
  const tarn::testing::TempFolder folder_of_store;
  const std::filesystem::path root = folder_of_store.path();
  BlockingPool pool{"fs", 2, 100};
  Metrics metrics;
  block::Config config;
  config.local_path = root;
  const auto blocks =
      block::open(config, block::Services{pool, clock, rng, *http, environment, metrics});
  ASSERT_TRUE(blocks) << blocks.error().message();
  CatalogExportServices local{.api = api,
                              .aws = {.http = *http, .clock = clock, .rng = rng},
                              .outbound = *http,
                              .blocks = blocks->get(),
                              .files_root = root,
                              .environment = environment,
                              .locks = locks,
                              .roles = roles};
  CatalogExportRequest asked = request();
  asked.source.base_uri = "local://lake";
  const Context ctx = Context("request-1", {}).with_user("ann");
  const CatalogExport job = read("{tables: [animals], format: csv}").value();
  const Result<void> done = tarn::testing::run(export_catalog(ctx, local, job, asked));
  ASSERT_TRUE(done) << done.error().message();
  const std::string folder =
      "_lakefs/exported/main/_tables/animals/" + std::string(kCommit.substr(0, 16));
  const std::string lake = root / "lake";
  EXPECT_EQ(read_file(lake + "/" + folder + "/type=cat/symlink.txt"),
            "file://" + lake + "/data/1.csv\n");
  EXPECT_EQ(read_file(lake + "/" + folder + "/type=dog/symlink.txt"), "file:///imported/b.csv\n");
  const Json file =
      parse_json(read_file(lake + "/_lakefs/catalog/catalogs_main/animals.json")).value();
  EXPECT_EQ(file.find("Partitions")->items()[0].string_or("Location", ""),
            "file://" + lake + "/" + folder + "/type=cat");
  EXPECT_TRUE(glue.requests().empty());
  EXPECT_EQ(s3.object_count(), 0U);

  const auto listed = tarn::testing::run(list_catalog_exports(ctx, local, {}, "", asked));
  ASSERT_TRUE(listed) << listed.error().message();
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().database + "." + listed->front().table.name, "catalogs_main.animals");
  CatalogPrune all;
  all.ref = "main";
  all.whole_ref = true;
  const Result<void> pruned = tarn::testing::run(prune_catalog_exports(ctx, local, {}, all, asked));
  ASSERT_TRUE(pruned) << pruned.error().message();
  EXPECT_TRUE(tarn::testing::run(list_catalog_exports(ctx, local, {}, "", asked))->empty());
}

TEST_F(CatalogExportTest, OnlyS3IsATarget) {
  CatalogExportRequest local = request();
  local.source.base_uri = "local://ns";
  const Context ctx = Context("request-1", {}).with_user("ann");
  const Result<void> done = tarn::testing::run(export_catalog(
      ctx, services(), read("{tables: [animals], format: csv}").value(), std::move(local)));
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message().find("cannot export to local://ns: give an 'export_base_uri'"),
            std::string::npos);
}

}  // namespace
}  // namespace tarn::actions
