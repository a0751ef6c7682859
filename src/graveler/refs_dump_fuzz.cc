// Restores dumps that anybody may have made. The input says which records the three tables of a
// dump hold, right ones and arbitrary bytes, how the tables are described, and which of their bytes
// are changed afterwards. Invariants: a dump is refused with one of the documented errors, and then
// nothing is written; or it is restored, and then every branch and tag has its commit, every commit
// its parents, and a dump of it is restored to the very same rows.
#include "base/assert.h"
#include "block/namespace.h"
#include "block/open.h"
#include "graveler/refs_dump.h"
#include "graveler/refs_restore.h"
#include "kv/open.h"
#include "runtime/byte_source.h"
#include "runtime/testing/run.h"
#include "sstable/sink.h"
#include "sstable/writer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace tarn;            // NOLINT(google-build-using-namespace): a program of one file
using namespace tarn::graveler;  // NOLINT(google-build-using-namespace)
using Rows = std::map<std::string, Bytes>;

const DumpProgress kNoProgress = [](std::int64_t) {};

/// Choices, zero at the end.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}
  unsigned byte() {
    if (rest_.empty()) {
      return 0;
    }
    const auto out = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return out;
  }
  std::string text() {
    const std::string out(rest_.substr(0, byte() % 48));
    rest_.remove_prefix(std::min(out.size(), rest_.size()));
    return out;
  }

 private:
  std::string_view rest_;
};

struct Machine {
  SystemClock clock;
  SeededRng rng{1};
  std::unique_ptr<kv::Store> kv = kv::open_mem(clock);
  std::unique_ptr<block::Adapter> blocks = block::open_mem(clock, rng);
  Refs refs{*kv, clock, RefsConfig()};
  Tables tables{*blocks, TablesConfig()};

  RepositoryPtr repository(const std::string& name) const {
    Repository out;
    out.id = RepositoryId::trusted(name);
    out.storage_namespace = StorageNamespace::trusted("mem://bucket/repo");
    out.default_branch = BranchId::trusted("main");
    out.instance_uid = name;
    return std::make_shared<const Repository>(std::move(out));
  }
  Result<void> restore(const RepositoryPtr& into, const RefsDump& dump) {
    return tarn::testing::run(restore_refs(Context(), refs, tables, rng, into, dump, kNoProgress));
  }
  Rows rows(const RepositoryPtr& of) {
    Rows out;
    kv::ScanOptions options;
    for (bool more = true; more;) {
      const auto page = tarn::testing::run(kv->scan(Context(), of->partition(), options));
      for (const kv::Entry& row : page->entries) {
        out.emplace(row.key, row.value);
        options.start = kv::next_key(row.key);
      }
      more = page->more && !page->entries.empty();
    }
    return out;
  }
  void put(const std::string& id, Bytes file) {
    auto where = block::resolve(StorageNamespace::trusted("mem://bucket/repo"), tables.address(id),
                                block::AddressType::kRelative);
    const std::size_t size = file.size();
    const auto done = tarn::testing::run(blocks->put(
        Context(), *std::move(where), memory_source(std::move(file)), size, block::PutOptions()));
    TARN_ASSERT(done.has_value(), "memory takes any file");
  }
};

/// Writes the tables that the input describes.
class Forger {
 public:
  Forger(Machine& machine, Input& input) : machine_(machine), input_(input) {}

  RefsDump dump() {
    RefsDump out;
    out.commits = tree(kCommitsTable, [this] { return commit(); });
    out.branches = tree(kBranchesTable, [this] { return branch(); });
    out.tags = tree(kTagsTable, [this] { return tag(); });
    return out;
  }

 private:
  struct Record {
    std::string key;
    Value value;
  };

  Record arbitrary() { return {input_.text(), Value{input_.text(), input_.text()}}; }
  CommitId some_commit() {
    const unsigned which = input_.byte();
    return commits_.empty() || which > 250 ? CommitId::trusted(std::string(64, 'a'))
                                           : commits_[which % commits_.size()];
  }
  Record commit() {
    CommitRecord record;
    record.commit.message = input_.text();
    record.commit.generation = static_cast<std::int32_t>(input_.byte() % 8);
    for (unsigned parents = input_.byte() % 4; parents > 0; --parents) {
      record.commit.parents.push_back(some_commit());
    }
    record.id = commit_id_of(record.commit);
    commits_.push_back(record.id);
    return {record.id.str(), Value{record.id.str(), encode(record)}};
  }
  Record branch() {
    Branch branch;
    branch.id = BranchId::trusted(input_.byte() % 4 == 0 ? input_.text() : "main");
    branch.commit_id = some_commit();
    return {branch.id.str(), Value{branch.commit_id.str(), encode(branch)}};
  }
  Record tag() {
    const Tag tag{TagId::trusted(input_.text()), some_commit()};
    return {tag.id.str(), Value{tag.commit_id.str(), encode(tag)}};
  }

  /// One table, some of whose bytes may be changed once its id is known.
  sstable::TableInfo table(const DumpTable& of, sstable::Metadata metadata,
                           const std::map<std::string, Value>& records) {
    const unsigned how = input_.byte();
    if (how != 255) {
      metadata.insert_or_assign(std::string(kEntityProperty), std::string(of.entity));
    }
    Bytes file;
    sstable::StringSink sink(file);
    sstable::Writer writer(sink, metadata);
    for (const auto& [key, value] : records) {
      const auto added = writer.add(key, sstable::Value{value.identity, value.data});
      TARN_ASSERT(added.has_value(), "records ascend");
    }
    auto info = writer.finish();
    TARN_ASSERT(info.has_value(), "a string takes any bytes");
    if (how >= 240 && how < 255) {
      const std::size_t at = (input_.byte() * 256 + input_.byte()) % file.size();
      file[at] = static_cast<char>(file[at] ^ (1 << (how % 8)));
    }
    if (how == 239) {
      file.resize(file.size() - input_.byte() % file.size());
    }
    if (how != 238) {
      machine_.put(info->id, std::move(file));
    }
    return *std::move(info);
  }

  template <class Make>
  MetaRangeId tree(const DumpTable& of, Make make) {
    std::map<std::string, Value> metarange;
    for (unsigned ranges = 1 + input_.byte() % 3; ranges > 0; --ranges) {
      std::map<std::string, Value> records;
      for (unsigned count = input_.byte() % 6; count > 0; --count) {
        Record record = input_.byte() < 230 ? make() : arbitrary();
        records.insert_or_assign(std::move(record.key), std::move(record.value));
      }
      if (records.empty()) {
        continue;
      }
      const sstable::TableInfo written = table(of, sstable::range_metadata(), records);
      RangeInfo info;
      info.id = RangeId::trusted(written.id);
      info.min_key = written.min_key;
      info.max_key = written.max_key;
      info.count = static_cast<std::int64_t>(written.count);
      const unsigned how = input_.byte();
      if (how >= 250) {
        info.count += 1;
      } else if (how >= 245) {
        info.min_key = input_.text();
      } else if (how >= 240) {
        info.id = RangeId::trusted(input_.text());
      }
      Value value{info.id.str(), encode_range_data(info)};
      metarange.insert_or_assign(
          how >= 235 && how < 240 ? input_.text() : info.max_key,
          how == 234 ? Value{input_.text(), input_.text()} : std::move(value));
    }
    const sstable::TableInfo written = table(of, sstable::metarange_metadata(), metarange);
    return MetaRangeId::trusted(input_.byte() == 255 ? std::string() : written.id);
  }

  Machine& machine_;
  Input& input_;
  std::vector<CommitId> commits_;
};

bool is_documented(const Error& error) {
  return error.is(kBadDump) || error.is(kDumpTooOld) || error.is(kDumpTableMissing);
}

/// Nothing that was restored names what was not.
void check_whole(Machine& machine, const RepositoryPtr& repository, const Rows& rows) {
  const auto has = [&](const CommitId& id) { return rows.contains("commits/" + id.str()); };
  TARN_ASSERT(rows.contains("branches/main"), "no default branch");
  for (const auto& [key, value] : rows) {
    if (key.starts_with("commits/")) {
      const Result<CommitRecord> record = decode_commit(value);
      TARN_ASSERT(record && "commits/" + commit_id_of(record->commit).str() == key,
                  "a commit of another id");
      for (const CommitId& parent : record->commit.parents) {
        TARN_ASSERT(has(parent), "a commit without its parent");
      }
    } else if (key.starts_with("branches/")) {
      TARN_ASSERT(has(decode_branch(value)->commit_id), "a branch without its commit");
    } else {
      TARN_ASSERT(key.starts_with("tags/") && has(decode_tag(value)->commit_id),
                  "a tag without its commit");
    }
  }
  const auto dump = tarn::testing::run(dump_refs(Context(), machine.refs, machine.tables,
                                                 sstable::SplitOptions(), repository, kNoProgress));
  TARN_ASSERT(dump.has_value(), "what was restored cannot be dumped");
  const RepositoryPtr copy = machine.repository("copy");
  TARN_ASSERT(machine.restore(copy, *dump).has_value(), "our own dump is refused");
  Rows copied = machine.rows(copy);
  TARN_ASSERT(copied.size() == rows.size(), "a copy of other rows");
  for (const auto& [key, value] : rows) {
    // A branch's staging token is its own.
    TARN_ASSERT(copied.contains(key) && (key.starts_with("branches/") || copied[key] == value),
                "a copy that differs");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(std::string_view(reinterpret_cast<const char*>(data), size));
  Machine machine;
  const RefsDump dump = Forger(machine, input).dump();
  const RepositoryPtr repository = machine.repository("repo");
  const Result<void> restored = machine.restore(repository, dump);
  const Rows rows = machine.rows(repository);
  if (restored) {
    check_whole(machine, repository, rows);
  } else {
    TARN_ASSERT(is_documented(restored.error()), "an error that is not documented");
    TARN_ASSERT(rows.empty(), "a refused dump left something behind");
  }
  return 0;
}
