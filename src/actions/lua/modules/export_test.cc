#include "actions/lua/testing/server_bench.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

// The exporters as scripts see them: natively with the server's own functions, and serially with
// functions and modules of the script.

namespace tarn::actions::lua {
namespace {

using aws::testing::S3Fault;
using testing::kCommit;
using testing::Outcome;
using testing::ServerBench;

constexpr std::string_view kDescriptor = R"(
name: animals
type: hive
path: tables/animals
partition_columns: ['type', 'weight']
schema:
  type: struct
  fields:
    - {name: type, type: string}
    - {name: weight, type: integer}
    - {name: name, type: string, comment: direct comment, parameters: {a: b}}
    - {name: born, type: long}
)";

const std::string kFile = "_lakefs_tables/animals.yaml";
const std::string kExported = "ns/_lakefs/exported/main/9255e5/animals/";

const std::string kTable = "animals_catalogs_main_9255e5";
/// Locations of the table's partitions by values.
const std::map<std::string, std::string> kPartitions = {
    {"cat/5", "s3://bucket/" + kExported + "type=cat/weight=5"},
    {"cat/50", "s3://bucket/" + kExported + "type=cat/weight=50"},
    {"dog/7", "s3://bucket/" + kExported + "type=dog/weight=7"}};

/// A repository with the table `animals`, and what the script of a hook gets as `args`.
class AnimalsBench : public ServerBench {
 public:
  AnimalsBench() {
    const std::string commit(kCommit);
    describe(kDescriptor);
    for (const char* path : {"cat/weight=5/b.csv", "cat/weight=5/a.csv", "cat/weight=5/_hidden",
                             "cat/weight=50/c.csv", "dog/weight=7/d.csv"}) {
      api.add(commit, std::string("tables/animals/type=") + path);
    }
    api.add(commit, "tables/animals/type=cat/weight=5/", 0);
    api.add(commit, "tables/animals/type=cat/weight=5_$folder$", 0);
    api.add(commit, "tables/animals/stray.csv");
    api.add(commit, "tables/animals2/type=cat/weight=5/e.csv");
    glue.add_database("db");
    args =
        parse_json(
            R"({"aws":{"aws_access_key_id":"AKIDEXAMPLE",)"
            R"("aws_secret_access_key":"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",)"
            R"("aws_region":"us-east-1"},"table_source":"_lakefs_tables/animals.yaml",)"
            R"("catalog":{"db_name":"db","table_input":{"StorageDescriptor":{)"
            R"("InputFormat":"org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat",)"
            R"("OutputFormat":"org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",)"
            R"("SerdeInfo":{"SerializationLibrary":"org.apache.hadoop.hive.serde2.OpenCSVSerde",)"
            R"("Parameters":{"separatorChar":","}}},)"
            R"("Parameters":{"classification":"csv","skip.header.line.count":"1"}}}})")
            .value();
  }

  void describe(std::string_view descriptor) {
    api.add(std::string(kCommit), kFile, descriptor.size(), std::string(descriptor));
  }
  std::string exported(const std::string& key) const {
    return s3.object("bucket", kExported + key).value_or("absent");
  }
};

/// The script that the page about Glue shows.
constexpr std::string_view kFlow = R"(
local aws = require("aws")
local symlinks = require("lakefs/catalogexport/symlink_exporter")
local tables = require("lakefs/catalogexport/glue_exporter")
local c = args.aws
symlinks.export_s3(aws.s3_client(c.aws_access_key_id, c.aws_secret_access_key, c.aws_region), args.table_source, action, {debug = true})
tables.export_glue(aws.glue_client(c.aws_access_key_id, c.aws_secret_access_key, c.aws_region), args.catalog.db_name, args.table_source, args.catalog.table_input, action, {debug = true})
)";

constexpr std::string_view kExport =
    "local symlinks = require('lakefs/catalogexport/symlink_exporter') "
    "local glues = require('lakefs/catalogexport/glue_exporter') "
    "local s3, glue = require('aws').s3_client(), require('aws').glue_client() ";

Outcome run_export(ServerBench& bench, std::string_view script) {
  return bench.run(std::string(kExport).append(script));
}

void expect_animals(const AnimalsBench& bench) {
  EXPECT_EQ(bench.s3.object_count(), 3U);
  EXPECT_EQ(bench.exported("type=cat/weight=5/symlink.txt"),
            "s3://bucket/ns/data/tables-animals-type=cat-weight=5-a.csv\n"
            "s3://bucket/ns/data/tables-animals-type=cat-weight=5-b.csv\n");
  EXPECT_EQ(bench.exported("type=cat/weight=50/symlink.txt"),
            "s3://bucket/ns/data/tables-animals-type=cat-weight=50-c.csv\n");
  EXPECT_EQ(bench.exported("type=dog/weight=7/symlink.txt"),
            "s3://bucket/ns/data/tables-animals-type=dog-weight=7-d.csv\n");
}

TEST(CatalogExport, TheFlowRunsUnchanged) {
  AnimalsBench bench;
  const Outcome outcome = bench.run(kFlow);
  EXPECT_EQ(outcome.error, "");
  expect_animals(bench);
  EXPECT_EQ(
      bench.glue.table("db", "animals_catalogs_main_9255e5").dump(),
      R"({"Name":"animals_catalogs_main_9255e5","Parameters":{"classification":"csv","skip.header.line.count":"1"},)"
      R"("PartitionKeys":[{"Name":"type","Type":"string"},{"Name":"weight","Type":"int"}],)"
      R"("StorageDescriptor":{"Columns":[{"Comment":"direct comment","Name":"name","Parameters":{"a":"b"},"Type":"string"},{"Name":"born","Type":"bigint"}],)"
      R"("InputFormat":"org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat","Location":"s3://bucket/ns/_lakefs/exported/main/9255e5/animals",)"
      R"("OutputFormat":"org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",)"
      R"("SerdeInfo":{"Parameters":{"separatorChar":","},"SerializationLibrary":"org.apache.hadoop.hive.serde2.OpenCSVSerde"}},)"
      R"("TableType":"EXTERNAL_TABLE"})");
  EXPECT_TRUE(
      outcome.output.starts_with("hive table `lakefs://catalogs/9255e5/tables/animals`\n"
                                 "S3 writing bucket: bucket key: " +
                                 kExported + "type=cat/weight=5/symlink.txt\n"))
      << outcome.output;
  EXPECT_NE(outcome.output.find(
                "Creating Glue Table - input:\t{\"Name\":\"animals_catalogs_main_9255e5\","),
            std::string::npos);
  for (const ApiRequest& request : bench.api.requests()) {
    EXPECT_EQ(request.user, "ann");
  }
}

TEST(CatalogExport, ReturnsWhereItWent) {
  AnimalsBench bench;
  EXPECT_EQ(run_export(bench, R"(
    local r = symlinks.export_s3(s3, args.table_source, action)
    print(r.location.protocol, r.location.bucket, r.location.key, r.manifests, r.objects)
    local g = glues.export_glue(glue, "db", args.table_source, args.catalog.table_input, action)
    print(g.table_input.Name, g.table_input.StorageDescriptor.Location .. "/", #g.table_input.PartitionKeys)
    print(args.catalog.table_input.Name, args.catalog.table_input.StorageDescriptor.Location)
    print(glues.get_full_table_name({name = "x"}, action))
  )")
                .output,
            "s3\tbucket\tns/_lakefs/exported/main/9255e5/\t3\t4\n"
            "animals_catalogs_main_9255e5\ts3://bucket/" +
                kExported +
                "\t2\nnil\tnil\n"
                "x_catalogs_main_9255e5\n");
}

TEST(CatalogExport, FunctionsOfTheScriptGetTheSame) {
  const std::string_view scripts[] = {
      // a writer
      "symlinks.export_s3(nil, args.table_source, action, {writer = s3_put})",
      "symlinks.export_s3(s3, args.table_source, action, {writer = function(b, k, d) "
      "s3_put(b, k, d) end})",
      // a client table
      "symlinks.export_s3({put_object = function(b, k, d) s3_put(b, k, d) end}, "
      "args.table_source, action)",
  };
  for (const std::string_view script : scripts) {
    AnimalsBench bench;
    const Outcome outcome =
        run_export(bench, "local s3_put = s3.put_object " + std::string(script));
    EXPECT_EQ(outcome.error, "") << script;
    expect_animals(bench);
  }
}

TEST(CatalogExport, WithAModuleOfTheScript) {
  AnimalsBench bench;
  const Outcome outcome = bench.run(R"(
    local files = {
      {path = "t/day=1/a", physical_address = "s3://x/a", size_bytes = 1, path_type = "object"},
      {path = "t/day=1/b", physical_address = "s3://x/b", size_bytes = 1, path_type = "object"},
      {path = "t/day=2/c", physical_address = "s3://x/c", size_bytes = 1, path_type = "object"},
    }
    package.loaded["lakefs"] = {
      get_object = function(repo, ref, path)
        print("get", repo, ref, path)
        return 200, "{name: t, type: hive, path: t, partition_columns: [day]}"
      end,
      list_objects = function(repo, ref, after, prefix, delimiter, amount)
        print("list", repo, ref, after, prefix, delimiter)
        local at = after == "" and 1 or tonumber(after) + 1
        return 200, {results = {files[at]}, pagination = {has_more = at < #files, next_offset = tostring(at)}}
      end,
    }
    local symlinks = require("lakefs/catalogexport/symlink_exporter")
    symlinks.export_s3({put_object = function(b, k, d) print("put", b, k, #d) end}, "d.yaml", action)
    symlinks.export_s3(require("aws").s3_client(), "d.yaml", action)
  )");
  EXPECT_EQ(outcome.error, "");
  const std::string reads =
      "get\tcatalogs\t9255e5abcdef0123\td.yaml\nlist\tcatalogs\t9255e5abcdef0123\t\tt/\t\n"
      "list\tcatalogs\t9255e5abcdef0123\t1\tt/\t\n";
  const std::string key = "ns/_lakefs/exported/main/9255e5/t/day=";
  EXPECT_EQ(outcome.output, reads + "list\tcatalogs\t9255e5abcdef0123\t2\tt/\t\nput\tbucket\t" +
                                key + "1/symlink.txt\t18\nput\tbucket\t" + key +
                                "2/symlink.txt\t9\n" + reads +
                                "list\tcatalogs\t9255e5abcdef0123\t2\tt/\t\n");
  EXPECT_EQ(bench.s3.object("bucket", key + "1/symlink.txt"), "s3://x/a\ns3://x/b\n")
      << "a module of the script with a client of the server";
  EXPECT_TRUE(bench.api.requests().empty());
}

TEST(CatalogExport, AChangedActionCounts) {
  AnimalsBench bench;
  bench.api.add("aaaabbbbcccc", kFile, 1, std::string(kDescriptor));
  bench.api.add("aaaabbbbcccc", "tables/animals/type=cat/weight=1/old.csv");
  EXPECT_EQ(run_export(bench, R"(
    action.commit_id = "aaaabbbbcccc"
    symlinks.export_s3(s3, args.table_source, action)
    glues.export_glue(glue, "db", args.table_source, args.catalog.table_input, action)
    symlinks.export_s3(s3, args.table_source, {repository_id = "catalogs", commit_id = action.commit_id,
      event_type = "post-create-tag", tag_id = "v1", branch_id = "", storage_namespace = "s3://bucket/other"})
  )")
                .error,
            "");
  EXPECT_EQ(bench.s3.object_count(), 2U);
  EXPECT_TRUE(bench.s3.object(
      "bucket", "ns/_lakefs/exported/main/aaaabb/animals/type=cat/weight=1/symlink.txt"));
  EXPECT_TRUE(bench.s3.object(
      "bucket", "other/_lakefs/exported/v1/aaaabb/animals/type=cat/weight=1/symlink.txt"));
  EXPECT_FALSE(bench.glue.table("db", "animals_catalogs_main_aaaabb").is_null());
}

TEST(CatalogExport, Options) {
  // The same natively and with a writer of the script.
  for (const std::string_view writer : {"", ", writer = function(...) s3.put_object(...) end"}) {
    AnimalsBench bench;
    bench.args.set("kept", "elsewhere");
    EXPECT_EQ(run_export(bench, fmt::format(
                                    R"(
      symlinks.export_s3(s3, args.table_source, action, {{skip_trim_obj_base_path = true{0}}})
      symlinks.export_s3(s3, args.table_source, action, {{export_base_uri = "s3://bucket/pre/"{0}}})
      symlinks.export_s3(s3, args.table_source, action, {{export_base_uri = "s3://bucket"{0}}})
    )",
                                    writer))
                  .error,
              "");
    EXPECT_EQ(bench.s3.object_count(), 9U);
    EXPECT_NE(bench.exported("tables/animals/type=dog/weight=7/symlink.txt"), "absent");
    EXPECT_TRUE(bench.s3.object(
        "bucket", "pre/_lakefs/exported/main/9255e5/animals/type=dog/weight=7/symlink.txt"));
    EXPECT_TRUE(bench.s3.object(
        "bucket", "_lakefs/exported/main/9255e5/animals/type=dog/weight=7/symlink.txt"));
  }
  AnimalsBench bench;
  const Outcome outcome = run_export(bench, R"(
    glues.export_glue(glue, "fresh", args.table_source, args.catalog.table_input, action, {
      table_name = "mine", export_base_uri = "s3://bucket/pre", debug = true,
      create_db_input = {DatabaseInput = {Description = "d"}}})
    glues.export_glue(glue, "fresh", args.table_source, args.catalog.table_input, action, {create_db_input = {}})
  )");
  EXPECT_EQ(outcome.error, "");
  EXPECT_TRUE(outcome.output.starts_with("success creating / verifying glue database\n"));
  EXPECT_EQ(bench.glue.table("fresh", "mine")
                .find_path({"StorageDescriptor", "Location"})
                ->as_string()
                ->c_str(),
            std::string("s3://bucket/pre/_lakefs/exported/main/9255e5/animals"));
  EXPECT_EQ(bench.glue.table_count(), 2U);
}

TEST(CatalogExport, OddValuesStayAsTheyAre) {
  for (const std::string_view put :
       {"s3.put_object", "function(b, k, d) s3.put_object(b, k, d) end"}) {
    AnimalsBench bench;
    const std::string odd = "type=a=b%2F:\"' ü/weight=__HIVE_DEFAULT_PARTITION__/";
    bench.api.add(std::string(kCommit), "tables/animals/" + odd + "f");
    EXPECT_EQ(run_export(bench, fmt::format("symlinks.export_s3({{put_object = {}}}, "
                                            "args.table_source, action)",
                                            put))
                  .error,
              "");
    EXPECT_NE(bench.exported(odd + "symlink.txt"), "absent");
  }
}

TEST(CatalogExport, EmptyTablesWriteNothing) {
  for (const std::string_view put :
       {"s3.put_object", "function(b, k, d) s3.put_object(b, k, d) end"}) {
    for (const std::string_view columns : {"[]", "[day]"}) {
      AnimalsBench bench;
      bench.describe(
          fmt::format("{{name: t, type: hive, path: none, partition_columns: {}}}", columns));
      EXPECT_EQ(run_export(bench, fmt::format("local r = symlinks.export_s3({{put_object = {}}}, "
                                              "args.table_source, action) print(r.manifests)",
                                              put))
                    .output,
                "0\n");
      EXPECT_EQ(bench.s3.object_count(), 0U);
    }
  }
}

TEST(CatalogExport, LargeTablesAreListedInFewRequests) {
  AnimalsBench bench;
  for (int i = 0; i < 2500; ++i) {
    bench.api.add(std::string(kCommit),
                  fmt::format("tables/animals/type=cat/weight={}/{:04}.csv", i % 40, i));
  }
  EXPECT_EQ(run_export(bench, "symlinks.export_s3(s3, args.table_source, action)").error, "");
  EXPECT_EQ(bench.s3.object_count(), 42U);
  EXPECT_EQ(bench.api.requests().size(), 1U + 3U);
}

// What goes wrong.

TEST(CatalogExport, AMissingDescriptorIsNamed) {
  AnimalsBench bench;
  for (const std::string_view script :
       {"symlinks.export_s3(s3, '_lakefs_tables/none.yaml', action)",
        "glues.export_glue(glue, 'db', '_lakefs_tables/none.yaml', {StorageDescriptor = {}}, "
        "action)"}) {
    EXPECT_NE(run_export(bench, script)
                  .error.find("could not fetch data file: HTTP 404 path: _lakefs_tables/none.yaml"),
              std::string::npos);
  }
}

TEST(CatalogExport, BadDescriptorsAreNamed) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"{name: t, type: delta, path: t}", "table delta in path "},
      {"{name: t, type: hudi, path: t}", "table hudi in path "},
      {"{name: t, type: hive}", "_lakefs_tables/animals.yaml: path is missing"},
      {"{type: hive, path: t}", "_lakefs_tables/animals.yaml: name is missing"},
      {"[]", "_lakefs_tables/animals.yaml: a descriptor must hold a map"},
      {"text", "_lakefs_tables/animals.yaml: a descriptor must hold a map"},
      {"a: [", "_lakefs_tables/animals.yaml: "},
  };
  for (const auto& [descriptor, message] : rows) {
    AnimalsBench bench;
    bench.describe(descriptor);
    for (const std::string_view script :
         {"symlinks.export_s3(s3, args.table_source, action)",
          "glues.export_glue(glue, 'db', args.table_source, args.catalog.table_input, action)"}) {
      const Outcome outcome = run_export(bench, script);
      EXPECT_NE(outcome.error.find(message), std::string::npos) << outcome.error;
      EXPECT_EQ(bench.s3.object_count() + bench.glue.table_count(), 0U);
    }
  }
}

TEST(CatalogExport, TypesAndColumnsThatAreNotThereAreNamed) {
  AnimalsBench bench;
  bench.describe("{name: t, type: hive, path: t, partition_columns: [colour]}");
  EXPECT_NE(run_export(bench,
                       "glues.export_glue(glue, 'db', args.table_source, "
                       "args.catalog.table_input, action)")
                .error.find("_lakefs_tables/animals.yaml: partition name `colour` not found in "
                            "table `t`"),
            std::string::npos);
  bench.describe(
      "{name: animals, type: hive, path: tables/animals, schema: {fields: [{name: a, type: "
      "text}]}}");
  EXPECT_NE(run_export(bench, "symlinks.export_s3(s3, args.table_source, action)")
                .error.find("_lakefs_tables/animals.yaml: schema.fields[0].type of `a`"),
            std::string::npos);
  EXPECT_EQ(bench.s3.object_count(), 0U) << "manifests of a table that cannot be registered";
  EXPECT_NE(run_export(bench,
                       "glues.export_glue(glue, 'db', args.table_source, "
                       "args.catalog.table_input, action)")
                .error.find("_lakefs_tables/animals.yaml: schema.fields[0].type of `a`: type "
                            "`text`: `text` is no type of Hive"),
            std::string::npos);
  EXPECT_EQ(bench.glue.table_count(), 0U);
}

TEST(CatalogExport, NobodyExportsWhatTheyMayNotRead) {
  const std::string_view scripts[] = {
      "symlinks.export_s3(s3, args.table_source, action)",
      "symlinks.export_s3(s3, args.table_source, action, {writer = function(b, k, d) "
      "s3.put_object(b, k, d) end})",
      // What a script says about users changes nothing.
      "username = 'bob' action.user = 'bob' symlinks.export_s3(s3, args.table_source, action)",
  };
  for (const std::string_view script : scripts) {
    AnimalsBench bench;
    bench.api.forbid("ann", "tables/animals");
    const Outcome outcome = run_export(bench, script);
    EXPECT_NE(outcome.error.find("lakeFS: api return non-2xx403: insufficient permissions"),
              std::string::npos)
        << outcome.error;
    EXPECT_EQ(bench.s3.object_count(), 0U);

    bench.user = "bob";
    EXPECT_EQ(run_export(bench, scripts[0]).error, "");
    EXPECT_EQ(bench.s3.object_count(), 3U);
  }
}

TEST(CatalogExport, AFailedExportRegistersNothing) {
  AnimalsBench bench;
  bench.s3.inject({.kind = S3Fault::Kind::kRefuse,
                   .operation = "PutObject",
                   .times = 1,
                   .skip = 1,
                   .status = 403,
                   .code = "AccessDenied"});
  const Outcome outcome = bench.run(kFlow);
  EXPECT_NE(outcome.error.find("operation error S3: PutObject"), std::string::npos)
      << outcome.error;
  EXPECT_NE(outcome.error.find("AccessDenied"), std::string::npos);
  EXPECT_EQ(bench.glue.requests().size(), 0U);
}

TEST(CatalogExport, APartialTreeIsNotRegisteredByAnotherScriptEither) {
  // The same natively and with a writer of the script.
  for (const std::string_view writer : {"", ", {writer = function(...) s3.put_object(...) end}"}) {
    AnimalsBench bench;
    bench.s3.inject({.kind = S3Fault::Kind::kRefuse,
                     .operation = "PutObject",
                     .times = 1,
                     .skip = 1,
                     .status = 403,
                     .code = "AccessDenied"});
    const std::string symlinks =
        fmt::format("symlinks.export_s3(s3, args.table_source, action{})", writer);
    constexpr std::string_view kGlue =
        "glues.export_glue(glue, 'db', args.table_source, args.catalog.table_input, action)";
    EXPECT_NE(run_export(bench, symlinks).error, "");
    EXPECT_GT(bench.s3.object_count(), 0U) << "nothing that could be taken for a table";
    const Outcome refused = run_export(bench, kGlue);
    EXPECT_NE(refused.error.find("the export of commit 9255e5abcdef0123 to s3://bucket/ns/_lakefs/"
                                 "exported/main/9255e5/animals began at "),
              std::string::npos)
        << refused.error;
    EXPECT_EQ(bench.glue.requests().size(), 0U);
    EXPECT_EQ(run_export(bench, symlinks).error, "");
    EXPECT_EQ(run_export(bench, kGlue).error, "");
    EXPECT_EQ(bench.glue.partitions("db", kTable), kPartitions);
  }
}

TEST(CatalogExport, RegisteringAgainUpdates) {
  AnimalsBench bench;
  EXPECT_EQ(bench.run(kFlow).error, "");
  const Json first = bench.glue.table("db", kTable);
  const Outcome again = bench.run(kFlow);
  EXPECT_EQ(again.error, "");
  EXPECT_NE(again.output.find("Glue partitions: 0 created, 3 updated, 0 deleted\n"),
            std::string::npos)
      << again.output;
  EXPECT_EQ(bench.glue.table("db", kTable).dump(), first.dump());
  EXPECT_EQ(bench.glue.partitions("db", kTable), kPartitions);
  EXPECT_EQ(bench.glue.table_count(), 1U);
}

TEST(CatalogExport, ATableThatIsNoExportIsLeftAlone) {
  AnimalsBench bench;
  const Outcome outcome = run_export(bench, R"(
    glue.create_table("db", '{"Name":"sales","StorageDescriptor":{"Location":"s3://bucket/sales"}}')
    glues.export_glue(glue, "db", args.table_source, args.catalog.table_input, action, {table_name = "sales"})
  )");
  EXPECT_NE(outcome.error.find("table `sales` of database `db` exists and is no export"),
            std::string::npos)
      << outcome.error;
  EXPECT_EQ(bench.glue.table("db", "sales").find_path({"StorageDescriptor", "Location"})->dump(),
            "\"s3://bucket/sales\"");
}

// Partitions.

TEST(CatalogExportPartitions, AreRegisteredWithTheTable) {
  AnimalsBench bench;
  const Outcome outcome = bench.run(kFlow);
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(bench.glue.partitions("db", kTable), kPartitions);
  EXPECT_EQ(bench.glue.operations(),
            (std::vector<std::string>{"CreateTable", "BatchCreatePartition"}));
  EXPECT_EQ(bench.api.requests().size(), 3U) << "listed again instead of remembered";
  const Json partition = bench.glue.partition("db", kTable, {"cat", "5"});
  Json storage = *partition.find("StorageDescriptor");
  storage.set("Location",
              *bench.glue.table("db", kTable).find_path({"StorageDescriptor", "Location"}));
  EXPECT_EQ(storage, *bench.glue.table("db", kTable).find("StorageDescriptor"));
  EXPECT_TRUE(outcome.output.ends_with("Glue partitions: 3 created, 0 updated, 0 deleted\n"))
      << outcome.output;
}

TEST(CatalogExportPartitions, AreFoundWhereTheManifestsWereWrittenElsewhere) {
  AnimalsBench bench;
  EXPECT_EQ(run_export(bench, "symlinks.export_s3(s3, args.table_source, action)").error, "");
  EXPECT_EQ(run_export(bench, R"(
    local r = glues.export_glue(glue, "db", args.table_source, args.catalog.table_input, action)
    print(r.created, r.partitions.created)
  )")
                .output,
            "true\t3\n");
  EXPECT_EQ(bench.glue.partitions("db", kTable), kPartitions);
}

TEST(CatalogExportPartitions, AClientOfTheScriptRegistersTheSame) {
  constexpr std::string_view kOwn = R"(
    local own = {create_table = function(...) glue.create_table(...) end,
                 batch_create_partition = %s}
    glues.export_glue(own, "db", args.table_source, args.catalog.table_input, action, {debug = true})
  )";
  const auto script = [&kOwn](std::string_view function) {
    std::string text(kOwn);
    return text.replace(text.find("%s"), 2, function);
  };
  AnimalsBench native;
  EXPECT_EQ(native.run(kFlow).error, "");
  AnimalsBench bench;
  EXPECT_EQ(
      run_export(bench, script("function(...) return glue.batch_create_partition(...) end")).error,
      "");
  EXPECT_EQ(bench.glue.partitions("db", kTable), kPartitions);
  EXPECT_EQ(bench.glue.partition("db", kTable, {"cat", "5"}),
            native.glue.partition("db", kTable, {"cat", "5"}));
  EXPECT_EQ(bench.glue.table("db", kTable), native.glue.table("db", kTable));

  AnimalsBench old;
  EXPECT_NE(run_export(old, script("nil")).output.find("no partitions are registered"),
            std::string::npos);
  EXPECT_EQ(old.glue.table_count(), 1U);
  EXPECT_TRUE(old.glue.partitions("db", kTable).empty());

  AnimalsBench refusing;
  EXPECT_NE(
      run_export(refusing, script("function() return {{PartitionValues = {'cat', '5'}, ErrorDetail "
                                  "= {ErrorCode = 'X', ErrorMessage = 'no'}}} end"))
          .error.find("Glue refuses partition `cat/5`: X: no"),
      std::string::npos);
}

TEST(CatalogExportPartitions, AModuleOfTheScriptListsThem) {
  AnimalsBench bench;
  const Outcome outcome = bench.run(R"(
    local real = require("lakefs")
    package.loaded["lakefs"] = {get_object = real.get_object, list_objects = function(...)
      return real.list_objects(...) end}
    require("lakefs/catalogexport/glue_exporter").export_glue(require("aws").glue_client(), "db",
      args.table_source, args.catalog.table_input, action)
  )");
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(bench.glue.partitions("db", kTable), kPartitions);
}

TEST(CatalogExportPartitions, CanBeLeftOutOrProjected) {
  constexpr std::string_view kWith =
      "local r = glues.export_glue(glue, 'db', args.table_source, args.catalog.table_input, "
      "action, "
      "{partitions = ";
  AnimalsBench bench;
  EXPECT_EQ(run_export(bench, std::string(kWith) + "false})").error, "");
  EXPECT_EQ(bench.glue.operations(), std::vector<std::string>{"CreateTable"});
  EXPECT_EQ(bench.api.requests().size(), 1U) << "listed for nothing";

  AnimalsBench projected;
  EXPECT_EQ(run_export(projected, std::string(kWith) +
                                      "'projection'}) print(r.table_input.Parameters['projection."
                                      "weight.range'])")
                .output,
            "5,50\n");
  EXPECT_EQ(projected.glue.operations(), std::vector<std::string>{"CreateTable"});
  EXPECT_EQ(projected.glue.table("db", kTable).find("Parameters")->dump(),
            R"({"classification":"csv","projection.enabled":"true","projection.type.type":"enum",)"
            R"("projection.type.values":"cat,dog","projection.weight.range":"5,50",)"
            R"("projection.weight.type":"integer","skip.header.line.count":"1",)"
            R"("storage.location.template":"s3://bucket/ns/_lakefs/exported/main/9255e5/animals/)"
            R"(type=${type}/weight=${weight}"})");

  AnimalsBench wrong;
  EXPECT_NE(run_export(wrong, std::string(kWith) + "'yes'})")
                .error.find("options.partitions must be true, false or \"projection\""),
            std::string::npos);
  EXPECT_EQ(wrong.glue.table_count(), 0U);
}

TEST(CatalogExportPartitions, ValuesAreWhatHiveMeans) {
  AnimalsBench bench;
  for (const char* path :
       {"type=12%3A30/weight=1/f", "type=a=b/weight=2/f", "type=50%/weight=3/f",
        "type=it's \"x\"/weight=4/f", "type=a:b/weight=__HIVE_DEFAULT_PARTITION__/f"}) {
    bench.api.add(std::string(kCommit), std::string("tables/animals/") + path);
  }
  EXPECT_EQ(bench.run(kFlow).error, "");
  std::map<std::string, std::string> expected = kPartitions;
  const std::string base = "s3://bucket/" + kExported;
  expected["12:30/1"] = base + "type=12%3A30/weight=1";
  expected["a=b/2"] = base + "type=a=b/weight=2";
  expected["50%/3"] = base + "type=50%/weight=3";
  expected["it's \"x\"/4"] = base + "type=it's \"x\"/weight=4";
  expected["a:b/__HIVE_DEFAULT_PARTITION__"] = base + "type=a:b/weight=__HIVE_DEFAULT_PARTITION__";
  EXPECT_EQ(bench.glue.partitions("db", kTable), expected);
}

TEST(CatalogExportPartitions, FollowTheManifestsWhereTheTablesPathIsKept) {
  AnimalsBench bench;
  EXPECT_EQ(run_export(bench, R"(
    local o = {skip_trim_obj_base_path = true, export_base_uri = "s3://bucket/pre"}
    symlinks.export_s3(s3, args.table_source, action, o)
    glues.export_glue(glue, "db", args.table_source, args.catalog.table_input, action, o)
  )")
                .error,
            "");
  const std::string folder =
      "pre/_lakefs/exported/main/9255e5/animals/tables/animals/type=dog/weight=7";
  EXPECT_EQ(bench.glue.partitions("db", kTable)["dog/7"], "s3://bucket/" + folder);
  EXPECT_TRUE(bench.s3.object("bucket", folder + "/symlink.txt"));
}

TEST(CatalogExportPartitions, NothingIsRegisteredOfATableWithPartitionsThatCollide) {
  for (const std::string_view client :
       {"glue", "{create_table = glue.delete_table}",
        "{create_table = function(...) glue.create_table(...) end}"}) {
    AnimalsBench bench;
    bench.api.add(std::string(kCommit), "tables/animals/type=cat/old/weight=5/f");
    const Outcome outcome =
        run_export(bench, fmt::format("glues.export_glue({}, 'db', args.table_source, "
                                      "args.catalog.table_input, action)",
                                      client));
    EXPECT_NE(outcome.error.find("partition `type=cat/weight=5/` has the same values as partition "
                                 "`type=cat/old/weight=5/`"),
              std::string::npos)
        << outcome.error;
    EXPECT_EQ(bench.glue.requests().size(), 0U);
  }
}

TEST(CatalogExportPartitions, NobodyRegistersWhatTheyMayNotRead) {
  AnimalsBench bench;
  bench.api.forbid("ann", "tables/animals");
  EXPECT_NE(run_export(bench,
                       "glues.export_glue(glue, 'db', args.table_source, "
                       "args.catalog.table_input, action)")
                .error.find("lakeFS: api return non-2xx403: insufficient permissions"),
            std::string::npos);
  EXPECT_EQ(bench.glue.requests().size(), 0U);
}

TEST(CatalogExport, SaysWhatIsMissing) {
  AnimalsBench bench;
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"symlinks.export_s3(nil, args.table_source, action)",
       "an S3 client or options.writer is needed"},
      {"action.branch_id = '' symlinks.export_s3(s3, args.table_source, action)",
       "nothing to export: neither a branch nor a tag"},
      {"symlinks.export_s3(s3, args.table_source, action, {export_base_uri = 'bucket'})",
       "`bucket/_lakefs/exported/main/9255e5/` is no storage URI"},
      {"action.storage_namespace = 'local://ns' symlinks.export_s3(s3, args.table_source, action)",
       "cannot export to local://ns/_lakefs/exported/main/9255e5/ with an S3 client: give "
       "options.export_base_uri"},
      {"glues.export_glue(glue, 'db', args.table_source, {}, action)",
       "create_table_input: StorageDescriptor is missing"},
  };
  for (const auto& [script, message] : rows) {
    const Outcome outcome = run_export(bench, script);
    EXPECT_NE(outcome.error.find(message), std::string::npos) << outcome.error;
  }
  EXPECT_EQ(bench.s3.object_count(), 0U);
}

TEST(CatalogExport, AddressesThatWouldBreakAManifestAreRefused) {
  for (const std::string_view put :
       {"s3.put_object", "function(b, k, d) s3.put_object(b, k, d) end"}) {
    AnimalsBench bench;
    bench.api.set_address(std::string(kCommit), "tables/animals/type=cat/weight=5/a.csv",
                          "s3://mine/a\ns3://secret/b");
    EXPECT_NE(run_export(bench, fmt::format("symlinks.export_s3({{put_object = {}}}, "
                                            "args.table_source, action)",
                                            put))
                  .error.find("type=cat/weight=5/a.csv: its address cannot be listed"),
              std::string::npos);
    EXPECT_EQ(bench.s3.object_count(), 0U);
  }
}

TEST(CatalogExport, ForgedClientsReachNothing) {
  AnimalsBench bench;
  const Outcome outcome = run_export(bench, R"(
    local core = require("lakefs/catalogexport/core")
    local lakefs = require("lakefs")
    local spec = {repository = "catalogs", commit = action.commit_id, uri = "s3://bucket/x/", table = "t",
                  path = "", partition_columns = array({})}
    local function mine() end
    local forged = setmetatable({put_object = mine}, getmetatable(s3))
    for k, v in pairs(s3) do if k ~= "put_object" then forged[k] = v end end
    -- functions of the server, but not those that write objects and list them
    print(core.export_symlinks(lakefs.list_objects, forged.put_object, spec))
    print(core.export_symlinks(lakefs.list_objects, s3.get_object, spec))
    print(core.export_symlinks(lakefs.list_objects, s3.delete_recursive, spec))
    print(core.export_symlinks(lakefs.get_object, s3.put_object, spec))
    print(core.export_symlinks(print, print, spec))
    print(core.export_symlinks("list_objects", {}, spec))
    print(core.export_symlinks(lakefs.list_objects, setmetatable({}, {__call = s3.put_object}), spec))
    print(pcall(core.export_symlinks, lakefs.list_objects, s3.put_object, {}))
    print(pcall(debug.setupvalue, s3.put_object, 1, lakefs))
  )");
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.output.substr(0, 28), "nil\nnil\nnil\nnil\nnil\nnil\nnil\n");
  EXPECT_NE(outcome.output.find("property \"uri\" is missing"), std::string::npos)
      << outcome.output;
  EXPECT_NE(outcome.output.find("Lua function expected"), std::string::npos) << outcome.output;
  EXPECT_EQ(bench.s3.object_count(), 0U);
  EXPECT_TRUE(bench.api.requests().empty());
}

TEST(CatalogExport, TheDeadlineEndsAnExport) {
  AnimalsBench bench;
  bench.s3.inject({.kind = S3Fault::Kind::kHang, .operation = "PutObject", .times = 100});
  bench.limits.deadline = SystemClock().steady_now() + std::chrono::milliseconds(300);
  const Outcome outcome = run_export(bench, "symlinks.export_s3(s3, args.table_source, action)");
  EXPECT_EQ(outcome.limit, LimitKind::kDeadline) << outcome.error;
}

// The helpers.

TEST(CatalogExportInternal, Helpers) {
  ServerBench bench;
  EXPECT_EQ(
      bench
          .run(R"(
    local internal = require("lakefs/catalogexport/internal")
    print(internal.short_digest("0123456789"), internal.short_digest("0123456789", 3))
    for _, event in ipairs({"post-commit", "pre-create-tag", "post-create-tag", "post-delete-tag"}) do
      print(event, internal.ref_from_branch_or_tag({event_type = event, branch_id = "b", tag_id = "t"}))
    end
    print(internal.ref_from_branch_or_tag({branch_id = "b"}), internal.ref_from_branch_or_tag({tag_id = "t"}))
    print(internal.get_storage_uri_prefix("s3://bucket/ns", "9255e5abc", {branch_id = "main"}))
    local uri = internal.parse_storage_uri("s3://bucket/a%20b/c")
    print(uri.protocol, uri.bucket, uri.key)
    local keys = {}
    for key, value in internal.sortedKeys({b = 2, a = 1, c = 3}) do keys[#keys + 1] = key .. value end
    print(table.concat(keys, " "))
    local original = {list = array({1, {x = 1}})}
    original.self = original
    local copied = internal.deepcopy(original)
    copied.list[2].x = 2
    print(original.list[2].x, copied.self == copied, require("encoding/json").marshal({copied.list}))
  )")
          .output,
      "012345\t012\npost-commit\tb\npre-create-tag\tt\npost-create-tag\tt\npost-delete-tag\tt\n"
      "b\tt\ns3://bucket/ns/_lakefs/exported/main/9255e5/\ns3\tbucket\ta%20b/c\na1 b2 c3\n"
      "1\ttrue\t[[1,{\"x\":2}]]\n\n");
}

TEST(CatalogExportHive, GroupsWhateverThePageSize) {
  ServerBench bench;
  for (const char* path :
       {"t/a=1/b=1/x", "t/a=1/b=1/y", "t/a=1/b=2/x", "t/a=1/b=2/_SUCCESS", "t/a=2/b=1/x",
        "t/a=2/b=1/x.2", "t/a=3/b=9/z", "t/stray", "t2/a=1/b=1/no"}) {
    bench.api.add("c", path);
  }
  bench.api.add("c", "t/a=1/b=1/", 0);
  const std::string expected =
      "t/a=1/b=1/: t/a=1/b=1/x t/a=1/b=1/y\nt/a=1/b=2/: t/a=1/b=2/x\n"
      "t/a=2/b=1/: t/a=2/b=1/x t/a=2/b=1/x.2\nt/a=3/b=9/: t/a=3/b=9/z\n";
  for (int page = 1; page <= 10; ++page) {
    const Outcome outcome = bench.run(fmt::format(
        R"(
      local hive = require("lakefs/catalogexport/hive")
      for key, entries in hive.extract_partition_pager(require("lakefs"), "r", "c", "t", {{"a", "b"}}, {}) do
        local paths = {{}}
        for i, e in ipairs(entries) do
          paths[i] = e.path
          assert(e.size == 10 and e.checksum == "c" and e.physical_address)
        end
        print(key .. ": " .. table.concat(paths, " "))
      end
    )",
        page));
    EXPECT_EQ(outcome.error, "");
    EXPECT_EQ(outcome.output, expected) << page;
  }
}

TEST(CatalogExportHive, GivesAnEmptyTableOnce) {
  ServerBench bench;
  bench.api.add("c", "t/stray");
  EXPECT_EQ(bench
                .run(R"(
    local hive = require("lakefs/catalogexport/hive")
    for key, entries in hive.extract_partition_pager(require("lakefs"), "r", "c", "t", {"a"}) do
      print("[" .. key .. "]", #entries)
    end
    for key, entries in hive.extract_partition_pager(require("lakefs"), "r", "c", "t", {}) do
      print("[" .. key .. "]", #entries)
    end
  )")
                .output,
            "[]\t0\n[]\t1\n");
  EXPECT_NE(bench
                .run("for _ in require('lakefs/catalogexport/hive').extract_partition_pager("
                     "require('lakefs'), 'r', 'none', 't', {}) do end")
                .error.find("lakeFS: api return non-2xx404: commit not found"),
            std::string::npos);
}

TEST(CatalogExportTables, ListsAndReadsDescriptors) {
  ServerBench bench;
  for (const char* path : {"_lakefs_tables/a.yaml", "_lakefs_tables/b.yml", "_lakefs_tables/c.yaml",
                           "_lakefs_tables/_d.yaml", "_lakefs_tables/_e/f.yaml",
                           "_lakefs_tables/sub/g.yaml", "other/h.yaml"}) {
    bench.api.add("c", path, 1, "name: a\nextra: [1, x]\n");
  }
  EXPECT_EQ(bench
                .run(R"(
    local extractor = require("lakefs/catalogexport/table_extractor")
    local lakefs = require("lakefs")
    for _, e in ipairs(extractor.list_table_descriptor_entries(lakefs, "r", "c")) do
      print(e.path, e.physical_address)
    end
    local d = extractor.get_table_descriptor(lakefs, "r", "c", "_lakefs_tables/a.yaml")
    print(d.name, d.extra[2], #d.partition_columns)
    print(require("lakefs.catalogexport.table_extractor") ~= extractor)
  )")
                .output,
            "_lakefs_tables/a.yaml\ts3://bucket/ns/data/_lakefs_tables-a.yaml\n"
            "_lakefs_tables/c.yaml\ts3://bucket/ns/data/_lakefs_tables-c.yaml\n"
            "_lakefs_tables/sub/g.yaml\ts3://bucket/ns/data/_lakefs_tables-sub-g.yaml\n"
            "a\tx\t0\ntrue\n");
}

}  // namespace
}  // namespace tarn::actions::lua
