// Goal: what a real lakeFS wrote is read as it meant it. Method: its rows and files
// (tests/data/lakefs-1.84) in memory drivers, opened as they are; every listing, log and difference
// must be what that server answered, and a check of everything stored must find nothing.
#include "base/encoding.h"
#include "base/hash.h"
#include "base/json.h"
#include "block/open.h"
#include "graveler/fsck.h"
#include "graveler/store.h"
#include "graveler/testing/fsck_world.h"
#include "kv/open.h"
#include "runtime/testing/run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

namespace tarn::graveler {
namespace {

using tarn::testing::run;

std::string unhex(const std::string& word) { return word == "-" ? "" : hex_decode(word).value(); }

/// The fixture in memory drivers, and a store over them.
class Fixture {
 public:
  Fixture() : kv(kv::open_mem()), blocks(block::open_mem(clock, rng)) {
    std::ifstream in(TARN_LAKEFS_PACK);
    EXPECT_TRUE(in) << TARN_LAKEFS_PACK;
    std::map<std::string, std::vector<kv::Entry>> rows;
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      std::string kind;
      std::string first;
      std::string second;
      std::string third;
      words >> kind >> first >> second >> third;
      if (kind == "row") {
        rows[unhex(first)].push_back({unhex(second), unhex(third)});
      } else {
        put_file(unhex(first), unhex(second));
      }
    }
    for (auto& [partition, entries] : rows) {
      EXPECT_TRUE(run(kv->set_many(Context(), partition, std::move(entries))));
    }
    VersionStore::Services services{*kv, *blocks, clock, rng, xids, loops};
    store.emplace(services, StoreConfig());
    auto found = run(store->repository(Context(), RepositoryId::trusted("fixture")));
    EXPECT_TRUE(found) << found.error().message();
    repository = *found;
    std::ifstream json(TARN_LAKEFS_EXPECTED);
    std::ostringstream text;
    text << json.rdbuf();
    expected = parse_json(text.str()).value();
  }

  const Json& at(std::initializer_list<std::string_view> keys) const {
    const Json* found = &expected;
    for (const std::string_view key : keys) {
      found = found->find(key);
      EXPECT_NE(found, nullptr) << key;
    }
    return *found;
  }

  SystemClock clock;
  SeededRng rng{5};
  XidGenerator xids{clock, rng};
  Loops loops{1};
  std::unique_ptr<kv::Store> kv;
  std::unique_ptr<block::Adapter> blocks;
  std::optional<VersionStore> store;
  RepositoryPtr repository;
  Json expected;

 private:
  void put_file(const std::string& path, Bytes bytes) {
    const std::size_t slash = path.find('/');
    block::Location where{path.substr(0, slash), path.substr(slash + 1)};
    const std::optional<std::uint64_t> size = bytes.size();
    EXPECT_TRUE(run(blocks->put(Context(), std::move(where), memory_source(std::move(bytes)), size,
                                block::PutOptions())));
  }
};

Fixture& fixture() {
  static Fixture the;
  return the;
}

/// As that server showed addresses: everything below the folder of its block store. Its root,
/// /srv/lake, is written ${ROOT} in the lines.
std::string address_there(const Entry& entry) {
  const std::string full = block::physical_address(fixture().repository->storage_namespace,
                                                   entry.address, entry.address_type);
  std::string_view rest = std::string_view(full).substr(std::string_view("local://").size());
  while (rest.starts_with('/')) {
    rest.remove_prefix(1);
  }
  std::string out = "local://${ROOT}/data/";
  out.append(rest);
  constexpr std::string_view kRoot = "/srv/lake";
  for (std::size_t at = 0; (at = out.find(kRoot, at)) != std::string::npos;) {
    out.replace(at, kRoot.size(), "${ROOT}");
  }
  return out;
}

void add_quoted(std::string& out, std::string_view text) { append_json_string(out, text); }

/// One line of what `sha256_of_lines` is over.
std::string line_of(const std::string& path, const Entry& entry) {
  std::string out = "[";
  add_quoted(out, path);
  out += fmt::format(", {}, ", entry.size_bytes);
  add_quoted(out, entry.etag);
  out += fmt::format(", {}, ", unix_seconds(entry.last_modified));
  add_quoted(out, address_there(entry));
  out += ", ";
  add_quoted(out, entry.content_type);
  out += ", {";
  for (const auto& [key, value] : entry.metadata) {
    out += out.ends_with('{') ? "" : ", ";
    add_quoted(out, key);
    out += ": ";
    add_quoted(out, value);
  }
  return out + "}]\n";
}

TEST(LakefsFixture, HoldsTogether) {
  Fixture& at = fixture();
  BlockingPool pool("fsck", 2, 1000);
  fsck::Services services{*at.blocks, pool, {}, {}};
  services.view = [&]() -> Result<std::shared_ptr<kv::Store>> {
    return std::shared_ptr<kv::Store>(std::shared_ptr<void>(), at.kv.get());
  };
  const fsck::Options options = testing::with_objects();
  testing::Findings found;
  const Result<void> done = run(fsck::check(Context(), std::move(services), options, found));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(found.text(), "");
  const fsck::Summary& summary = found.repository();
  EXPECT_EQ(summary.repository, "fixture");
  EXPECT_EQ(summary.branches, 5U);
  EXPECT_EQ(summary.tags, 1U);
  EXPECT_EQ(summary.commits, 8U);
  EXPECT_EQ(summary.unreachable_commits, 0U);
  EXPECT_EQ(summary.staged, 251U);
  EXPECT_EQ(summary.other_rows, 4U)
      << "pull request, metadata, protected branches, task of the dump";
  EXPECT_EQ(summary.unreferenced_tables, 6U) << "the dump of its refs";
  EXPECT_GT(summary.objects, 150U);
  EXPECT_GE(summary.objects_elsewhere, 20'000U) << "linked ones";
}

TEST(LakefsFixture, HasItsRefs) {
  Fixture& at = fixture();
  PageRequest page;
  const auto branches = run(at.store->list_branches(Context(), at.repository, page, true)).value();
  ASSERT_EQ(branches.items.size(), at.at({"branches"}).as_object()->size());
  for (const Branch& branch : branches.items) {
    EXPECT_EQ(branch.commit_id.str(), *at.at({"branches", branch.id.str()}).as_string())
        << branch.id.str();
  }
  const auto tags = run(at.store->list_tags(Context(), at.repository, page)).value();
  ASSERT_EQ(tags.items.size(), 1U);
  EXPECT_EQ(tags.items[0].commit_id.str(), *at.at({"tags", "v1"}).as_string());
  EXPECT_EQ(at.repository->default_branch.str(),
            *at.at({"repository", "default_branch"}).as_string());
  EXPECT_EQ(run(at.store->repository_metadata(Context(), at.repository)).value(),
            (Metadata{{"team", "lake"}}));
}

TEST(LakefsFixture, ListsWhatItListed) {
  Fixture& at = fixture();
  for (const auto& [ref, expected] : *at.at({"listings"}).as_object()) {
    ListRequest request;
    request.amount = 1000;
    std::int64_t count = 0;
    std::int64_t bytes = 0;
    Hasher lines(Hasher::Algorithm::kSha256);
    for (bool more = true; more;) {
      const auto page = run(at.store->list(Context(), at.repository, ref, request));
      ASSERT_TRUE(page) << ref << ": " << page.error().message();
      for (const ListedPath& item : page->items) {
        ++count;
        bytes += item.entry->size_bytes;
        lines.update(line_of(item.path, *item.entry));
        request.after = item.path;
      }
      more = page->more;
    }
    EXPECT_EQ(count, expected.find("count")->as_int()) << ref;
    EXPECT_EQ(bytes, expected.find("bytes")->as_int()) << ref;
    EXPECT_EQ(hex_encode(lines.finish()), *expected.find("sha256_of_lines")->as_string()) << ref;
  }
}

TEST(LakefsFixture, LogsWhatItLogged) {
  Fixture& at = fixture();
  for (const auto& [ref, expected] : *at.at({"logs"}).as_object()) {
    const auto head = run(at.store->resolve_commit(Context(), at.repository, ref));
    ASSERT_TRUE(head) << ref << ": " << head.error().message();
    const auto log =
        run(at.store->log(Context(), at.repository, (*head)->id, LogRequest())).value();
    ASSERT_EQ(log.items.size(), expected.as_array()->size()) << ref;
    for (std::size_t i = 0; i < log.items.size(); ++i) {
      const Json& there = expected.as_array()->at(i);
      const Commit& here = log.items[i]->commit;
      EXPECT_EQ(log.items[i]->id.str(), *there.find("id")->as_string());
      EXPECT_EQ(here.committer, *there.find("committer")->as_string());
      EXPECT_EQ(here.message, *there.find("message")->as_string());
      EXPECT_EQ(here.meta_range_id.str(), *there.find("meta_range_id")->as_string());
      EXPECT_EQ(unix_seconds(here.creation_date), there.find("creation_date")->as_int());
      EXPECT_EQ(here.generation, there.find("generation")->as_int());
      EXPECT_EQ(here.version, there.find("version")->as_int());
      const Json::Array& parents = *there.find("parents")->as_array();
      ASSERT_EQ(here.parents.size(), parents.size());
      for (std::size_t p = 0; p < parents.size(); ++p) {
        EXPECT_EQ(here.parents[p].str(), *parents[p].as_string());
      }
      Metadata metadata;
      for (const auto& [key, value] : *there.find("metadata")->as_object()) {
        metadata[key] = *value.as_string();
      }
      EXPECT_EQ(here.metadata, metadata);
    }
  }
}

TEST(LakefsFixture, DiffersAsItDiffered) {
  Fixture& at = fixture();
  const auto differences = [&](const std::string& left, const std::string& right) {
    ListRequest request;
    request.amount = 10'000;
    const auto page =
        run(at.store->diff_refs(Context(), at.repository, left, right, false, request));
    EXPECT_TRUE(page) << page.error().message();
    return static_cast<std::int64_t>(page->items.size());
  };
  EXPECT_EQ(differences("main", "dev"), at.at({"diffs", "main..dev"}).as_int());
  EXPECT_EQ(differences("main", "fix"), at.at({"diffs", "main..fix"}).as_int());
  EXPECT_EQ(differences("v1", "main"), at.at({"diffs", "v1..main"}).as_int());
  ListRequest request;
  request.amount = 10'000;
  const auto staged =
      run(at.store->diff_uncommitted(Context(), at.repository, BranchId::trusted("wip"), request))
          .value();
  EXPECT_EQ(static_cast<std::int64_t>(staged.items.size()),
            at.at({"diffs", "wip uncommitted count"}).as_int());
  const Json::Array& first = *at.at({"diffs", "wip uncommitted"}).as_array();
  for (std::size_t i = 0; i < first.size(); ++i) {
    const std::string& type = *first[i].as_array()->at(0).as_string();
    EXPECT_EQ(staged.items[i].path, *first[i].as_array()->at(1).as_string());
    EXPECT_EQ(staged.items[i].type, type == "added"     ? DiffType::kAdded
                                    : type == "removed" ? DiffType::kRemoved
                                                        : DiffType::kChanged);
  }
}

}  // namespace
}  // namespace tarn::graveler
