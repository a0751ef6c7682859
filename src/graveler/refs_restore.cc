#include "graveler/refs_restore.h"

#include "base/id.h"
#include "base/log.h"
#include "block/errors.h"
#include "graveler/commit_set.h"
#include "graveler/errors.h"
#include "graveler/store.h"
#include "graveler/tree.h"
#include "runtime/loops.h"
#include "sstable/verifier.h"

#include <fmt/format.h>

#include <utility>

namespace tarn::graveler {
namespace {

constexpr std::size_t kCommitsPerBatch = 1000;
/// Reading and checking this many commits takes a few milliseconds.
constexpr std::size_t kRecordsPerTurn = 512;

Error bad(const DumpTable& table, std::string_view what) {
  return Error::with_message(kBadDump,
                             fmt::format("{}: {}: {}", table.argument, what, kBadDump.text));
}

/// Errors of reading a dump's file: what lies in the store is the client's choice here, so damage
/// is no failure of the server.
Error of_table(const DumpTable& table, const std::string& id, Error error) {
  if (error.is(kBadDump) || error.is(kDumpTooOld)) {
    return error;
  }
  if (error.is(block::kObjectNotFound)) {
    return Error(kDumpTableMissing, fmt::format("{}: {}", table.argument, id));
  }
  if (error.kind() == ErrorKind::kCorruption || error.kind() == ErrorKind::kUnsupported) {
    return bad(table, error.message());
  }
  return std::move(error).wrap(table.argument);
}

class Restorer {
 public:
  Restorer(Context ctx, Refs& refs, Tables& tables, Rng& rng, RepositoryPtr repository,
           RefsDump dump, DumpProgress progress)
      : ctx_(std::move(ctx)),
        refs_(refs),
        tables_(tables),
        rng_(rng),
        repository_(std::move(repository)),
        dump_(std::move(dump)),
        progress_(std::move(progress)) {}

  Task<Result<void>> run() {
    TARN_CO_CHECK_OK(co_await check_bare());
    TARN_CO_CHECK_OK(co_await check_commits());
    TARN_CO_CHECK_OK(co_await check_branches());
    TARN_CO_CHECK_OK(co_await check_tags());
    TARN_CO_CHECK_OK(co_await check_free());
    TARN_CO_CHECK_OK(co_await write_commits());
    co_return co_await write_refs();
  }

 private:
  using Visit = std::function<Result<void>(std::string_view key, const sstable::Value& value)>;

  Task<Result<void>> check_bare() {
    const Result<Refs::BranchRow> row =
        co_await refs_.branch(ctx_, repository_, repository_->default_branch);
    if (row) {
      co_return Error(kNotBare);
    }
    if (!row.error().is(kBranchNotFound)) {
      co_return row.error();
    }
    co_return Result<void>();
  }

  Task<Result<TablePtr>> open(const DumpTable& of, std::string id, std::string_view type) {
    Result<TablePtr> table = co_await tables_.open(ctx_, repository_->storage_namespace, id);
    if (!table) {
      co_return of_table(of, id, std::move(table).error());
    }
    const sstable::Properties& properties = (*table)->properties();
    if (properties.type != type) {
      co_return bad(of, fmt::format("{} is of the type '{}', not '{}'", id, properties.type, type));
    }
    const auto entity = properties.all.find(std::string(kEntityProperty));
    if (entity == properties.all.end() || entity->second != of.entity) {
      co_return bad(
          of, fmt::format("{} holds {}, not entities '{}'", id,
                          entity == properties.all.end() ? std::string("no entities")
                                                         : "entities '" + entity->second + "'",
                          of.entity));
    }
    co_return table;
  }

  /// Reads one file of a dump from end to end; what it is like as a whole is known afterwards.
  Task<Result<sstable::TableInfo>> read_file(const DumpTable& of, std::string id,
                                             std::string_view type, Visit visit) {
    TARN_CO_TRY(const TablePtr table, co_await open(of, id, type));
    const auto each = [&visit](std::string_view key, std::string_view stored) -> Result<void> {
      TARN_TRY(const sstable::Value value, sstable::decode_value(stored));
      return visit(key, value);
    };
    sstable::Verifier verifier(*table);
    for (bool more = true; more;) {
      Result<bool> read = verifier.read(kRecordsPerTurn, each);
      if (!read) {
        co_return of_table(of, id, std::move(read).error());
      }
      more = *read;
      TARN_CO_CHECK_OK(check_cancelled());
      co_await yield_loop();
    }
    Result<sstable::TableInfo> info = verifier.finish();
    if (!info) {
      co_return of_table(of, id, std::move(info).error());
    }
    if (info->id != id) {
      co_return bad(of, fmt::format("{} has the content of {}", id, info->id));
    }
    co_return info;
  }

  Result<void> check_cancelled() const {
    return ctx_.cancel().cancelled() ? Result<void>(Error(kCancelled)) : Result<void>();
  }

  /// Reads a dumped tree from end to end.
  Task<Result<void>> read(const DumpTable& of, Visit visit) {
    const std::string id = (dump_.*of.id).str();
    if (id.empty()) {
      co_return bad(of, "no id");
    }
    std::vector<RangeInfo> ranges;
    Visit collect = [&](std::string_view, const sstable::Value& value) -> Result<void> {
      Result<RangeInfo> range = decode_range(value.identity, value.data);
      if (!range || !RangeId::parse(range->id.str())) {
        return bad(of, fmt::format("{} has a record that names no range", id));
      }
      ranges.push_back(*std::move(range));
      return {};
    };
    TARN_CO_CHECK_OK(co_await read_file(of, id, sstable::kTypeMetaRanges, std::move(collect)));
    const Visit counted = [&](std::string_view key, const sstable::Value& value) -> Result<void> {
      progress_(++records_);
      return visit(key, value);
    };
    std::string last;
    for (const RangeInfo& range : ranges) {
      TARN_CO_TRY(const sstable::TableInfo info,
                  co_await read_file(of, range.id.str(), sstable::kTypeRanges, counted));
      if (info.min_key != range.min_key || info.max_key != range.max_key ||
          info.count != static_cast<std::uint64_t>(range.count) ||
          (!last.empty() && info.min_key <= last)) {
        co_return bad(of, fmt::format("{} is not what its metarange says", range.id));
      }
      last = info.max_key;
    }
    co_return Result<void>();
  }

  static Result<CommitRecord> commit_of_record(std::string_view key, const sstable::Value& value) {
    Result<CommitRecord> record = decode_commit(value.data);
    if (!record || record->id.str() != key || value.identity != key) {
      return bad(kCommitsTable, fmt::format("the record '{}' is no commit of that id", key));
    }
    if (record->commit.generation <= 0) {
      return Error(kDumpTooOld);
    }
    if (commit_id_of(record->commit) != record->id) {
      return Error::with_message(
          kBadDump,
          fmt::format("commit ID does not match for {}: commit id: invalid value: validation error",
                      key));
    }
    return record;
  }

  Task<Result<void>> check_commits() {
    Visit visit = [this](std::string_view key, const sstable::Value& value) -> Result<void> {
      TARN_TRY(const CommitRecord record, commit_of_record(key, value));
      Result<void> added = commits_.add(record.id, record.commit.parents);
      return added ? std::move(added) : bad(kCommitsTable, added.error().message());
    };
    TARN_CO_CHECK_OK(co_await read(kCommitsTable, std::move(visit)));
    const std::size_t all = commits_.size();
    gap_ = commits_.drop_incomplete();
    if (gap_) {
      log::warn("commits of a dump lack ancestors and are left out",
                {{"repository", repository_->id.str()}, {"commits", all - commits_.size()}});
    }
    co_return Result<void>();
  }

  Result<void> check_commit_of(const DumpTable& of, std::string_view name, const CommitId& commit) {
    if (commits_.contains(commit)) {
      return {};
    }
    if (gap_) {
      return bad(of, fmt::format("'{}' is at commit {}, which or an ancestor of which is missing "
                                 "(commit {} names the parent {})",
                                 name, commit, gap_->commit, gap_->parent));
    }
    return bad(of, fmt::format("'{}' is at commit {}, which is missing", name, commit));
  }

  Task<Result<void>> check_branches() {
    bool default_branch = false;
    Visit visit = [this, &default_branch](std::string_view key,
                                          const sstable::Value& value) -> Result<void> {
      Result<Branch> record = decode_branch(value.data);
      if (!record || record->id.str() != key || !BranchId::parse(std::string(key))) {
        return bad(kBranchesTable, fmt::format("the record '{}' is no branch of that name", key));
      }
      TARN_CHECK_OK(check_commit_of(kBranchesTable, key, record->commit_id));
      Branch branch;
      branch.id = record->id;
      branch.commit_id = record->commit_id;
      branch.staging_token = make_staging_token(repository_->id, branch.id, uuid_v4(rng_));
      default_branch = default_branch || branch.id == repository_->default_branch;
      branches_.push_back(std::move(branch));
      return {};
    };
    TARN_CO_CHECK_OK(co_await read(kBranchesTable, std::move(visit)));
    if (!default_branch) {
      co_return bad(kBranchesTable, fmt::format("the repository's default branch '{}' is missing",
                                                repository_->default_branch));
    }
    co_return Result<void>();
  }

  Task<Result<void>> check_tags() {
    Visit visit = [this](std::string_view key, const sstable::Value& value) -> Result<void> {
      Result<Tag> record = decode_tag(value.data);
      if (!record || record->id.str() != key || !TagId::parse(std::string(key))) {
        return bad(kTagsTable, fmt::format("the record '{}' is no tag of that name", key));
      }
      TARN_CHECK_OK(check_commit_of(kTagsTable, key, record->commit_id));
      tags_.push_back(*std::move(record));
      return {};
    };
    co_return co_await read(kTagsTable, std::move(visit));
  }

  /// A bare repository may have references but for its default branch: an earlier restore was cut
  /// short, or they were made by hand. Those that say the same stay as they are.
  Task<Result<void>> check_free() {
    std::vector<Branch> missing_branches;
    for (Branch& branch : branches_) {
      const Result<Refs::BranchRow> row = co_await refs_.branch(ctx_, repository_, branch.id);
      if (row && row->branch.commit_id != branch.commit_id) {
        co_return Error(kBranchExists, branch.id.str());
      }
      if (!row && !row.error().is(kBranchNotFound)) {
        co_return row.error();
      }
      if (!row) {
        missing_branches.push_back(std::move(branch));
      }
    }
    branches_ = std::move(missing_branches);
    std::vector<Tag> missing_tags;
    for (Tag& tag : tags_) {
      const Result<Tag> row = co_await refs_.tag(ctx_, repository_, tag.id);
      if (row && row->commit_id != tag.commit_id) {
        co_return Error(kTagExists, tag.id.str());
      }
      if (!row && !row.error().is(kTagNotFound)) {
        co_return row.error();
      }
      if (!row) {
        missing_tags.push_back(std::move(tag));
      }
    }
    tags_ = std::move(missing_tags);
    co_return Result<void>();
  }

  Task<Result<void>> write_commits() {
    TreeId tree{repository_->storage_namespace, dump_.commits};
    TreeCursor cursor(tables_, std::move(tree));
    TARN_CO_CHECK_OK(co_await cursor.seek(ctx_, std::string()));
    std::vector<CommitRecord> batch;
    while (cursor.valid()) {
      TARN_CO_TRY(const sstable::Value value, cursor.value());
      TARN_CO_TRY(CommitRecord record, commit_of_record(cursor.key(), value));
      if (commits_.contains(record.id)) {
        batch.push_back(std::move(record));
      }
      TARN_CO_TRY(const bool in_range, cursor.step());
      if (!in_range) {
        TARN_CO_CHECK_OK(co_await cursor.next_range(ctx_));
      }
      if (batch.size() == kCommitsPerBatch) {
        std::vector<CommitRecord> full = std::exchange(batch, std::vector<CommitRecord>());
        TARN_CO_CHECK_OK(co_await refs_.add_commits(ctx_, repository_, std::move(full)));
      }
    }
    if (!batch.empty()) {
      TARN_CO_CHECK_OK(co_await refs_.add_commits(ctx_, repository_, std::move(batch)));
    }
    co_return Result<void>();
  }

  Task<Result<void>> write_refs() {
    for (Tag& tag : tags_) {
      TARN_CO_CHECK_OK(co_await refs_.add_tag(ctx_, repository_, std::move(tag)));
    }
    std::optional<Branch> last;
    for (Branch& branch : branches_) {
      if (branch.id == repository_->default_branch) {
        last = std::move(branch);
        continue;
      }
      TARN_CO_CHECK_OK(co_await refs_.add_branch(ctx_, repository_, std::move(branch)));
    }
    if (last) {
      Result<void> added = co_await refs_.add_branch(ctx_, repository_, *std::move(last));
      if (!added) {
        // Somebody restored at the same time.
        co_return added.error().is(kBranchExists) ? Error(kNotBare) : std::move(added).error();
      }
    }
    co_return Result<void>();
  }

  const Context ctx_;
  Refs& refs_;
  Tables& tables_;
  Rng& rng_;
  const RepositoryPtr repository_;
  const RefsDump dump_;
  const DumpProgress progress_;
  std::int64_t records_ = 0;
  CommitSet commits_;
  std::optional<CommitSet::Gap> gap_;
  std::vector<Branch> branches_;
  std::vector<Tag> tags_;
};

}  // namespace

Task<Result<void>> restore_refs(Context ctx, Refs& refs, Tables& tables, Rng& rng,
                                RepositoryPtr repository, RefsDump dump, DumpProgress progress) {
  Restorer restorer(std::move(ctx), refs, tables, rng, std::move(repository), std::move(dump),
                    std::move(progress));
  co_return co_await restorer.run();
}

Task<Result<void>> VersionStore::restore_refs(Context ctx, RepositoryPtr repository, RefsDump dump,
                                              bool force, DumpProgress progress) {
  TARN_CO_CHECK_OK(check_writable(repository, force));
  co_return co_await graveler::restore_refs(std::move(ctx), refs_, tables_, services_.rng,
                                            std::move(repository), std::move(dump),
                                            std::move(progress));
}

}  // namespace tarn::graveler
