#include "actions/lua/testing/server_bench.h"
#include "base/encoding.h"
#include "tables/delta_checkpoint.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

// Delta tables: reading their log (`formats`), exporting it and registering what was exported.

namespace tarn::actions::lua {
namespace {

using ::testing::HasSubstr;
using testing::kCommit;
using testing::Outcome;
using testing::ServerBench;

const std::string kExported = "ns/_lakefs/exported/main/9255e5/trips/_delta_log/";

std::string version_file(int version) { return fmt::format("{:020}.json", version); }

constexpr std::string_view kMetaData =
    R"({"metaData":{"id":"7","name":null,"description":"it's","schemaString":"{\"a\":1}",)"
    R"("partitionColumns":["day"],"configuration":{"k":"v"},"createdTime":1700000000123}})";

/// A repository with the Delta table `trips` in `warehouse/trips`. Stats of objects are answered
/// from `objects`, by path in the repository.
class DeltaBench : public ServerBench {
 public:
  DeltaBench() {
    describe("name: trips\ntype: delta\npath: warehouse/trips\ncatalog: lake\n");
    api.script = [this](const ApiRequest& request) { return stat(request); };
  }

  void describe(std::string text, const std::string& file = "_lakefs_tables/trips.yaml") {
    api.add(std::string(kCommit), file, text.size(), text);
  }
  void log(int version, const std::string& text, const std::string& path = "warehouse/trips") {
    file(path + "/_delta_log/" + version_file(version), text);
  }
  void file(const std::string& path, const std::string& text) {
    api.add(std::string(kCommit), path, text.size(), text);
  }
  void log_file(const std::string& name, const std::string& text) {
    file("warehouse/trips/_delta_log/" + name, text);
  }
  std::string exported(int version) const {
    return s3.object("bucket", kExported + version_file(version)).value_or("absent");
  }
  std::size_t stats() const {
    std::size_t count = 0;
    for (const std::string& target : api.targets()) {
      count += target.find("/objects/stat?") != std::string::npos ? 1 : 0;
    }
    return count;
  }

  std::map<std::string, std::string> objects;
  std::map<std::string, unsigned> refusals;

 private:
  ApiResponse stat(const ApiRequest& request) {
    const std::string prefix =
        fmt::format("/api/v1/repositories/catalogs/refs/{}/objects/stat?path=", kCommit);
    EXPECT_TRUE(request.target.starts_with(prefix)) << request.target;
    EXPECT_EQ(request.user, "ann");
    const std::string path = percent_decode(request.target.substr(prefix.size())).value();
    if (const auto refused = refusals.find(path); refused != refusals.end()) {
      return {.status = refused->second,
              .content_type = "application/json",
              .body = R"({"message":"no"})"};
    }
    const auto found = objects.find(path);
    if (found == objects.end()) {
      return {.status = 404, .content_type = "application/json", .body = R"({"message":"no"})"};
    }
    Json body = Json::object({{"path", path}, {"physical_address", found->second}});
    return {.status = 200, .content_type = "application/json", .body = body.dump()};
  }
};

constexpr std::string_view kExport =
    "local exporter = require('lakefs/catalogexport/delta_exporter') "
    "local s3 = require('aws').s3_client() "
    "local delta = require('formats').delta_client('key', 'secret', 'us-east-1') ";
constexpr std::string_view kTrips =
    "local r = exporter.export_delta_log(action, {'trips'}, s3.put_object, delta, "
    "'_lakefs_tables') ";

Outcome run_export(ServerBench& bench, std::string_view script = {}) {
  return bench.run(std::string(kExport).append(kTrips).append(script));
}

TEST(DeltaExport, WritesTheLogWithAddresses) {
  DeltaBench bench;
  bench.log(0,
            "{\"protocol\":{\"minReaderVersion\":1}}\n" + std::string(kMetaData) +
                "\n{\"add\":{\"path\":\"day=1/a%20b.parquet\",\"partitionValues\":{\"day\":null},"
                "\"size\":12345678901234567890,\"dataChange\":true}}\n");
  bench.log(1,
            "{\"commitInfo\":{\"x\":\"<&>\"}}\n\n"
            "{\"remove\":{\"path\":\"day=1/a%20b.parquet\"}}\r\n"
            "{ \"add\" : {\"path\": \"e+f.parquet\"} }");
  bench.objects = {
      {"warehouse/trips/day=1/a b.parquet", "s3://bucket/ns/data/xx/z z%41"},
      {"warehouse/trips/e+f.parquet", "s3://other/imported/e+f.parquet"},
  };
  const Outcome outcome = run_export(bench, R"(
    print(r.trips.path, r.trips.metadata.id, r.trips.metadata.description)
  )");
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.output, "s3://bucket/ns/_lakefs/exported/main/9255e5/trips\t7\tit's\n");
  EXPECT_EQ(bench.exported(0),
            "{\"protocol\":{\"minReaderVersion\":1}}\n" + std::string(kMetaData) +
                "\n{\"add\":{\"path\":\"s3://bucket/ns/data/xx/z%20z%2541\","
                "\"partitionValues\":{\"day\":null},\"size\":12345678901234567890,"
                "\"dataChange\":true}}\n");
  EXPECT_EQ(bench.exported(1),
            "{\"commitInfo\":{\"x\":\"<&>\"}}\n"
            "{\"remove\":{\"path\":\"s3://bucket/ns/data/xx/z%20z%2541\"}}\n"
            "{\"add\":{\"path\":\"s3://other/imported/e+f.parquet\"}}\n");
  EXPECT_EQ(bench.s3.object_count(), 2U);
  EXPECT_EQ(bench.stats(), 2U) << "a path is looked up once";
}

/// Two tables with a client, a writer and a module of the script.
TEST(DeltaExport, FunctionsOfTheScriptGetTheSame) {
  ServerBench bench;
  const Outcome outcome = bench.run(R"(
    local json = require("encoding/json")
    local stats = {}
    package.loaded["lakefs"] = {
      get_object = function(repo, ref, path)
        local name = path:match("tables/(.*)%.yaml")
        return 200, "{name: " .. name .. ", path: data/" .. name .. "}"
      end,
      stat_object = function(repo, ref, path)
        stats[#stats + 1] = path
        return 200, json.marshal({physical_address = "s3://bucket/ns/data/" .. path})
      end,
    }
    local logs = {
      ["data/table1"] = {[5] = {'{"commitInfo":"some info"}', '{"add": {"path":"a.parquet"}}'},
                         [10] = {'{"remove":{"path":"a.parquet"}}', '{"add":{"path":"test partition/0.parquet"}}'}},
      ["data/table2"] = {[0] = {'{"cdc":{"path":"_change_data/c"}}'}},
    }
    local client = {get_table = function(repo, ref, prefix)
      print("get_table", repo, ref, prefix)
      return logs[prefix], {name = prefix}
    end}
    local exporter = require("lakefs/catalogexport/delta_exporter")
    local r = exporter.export_delta_log(action, {"table1", "table2.yaml"}, function(bucket, key, data)
      print("write", bucket, key)
      print(data)
    end, client, "tables", function(uri) return (uri:gsub("^s3:", "s3a:")) end)
    print(r.table1.path, r.table1.metadata.name, r["table2.yaml"].path, r["table2.yaml"].metadata.name)
    print(table.concat(stats, " "))
  )");
  EXPECT_EQ(outcome.error, "");
  const std::string folder = "ns/_lakefs/exported/main/9255e5/";
  EXPECT_EQ(
      outcome.output,
      "get_table\tcatalogs\t9255e5abcdef0123\tdata/table1\n"
      "write\tbucket\t" +
          folder + "table1/_delta_log/" + version_file(1) +
          "\n"
          "{\"remove\":{\"path\":\"s3a://bucket/ns/data/data/table1/a.parquet\"}}\n"
          "{\"add\":{\"path\":\"s3a://bucket/ns/data/data/table1/test%20partition/0.parquet\"}}\n\n"
          "write\tbucket\t" +
          folder + "table1/_delta_log/" + version_file(0) +
          "\n"
          "{\"commitInfo\":\"some info\"}\n"
          "{\"add\":{\"path\":\"s3a://bucket/ns/data/data/table1/a.parquet\"}}\n\n"
          "get_table\tcatalogs\t9255e5abcdef0123\tdata/table2\n"
          "write\tbucket\t" +
          folder + "table2/_delta_log/" + version_file(0) +
          "\n"
          "{\"cdc\":{\"path\":\"s3a://bucket/ns/data/data/table2/_change_data/c\"}}\n\n"
          "s3a://bucket/" +
          folder + "table1\tdata/table1\ts3a://bucket/" + folder +
          "table2\tdata/table2\n"
          "data/table1/a.parquet data/table1/test partition/0.parquet "
          "data/table2/_change_data/c\n");
}

TEST(DeltaExport, FilesThatAreGone) {
  DeltaBench bench;
  bench.log(0, std::string(kMetaData) +
                   "\n{\"add\":{\"path\":\"old\"}}\n{\"add\":{\"path\":\"kept\"}}\n");
  bench.log(1, "{\"remove\":{\"path\":\"old\"}}\n{\"cdc\":{\"path\":\"_change_data/gone\"}}\n");
  bench.objects["warehouse/trips/kept"] = "s3://bucket/kept";
  EXPECT_EQ(run_export(bench).error, "") << "what was removed may be gone";
  EXPECT_THAT(bench.exported(0), HasSubstr("{\"add\":{\"path\":\"old\"}}\n"));
  EXPECT_EQ(bench.exported(1),
            "{\"remove\":{\"path\":\"old\"}}\n{\"cdc\":{\"path\":\"_change_data/gone\"}}\n");

  bench.log(2, "{\"add\":{\"path\":\"lost%20one\"}}\n{\"add\":{\"path\":\"lost\"}}\n");
  const std::string before = bench.exported(0);
  EXPECT_THAT(run_export(bench).error,
              HasSubstr("The following objects were not found:  lost lost%20one\n"));
  EXPECT_EQ(bench.exported(2), "absent");
  EXPECT_EQ(bench.exported(0), before);
}

TEST(DeltaExport, AFileThatIsReplacedWithinAVersionIsStillPartOfTheTable) {
  for (const std::string_view lines :
       {"{\"add\":{\"path\":\"x\"}}\n{\"remove\":{\"path\":\"x\"}}\n",
        "{\"remove\":{\"path\":\"x\"}}\n{\"add\":{\"path\":\"x\"}}\n"}) {
    DeltaBench bench;
    bench.log(0, std::string(kMetaData) + "\n" + std::string(lines));
    EXPECT_THAT(run_export(bench).error, HasSubstr("not found:  x\n"));
  }
}

TEST(DeltaExport, DeletionVectors) {
  DeltaBench bench;
  // The UUID of the vector of the Z85 reference, with the folder `ab`.
  const std::string uuid = "d2c639aa-8816-431a-aaf6-d3fe2512ff61";
  const auto line = [](std::string_view kind, std::string_view type, std::string_view path) {
    return fmt::format(
        R"({{"{}":{{"path":"f","deletionVector":{{"storageType":"{}","pathOrInlineDv":"{}","offset":1,"sizeInBytes":36}}}}}})"
        "\n",
        kind, type, path);
  };
  bench.log(0, std::string(kMetaData) + "\n" + line("add", "u", "ab^-aqEH.-t@S}K{vb[*k^") +
                   line("remove", "p", "dv%20s/1.bin") + line("remove", "p", "s3://else/where") +
                   line("add", "i", "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L") +
                   line("remove", "u", "^-aqEH.-t@S}K{vb[*k^"));
  bench.objects = {
      {"warehouse/trips/f", "s3://bucket/f"},
      {"warehouse/trips/ab/deletion_vector_" + uuid + ".bin", "s3://bucket/dv 1"},
      {"warehouse/trips/dv s/1.bin", "s3://bucket/dv 2"},
  };
  EXPECT_EQ(run_export(bench).error, "");
  const auto expected = [](std::string_view kind, std::string_view type, std::string_view path) {
    return fmt::format(
        R"({{"{}":{{"path":"s3://bucket/f","deletionVector":{{"storageType":"{}","pathOrInlineDv":"{}","offset":1,"sizeInBytes":36}}}}}})"
        "\n",
        kind, type, path);
  };
  EXPECT_EQ(bench.exported(0),
            std::string(kMetaData) + "\n" + expected("add", "p", "s3://bucket/dv%201") +
                expected("remove", "p", "s3://bucket/dv%202") +
                expected("remove", "p", "s3://else/where") +
                expected("add", "i", "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L") +
                expected("remove", "u", "^-aqEH.-t@S}K{vb[*k^"))
      << "what is not there stays as it is";

  bench.log(0, std::string(kMetaData) + "\n" + line("add", "x", "y"));
  EXPECT_THAT(run_export(bench).error, HasSubstr("version 0, action 2: "));
  EXPECT_THAT(run_export(bench).error, HasSubstr("unknown storageType of a deletion vector: x"));
}

TEST(DeltaExport, AddressesOutsideOfTheTableStay) {
  DeltaBench bench;
  bench.log(0, std::string(kMetaData) + "\n{\"add\":{\"path\":\"s3://elsewhere/a%20b\"}}\n");
  EXPECT_EQ(run_export(bench).error, "");
  EXPECT_THAT(bench.exported(0), HasSubstr("{\"add\":{\"path\":\"s3://elsewhere/a%20b\"}}\n"));
  EXPECT_EQ(bench.stats(), 0U);
}

TEST(DeltaExport, WhoCannotReadCannotExport) {
  DeltaBench bench;
  bench.log(0, std::string(kMetaData) + "\n{\"add\":{\"path\":\"secret\"}}\n");
  bench.objects["warehouse/trips/secret"] = "s3://bucket/secret";
  bench.refusals["warehouse/trips/secret"] = 403;
  EXPECT_THAT(run_export(bench).error,
              HasSubstr("failed stat_object with code: 403 path: warehouse/trips/secret"));
  bench.api.forbid("ann", "warehouse/trips/_delta_log/");
  EXPECT_THAT(run_export(bench).error,
              HasSubstr("lakefs://catalogs/9255e5abcdef0123/warehouse/trips/_delta_log/: "
                        "lakeFS: api return non-2xx403: insufficient permissions"));
  EXPECT_EQ(bench.s3.object_count(), 0U);
}

TEST(DeltaExport, TheFirstVersionIsWrittenLast) {
  constexpr int kVersions = 40;
  DeltaBench bench;
  bench.log(0, std::string(kMetaData) + "\n");
  for (int version = 1; version < kVersions; ++version) {
    bench.log(version, fmt::format("{{\"txn\":{}}}\n", version));
  }
  bench.s3.inject({.kind = aws::testing::S3Fault::Kind::kRefuse,
                   .operation = "PutObject",
                   .skip = kVersions - 1,
                   .status = 403,
                   .code = "AccessDenied"});
  EXPECT_THAT(run_export(bench).error, HasSubstr("AccessDenied"));
  EXPECT_EQ(bench.s3.object_count(), kVersions - 1U);
  EXPECT_EQ(bench.exported(0), "absent");
  EXPECT_EQ(run_export(bench).error, "") << "done again";
  EXPECT_EQ(bench.s3.object_count(), kVersions + 0U);
  EXPECT_EQ(bench.exported(0), std::string(kMetaData) + "\n");
  EXPECT_EQ(bench.exported(kVersions - 1), "{\"txn\":39}\n");
}

TEST(DeltaExport, ManyFilesAreLookedUp) {
  DeltaBench bench;
  std::string text(kMetaData);
  for (int i = 0; i < 2000; ++i) {
    text += fmt::format("\n{{\"add\":{{\"path\":\"f{}\"}}}}", i);
    bench.objects[fmt::format("warehouse/trips/f{}", i)] = fmt::format("s3://bucket/{}", i);
  }
  bench.log(0, text);
  EXPECT_EQ(run_export(bench).error, "");
  EXPECT_THAT(bench.exported(0), HasSubstr("{\"add\":{\"path\":\"s3://bucket/1999\"}}\n"));
}

TEST(DeltaExport, BadTablesAreNamed) {
  DeltaBench bench;
  bench.log(0, std::string(kMetaData) + "\n");
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"{name: trips}", "table path is required to proceed with Delta catalog export"},
      {"{path: warehouse/trips}", "table name is required to proceed with Delta catalog export"},
      {"{name: [a], path: x}", "_lakefs_tables/trips.yaml: name must be text"},
      {"{name: a/b, path: x}", "`a/b` is no name of a table"},
      {"{name: trips, path: none}",
       "there is no Delta log: "
       "lakefs://catalogs/9255e5abcdef0123/none/_delta_log/"},
  };
  for (const auto& [descriptor, expected] : rows) {
    bench.describe(std::string(descriptor));
    EXPECT_THAT(run_export(bench).error, HasSubstr(expected)) << descriptor;
  }
  EXPECT_THAT(bench
                  .run(std::string(kExport) + "exporter.export_delta_log(action, {'none'}, "
                                              "s3.put_object, delta, '_lakefs_tables')")
                  .error,
              HasSubstr("could not fetch data file: HTTP 404 path: _lakefs_tables/none.yaml"));
  bench.describe("{name: trips, path: /warehouse/trips/}");
  EXPECT_EQ(run_export(bench).error, "") << "slashes around a path do not matter";
}

TEST(DeltaExport, BadActionsAreNamed) {
  DeltaBench bench;
  bench.log(0, std::string(kMetaData) + "\n{\"add\":{\"path\":\"100%\"}}\n");
  EXPECT_THAT(run_export(bench).error, HasSubstr("version 0, action 2: "));
  EXPECT_THAT(run_export(bench).error, HasSubstr("invalid URL escape \"%\""));
  bench.log(0, std::string(kMetaData) + "\n{\"add\":{\"size\":1}}\n");
  EXPECT_THAT(run_export(bench).error, HasSubstr("add: `path` is missing"));
}

TEST(DeltaExport, AnS3ClientDoesNotWriteToALocalStore) {
  DeltaBench bench;
  bench.log(0, std::string(kMetaData) + "\n");
  bench.action.set("storage_namespace", "local://ns");
  EXPECT_THAT(run_export(bench).error, HasSubstr("cannot export to local://ns/_lakefs/exported/"
                                                 "main/9255e5/trips with an S3 client"));
  EXPECT_EQ(bench.s3.object_count(), 0U);
}

TEST(DeltaExport, ALogWithoutItsBeginningIsNotExported) {
  DeltaBench bench;
  bench.log(5, std::string(kMetaData) + "\n");
  EXPECT_THAT(run_export(bench).error,
              HasSubstr("versions before 00000000000000000005.json were cleaned up; there is no "
                        "checkpoint"));
  bench.log_file("00000000000000000005.checkpoint.parquet", "PAR1");
  EXPECT_THAT(
      run_export(bench).error,
      HasSubstr("_delta_log/00000000000000000005.checkpoint.parquet: invalid Parquet file"));
  EXPECT_EQ(bench.s3.object_count(), 0U);
}

std::string checkpoint_of(std::string_view lines) {
  tables::DeltaCheckpointWriter writer;
  EXPECT_TRUE(writer.add(lines));
  return writer.finish(0).parquet;
}

std::string lines_of(std::string parquet) {
  tables::DeltaCheckpointReader reader =
      tables::DeltaCheckpointReader::open(std::move(parquet)).value();
  std::string lines;
  while (reader.next(lines, lines.size() + 1).value()) {
  }
  return lines;
}

const std::string kProtocol = "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":2}}\n";

/// Version 5 is a checkpoint, and its file is still there; version 6 follows.
void clean_up(DeltaBench& bench) {
  bench.log_file("00000000000000000005.checkpoint.parquet",
                 checkpoint_of(kProtocol + std::string(kMetaData) +
                               "\n{\"add\":{\"path\":\"a.parquet\",\"size\":1}}\n"
                               "{\"add\":{\"path\":\"b%20c.parquet\"}}\n"
                               "{\"remove\":{\"path\":\"gone.parquet\"}}\n"));
  bench.log(3, "{\"txn\":{}}\n");
  bench.log(5, "{\"commitInfo\":{\"x\":1}}\n{\"add\":{\"path\":\"b%20c.parquet\"}}\n");
  bench.log(6, "{\"remove\":{\"path\":\"a.parquet\"}}\n");
  bench.objects = {{"warehouse/trips/a.parquet", "s3://bucket/ns/data/1"},
                   {"warehouse/trips/b c.parquet", "s3://bucket/ns/data/2"}};
}

TEST(DeltaExport, ALogThatWasCleanedUpBeginsWithItsCheckpoint) {
  DeltaBench bench;
  clean_up(bench);
  const Outcome outcome = run_export(bench, "print(r.trips.metadata.id)");
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.output, "7\n");
  EXPECT_EQ(bench.s3.object_count(), 4U);
  EXPECT_EQ(bench.exported(5),
            "{\"commitInfo\":{\"x\":1}}\n{\"add\":{\"path\":\"s3://bucket/ns/data/2\"}}\n");
  EXPECT_EQ(bench.exported(6), "{\"remove\":{\"path\":\"s3://bucket/ns/data/1\"}}\n");
  const std::string parquet =
      bench.s3.object("bucket", kExported + "00000000000000000005.checkpoint.parquet").value_or("");
  EXPECT_EQ(parse_json(bench.s3.object("bucket", kExported + "_last_checkpoint").value_or(""))
                .value()
                .dump(),
            fmt::format("{{\"version\":5,\"size\":5,\"sizeInBytes\":{},\"numOfAddFiles\":2}}",
                        parquet.size()));
  const std::string lines = lines_of(parquet);
  EXPECT_EQ(lines.substr(lines.find("{\"add\"")),
            "{\"add\":{\"path\":\"s3://bucket/ns/data/1\",\"size\":1}}\n"
            "{\"add\":{\"path\":\"s3://bucket/ns/data/2\"}}\n"
            "{\"remove\":{\"path\":\"gone.parquet\"}}\n");
  EXPECT_EQ(bench.stats(), 3U) << "a path is looked up once";
}

TEST(DeltaExport, ReadersSeeAllOfACleanedUpLogOrNothing) {
  DeltaBench bench;
  clean_up(bench);
  EXPECT_EQ(bench
                .run(std::string(kExport) + R"(
    exporter.export_delta_log(action, {'trips'}, function(bucket, key, data)
      print(key:match("[^/]*$"), data:sub(1, 4) == "PAR1")
    end, delta, '_lakefs_tables'))")
                .printed(),
            "00000000000000000006.json\tfalse\n00000000000000000005.json\tfalse\n"
            "00000000000000000005.checkpoint.parquet\ttrue\n_last_checkpoint\tfalse");
  bench.objects.erase("warehouse/trips/b c.parquet");
  EXPECT_THAT(run_export(bench).error, HasSubstr("objects were not found:  b%20c.parquet"));
  EXPECT_EQ(bench.s3.object_count(), 0U);
}

// formats.delta_client

constexpr std::string_view kGetTable =
    "local t, m, e, c = require('formats').delta_client().get_table('catalogs', action.commit_id, "
    "'warehouse/trips/') ";

Outcome run_get(ServerBench& bench, std::string_view script) {
  return bench.run(std::string(kGetTable).append(script));
}

TEST(DeltaClient, GivesVersionsAndMetadata) {
  DeltaBench bench;
  bench.log(0, "{\"metaData\":{\"id\":\"old\"}}\n");
  bench.log(1, "{\"commitInfo\":{\"metaData\":1}}\n" + std::string(kMetaData) + "\n\n");
  bench.log(2, "");
  for (const char* other :
       {"_last_checkpoint", "00000000000000000001.crc", "00000000000000000000.checkpoint.parquet",
        "00000000000000000000.00000000000000000001.compacted.json", "1.json", "_staged_commits/x",
        "_sidecars/00000000000000000009.json"}) {
    bench.file(std::string("warehouse/trips/_delta_log/") + other, "no json");
  }
  EXPECT_EQ(
      run_get(bench, R"(
    local versions = {}
    for version, actions in pairs(t) do versions[#versions + 1] = version .. ":" .. #actions end
    table.sort(versions)
    print(table.concat(versions, " "), t[1][1], e)
    print(require("encoding/json").marshal(m))
    print(require("encoding/json").marshal({t[2]}))
  )")
          .printed(),
      "0:1 1:2 2:0\t{\"commitInfo\":{\"metaData\":1}}\tnil\n"
      "{\"configuration\":{\"k\":\"v\"},\"created_time\":1700000000123,\"description\":\"it's\","
      "\"id\":\"7\",\"name\":\"\",\"partition_columns\":[\"day\"],\"schema_string\":\"{\\\"a\\\":1}"
      "\"}\n"
      "\n[[]]\n");
  for (const ApiRequest& request : bench.api.requests()) {
    EXPECT_EQ(request.user, "ann");
  }
}

TEST(DeltaClient, ReadsLongLogs) {
  DeltaBench bench;
  const std::string filler(1000, 'x');
  for (int version = 0; version < 1100; ++version) {
    bench.log(version, fmt::format("{{\"metaData\":{{\"id\":\"{}\"}}}}\n{{\"txn\":\"{}\"}}\n",
                                   version, filler));
  }
  EXPECT_EQ(run_get(bench, "print(#t[0], #t[1099], t[1100], t[7][1], m.id)").printed(),
            "2\t2\tnil\t{\"metaData\":{\"id\":\"7\"}}\t1099");
}

TEST(DeltaClient, GivesWhatIsLeftOfALog) {
  DeltaBench bench;
  bench.log(5, std::string(kMetaData) + "\n");
  bench.log(6, "{\"txn\":{}}\n");
  EXPECT_EQ(run_get(bench, "print(t[4], #t[5], m.id, e)").printed(),
            "nil\t1\t7\tDelta log "
            "lakefs://catalogs/9255e5abcdef0123/warehouse/trips/_delta_log/: versions before "
            "00000000000000000005.json were cleaned up; there is no checkpoint");
}

TEST(DeltaClient, GivesTheStateOfACheckpoint) {
  DeltaBench bench;
  clean_up(bench);
  EXPECT_EQ(run_get(bench, R"(
    print(t[3], t[4], #t[5], #t[6], t[7], e)
    print(t[5][1])
    print(t[5][5])
    print(c.version, c.file, #c.actions, c.actions[1])
    print(m.id, m.partition_columns[1], m.configuration.k)
  )")
                .printed(),
            "nil\tnil\t5\t1\tnil\tnil\n" + kProtocol +
                "{\"remove\":{\"path\":\"gone.parquet\"}}\n"
                "5\t00000000000000000005.checkpoint.parquet\t2\t{\"commitInfo\":{\"x\":1}}\n"
                "7\tday\tv");
}

/// Nothing but a checkpoint in parts, one of which names files of its own.
TEST(DeltaClient, ReadsAllPartsOfACheckpoint) {
  DeltaBench bench;
  bench.log_file("00000000000000000005.checkpoint.0000000001.0000000002.parquet",
                 checkpoint_of(std::string(kMetaData)));
  EXPECT_THAT(
      run_get(bench, "").error,
      HasSubstr("00000000000000000005.checkpoint.0000000002.0000000002.parquet is missing"));
  bench.log_file("00000000000000000005.checkpoint.0000000002.0000000002.parquet",
                 checkpoint_of(R"({"add":{"path":"a"}})"));
  EXPECT_EQ(run_get(bench, "print(#t[5], t[5][2], c.version, c.actions)").printed(),
            "2\t{\"add\":{\"path\":\"a\"}}\t5\tnil");
  bench.log_file("00000000000000000008.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json",
                 std::string(kMetaData) + "\n{\"sidecar\":{\"path\":\"x.parquet\"}}\n");
  bench.log_file("_sidecars/x.parquet", checkpoint_of(R"({"add":{"path":"b"}})"));
  EXPECT_EQ(run_get(bench, "print(t[5], #t[8], t[8][2], c.version)").printed(),
            "nil\t2\t{\"add\":{\"path\":\"b\"}}\t8");
}

TEST(DeltaClient, SaysWhatIsWrong) {
  const std::string log =
      "Delta log lakefs://catalogs/9255e5abcdef0123/warehouse/trips/_delta_log/";
  {
    DeltaBench bench;
    bench.log(5, "{\"txn\":{}}\n");
    EXPECT_THAT(run_get(bench, "").error, HasSubstr("05.json were cleaned up; there is no"))
        << "the metadata was only there";
    bench.log_file("00000000000000000003.checkpoint.parquet", "PAR1");
    EXPECT_THAT(run_get(bench, "").error,
                HasSubstr("cleaned up; 00000000000000000003.checkpoint.parquet is of before them"));
    bench.log_file("00000000000000000005.checkpoint.0000000001.0000000002.parquet", "PAR1");
    EXPECT_THAT(run_get(bench, "").error,
                HasSubstr("cleaned up; of what they held "
                          "00000000000000000005.checkpoint.0000000002.0000000002.parquet is "
                          "missing"));
    bench.log_file("00000000000000000005.checkpoint.parquet", "PAR1");
    EXPECT_THAT(run_get(bench, "").error,
                HasSubstr(log + "00000000000000000005.checkpoint.parquet: invalid Parquet file"));
    bench.log_file("00000000000000000005.checkpoint.parquet",
                   checkpoint_of("{\"add\":{\"path\":\"a\"}}"));
    EXPECT_THAT(run_get(bench, "").error, HasSubstr(log + ": no version has metaData"));
  }
  {
    DeltaBench bench;
    bench.log(0, std::string(kMetaData));
    bench.log(2, "{}\n");
    EXPECT_THAT(run_get(bench, "").error,
                HasSubstr(log + ": 00000000000000000001.json is missing"));
    bench.log(1, "{\"txn\":{}}\n{\"add\":\n");
    EXPECT_THAT(run_get(bench, "").error,
                HasSubstr(log + "00000000000000000001.json: action 2 is no JSON"));
  }
  {
    DeltaBench bench;
    bench.log(0, "{\"txn\":{}}\n");
    EXPECT_THAT(run_get(bench, "").error, HasSubstr(log + ": no version has metaData"));
    bench.log(0, "{\"metaData\":{\"partitionColumns\":\"day\"}}\n");
    EXPECT_THAT(run_get(bench, "").error, HasSubstr("metaData.partitionColumns is no array"));
  }
  {
    DeltaBench bench;
    EXPECT_THAT(run_get(bench, "").error, HasSubstr("there is no Delta log"));
    EXPECT_THAT(bench.run("require('formats').delta_client({})").error,
                HasSubstr("string expected, got table"));
  }
}

TEST(DeltaClient, ItsMemoryIsTheScripts) {
  DeltaBench bench;
  bench.limits.memory_bytes = 4 * kMiB;
  std::string text(kMetaData);
  for (int i = 0; i < 30'000; ++i) {
    text += fmt::format("\n{{\"add\":{{\"path\":\"f{:0100}\"}}}}", i);
  }
  bench.log(0, text);
  EXPECT_EQ(run_get(bench, "print('never')").limit, LimitKind::kMemory);
}

// changed_table_defs

TEST(DeltaChanged, NamesEachChangedTableOnce) {
  ServerBench bench;
  const Outcome outcome = bench.run(R"(
    local changes = {"a.txt", "data/one/_delta_log/1.json", "data/one/part=1/x", "data/two2/x", "data/three"}
    local calls = {}
    package.loaded["lakefs"] = {
      get_object = function(repo, ref, path)
        assert(repo == "repo" and ref == "new", repo .. ref)
        return 200, "{name: t, type: delta, path: data/" .. path:match("defs/(.*)%.yaml") .. "}"
      end,
      -- ignores the prefix, gives two at a time
      diff_refs = function(repo, left, right, after)
        calls[#calls + 1] = left .. ".." .. right
        local at = after == "" and 1 or tonumber(after)
        local page = {}
        for i = at, math.min(at + 1, #changes) do page[#page + 1] = {path = changes[i], type = "added"} end
        return 200, {results = page, pagination = {has_more = at + 2 <= #changes, next_offset = tostring(at + 2)}}
      end,
    }
    local exporter = require("lakefs/catalogexport/delta_exporter")
    local names = exporter.changed_table_defs({"one", "two", "three.yaml", "one"}, "defs/", "repo", "old", "new")
    print(table.concat(names, " "), calls[1])
  )");
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.output,
            "table_descriptor.path\tdata/one\n  (inserted)\n"
            "table_descriptor.path\tdata/two\n"
            "table_descriptor.path\tdata/three\n"
            "table_descriptor.path\tdata/one\n"
            "one\told..new\n");
}

TEST(DeltaChanged, AsksForTheTablesPartOnly) {
  DeltaBench bench;
  bench.api.script = [](const ApiRequest& request) -> ApiResponse {
    EXPECT_EQ(request.target,
              "/api/v1/repositories/catalogs/refs/p/diff/9255e5abcdef0123"
              "?after=&prefix=warehouse%2Ftrips%2F");
    return {
        .status = 200,
        .content_type = "application/json",
        .body =
            R"({"results":[{"path":"warehouse/trips/x"}],"pagination":{"has_more":true,"next_offset":"x"}})"};
  };
  EXPECT_EQ(bench
                .run(std::string(kExport) + "print(#exporter.changed_table_defs({'trips'}, "
                                            "'_lakefs_tables', 'catalogs', 'p', action.commit_id))")
                .output,
            "table_descriptor.path\twarehouse/trips\n  (inserted)\n1\n");
  bench.api.script = [](const ApiRequest&) -> ApiResponse {
    return {.status = 404, .content_type = "application/json", .body = R"({"message":"gone"})"};
  };
  EXPECT_THAT(
      bench
          .run(std::string(kExport) + "exporter.changed_table_defs({'trips'}, "
                                      "'_lakefs_tables', 'catalogs', 'p', action.commit_id)")
          .error,
      HasSubstr("lakeFS: api return non-2xx404: gone"));
}

// unity_exporter

constexpr std::string_view kRegister = R"(
  local unity = require("lakefs/catalogexport/unity_exporter")
  local client = {
    create_schema = function(...) print("schema", ...) return "made" end,
    register_external_table = function(name, path, warehouse, catalog, schema, metadata)
      print("table", name, path, warehouse, catalog, schema, metadata.description)
      return "SUCCEEDED"
    end,
  }
  local details = {trips = {path = "s3://x/trips", metadata = {description = "d"}}}
)";

Outcome run_register(ServerBench& bench, std::string_view script) {
  return bench.run(std::string(kRegister).append(script));
}

TEST(UnityExport, RegistersEachTable) {
  DeltaBench bench;
  bench.describe("{name: other-table, type: delta, path: x, catalog: lake2}",
                 "_lakefs_tables/other.yaml");
  const Outcome outcome = run_register(bench, R"(
    details["other.yaml"] = {path = "s3://x/other", metadata = {}}
    local r = unity.register_tables(action, "_lakefs_tables", details, client, "w1")
    print(r.trips, r["other.yaml"])
  )");
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.output,
            "schema\tmain\tlake2\ttrue\n"
            "table\tother-table\ts3://x/other\tw1\tlake2\tmade\tnil\n"
            "schema\tmain\tlake\ttrue\n"
            "table\ttrips\ts3://x/trips\tw1\tlake\tmade\td\n"
            "SUCCEEDED\tSUCCEEDED\n");
}

TEST(UnityExport, RefusesInTheKnownWords) {
  const std::tuple<std::string_view, std::string_view, std::string_view> rows[] = {
      {"{type: hive}", "", "table name is required to proceed with unity catalog export"},
      {"{name: t, type: hive}", "",
       "unity exporter supports only table descriptors of type 'delta'. registration failed for "
       "table t"},
      {"{name: t, type: delta}", "",
       "catalog name is required to proceed with unity catalog export"},
      {"{name: t, type: delta, catalog: c}", "client.create_schema = function() end",
       "failed creating/getting catalog's schema: c.main"},
  };
  for (const auto& [descriptor, prepare, expected] : rows) {
    DeltaBench bench;
    bench.describe(std::string(descriptor));
    EXPECT_THAT(
        run_register(bench,
                     std::string(prepare) +
                         " unity.register_tables(action, '_lakefs_tables', details, client, 'w')")
            .error,
        HasSubstr(expected));
  }
}

TEST(UnityExport, ATagIsASchema) {
  DeltaBench bench;
  bench.action.set("event_type", "post-create-tag").set("branch_id", "").set("tag_id", "v1");
  EXPECT_THAT(
      run_register(bench, "unity.register_tables(action, '_lakefs_tables', details, client, 'w')")
          .output,
      HasSubstr("schema\tv1\tlake\ttrue\n"));
}

// Forged functions get nothing that the script could not have itself.

TEST(DeltaCore, RecognisesOnlyTheServersFunctions) {
  DeltaBench bench;
  const Outcome outcome = bench.run(R"(
    local core = require("lakefs/catalogexport/delta_core")
    local lakefs = require("lakefs")
    print(core.stat_objects(lakefs.get_object, "r", "c", {"p"}))
    print(core.stat_objects(function() end, "r", "c", {"p"}))
    print(core.stat_objects(setmetatable({}, {__call = lakefs.stat_object}), "r", "c", {"p"}))
    print(pcall(core.stat_objects, lakefs.stat_object, "r", "c", {1}))
    print(pcall(core.make_checkpoint, 1, "{"))
    print(pcall(core.make_checkpoint, 1, '{"add":{"path":1}}'))
    print(pcall(core.put_objects, print, "b", {"k"}, {"t"}))
    print(pcall(core.put_objects, require("aws").s3_client().put_object, "b", {"k"}, {}))
    print(pcall(core.rewrite, '{"add":{"path":"x"}}', {}))
    print(core.rewrite('{"add":{"path":"x"}}', {{}}), core.rewrite('{"txn" : 1}', {}))
  )");
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.output.substr(0, 12), "nil\nnil\nnil\n");
  EXPECT_THAT(outcome.output, HasSubstr("a list of paths expected"));
  EXPECT_THAT(outcome.output, HasSubstr("`path` is not what it should be"));
  EXPECT_THAT(outcome.output, HasSubstr("true\tfalse\n"));
  EXPECT_THAT(outcome.output, HasSubstr("a text for each key expected"));
  EXPECT_THAT(outcome.output, HasSubstr("a place for each file expected"));
  EXPECT_THAT(outcome.output, HasSubstr("{\"add\":{\"path\":\"x\"}}\t{\"txn\":1}\n"));
  EXPECT_TRUE(bench.api.requests().empty());
}

}  // namespace
}  // namespace tarn::actions::lua
