// Tables and objects: each case damages one thing in a clean store; the check must find it, name
// it, and find nothing else.
#include "graveler/testing/fsck_world.h"
#include "runtime/testing/run.h"
#include "sstable/table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace tarn::graveler {
namespace {

using tarn::testing::run;
using testing::Findings;
using testing::FsckWorld;
using testing::with_objects;

/// Damages the store and says which finding is due: `kind: subject: message`, whose end may be left
/// out.
struct Case {
  std::string name;
  std::function<std::string(FsckWorld&)> damage;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

void change_table(FsckWorld& world, const std::string& id,
                  const std::function<void(Bytes&)>& change) {
  Bytes bytes = world.object(world.table(id));
  change(bytes);
  world.put_object(world.table(id), std::move(bytes));
}

/// A tree like that of `second` with one claim about its second range changed.
std::string claim(FsckWorld& world, const std::function<void(RangeInfo&)>& change) {
  std::vector<RangeInfo> ranges = world.ranges();
  change(ranges[1]);
  world.commit_tree(ranges);
  return "bad_table: range " + ranges[1].id.str() + ": ";
}

/// A tree of one range with one record.
std::string record(FsckWorld& world, const std::string& identity, const std::string& data) {
  RangeInfo range;
  range.id =
      RangeId::trusted(world.put_table(sstable::range_metadata(), {{"key", identity, data}}));
  range.min_key = range.max_key = "key";
  range.count = 1;
  world.commit_tree({range});
  return "bad_table: range " + range.id.str() + ": ";
}

const Case kCases[] = {
    {"RangeWithAFlippedBit",
     [](FsckWorld& world) {
       const std::string id = world.ranges()[1].id.str();
       change_table(world, id, [](Bytes& bytes) { bytes[3] = static_cast<char>(bytes[3] ^ 1); });
       return fmt::format("bad_table: range {}: {}: block at 0: wrong checksum", id, id);
     }},
    {"RangeCutShort",
     [](FsckWorld& world) {
       const std::string id = world.ranges()[1].id.str();
       change_table(world, id, [](Bytes& bytes) { bytes.resize(bytes.size() / 2); });
       return "bad_table: range " + id + ": " + id;
     }},
    {"RangeWithoutBytes",
     [](FsckWorld& world) {
       const std::string id = world.ranges()[1].id.str();
       change_table(world, id, [](Bytes& bytes) { bytes.clear(); });
       return "bad_table: range " + id + ": " + id + ": 0 bytes have no footer";
     }},
    {"RangeMissing",
     [](FsckWorld& world) {
       const std::string id = world.ranges()[0].id.str();
       world.remove_object(world.table(id));
       return "missing_table: range " + id + ": its file does not exist (of metarange ";
     }},
    {"RangeWithTheContentOfAnother",
     [](FsckWorld& world) {
       const std::vector<RangeInfo> ranges = world.ranges();
       world.put_object(world.table(ranges[1].id.str()),
                        world.object(world.table(ranges[0].id.str())));
       return fmt::format("bad_table: range {}: its content has the id {}", ranges[1].id,
                          ranges[0].id);
     }},
    {"MetarangeWithAFlippedBit",
     [](FsckWorld& world) {
       const std::string id = world.second->commit.meta_range_id.str();
       change_table(world, id, [](Bytes& bytes) { bytes[3] = static_cast<char>(bytes[3] ^ 1); });
       return fmt::format("bad_table: metarange {}: {}: block at 0: wrong checksum", id, id);
     }},
    {"MetarangeMissing",
     [](FsckWorld& world) {
       const std::string id = world.second->commit.meta_range_id.str();
       world.remove_object(world.table(id));
       return fmt::format("missing_table: metarange {}: its file does not exist (of commit {})", id,
                          world.second->id);
     }},
    {"MetarangeWithTheContentOfAnother",
     [](FsckWorld& world) {
       const std::string id = world.second->commit.meta_range_id.str();
       const std::string other = world.first->commit.meta_range_id.str();
       world.put_object(world.table(id), world.object(world.table(other)));
       return fmt::format("bad_table: metarange {}: its content has the id {}", id, other);
     }},
    {"MetarangeThatIsARange",
     [](FsckWorld& world) {
       const std::string id = world.ranges()[0].id.str();
       world.add_commit([&id](Commit& commit) { commit.meta_range_id = MetaRangeId::trusted(id); });
       return fmt::format("bad_table: metarange {}: it is a table of ranges, not of metaranges",
                          id);
     }},
    {"RangeThatIsAMetarange",
     [](FsckWorld& world) {
       RangeInfo range = world.ranges()[0];
       range.id = RangeId::trusted(world.first->commit.meta_range_id.str());
       world.commit_tree({range});
       return fmt::format("bad_table: range {}: it is a table of metaranges, not of ranges",
                          range.id);
     }},
    {"WrongCount",
     [](FsckWorld& world) {
       return claim(world, [](RangeInfo& range) { range.count += 7; }) + "it holds ";
     }},
    {"WrongFirstKey",
     [](FsckWorld& world) {
       return claim(world, [](RangeInfo& range) { range.min_key += "!"; }) + "it begins with \"";
     }},
    {"WrongSize",
     [](FsckWorld& world) {
       return claim(world, [](RangeInfo& range) { range.estimated_size_bytes += 1; }) +
              "its size is ";
     }},
    {"WrongLastKey",
     [](FsckWorld& world) {
       return claim(world, [](RangeInfo& range) { range.max_key += "!"; }) + "it ends with \"";
     }},
    {"RecordUnderAnotherKey",
     [](FsckWorld& world) {
       const std::string id = world.commit_tree({world.ranges()[0]}, {"zz"});
       return fmt::format(
           "bad_table: metarange {}: the record \"zz\" is of a range that ends with \"", id);
     }},
    {"RangeThatEndsBeforeItBegins",
     [](FsckWorld& world) {
       RangeInfo range = world.ranges()[0];
       range.min_key = "zz";
       const std::string id = world.commit_tree({range});
       return fmt::format(
           "bad_table: metarange {}: the record \"{}\" is of a range that begins "
           "with \"zz\"",
           id, range.max_key);
     }},
    {"RangesThatOverlap",
     [](FsckWorld& world) {
       std::vector<RangeInfo> ranges = world.ranges();
       ranges[1].min_key = ranges[0].max_key;
       const std::string id = world.commit_tree(ranges);
       return fmt::format("bad_table: metarange {}: the range from \"{}\" overlaps", id,
                          ranges[1].min_key);
     }},
    {"RangeIdThatIsNone",
     [](FsckWorld& world) {
       RangeInfo range = world.ranges()[0];
       range.id = RangeId::trusted("../../secret");
       const std::string id = world.commit_tree({range});
       return fmt::format("bad_table: metarange {}: the record \"{}\" names no range", id,
                          range.max_key);
     }},
    {"RangeDataThatIsNone",
     [](FsckWorld& world) {
       const std::string id = world.put_table(sstable::metarange_metadata(),
                                              {{"key", world.ranges()[0].id.str(), "\xff\xff"}});
       world.add_commit([&id](Commit& commit) { commit.meta_range_id = MetaRangeId::trusted(id); });
       return "bad_table: metarange " + id + ": range record: corrupted data";
     }},
    {"EntryThatIsNone",
     [](FsckWorld& world) {
       return record(world, std::string(32, 'i'), "\xff\xff") +
              "the record \"key\": entry: corrupted data";
     }},
    {"EntryOfNegativeSize",
     [](FsckWorld& world) {
       Entry entry = testing::entry_of("x");
       entry.size_bytes = -1;
       return record(world, std::string(32, 'i'), to_value(entry).data) +
              "the record \"key\" has -1 bytes";
     }},
    {"EntryWithoutIdentity",
     [](FsckWorld& world) {
       return record(world, "", to_value(testing::entry_of("x")).data) +
              "the record \"key\" has no identity";
     }},
    {"MetarangeIdThatIsNone",
     [](FsckWorld& world) {
       const CommitId id = world.add_commit(
           [](Commit& commit) { commit.meta_range_id = MetaRangeId::trusted("tree"); });
       return fmt::format("bad_row: commit {}: its metarange id is none", id);
     }},
};

class FsckTables : public ::testing::TestWithParam<Case> {};

TEST_P(FsckTables, FindsIt) {
  FsckWorld world;
  const std::string expected = GetParam().damage(world);
  const Findings found = world.check();
  EXPECT_EQ(found.damages.size(), 1U) << found.text();
  EXPECT_EQ(found.text().substr(0, expected.size()), expected) << found.text();
}

INSTANTIATE_TEST_SUITE_P(Damage, FsckTables, ::testing::ValuesIn(kCases),
                         [](const ::testing::TestParamInfo<Case>& info) {
                           return info.param.name;
                         });

// --- Objects ---

TEST(FsckObjects, AreAskedForOnDemandOnly) {
  FsckWorld world;
  world.remove_object("data/1c");
  EXPECT_EQ(world.check().text(), "");
}

TEST(FsckObjects, FindsTheMissingOne) {
  FsckWorld world;
  world.remove_object("data/1c");
  const std::string text = world.check(with_objects()).text();
  const std::string expected = "missing_object: object c: data/1c does not exist (in range ";
  // The ranges of both commits name it, unless it lies in one that they share.
  EXPECT_EQ(text.substr(0, expected.size()), expected) << text;
  EXPECT_EQ(text.find("object d"), std::string::npos);
}

TEST(FsckObjects, FindsTheOneOfAnotherSize) {
  FsckWorld world;
  world.put_object("data/2e", "twenty");
  const Findings found = world.check(with_objects());
  ASSERT_EQ(found.damages.size(), 1U) << found.text();
  EXPECT_EQ(found.text().find("bad_object: object e: data/2e has 6 bytes, not 2 (in range "), 0U)
      << found.text();
}

TEST(FsckObjects, FindsTheStagedOne) {
  FsckWorld world;
  world.remove_object("data/3s");
  EXPECT_EQ(world.check(with_objects()).text(),
            "missing_object: object staged: data/3s does not exist (staged on main)\n");
}

TEST(FsckObjects, DoesNotAskOtherStores) {
  FsckWorld world;
  Entry entry = testing::entry_of("there");
  entry.address = "s3://elsewhere/there";
  entry.address_type = block::AddressType::kFull;
  ASSERT_TRUE(run(world.world.store().set_entry(Context(), world.world.repo, world.world.main,
                                                ObjectPath::trusted("there"), entry, {})));
  entry.address = "nowhere";
  ASSERT_TRUE(run(world.world.store().set_entry(Context(), world.world.repo, world.world.main,
                                                ObjectPath::trusted("no"), entry, {})));
  const Findings found = world.check(with_objects());
  EXPECT_EQ(found.text(), "bad_object: object no: its address nowhere is none (staged on main)\n");
  EXPECT_EQ(found.repository().objects_elsewhere, 1U);
}

// --- A block store that does not answer ---

/// Reads of one key fail; nothing is written through it.
class Sulky final : public block::Adapter {
 public:
  Sulky(block::Adapter& inner, std::string key) : inner_(inner), key_(std::move(key)) {}

  Task<Result<block::ObjectBody>> get(Context ctx, block::Location where,
                                      std::optional<block::ByteRange> range) override {
    return where.key.ends_with(key_) ? refuse<block::ObjectBody>()
                                     : inner_.get(std::move(ctx), std::move(where), range);
  }
  Task<Result<block::ObjectInfo>> stat(Context ctx, block::Location where) override {
    return where.key.ends_with(key_) ? refuse<block::ObjectInfo>()
                                     : inner_.stat(std::move(ctx), std::move(where));
  }
  Task<Result<block::ListPage>> list(Context, std::string, std::string, std::string,
                                     std::size_t) override {
    return refuse<block::ListPage>();
  }
  const block::Capabilities& capabilities() const override { return inner_.capabilities(); }

  Task<Result<block::ObjectInfo>> put(Context, block::Location, std::unique_ptr<ByteSource>,
                                      std::optional<std::uint64_t>, block::PutOptions) override {
    return refuse<block::ObjectInfo>();
  }
  Task<Result<block::ObjectInfo>> copy(Context, block::Location, block::Location) override {
    return refuse<block::ObjectInfo>();
  }
  Task<Result<void>> remove(Context, block::Location) override { return refuse<void>(); }
  Task<Result<std::string>> create_upload(Context, block::Location, block::PutOptions) override {
    return refuse<std::string>();
  }
  Task<Result<block::UploadedPart>> put_part(Context, block::Location, std::string, std::uint32_t,
                                             std::unique_ptr<ByteSource>,
                                             std::optional<std::uint64_t>) override {
    return refuse<block::UploadedPart>();
  }
  Task<Result<block::UploadedPart>> copy_part(Context, block::Location, std::string, std::uint32_t,
                                              block::Location,
                                              std::optional<block::ByteRange>) override {
    return refuse<block::UploadedPart>();
  }
  Task<Result<block::ObjectInfo>> complete_upload(Context, block::Location, std::string,
                                                  std::vector<block::UploadedPart>) override {
    return refuse<block::ObjectInfo>();
  }
  Task<Result<void>> abort_upload(Context, block::Location, std::string) override {
    return refuse<void>();
  }
  Task<Result<std::string>> presign(Context, block::Location, block::PresignRequest) override {
    return refuse<std::string>();
  }

 private:
  template <class T>
  static Task<Result<T>> refuse() {
    co_return Error(kUnavailable, "sulking");
  }

  block::Adapter& inner_;
  const std::string key_;
};

TEST(Fsck, ATableThatCannotBeReadIsNeitherWholeNorDamaged) {
  FsckWorld world;
  const std::string id = world.ranges()[1].id.str();
  Sulky sulky(*world.world.blocks, id);
  world.blocks = &sulky;
  const Findings found = world.check();
  const std::string expected = "unreadable: range " + id + ": sulking: unavailable (of metarange ";
  EXPECT_EQ(found.text().substr(0, expected.size()), expected) << found.text();
  EXPECT_EQ(found.damages.size(), 1U);
  EXPECT_EQ(found.repository().unreadable, 1U);
  EXPECT_EQ(found.repository().damages, 0U);
}

TEST(FsckObjects, OneThatCannotBeAskedForIsNeitherThereNorMissing) {
  FsckWorld world;
  Sulky sulky(*world.world.blocks, "data/3s");
  world.blocks = &sulky;
  const Findings found = world.check(with_objects());
  EXPECT_EQ(found.text(),
            "unreadable: object staged: data/3s cannot be asked for: sulking: unavailable (staged "
            "on main)\n");
  EXPECT_EQ(found.repository().unreadable, 1U);
}

// --- What is no damage ---

TEST(Fsck, CountsTablesThatNoCommitNames) {
  FsckWorld world;
  const std::string id = world.put_table(sstable::range_metadata(), {{"k", "i", "d"}});
  world.put_object("_lakefs/actions/log/1/run.manifest", "{}");
  world.put_object("_lakefs/retention/gc/rules/config.json", "{}");
  const Findings found = world.check();
  EXPECT_EQ(found.text(), "");
  EXPECT_EQ(found.repository().unreferenced_tables, 1U);
  EXPECT_EQ(found.repository().unreferenced_table_bytes, world.object(world.table(id)).size());
}

TEST(Fsck, ReadsEachRangeOnce) {
  FsckWorld world;
  const Findings before = world.check();
  // The same ranges in two more trees: as they are, and all but the first.
  std::vector<RangeInfo> ranges = world.ranges();
  ranges.erase(ranges.begin());
  world.commit_tree(ranges);
  const Findings after = world.check();
  EXPECT_EQ(after.text(), "");
  EXPECT_EQ(after.repository().metaranges, before.repository().metaranges + 1);
  EXPECT_EQ(after.repository().ranges, before.repository().ranges);
  EXPECT_EQ(after.repository().entries, before.repository().entries);
}

// More findings than wait for a second look at a time, and every one of them is told.
TEST(Fsck, TellsAllOfMany) {
  FsckWorld world;
  const std::string token = world.branch("dev").staging_token.str();
  std::vector<kv::Entry> rows;
  for (int i = 0; i < 10'000; ++i) {
    rows.push_back({fmt::format("{:05}", i), "\xff\xff"});
  }
  ASSERT_TRUE(run(world.world.kv->set_many(Context(), token, std::move(rows))));
  const Findings found = world.check();
  EXPECT_EQ(found.damages.size(), 10'000U);
  EXPECT_EQ(found.repository().damages, 10'000U);
}

}  // namespace
}  // namespace tarn::graveler
