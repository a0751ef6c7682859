#include "graveler/testing/fsck_world.h"

#include "block/namespace.h"
#include "runtime/byte_source.h"
#include "runtime/testing/run.h"
#include "sstable/writer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tarn::graveler::testing {
namespace {

using tarn::testing::run;

StoreConfig small_ranges() {
  StoreConfig config;
  config.split.raggedness_entries = 3;
  return config;
}

}  // namespace

fsck::Options with_objects() {
  fsck::Options options;
  options.objects = true;
  return options;
}

std::string Findings::text() const {
  std::string out;
  for (const fsck::Damage& damage : damages) {
    out += fmt::format("{}: {}: {}\n", to_string(damage.kind), damage.subject, damage.message);
  }
  return out;
}

FsckWorld::FsckWorld() : world(small_ranges()) {
  for (const char* path : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}) {
    EXPECT_TRUE(world.put(path, std::string("1") + path));
    put_object(std::string("data/1") + path, std::string("1") + path);
  }
  first = world.commit("first").value();
  EXPECT_TRUE(world.put("e", "2e"));
  EXPECT_TRUE(world.remove("a"));
  put_object("data/2e", "2e");
  second = world.commit("second").value();
  EXPECT_TRUE(run(world.store().create_branch(
      Context(), world.repo,
      VersionStore::NewBranch{.id = BranchId::trusted("dev"), .source = "main~1"})));
  EXPECT_TRUE(
      run(world.store().create_tag(Context(), world.repo, TagId::trusted("v1"), "main", false)));
  EXPECT_TRUE(world.put("staged", "3s"));
  put_object("data/3s", "3s");
  EXPECT_TRUE(world.remove("b"));
  EXPECT_GE(ranges().size(), 3U);
}

Result<void> FsckWorld::try_check(fsck::Options options, Findings& findings) {
  BlockingPool pool("fsck", 2, 1000);
  int views = 0;
  fsck::Services services{blocks != nullptr ? *blocks : *world.blocks, pool, {}, row_kinds};
  services.view = [&]() -> Result<std::shared_ptr<kv::Store>> {
    if (views++ > 0 && meanwhile) {
      meanwhile();
    }
    return std::shared_ptr<kv::Store>(std::shared_ptr<void>(), world.kv.get());
  };
  return run(fsck::check(Context(), std::move(services), std::move(options), findings));
}

Findings FsckWorld::check(fsck::Options options) {
  Findings findings;
  const Result<void> done = try_check(std::move(options), findings);
  EXPECT_TRUE(done) << done.error().message();
  return findings;
}

Bytes FsckWorld::row(const std::string& key) {
  const kv::Key at{partition(), key};
  return run(world.kv->get(Context(), at)).value();
}

void FsckWorld::set_row(const std::string& in, const std::string& key, Bytes value) {
  const kv::Key at{in, key};
  EXPECT_TRUE(run(world.kv->set(Context(), at, std::move(value))));
}

void FsckWorld::remove_row(const std::string& key) {
  const kv::Key at{partition(), key};
  EXPECT_TRUE(run(world.kv->remove(Context(), at)));
}

Branch FsckWorld::branch(const std::string& name) {
  return decode_branch(row("branches/" + name)).value();
}

void FsckWorld::set_branch(const Branch& branch) {
  set_row("branches/" + branch.id.str(), encode(branch));
}

CommitId FsckWorld::add_commit(const std::function<void(Commit&)>& change) {
  Commit commit = second->commit;
  commit.parents = {second->id};
  commit.generation = second->commit.generation + 1;
  change(commit);
  return run(world.store().refs().add_commit(Context(), world.repo, commit)).value();
}

block::Location FsckWorld::location(const std::string& address) const {
  return block::resolve(world.repo->storage_namespace, address, block::AddressType::kRelative)
      .value();
}

void FsckWorld::put_object(const std::string& address, Bytes bytes) {
  const std::optional<std::uint64_t> size = bytes.size();
  EXPECT_TRUE(run(world.blocks->put(Context(), location(address), memory_source(std::move(bytes)),
                                    size, block::PutOptions())));
}

Bytes FsckWorld::object(const std::string& address) {
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): awaited below
  auto read = [this, where = location(address)]() -> Task<Result<Bytes>> {
    const std::optional<block::ByteRange> all;
    TARN_CO_TRY(block::ObjectBody body, co_await world.blocks->get(Context(), where, all));
    co_return co_await read_all(Context(), *body.body, kGiB);
  };
  return run(read()).value();
}

void FsckWorld::remove_object(const std::string& address) {
  EXPECT_TRUE(run(world.blocks->remove(Context(), location(address))));
}

std::vector<RangeInfo> FsckWorld::ranges() {
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): awaited below
  auto collect = [this]() -> Task<Result<std::vector<RangeInfo>>> {
    std::vector<RangeInfo> out;
    RangeCursor cursor(world.store().tables(),
                       TreeId{world.repo->storage_namespace, second->commit.meta_range_id});
    TARN_CO_CHECK_OK(co_await cursor.seek(Context(), std::string()));
    while (cursor.valid()) {
      out.push_back(cursor.range());
      TARN_CO_CHECK_OK(cursor.next());
    }
    co_return out;
  };
  return run(collect()).value();
}

std::string FsckWorld::put_table(const sstable::Metadata& metadata,
                                 const std::vector<Record>& records) {
  Bytes file;
  sstable::StringSink sink(file);
  sstable::Writer writer(sink, metadata);
  for (const Record& record : records) {
    const sstable::Value value{record.identity, record.data};
    EXPECT_TRUE(writer.add(record.key, value));
  }
  const std::string id = writer.finish().value().id;
  put_object(table(id), std::move(file));
  return id;
}

std::string FsckWorld::commit_tree(const std::vector<RangeInfo>& ranges,
                                   std::vector<std::string> keys) {
  std::vector<Record> records;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const std::string key = i < keys.size() ? keys[i] : ranges[i].max_key;
    records.push_back({key, ranges[i].id.str(), encode_range_data(ranges[i])});
  }
  const std::string id = put_table(sstable::metarange_metadata(), records);
  add_commit([&id](Commit& commit) { commit.meta_range_id = MetaRangeId::trusted(id); });
  return id;
}

}  // namespace tarn::graveler::testing
