#pragma once

#include "runtime/testing/run.h"
#include "tables/iceberg_export.h"
#include "tables/iceberg_references.h"
#include "tables/position_deletes.h"
#include "tables/testing/fake_reader.h"
#include "tables/testing/glue_world.h"
#include "tables/testing/iceberg_files.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

// Versions in memory of an Iceberg table whose metadata names the repository are exported to an
// imposter of Glue and a bucket in memory. After each export the table is read as an engine does,
// from the metadata that Glue points at, and must name addresses of the store only.

namespace tarn::tables::testing {

class IcebergBucket final : public ManifestStore {
 public:
  Task<Result<void>> put(Context, std::string bucket, std::string key, Bytes content) override {
    const std::string uri = "s3://" + bucket + "/" + key;
    const auto found = objects.find(uri);
    EXPECT_TRUE(found == objects.end() || found->second == content) << "overwritten: " << uri;
    if (fails_on.empty() || uri.find(fails_on) == std::string::npos) {
      objects[uri] = std::move(content);
      co_return Result<void>();
    }
    co_return Error::with_message(kInternal, "AccessDenied: no");
  }
  Task<Result<Bytes>> get(Context, std::string bucket, std::string key) override {
    static constexpr ErrorId kNoObject{ErrorKind::kNotFound, "no object"};
    const auto found = objects.find("s3://" + bucket + "/" + key);
    if (found == objects.end()) {
      co_return Error(kNoObject);
    }
    co_return found->second;
  }
  Task<Result<Page>> list(Context, std::string, std::string, std::string) override {
    co_return Error(kInternal);
  }
  Task<Result<void>> remove(Context, std::string, std::vector<std::string>) override {
    co_return Error(kInternal);
  }
  std::map<std::string, std::string> objects;
  std::string fails_on;
};

/// Tells what the test says.
class IcebergChanges final : public ChangeReader {
 public:
  Task<Result<ChangePage>> changes(Context, std::string, std::string, std::string prefix,
                                   std::string, std::size_t) override {
    static constexpr ErrorId kGone{ErrorKind::kNotFound, "commit not found"};
    EXPECT_EQ(prefix, "wh/trips/");
    if (gone) {
      co_return Error(kGone);
    }
    ChangePage page;
    page.replaced = replaced;
    co_return page;
  }
  Task<Result<bool>> is_ancestor(Context, std::string older, std::string newer) override {
    co_return older < newer;
  }
  std::vector<std::string> replaced;
  bool gone = false;
};

class IcebergWorld : public GlueWorld {
 public:
  static inline const std::string kLocation = "s3://lake/main/wh/trips";
  static inline const std::string kFolder = "wh/trips/";
  static inline const std::string kRoot = "s3://bucket/ns/_lakefs/exported/main/_tables/trips";

 protected:
  static std::string at(const std::string& name) { return kLocation + "/" + name; }
  void put(const std::string& name, Bytes content) {
    reader.set_content(kFolder + name, std::move(content));
  }
  void put_data(const std::string& name) { reader.add(kFolder + "data/" + name); }
  /// A snapshot of manifests, each of files `data/<name>`; both are made.
  void put_snapshot(int id, const std::vector<std::vector<std::string>>& manifests) {
    std::vector<IcebergManifest> list;
    for (const auto& files : manifests) {
      std::vector<ManifestEntry> entries;
      std::string name = "metadata/m";
      for (const std::string& file : files) {
        entries.push_back({.file_path = at("data/" + file)});
        put_data(file);
        name += "-" + file;
      }
      const Bytes manifest = manifest_file(entries);
      put(name + ".avro", manifest);
      list.push_back({at(name + ".avro"), static_cast<std::int64_t>(manifest.size())});
    }
    put(fmt::format("metadata/snap-{}.avro", id), manifest_list_file(list));
  }
  void put_metadata(const std::string& name, const std::vector<int>& snapshots) {
    std::vector<MetadataSnapshot> listed;
    for (const int id : snapshots) {
      listed.push_back({id, at(fmt::format("metadata/snap-{}.avro", id))});
    }
    put("metadata/" + name, metadata_json(kLocation, listed));
  }
  /// A snapshot of the data files and one file of deletes `deletes/d`, which is made from
  /// `deletes`.
  void put_deletes(const std::vector<std::string>& files, PositionDeletes deletes,
                   ManifestEntry entry = {}) {
    put_snapshot(1, {files});
    put("deletes/d", write_position_deletes(std::move(deletes)).content);
    entry.file_path = at("deletes/d");
    entry.content = 1;
    put("metadata/deletes.avro", manifest_file({entry}));
    std::string data = "metadata/m";
    for (const std::string& file : files) {
      data += "-" + file;
    }
    put("metadata/snap-1.avro",
        manifest_list_file({{at(data + ".avro"), 5}, {at("metadata/deletes.avro"), 6}}));
    put_metadata("v1.metadata.json", {1});
  }
  /// The objects in the bucket that end so.
  std::vector<std::string> written(std::string_view ending) {
    std::vector<std::string> found;
    for (const auto& [uri, content] : bucket.objects) {
      if (uri.ends_with(ending)) {
        found.push_back(uri);
      }
    }
    return found;
  }
  static std::string in_store(const std::string& name) { return "s3://bucket/ns/data/" + name; }

  IcebergExport spec(int commit) {
    IcebergExport made;
    made.descriptor =
        parse_descriptor("{name: trips, type: iceberg, path: /wh/trips}", "trips.yaml").value();
    made.file = "trips.yaml";
    made.source = {.repository_id = "lake",
                   .ref = "main",
                   .commit_id = fmt::format("{:02}{}", commit, std::string(62, 'c')),
                   .base_uri = "s3://bucket/ns"};
    made.storage_namespace = "s3://bucket/ns";
    made.table = "trips";
    made.table_input = parse_json(R"({"Description":"mine","Parameters":{"a":"b"}})").value();
    return made;
  }
  Result<IcebergExportReport> run(IcebergExport made) {
    return tarn::testing::run(
        export_iceberg({}, reader, changes, bucket, *catalog, std::move(made)));
  }
  Result<IcebergExportReport> run(int commit) { return run(spec(commit)); }

  /// Addresses of the files of the table's snapshot, as an engine finds them.
  std::set<std::string> read(std::size_t snapshot) {
    std::set<std::string> files;
    const Bytes& json = bucket.objects.at(parameter("metadata_location"));
    const IcebergMetadata metadata = parse_iceberg_metadata(json, "exported").value();
    EXPECT_EQ(metadata.location, kRoot);
    const std::string& list = bucket.objects.at(metadata.snapshots.at(snapshot).manifest_list);
    const std::vector<IcebergManifest> manifests = read_manifest_list(list).value();
    for (const IcebergManifest& each : manifests) {
      const std::string& manifest = bucket.objects.at(each.address);
      EXPECT_EQ(each.size_bytes, static_cast<std::int64_t>(manifest.size()));
      const std::vector<IcebergFile> named = read_manifest(manifest).value();
      for (const IcebergFile& file : named) {
        files.insert(file.address);
      }
    }
    return files;
  }
  static std::set<std::string> store(const std::set<std::string>& names) {
    std::set<std::string> addresses;
    for (const std::string& name : names) {
      addresses.insert("s3://bucket/ns/data/" + name);
    }
    return addresses;
  }

  FakeReader reader;
  IcebergChanges changes;
  IcebergBucket bucket;
};

}  // namespace tarn::tables::testing
