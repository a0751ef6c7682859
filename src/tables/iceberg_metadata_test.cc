#include "tables/iceberg_metadata.h"

#include "tables/iceberg_location.h"
#include "tables/iceberg_manifest.h"
#include "tables/testing/iceberg_files.h"

#include <gtest/gtest.h>

namespace tarn::tables {
namespace {

using testing::manifest_file;
using testing::manifest_list_file;
using testing::metadata_json;

TEST(IcebergTypes, AreThoseOfIcebergsGlueCatalog) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {R"("long")", "bigint"},
      {R"("time")", "string"},
      {R"("uuid")", "string"},
      {R"("timestamptz")", "timestamp"},
      {R"("fixed[16]")", "binary"},
      {R"x("decimal(9, 2)")x", "decimal(9,2)"},
      {R"x("geometry(srid:4326)")x", "geometry"},
      {R"({"type":"list","element-id":3,"element":"int","element-required":false})", "array<int>"},
      {R"({"type":"map","key":"string","value":{"type":"list","element":"double"}})",
       "map<string,array<double>>"},
      {R"({"type":"struct","fields":[{"id":1,"name":"a","type":"int"},
           {"id":2,"name":"b","type":{"type":"struct","fields":[{"name":"c","type":"date"}]}}]})",
       "struct<a:int,b:struct<c:date>>"},
  };
  for (const auto& [type, hive] : rows) {
    const Result<std::string> made = iceberg_hive_type(parse_json(type).value());
    ASSERT_TRUE(made) << type;
    EXPECT_EQ(*made, hive);
  }
  EXPECT_EQ(iceberg_hive_type(Json("text")).error().message(), "type `text` is unknown");
  EXPECT_FALSE(iceberg_hive_type(parse_json(R"({"type":"list"})").value()));
}

TEST(IcebergMetadata, ColumnsOfEarlierSchemasComeLast) {
  const IcebergMetadata metadata =
      parse_iceberg_metadata(metadata_json("s3://r/main/t/", {{7, "l"}}), "f").value();
  EXPECT_EQ(metadata.location, "s3://r/main/t");
  EXPECT_EQ(metadata.current_snapshot, 7);
  EXPECT_EQ(
      metadata.columns.dump(),
      R"([{"Name":"id","Parameters":{"iceberg.field.current":"true","iceberg.field.id":"1","iceberg.field.optional":"false"},"Type":"bigint"},)"
      R"({"Comment":"who","Name":"name","Parameters":{"iceberg.field.current":"true","iceberg.field.id":"2","iceberg.field.optional":"true"},"Type":"string"},)"
      R"({"Name":"gone","Parameters":{"iceberg.field.current":"false","iceberg.field.id":"3","iceberg.field.optional":"true"},"Type":"string"}])");
}

TEST(IcebergMetadata, SnapshotsOfRefsAreNeeded) {
  const IcebergMetadata metadata =
      parse_iceberg_metadata(R"({"format-version":1,"location":"l","schema":{"fields":[]},
        "current-snapshot-id":3,"refs":{"audit":{"snapshot-id":2,"type":"tag"}},"snapshots":[
        {"snapshot-id":1,"manifest-list":"a"},{"snapshot-id":2,"manifests":["m1","m2"]},
        {"snapshot-id":3,"manifest-list":"c"}]})",
                             "f")
          .value();
  ASSERT_EQ(metadata.snapshots.size(), 3U);
  EXPECT_FALSE(metadata.snapshots[0].needed);
  EXPECT_TRUE(metadata.snapshots[1].needed && metadata.snapshots[2].needed);
  EXPECT_EQ(metadata.snapshots[1].manifests, (std::vector<std::string>{"m1", "m2"}));
}

TEST(IcebergMetadata, WhatIsWrongIsNamed) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"{", "f: "},
      {"[]", "f: it is no JSON object"},
      {R"({"format-version":4,"location":"l"})", "f: format version 4 is none of 1 to 3"},
      {R"({"format-version":2})", "f: it has no location"},
      {R"({"format-version":2,"location":"l"})", "f: it has no current schema"},
      {R"({"format-version":2,"location":"l","schema":{"fields":[{"name":"a","type":"x"}]}})",
       "f: field `a`: type `x` is unknown"},
      {R"({"format-version":2,"location":"l","schema":{"fields":[]},"current-snapshot-id":5})",
       "f: its current snapshot 5 is missing"},
      {R"({"format-version":2,"location":"l","schema":{"fields":[]},"snapshots":[{"snapshot-id":5}]})",
       "f: snapshot 5 names no manifests"},
  };
  for (const auto& [text, message] : rows) {
    const Result<IcebergMetadata> read = parse_iceberg_metadata(text, "f");
    ASSERT_FALSE(read) << text;
    EXPECT_TRUE(read.error().message().starts_with(message)) << read.error().message();
  }
}

TEST(IcebergMetadata, OnlyAddressesAreWrittenAnew) {
  const std::string before =
      R"({ "location" : "old", "big": 9007199254740993, "x": 1.0, "null": null, "properties":{"location":"old"},
      "snapshots": [ {"manifest-list":"l1","snapshot-id":9223372036854775807}, {"manifests":["m1","m2"]} ],
      "statistics":[{"statistics-path":"s1","snapshot-id":1}], "metadata-log":[{"metadata-file":"old/1"}]})";
  const AddressMap map = [](const std::string& address) -> std::optional<std::string> {
    return address == "m2" ? std::nullopt : std::optional("s3://\"b\"/" + address);
  };
  EXPECT_EQ(
      rewrite_iceberg_metadata(before, "new", map),
      R"({"location":"new","big":9007199254740993,"x":1.0,"null":null,)"
      R"("properties":{"gc.enabled":"false","location":"old"},)"
      R"("snapshots":[{"manifest-list":"s3://\"b\"/l1","snapshot-id":9223372036854775807},)"
      R"({"manifests":["s3://\"b\"/m1","m2"]}],)"
      R"("statistics":[{"statistics-path":"s3://\"b\"/s1","snapshot-id":1}],"metadata-log":[]})");
}

TEST(IcebergMetadata, EnginesMustNotRemoveFiles) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {R"({ "location":"a"})", R"({"properties":{"gc.enabled":"false"},"location":"b"})"},
      {R"({"properties":null,"location":"a"})",
       R"({"properties":{"gc.enabled":"false"},"location":"b"})"},
      {R"({"properties":{ },"location":"a"})",
       R"({"properties":{"gc.enabled":"false"},"location":"b"})"},
      {R"({"location":"a","properties":{"x":"y","gc.enabled":"true"}})",
       R"({"location":"b","properties":{"x":"y","gc.enabled":"false"}})"},
      {R"({"location":"a","properties":{"x":"y"}})",
       R"({"location":"b","properties":{"gc.enabled":"false","x":"y"}})"},
  };
  const AddressMap same = [](const std::string&) { return std::optional<std::string>(); };
  for (const auto& [before, after] : rows) {
    EXPECT_EQ(rewrite_iceberg_metadata(before, "b", same), after);
  }
}

TEST(IcebergLocation, TheNewestMetadataIsThatOfIcebergsCatalogs) {
  using Names = std::vector<std::string>;
  struct Row {
    Names names;
    std::optional<std::string> hint;
    std::string_view found;
  };
  const Row rows[] = {
      {{"v1.metadata.json", "v10.metadata.json", "v9.metadata.json"}, {}, "v10.metadata.json"},
      {{"00002-a.metadata.json", "00010-b.metadata.json"}, {}, "00010-b.metadata.json"},
      {{"00001-a.gz.metadata.json", "v2.metadata.json.gz"}, {}, "v2.metadata.json.gz"},
      {{"v1.metadata.json", "v2.metadata.json", "v3.metadata.json", "v5.metadata.json"},
       "2\n",
       "v3.metadata.json"},
      {{"v1.gz.metadata.json", "v2.metadata.json"}, "1", "v2.metadata.json"},
      {{"00001-a.metadata.json", "00002-b.metadata.json"}, "00001-a", "00001-a.metadata.json"},
      {{"00001-a.metadata.json", "00002-b.metadata.json"},
       "00001-a.metadata.json",
       "00001-a.metadata.json"},
      {{"x.metadata.json", "vx.metadata.json", "00001-a.metadata.json"},
       {},
       "00001-a.metadata.json"},
  };
  for (const Row& row : rows) {
    const Result<std::string> found = choose_metadata(row.names, row.hint);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(*found, row.found);
  }
  EXPECT_FALSE(choose_metadata({}, {}));
  EXPECT_FALSE(choose_metadata({"x.metadata.json"}, {}));
  EXPECT_EQ(choose_metadata({"v1.metadata.json"}, "3").error().message(),
            "version-hint.text names version 3, which is missing");
  EXPECT_EQ(choose_metadata({"v1.metadata.json"}, "x").error().message(),
            "version-hint.text names `x`, which is missing");
  EXPECT_EQ(
      choose_metadata({"00002-a.metadata.json", "00002-b.metadata.json"}, {}).error().message(),
      "`00002-a.metadata.json` and `00002-b.metadata.json` are both its newest metadata: write "
      "the name of the one that counts to `version-hint.text`");
}

TEST(IcebergAddresses, OfTheRepositoryArePaths) {
  const IcebergAddresses of("lake", "s3://lake/ns", "tables/t/", "file:///wh/t");
  const std::pair<std::string_view, std::optional<std::string>> rows[] = {
      {"s3://lake/main/tables/t/data/a.parquet", "tables/t/data/a.parquet"},
      {"s3a://lake/dev-1/x", "x"},
      {"lakefs://lake/main/x/y%20z", "x/y%20z"},
      {"s3://lake/main//double", "/double"},
      {"file:///wh/t/data/a", "tables/t/data/a"},
      {"s3://lake/ns/data/1", std::nullopt},  // the store itself
      {"s3://lake/nsx/data/1", "data/1"},     // is not below it
      {"s3://lake2/main/x", std::nullopt},
      {"s3://lake/main", std::nullopt},
      {"file:///wh/t2/a", std::nullopt},
      {"lake/main/x", std::nullopt},
      {"hdfs://lake/main/x", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& [address, path] : rows) {
    EXPECT_EQ(of.path_of(address), path) << address;
  }
}

TEST(IcebergManifests, ArePassedOnButForTheirAddresses) {
  const Bytes list = manifest_list_file({{"a", 10}, {"b", 20}});
  const Bytes list_after =
      rewrite_manifest_list(list, [](const std::string& address) -> std::optional<IcebergManifest> {
        return address == "b" ? std::optional(IcebergManifest{"longer than before", 3'000'000'000})
                              : std::nullopt;
      }).value();
  const auto manifests = read_manifest_list(list_after).value();
  ASSERT_EQ(manifests.size(), 2U);
  EXPECT_EQ(manifests[0].address + manifests[1].address, "alonger than before");
  EXPECT_EQ(manifests[0].size_bytes + manifests[1].size_bytes, 3'000'000'010);

  const Bytes manifest = manifest_file(
      {{.file_path = "d1"},
       {.file_path = "d2", .status = 2},
       {.file_path = "p", .content = 1},
       {.file_path = "e", .content = 2},
       {.file_path = "v", .content = 1, .file_format = "PUFFIN", .referenced = "d1"}});
  const auto files = read_manifest(manifest).value();
  ASSERT_EQ(files.size(), 5U);
  EXPECT_TRUE(files[1].removed && !files[0].removed);
  EXPECT_TRUE(files[2].holds_addresses);
  EXPECT_FALSE(files[3].holds_addresses || files[4].holds_addresses || files[0].holds_addresses);
  EXPECT_EQ(files[4].referenced, "d1");
  const Bytes after =
      rewrite_manifest(manifest,
                       [](const std::string& address) -> std::optional<std::string> {
                         return address == "d1" ? std::optional<std::string>("s3://b/1")
                                                : std::nullopt;
                       },
                       {})
          .value();
  EXPECT_EQ(after, rewrite_manifest(manifest_file({{.file_path = "s3://b/1"},
                                                   {.file_path = "d2", .status = 2},
                                                   {.file_path = "p", .content = 1},
                                                   {.file_path = "e", .content = 2},
                                                   {.file_path = "v",
                                                    .content = 1,
                                                    .file_format = "PUFFIN",
                                                    .referenced = "s3://b/1"}}),
                                    [](const std::string&) { return std::nullopt; }, {})
                       .value());
  EXPECT_FALSE(read_manifest(list)) << "a list is no manifest";
}

}  // namespace
}  // namespace tarn::tables
