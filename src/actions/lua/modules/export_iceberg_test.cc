#include "actions/lua/testing/server_bench.h"
#include "tables/testing/iceberg_files.h"

#include <gtest/gtest.h>

#include <string>

// Iceberg tables exported by scripts.

namespace tarn::actions::lua {
namespace {

using testing::kCommit;
using testing::Outcome;
using testing::ServerBench;

class IcebergBench : public ServerBench {
 public:
  IcebergBench() {
    put("_lakefs_tables/trips.yaml", "{name: trips, type: iceberg, path: trips}");
    const Bytes manifest =
        tables::testing::manifest_file({{.file_path = "s3://catalogs/main/trips/data/a"}});
    put("trips/data/a", "data");
    put("trips/metadata/m.avro", manifest);
    put("trips/metadata/l.avro",
        tables::testing::manifest_list_file({{"s3://catalogs/main/trips/metadata/m.avro",
                                              static_cast<std::int64_t>(manifest.size())}}));
    put("trips/metadata/v1.metadata.json",
        tables::testing::metadata_json("s3://catalogs/main/trips",
                                       {{1, "s3://catalogs/main/trips/metadata/l.avro"}}));
    glue.add_database("db");
  }
  void put(const std::string& path, Bytes content) {
    const std::size_t size = content.size();
    api.add(std::string(kCommit), path, size, std::move(content));
  }
  Outcome run_export(std::string_view rest) {
    return run(std::string("local glues = require('lakefs/catalogexport/glue_exporter') "
                           "local aws = require('aws') "
                           "local glue, s3 = aws.glue_client(), aws.s3_client() "
                           "local file = '_lakefs_tables/trips.yaml' ")
                   .append(rest));
  }
};

TEST(IcebergExporter, WritesAndRegistersTheTable) {
  IcebergBench bench;
  const Outcome outcome = bench.run_export(
      "local done = glues.export_glue(glue, 'db', file, {Parameters = {a = 'b'}}, action, "
      "{writer = s3.put_object, debug = true}) "
      "print(done.created, done.written, done.objects, done.metadata_location)");
  EXPECT_EQ(outcome.error, "");
  const Json table = bench.glue.table("db", "trips_catalogs_main_9255e5");
  const Json* parameters = table.find("Parameters");
  ASSERT_NE(parameters, nullptr);
  EXPECT_EQ(parameters->string_or("table_type", ""), "ICEBERG");
  EXPECT_EQ(parameters->string_or("a", ""), "b");
  const std::string location = parameters->string_or("metadata_location", "");
  const std::string folder = "s3://bucket/ns/_lakefs/exported/main/9255e5/trips/metadata/";
  EXPECT_TRUE(location.starts_with(folder + "00001-")) << location;
  EXPECT_EQ(outcome.output, "Iceberg table trips_catalogs_main_9255e5:\t" + location +
                                "\ntrue\t3\t1\t" + location + "\n");
  EXPECT_EQ(bench.s3.object_count(), 3U);
}

TEST(IcebergExporter, WhatItNeedsIsNamed) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"glues.export_glue(glue, 'db', file, {}, action)",
       "its metadata has to be written again: give options.writer"},
      {"glues.export_glue(glue, 'db', file, {}, action, {writer = function() end})",
       "options.writer of an Iceberg table must be put_object of an S3 client"},
      {"glues.export_glue({create_table = function() end}, 'db', file, {}, action, {writer = "
       "s3.put_object})",
       "Iceberg tables are exported with the server's own lakefs module and Glue client"},
      {"glues.export_glue(glue, 'db', file, {}, action, {writer = s3.put_object, export_base_uri = "
       "'local://x'})",
       "cannot export to local://x with an S3 client"},
      {"glues.export_glue(glue, 'db', file, 'x', action, {writer = s3.put_object})",
       "create_table_input: it must be an object"},
      {"require('lakefs/catalogexport/symlink_exporter').export_s3(s3, file, action)",
       "table iceberg in path _lakefs_tables/trips.yaml not supported"},
  };
  for (const auto& [script, message] : rows) {
    IcebergBench bench;
    const Outcome outcome = bench.run_export(script);
    EXPECT_NE(outcome.error.find(message), std::string::npos) << script << ": " << outcome.error;
    EXPECT_EQ(bench.glue.table_count(), 0U);
  }
}

TEST(IcebergExporter, NobodyExportsWhatTheyMayNotRead) {
  IcebergBench bench;
  bench.api.forbid("ann", "trips/data");
  const Outcome outcome =
      bench.run_export("glues.export_glue(glue, 'db', file, {}, action, {writer = s3.put_object})");
  EXPECT_NE(outcome.error.find("trips/data/a: lakeFS: api return non-2xx403"), std::string::npos)
      << outcome.error;
  EXPECT_EQ(bench.glue.table_count() + bench.s3.object_count(), 0U);
}

}  // namespace
}  // namespace tarn::actions::lua
