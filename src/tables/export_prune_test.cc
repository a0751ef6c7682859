#include "tables/export_prune.h"

#include "runtime/testing/run.h"
#include "tables/export_references.h"
#include "tables/testing/glue_world.h"
#include "tables/testing/iceberg_files.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

namespace tarn::tables {
namespace {

const std::string kRoot = "s3://bucket/ns/_lakefs/exported/";

/// Keys of one bucket with the time of their last change; two keys a page.
class FakeStore final : public ManifestStore {
 public:
  Task<Result<void>> put(Context, std::string, std::string key, Bytes) override {
    keys[key] = WallTime();
    co_return Result<void>();
  }
  Task<Result<Bytes>> get(Context, std::string bucket, std::string key) override {
    static constexpr ErrorId kNoObject{ErrorKind::kNotFound, "no object"};
    if (!keys.contains(key)) {
      co_return Error(kNoObject);
    }
    const auto content = contents.find(key);
    co_return content == contents.end() ? "s3://" + bucket + "/data of " + key + "\nlast"
                                        : content->second;
  }
  Task<Result<Page>> list(Context, std::string bucket, std::string prefix,
                          std::string token) override {
    EXPECT_EQ(bucket, "bucket");
    EXPECT_TRUE(prefix.starts_with("ns/_lakefs/exported/")) << prefix;
    Page page;
    for (const auto& [key, time] : keys) {
      if (!key.starts_with(prefix) || key <= token) {
        continue;
      }
      if (page.items.size() == 2) {
        page.token = page.items.back().key;
        break;
      }
      page.items.push_back({key, time});
    }
    co_return page;
  }
  Task<Result<void>> remove(Context, std::string, std::vector<std::string> gone) override {
    EXPECT_LE(gone.size(), 1000U);
    for (const std::string& key : gone) {
      EXPECT_EQ(keys.erase(key), 1U) << key;
    }
    co_return Result<void>();
  }
  std::map<std::string, WallTime> keys;
  /// Of those that are no manifests for SymlinkTextInputFormat.
  std::map<std::string, std::string> contents;
};

class PruneTest : public testing::GlueWorld {
 protected:
  PruneTest() {
    glue.add_database("other");
    spec.base_uri = "s3://bucket/ns";
    spec.repository = "r";
    spec.base_is_own = true;
    spec.now = now();
  }

  static WallTime now() { return WallTime(std::chrono::hours(1'000'000)); }

  void add_table(GlueCatalog& to, const std::string& name, const std::string& location,
                 double created = 0, const std::string& follows = "",
                 const std::string& repository = "r") {
    Json storage = Json::object();
    storage.set("Location", location);
    Json key = Json::object();
    key.set("Name", "p").set("Type", "int");
    Json keys = Json::array();
    keys.push_back(std::move(key));
    Json table = Json::object();
    table.set("Name", name).set("StorageDescriptor", std::move(storage));
    table.set("PartitionKeys", std::move(keys));
    if (!follows.empty()) {
      Json parameters = Json::object();
      parameters.set("tarn.repository", repository)
          .set("tarn.ref", follows)
          .set("tarn.commit", "c");
      table.set("Parameters", std::move(parameters));
    }
    ASSERT_TRUE(tarn::testing::run(to.put_table({}, table)));
    glue.set_created("db", name, created);
  }
  /// A commit's table and its manifests, so many hours old.
  void add_commit(const std::string& ref, const std::string& commit, int hours_old) {
    const std::string folder = ref + "/" + commit + "/animals";
    const WallTime made = now() - std::chrono::hours(hours_old);
    const std::chrono::duration<double> seconds = made.time_since_epoch();
    add_table(*catalog, "animals_r_" + ref + "_" + commit, kRoot + folder, seconds.count());
    for (const char* partition : {"p=1", "p=2", "p=3"}) {
      store.keys["ns/_lakefs/exported/" + folder + "/" + partition + "/symlink.txt"] = made;
    }
  }
  std::vector<std::string> commits() {
    std::vector<std::string> found;
    const auto exports = tarn::testing::run(list_exports({}, *catalog, "s3://bucket/ns"));
    for (const ExportedTable& table : *exports) {
      found.push_back(table.commit);
    }
    return found;
  }
  std::size_t manifests_of(const std::string& part) const {
    return static_cast<std::size_t>(std::ranges::count_if(store.keys, [&part](const auto& each) {
      return each.first.find(part) != std::string::npos;
    }));
  }
  Result<PruneReport> prune() {
    return tarn::testing::run(prune_exports({}, *catalog, store, spec));
  }

  FakeStore store;
  PruneSpec spec;
};

TEST_F(PruneTest, ListsWhatWasExportedFromTheRepository) {
  add_commit("main", "aaaaaa", 1);
  add_table(*catalog, "tagged", kRoot + "rel/v1/bbbbbb/animals");
  add_table(*catalog, "follows", kRoot + "main/_tables/animals", 0, "main");
  add_table(*catalog, "theirs", "s3://bucket/ns/data");
  add_table(*catalog, "written", kRoot + "main/_tables/written");
  add_table(*catalog, "written_log", kRoot + "a/b/_tables/written/0123");
  add_table(*catalog, "odd", kRoot + "animals");
  ASSERT_TRUE(tarn::testing::run(catalog->update_table(
      {},
      parse_json(
          R"({"Name":"theirs","StorageDescriptor":{"Location":"s3://else/_lakefs/exported/main/cccccc/t"}})")
          .value())));
  const auto found = tarn::testing::run(list_exports({}, *catalog, "s3://bucket/ns"));
  ASSERT_TRUE(found);
  std::vector<std::string> texts;
  for (const ExportedTable& table : *found) {
    texts.push_back(
        fmt::format("{} {} {} {}", table.name, table.ref, table.commit, table.follows_ref));
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"animals_r_main_aaaaaa main aaaaaa false",
                                             "follows main c true", "tagged rel/v1 bbbbbb false",
                                             "written main  true", "written_log a/b  true"}));
}

TEST_F(PruneTest, KeepsTheNewestAndTheYoung) {
  const std::pair<const char*, int> rows[] = {{"aaaaaa", 1}, {"bbbbbb", 50}, {"cccccc", 100}};
  for (const auto& [commit, age] : rows) {
    add_commit("main", commit, age);
    add_commit("dev", commit, age + 1);
  }
  EXPECT_EQ(prune()->tables.size(), 0U) << "nothing was said about what may go";
  spec.keep_last = 2;
  spec.dry_run = true;
  const auto plan = prune();
  ASSERT_TRUE(plan) << plan.error().message();
  EXPECT_EQ(plan->tables,
            (std::vector<std::string>{"animals_r_dev_cccccc", "animals_r_main_cccccc"}));
  EXPECT_EQ(plan->manifests, 6U);
  EXPECT_EQ(store.keys.size(), 18U);
  spec.dry_run = false;
  ASSERT_TRUE(prune());
  EXPECT_EQ(commits(), (std::vector<std::string>{"aaaaaa", "bbbbbb", "aaaaaa", "bbbbbb"}));
  EXPECT_EQ(store.keys.size(), 12U);
  EXPECT_EQ(manifests_of("cccccc"), 0U);
  // Of one ref, and by age: what either says stays.
  spec.ref = "main";
  spec.keep_last = 0;
  spec.keep_for = std::chrono::hours(10);
  ASSERT_TRUE(prune());
  EXPECT_EQ(commits(), (std::vector<std::string>{"aaaaaa", "bbbbbb", "aaaaaa"}));
  EXPECT_EQ(manifests_of("/main/"), 3U);
  EXPECT_EQ(manifests_of("/dev/"), 6U);
}

TEST_F(PruneTest, WhatATablesPartitionsPointAtStays) {
  const std::string root = kRoot + "main/_tables/animals";
  add_table(*catalog, "animals", root, 0, "main");
  ASSERT_TRUE(tarn::testing::run(
      catalog->put_partitions({}, glue.table("db", "animals"),
                              {{{"1"}, root + "/c1/p=1"}, {{"2"}, root + "/c2/p=2"}}, false)));
  const WallTime old = now() - std::chrono::hours(48);
  for (const char* name : {"c1/p=1", "c1/p=2", "c2/p=2", "c2/p=3"}) {
    store.keys[fmt::format("ns/_lakefs/exported/main/_tables/animals/{}/symlink.txt", name)] = old;
  }
  const std::string young = "ns/_lakefs/exported/main/_tables/animals/c3/p=1/symlink.txt";
  store.keys[young] = now() - std::chrono::hours(1);
  store.keys["ns/_lakefs/exported/main/_tables/animals2/c1/p=1/symlink.txt"] = old;
  const auto done = prune();
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->manifests, 2U);
  EXPECT_EQ(manifests_of("c1/p=1") + manifests_of("c2/p=2"), 3U);
  EXPECT_TRUE(store.keys.contains(young)) << "an export under way lost its manifest";
  EXPECT_EQ(glue.table_count(), 1U);
}

TEST_F(PruneTest, TablesOfOtherDatabasesKeepTheirManifests) {
  add_commit("main", "aaaaaa", 100);
  GlueCatalog other(*client, clock, "other");
  add_table(other, "mine", kRoot + "main/aaaaaa/animals");
  ASSERT_TRUE(tarn::testing::run(other.put_partitions(
      {}, glue.table("other", "mine"), {{{"2"}, kRoot + "main/aaaaaa/animals/p=2"}}, false)));
  spec.keep_last = 0;
  ASSERT_TRUE(prune());
  EXPECT_EQ(commits().size(), 0U);
  EXPECT_EQ(store.keys.size(), 1U);
  EXPECT_EQ(manifests_of("p=2"), 1U);
}

TEST_F(PruneTest, WhatExportsReferenceIsListed) {
  add_commit("main", "aaaaaa", 1);
  GlueCatalog other(*client, clock, "other");
  add_table(other, "twice", kRoot + "main/aaaaaa/animals");
  const std::string folder = kRoot + "main/aaaaaa/animals/";
  for (GlueCatalog* each : {&*catalog, &other}) {
    const std::string name = each == &other ? "twice" : "animals_r_main_aaaaaa";
    ASSERT_TRUE(tarn::testing::run(each->put_partitions(
        {}, glue.table(each->database(), name),
        {{{"1"}, folder + "p=1"}, {{"2"}, folder + "p=2"}, {{"9"}, folder + "p=9"}}, false)));
  }
  std::vector<std::string> heard;
  const auto hear = [&heard](std::string_view kind) {
    return [&heard, kind](std::string_view what) {
      heard.push_back(std::string(kind).append(" ").append(what));
    };
  };
  const ReferenceSink sink{
      .on_manifest = hear("manifest"), .on_object = hear("object"), .on_missing = hear("missing")};
  const auto done =
      tarn::testing::run(list_references({}, *catalog, store, "s3://bucket/ns", sink));
  ASSERT_TRUE(done) << done.error().message();
  std::ranges::sort(heard);
  const std::string key = "ns/_lakefs/exported/main/aaaaaa/animals/";
  EXPECT_EQ(heard, (std::vector<std::string>{
                       "manifest " + folder + "p=1/symlink.txt",
                       "manifest " + folder + "p=2/symlink.txt",
                       "missing " + folder + "p=9/symlink.txt",
                       "object last",
                       "object last",
                       "object s3://bucket/data of " + key + "p=1/symlink.txt",
                       "object s3://bucket/data of " + key + "p=2/symlink.txt",
                   }));
}

TEST_F(PruneTest, ReferencesComeInPages) {
  add_commit("main", "aaaaaa", 1);
  add_table(*catalog, "theirs", kRoot + "main/bbbbbb/t", 0, "main", "another");
  const std::string folder = kRoot + "main/aaaaaa/animals/";
  ASSERT_TRUE(tarn::testing::run(catalog->put_partitions(
      {}, glue.table("db", "animals_r_main_aaaaaa"),
      {{{"1"}, folder + "p=1"}, {{"2"}, folder + "p=2"}, {{"9"}, folder + "p=9"}}, false)));
  ASSERT_TRUE(tarn::testing::run(catalog->put_partitions(
      {}, glue.table("db", "theirs"), {{{"1"}, kRoot + "main/bbbbbb/t/p=1"}}, false)));
  const std::string key = "s3://bucket/data of ns/_lakefs/exported/main/aaaaaa/animals/";
  const std::vector<std::string> expected{
      folder + "p=1/symlink.txt", key + "p=1/symlink.txt", "last",
      folder + "p=2/symlink.txt", key + "p=2/symlink.txt", "last",
      folder + "p=9/symlink.txt"};
  ReferenceQuery query;
  query.base_uri = "s3://bucket/ns";
  query.counts = [](const ExportedTable& table) { return table.name != "theirs"; };
  for (query.amount = 1; query.amount <= 8; ++query.amount) {
    std::vector<std::string> found;
    query.after.clear();
    do {
      const auto page = tarn::testing::run(page_references({}, *catalog, store, query));
      ASSERT_TRUE(page) << page.error().message();
      ASSERT_TRUE(page->references.size() == query.amount ||
                  (page->next.empty() && page->references.size() < query.amount));
      for (const Reference& each : page->references) {
        found.push_back(each.address);
        const bool is_gone = each.address.find("p=9") != std::string::npos;
        EXPECT_EQ(each.kind == Reference::Kind::kMissing, is_gone);
      }
      query.after = page->next;
    } while (!query.after.empty() && found.size() < 100);
    EXPECT_EQ(found, expected) << query.amount;
  }
  for (const char* after : {"x", "1", ":", "-1:s3://b", "99999999999999999999:s3://b"}) {
    query.after = after;
    const auto page = tarn::testing::run(page_references({}, *catalog, store, query));
    ASSERT_FALSE(page) << after;
    EXPECT_EQ(page.error().message(), std::string("after: `") + after + "` is that of no page");
  }
}

TEST_F(PruneTest, WhatAnIcebergTableNeedsStays) {
  const std::string root = kRoot + "main/_tables/trips";
  const std::string folder = "ns/_lakefs/exported/main/_tables/trips/metadata/";
  const auto put = [&](const std::string& name, const std::string& content) {
    store.keys[folder + name] = now() - std::chrono::hours(100);
    store.contents[folder + name] = content;
  };
  const auto at = [&root](const std::string& name) { return root + "/metadata/" + name; };
  put("a-m.avro", testing::manifest_file({{.file_path = "s3://bucket/ns/data/1"}}));
  put("old-m.avro", "of a commit before");
  put("a-d.avro", testing::manifest_file({{.file_path = at("a-p.parquet"), .content = 1}}));
  put("a-p.parquet", "deletes by position");
  put("old-p.parquet", "of a commit before");
  put("a-l.avro", testing::manifest_list_file({{at("a-m.avro"), 1}, {at("a-d.avro"), 1}}));
  put("old-l.avro", "of a commit before");
  put("00002-x.metadata.json", testing::metadata_json(root, {{1, at("a-l.avro")}}));
  put("00001-x.metadata.json", "of a commit before");
  Json table = parse_json(R"({"Name":"trips","Parameters":{"tarn.repository":"r","tarn.ref":"main",
      "tarn.commit":"c","table_type":"ICEBERG"}})")
                   .value();
  Json parameters = *table.find("Parameters");
  parameters.set("metadata_location", at("00002-x.metadata.json"));
  table.set("Parameters", std::move(parameters));
  table.set("StorageDescriptor", Json::object({{"Location", root}}));
  ASSERT_TRUE(tarn::testing::run(catalog->put_table({}, table)));

  const auto report = tarn::testing::run(prune_exports({}, *catalog, store, spec));
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->manifests, 4U);
  std::vector<std::string> left;
  for (const auto& [key, time] : store.keys) {
    left.push_back(key.substr(folder.size()));
  }
  EXPECT_EQ(left, (std::vector<std::string>{"00002-x.metadata.json", "a-d.avro", "a-l.avro",
                                            "a-m.avro", "a-p.parquet"}));

  spec.ref = "main";
  spec.whole_ref = true;
  ASSERT_TRUE(tarn::testing::run(prune_exports({}, *catalog, store, spec)));
  EXPECT_TRUE(store.keys.empty());
}

TEST_F(PruneTest, TablesOfOtherRepositoriesStay) {
  add_commit("main", "aaaaaa", 100);
  add_table(*catalog, "theirs", kRoot + "main/_tables/animals", 0, "main", "other");
  add_table(*catalog, "ours", kRoot + "main/_tables/plants", 0, "main");
  spec.base_is_own = false;
  spec.ref = "main";
  spec.whole_ref = true;
  const auto done = prune();
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->tables, std::vector<std::string>{"ours"})
      << "a table that does not say whose it is may be another repository's";
  EXPECT_EQ(store.keys.size(), 3U);
}

TEST_F(PruneTest, WhatIsWrittenMeanwhileStays) {
  add_commit("dev", "aaaaaa", 1);
  store.keys["ns/_lakefs/exported/dev/aaaaaa/animals/p=9/symlink.txt"] =
      now() + std::chrono::seconds(1);
  spec.whole_ref = true;
  spec.ref = "dev";
  ASSERT_TRUE(prune());
  EXPECT_EQ(store.keys.size(), 1U);
}

TEST_F(PruneTest, OfARefThatIsGoneNothingStays) {
  add_commit("main", "aaaaaa", 1);
  add_commit("dev", "bbbbbb", 1);
  add_table(*catalog, "animals", kRoot + "dev/_tables/animals", 0, "dev");
  add_table(*catalog, "plain", kRoot + "dev/_tables/plain/c2", 0, "dev");
  for (const char* name : {"animals/c1/p=1", "plain/c1", "plain/c2"}) {
    store.keys[fmt::format("ns/_lakefs/exported/dev/_tables/{}/symlink.txt", name)] =
        now() - std::chrono::seconds(1);
  }
  spec.whole_ref = true;
  EXPECT_FALSE(prune()) << "of no ref is of all";
  spec.ref = "dev";
  const auto done = prune();
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->tables.size(), 3U);
  EXPECT_EQ(commits(), std::vector<std::string>{"aaaaaa"});
  EXPECT_EQ(manifests_of("/dev/"), 0U);
  EXPECT_EQ(manifests_of("/main/"), 3U);
  EXPECT_TRUE(prune()) << "not repeatable";
}

}  // namespace
}  // namespace tarn::tables
