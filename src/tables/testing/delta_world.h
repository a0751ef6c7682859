#pragma once

#include "runtime/testing/run.h"
#include "tables/delta_action.h"
#include "tables/delta_checkpoint.h"
#include "tables/delta_export.h"
#include "tables/delta_log.h"
#include "tables/exported_delta_log.h"
#include "tables/testing/fake_reader.h"
#include "tables/testing/glue_world.h"
#include "tables/testing/memory_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tarn::tables::testing {

inline const std::string kDeltaRoot = "s3://bucket/ns/_lakefs/exported/main/_tables/trips";

/// Tells what the test says.
class DeltaChanges final : public ChangeReader {
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

inline std::string delta_metadata(const std::string& more_fields = "") {
  std::string text;
  append_json_string(text,
                     R"({"type":"struct","fields":[)"
                     R"({"name":"id","type":"long","nullable":false,"metadata":{"comment":"key"}},)"
                     R"({"name":"day","type":"date","nullable":true,"metadata":{}},)"
                     R"({"name":"tags","type":{"type":"map","keyType":"string","valueType":)"
                     R"({"type":"array","elementType":"integer"}},"nullable":true,"metadata":{}})" +
                         more_fields + "]}");
  return R"({"metaData":{"id":"x","partitionColumns":["day"],"schemaString":)" + text + "}}";
}

inline std::string delta_protocol() {
  return "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":2}}\n";
}

/// A Delta table at `wh/trips` of a repository in memory that is exported to an imposter of Glue
/// and a bucket in memory. After each export the table is read as an engine does, from the log that
/// Glue points at.
class DeltaWorld : public GlueWorld {
 protected:
  /// Puts a version into the log: lines as they are.
  void put(std::uint64_t version, const std::string& lines) {
    reader.set_content("wh/trips/_delta_log/" + delta_file_name(version), lines);
  }
  void put_data(const std::string& name) { reader.add("wh/trips/" + name); }
  /// Version 0 with a schema and a file, and those up to `last` with a file each.
  void put_versions(std::uint64_t last) {
    put_data("0.parquet");
    put(0, delta_protocol() + delta_metadata() +
               "\n"
               R"({"add":{"path":"0.parquet","size":1}})"
               "\n");
    for (std::uint64_t version = 1; version <= last; ++version) {
      put_data(fmt::format("{}.parquet", version));
      put(version, fmt::format(R"({{"add":{{"path":"{}.parquet","size":1}}}})", version));
    }
  }

  DeltaExport spec(int commit) {
    DeltaExport made;
    made.descriptor =
        parse_descriptor("{name: trips, type: delta, path: /wh/trips}", "trips.yaml").value();
    made.file = "trips.yaml";
    made.source = {.repository_id = "lake",
                   .ref = "main",
                   .commit_id = fmt::format("{:02}{}", commit, std::string(62, 'c')),
                   .base_uri = "s3://bucket/ns"};
    made.table = "trips";
    made.table_input = parse_json(R"({"Description":"mine","Parameters":{"a":"b"}})").value();
    return made;
  }
  Result<DeltaExportReport> run(DeltaExport made) {
    store.written.clear();
    return tarn::testing::run(export_delta({}, reader, changes, store, *catalog, std::move(made)));
  }
  Result<DeltaExportReport> run(int commit) { return run(spec(commit)); }

  std::string location() {
    return glue.table("db", "trips").find("StorageDescriptor")->string_or("Location", "absent");
  }
  const std::string& exported(std::uint64_t version) {
    return store.objects.at(location() + "/_delta_log/" + delta_file_name(version));
  }
  /// A checkpoint as the repository has it: a schema, and files that are named.
  static Bytes checkpoint(std::uint64_t version, const std::vector<std::string>& names) {
    std::string lines = delta_protocol() + delta_metadata() + "\n";
    for (const std::string& name : names) {
      lines += fmt::format(R"({{"add":{{"path":"{}","size":1}}}})"
                           "\n",
                           name);
    }
    return checkpoint_of(version, lines);
  }
  static Bytes checkpoint_of(std::uint64_t version, std::string_view lines) {
    DeltaCheckpointWriter writer;
    EXPECT_TRUE(writer.add(lines));
    return writer.finish(version).parquet;
  }
  void put_checkpoint(std::uint64_t version, Bytes content) {
    reader.set_content(log_file(delta_checkpoint_name(version)), std::move(content));
  }
  static std::string log_file(const std::string& name) { return "wh/trips/_delta_log/" + name; }
  void remove_versions(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t version = first; version <= last; ++version) {
      reader.remove(log_file(delta_file_name(version)));
      changes.replaced.push_back(log_file(delta_file_name(version)));
    }
  }
  static std::string lines_of(Bytes parquet) {
    DeltaCheckpointReader lines = DeltaCheckpointReader::open(std::move(parquet)).value();
    std::string text;
    while (lines.next(text, text.size() + 1).value()) {
    }
    return text;
  }

  /// Files of the table at its last version, as an engine finds them.
  std::set<std::string> read() {
    const ExportedDeltaLog log =
        tarn::testing::run(exported_delta_log({}, store, location())).value();
    std::set<std::string> files;
    std::uint64_t next = 0;
    if (!log.checkpoints.empty()) {
      const std::uint64_t begin = *log.checkpoints.rbegin();
      apply(lines_of(store.objects.at(log.folder + delta_checkpoint_name(begin))), files);
      next = begin + 1;
    }
    EXPECT_TRUE(log.reaches(log.end() - 1));
    for (; next < log.end(); ++next) {
      apply(store.objects.at(log.folder + delta_file_name(next)), files);
    }
    return files;
  }
  static void apply(std::string_view text, std::set<std::string>& files) {
    EXPECT_TRUE(each_delta_line(text, [&files](std::string_view line) -> Result<void> {
      TARN_TRY(const std::vector<DeltaFile> named, find_delta_files(line));
      for (const DeltaFile& file : named) {
        if (file.kind == "add") {
          files.insert(file.path);
        } else {
          files.erase(file.path);
        }
      }
      return {};
    }));
  }
  static std::set<std::string> addresses(const std::set<std::string>& names) {
    std::set<std::string> found;
    for (const std::string& name : names) {
      found.insert("s3://bucket/ns/data/" + name);
    }
    return found;
  }

  FakeReader reader;
  DeltaChanges changes;
  MemoryStore store;
};

}  // namespace tarn::tables::testing
