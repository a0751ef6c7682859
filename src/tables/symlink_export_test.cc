#include "tables/symlink_export.h"

#include "base/rng.h"
#include "runtime/loops.h"
#include "runtime/testing/run.h"
#include "tables/testing/fake_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

namespace tarn::tables {
namespace {

using Objects = std::vector<TableObject>;
using testing::FakeReader;

class FakeWriter final : public ManifestWriter {
 public:
  Task<Result<void>> put(Context, std::string bucket, std::string key, Bytes content) override {
    running += 1;
    running_max = std::max(running_max, running);
    co_await yield_loop();
    running -= 1;
    puts.push_back(key);
    written[bucket + "/" + key] = std::move(content);
    if (fail_at == puts.size()) {
      co_return Error::with_message(kInternal, "AccessDenied: no");
    }
    co_return Result<void>();
  }

  std::map<std::string, std::string> written;
  std::vector<std::string> puts;
  std::size_t fail_at = 0;
  std::size_t running = 0;
  std::size_t running_max = 0;
};

SymlinkExport animals(std::string_view path, std::vector<std::string> columns) {
  return {
      .layout = PartitionLayout(path, std::move(columns)),
      .table_name = "animals",
      .location = {.protocol = "s3", .bucket = "bucket", .key = "ns/_lakefs/exported/main/9255e5/"},
      .on_manifest = {}};
}

Result<ExportCounts> run_export(ObjectReader& reader, ManifestWriter& writer, SymlinkExport spec) {
  return tarn::testing::run(export_symlinks({}, reader, writer, std::move(spec)));
}

TableObject object(std::string path, std::uint64_t size_bytes = 10) {
  std::string address = "s3://bucket/ns/data/" + path.substr(path.rfind('/') + 1);
  return {
      .path = std::move(path), .physical_address = std::move(address), .size_bytes = size_bytes};
}

const std::string kBase = "bucket/ns/_lakefs/exported/main/9255e5/animals/";

TEST(SymlinkExport, WritesAManifestPerPartition) {
  FakeReader reader({object("tables/animals/type=cat/weight=5/b.csv"),
                     object("tables/animals/type=cat/weight=5/a.csv"),
                     object("tables/animals/type=cat/weight=5/_hidden"),
                     object("tables/animals/type=cat/weight=5/", 0),
                     object("tables/animals/type=cat/weight=5", 0),
                     object("tables/animals/type=cat/weight=50/x.csv"),
                     object("tables/animals/type=dog/", 0), object("tables/animals/stray.csv"),
                     object("tables/animals2/type=cat/weight=5/z.csv")});
  FakeWriter writer;
  const Result<ExportCounts> counts =
      run_export(reader, writer, animals("tables/animals", {"type", "weight"}));
  ASSERT_TRUE(counts) << counts.error().message();
  EXPECT_EQ(writer.written,
            (std::map<std::string, std::string>{
                {kBase + "type=cat/weight=5/symlink.txt",
                 "s3://bucket/ns/data/a.csv\ns3://bucket/ns/data/b.csv\n"},
                {kBase + "type=cat/weight=50/symlink.txt", "s3://bucket/ns/data/x.csv\n"}}));
  EXPECT_EQ(counts->manifests, 2U);
  EXPECT_EQ(counts->objects, 3U);
  EXPECT_EQ(counts->hidden, 1U);
  EXPECT_EQ(counts->markers, 3U);
  EXPECT_EQ(counts->stray, 1U);
}

TEST(SymlinkExport, KeysTakeEverythingAsItIs) {
  struct Row {
    std::string_view table;
    std::vector<std::string> columns;
    bool keep;
    std::string path;
    std::string key;
  };
  const Row rows[] = {
      {"tables/animals", {}, false, "tables/animals/x", "symlink.txt"},
      {"tables/animals", {}, true, "tables/animals/x", "symlink.txt"},
      {"tables/animals/", {"a"}, false, "tables/animals/a=1/x", "a=1/symlink.txt"},
      {"/tables/animals", {"a"}, true, "tables/animals/a=1/x", "tables/animals/a=1/symlink.txt"},
      {"", {"a"}, false, "a=1/x", "a=1/symlink.txt"},
      {"", {"a"}, true, "a=1/x", "a=1/symlink.txt"},
      {"", {}, false, "x", "symlink.txt"},
      {"t/t", {"a"}, false, "t/t/a=t/t/x", "a=t/symlink.txt"},
      {"t", {"a"}, false, "t/a=1%2F:=\"' ü/x", "a=1%2F:=\"' ü/symlink.txt"},
  };
  for (const Row& row : rows) {
    FakeReader reader({object(row.path)});
    FakeWriter writer;
    SymlinkExport spec = animals(row.table, row.columns);
    spec.keep_table_path = row.keep;
    ASSERT_TRUE(run_export(reader, writer, std::move(spec)));
    ASSERT_EQ(writer.written.size(), 1U) << row.path;
    EXPECT_EQ(writer.written.begin()->first, kBase + row.key);
  }
  SymlinkExport spec = animals("t", {});
  spec.location.key = "";
  EXPECT_EQ(manifest_key(spec, ""), "animals/symlink.txt");
}

TEST(SymlinkExport, ATableWithoutDataWritesNothing) {
  for (const std::vector<std::string>& columns : {std::vector<std::string>{}, {"a"}}) {
    FakeReader reader({object("t/", 0), object("t/_SUCCESS"), object("t2/a=1/x")});
    FakeWriter writer;
    const Result<ExportCounts> counts = run_export(reader, writer, animals("t", columns));
    ASSERT_TRUE(counts);
    EXPECT_EQ(counts->manifests, 0U);
    EXPECT_TRUE(writer.written.empty());
  }
}

TEST(SymlinkExport, RefusesAddressesThatWouldBreakAManifest) {
  for (const std::string_view address : {"s3://b/x\ns3://secret/y", "s3://b/x\r", ""}) {
    FakeReader reader({{.path = "t/x", .physical_address = std::string(address), .size_bytes = 1}});
    FakeWriter writer;
    const Result<ExportCounts> counts = run_export(reader, writer, animals("t", {}));
    ASSERT_FALSE(counts);
    EXPECT_TRUE(counts.error().is(kBadManifest));
    EXPECT_EQ(counts.error().message(), "t/x: its address cannot be listed in a manifest");
    EXPECT_TRUE(writer.written.empty());
  }
}

TEST(SymlinkExport, NothingIsWrittenWhenTheUserMayNotList) {
  FakeReader reader({object("t/a=1/x")});
  reader.fail_at_list = 1;
  FakeWriter writer;
  const Result<ExportCounts> counts = run_export(reader, writer, animals("t", {"a"}));
  ASSERT_FALSE(counts);
  EXPECT_EQ(counts.error().kind(), ErrorKind::kForbidden);
  EXPECT_TRUE(writer.written.empty());
}

TEST(SymlinkExport, TheFirstErrorEndsIt) {
  Objects objects;
  for (int i = 0; i < 500; ++i) {
    objects.push_back(object(fmt::format("t/a={:03}/x", i)));
  }
  {
    FakeReader reader(objects);
    FakeWriter writer;
    writer.fail_at = 3;
    SymlinkExport spec = animals("t", {"a"});
    spec.page_objects = 100;
    const Result<ExportCounts> counts = run_export(reader, writer, std::move(spec));
    ASSERT_FALSE(counts);
    EXPECT_EQ(counts.error().message(), "AccessDenied: no");
    EXPECT_LE(writer.puts.size(), 3U + 16U);
    EXPECT_LE(reader.lists, 2U);
  }
  {
    FakeReader reader(objects);
    reader.fail_at_list = 3;
    FakeWriter writer;
    SymlinkExport spec = animals("t", {"a"});
    spec.page_objects = 100;
    EXPECT_FALSE(run_export(reader, writer, std::move(spec)));
    EXPECT_LT(writer.puts.size(), 500U);
  }
}

TEST(SymlinkExport, BoundsAManifest) {
  FakeReader reader({object("t/a"), object("t/b"), object("t/c")});
  FakeWriter writer;
  SymlinkExport spec = animals("t", {});
  spec.manifest_bytes_max = 50;
  const Result<ExportCounts> counts = run_export(reader, writer, std::move(spec));
  ASSERT_FALSE(counts);
  EXPECT_EQ(counts.error().message(),
            "t/c: the manifest of partition `` would have more than 50 bytes");
}

/// Whatever the page size, the manifests are those that a plain grouping of all paths gives.
TEST(SymlinkExport, PageSizesDoNotMatter) {
  const std::uint64_t seed = 20231029;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  SeededRng rng(seed);
  const std::string_view names[] = {"a=1",  "a=1-", "a=1 ",    "a=10",     "b=x", "b=x/",
                                    "_tmp", ".x",   "f.csv",   "sub",      "a=",  "a=2_$folder$",
                                    "z",    "é",    "a=1/b=x", "a=2/b=y/c"};
  for (int round = 0; round < 60; ++round) {
    std::map<std::string, TableObject> objects;
    const std::size_t count = rng.below(40);
    for (std::size_t i = 0; i < count; ++i) {
      std::string path = rng.below(8) == 0 ? "t2/" : "t/";
      for (std::size_t part = rng.below(3) + 1; part > 0; --part) {
        path.append(names[rng.below(std::size(names))]).append(part > 1 ? "/" : "");
      }
      objects[path] = {.path = path,
                       .physical_address = "s3://b/" + std::to_string(i),
                       .size_bytes = rng.below(2)};
    }
    const std::vector<std::string> columns = round % 3 == 0   ? std::vector<std::string>{}
                                             : round % 3 == 1 ? std::vector<std::string>{"a"}
                                                              : std::vector<std::string>{"a", "b"};
    const PartitionLayout layout("t", columns);
    std::map<std::string, std::string> expected;
    Objects listed;
    for (const auto& [path, each] : objects) {
      listed.push_back(each);
      const PartitionLayout::Place place = layout.place(path, each.size_bytes);
      if (place.kind == PartitionLayout::Kind::kData) {
        expected[kBase + std::string(place.partition) + "symlink.txt"] +=
            each.physical_address + "\n";
      }
    }
    for (const std::size_t page : {1, 2, 3, 7, 1000}) {
      FakeReader reader(listed);
      FakeWriter writer;
      SymlinkExport spec = animals("t", columns);
      spec.page_objects = page;
      const Result<ExportCounts> counts = run_export(reader, writer, std::move(spec));
      ASSERT_TRUE(counts) << counts.error().message();
      EXPECT_EQ(writer.written, expected) << "round " << round << ", page of " << page;
      EXPECT_EQ(writer.puts.size(), expected.size()) << "a manifest was written twice";
    }
  }
}

class CountingWriter final : public ManifestWriter {
 public:
  Task<Result<void>> put(Context, std::string, std::string, Bytes content) override {
    ++puts;
    bytes += content.size();
    running_max = std::max(running_max, ++running);
    co_await yield_loop();
    --running;
    co_return Result<void>();
  }
  std::size_t puts = 0;
  std::size_t bytes = 0;
  std::size_t running = 0;
  std::size_t running_max = 0;
};

/// A table that is larger than what may be held: made while it is listed, ten objects a partition.
/// Notes how far the listing runs ahead of the writer.
class EndlessReader final : public ObjectReader {
 public:
  Task<Result<std::optional<TableObject>>> find(Context, std::string) override {
    co_return Error(kInternal);
  }
  EndlessReader(std::size_t objects, const CountingWriter& writer)
      : objects_(objects), writer_(writer) {}
  Task<Result<ObjectPage>> list(Context, std::string prefix, std::string after,
                                std::size_t amount) override {
    ObjectPage page;
    std::size_t next = after.empty() ? 0 : std::stoul(after.substr(after.rfind('/') + 1)) + 1;
    ahead_max = std::max(ahead_max, next / 10 - writer_.puts);
    for (; page.objects.size() < amount && next < objects_; ++next) {
      page.objects.push_back({.path = fmt::format("{}p={:06}/{:09}", prefix, next / 10, next),
                              .physical_address = std::string(100, 'x'),
                              .size_bytes = 1});
    }
    page.has_more = next < objects_;
    page.next_after = page.objects.back().path;
    co_return page;
  }
  Task<Result<Bytes>> get(Context, std::string) override { co_return Error(kInternal); }
  Task<Result<Bytes>> get_range(Context, std::string, std::uint64_t, std::size_t) override {
    co_return Error(kInternal);
  }

  std::size_t ahead_max = 0;

 private:
  std::size_t objects_;
  const CountingWriter& writer_;
};

TEST(SymlinkExport, LargeTablesAreStreamed) {
  CountingWriter writer;
  EndlessReader reader(50'000, writer);
  const Result<ExportCounts> counts = run_export(reader, writer, animals("t", {"p"}));
  ASSERT_TRUE(counts) << counts.error().message();
  EXPECT_EQ(counts->objects, 50'000U);
  EXPECT_EQ(writer.puts, 5'000U);
  EXPECT_EQ(writer.bytes, 50'000U * 101);
  EXPECT_GT(writer.running_max, 4U) << "manifests are not written side by side";
  EXPECT_LE(writer.running_max, 16U);
  EXPECT_LE(reader.ahead_max, 101U) << "more than a page of 1000 objects is held";
}

TEST(SymlinkExport, ReportsKeys) {
  FakeReader reader({object("t/a=1/x"), object("t/a=2/x")});
  FakeWriter writer;
  std::vector<std::string> keys;
  SymlinkExport spec = animals("t", {"a"});
  spec.on_manifest = [&keys](std::string_view key) { keys.emplace_back(key); };
  ASSERT_TRUE(run_export(reader, writer, std::move(spec)));
  EXPECT_EQ(keys,
            (std::vector<std::string>{"ns/_lakefs/exported/main/9255e5/animals/a=1/symlink.txt",
                                      "ns/_lakefs/exported/main/9255e5/animals/a=2/symlink.txt"}));
}

}  // namespace
}  // namespace tarn::tables
