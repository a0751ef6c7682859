#include "graveler/fsck/staging.h"

#include "graveler/records.pb.h"
#include "kv/errors.h"
#include "kv/row_codec.h"
#include "kv/row_scan.h"

#include <fmt/format.h>

#include <utility>

namespace tarn::graveler::fsck {
namespace {

constexpr std::string_view kCleanupPartition = "cleanup-tokens";

/// The entry of a staged row; nothing for a tombstone. Errors: kCorruption.
Result<std::optional<Entry>> decode_row(const kv::Entry& row) {
  TARN_TRY(const pb::StagedEntryData data,
           kv::parse_row<pb::StagedEntryData>(row.value, "staged entry"));
  const auto bad = [](std::string text) {
    return Error::with_message(kCorruption, std::move(text));
  };
  if (data.key() != row.key) {
    return bad(fmt::format("its row is of \"{}\"", data.key()));
  }
  if (data.identity().empty()) {
    return std::optional<Entry>();
  }
  TARN_TRY(Entry entry, decode_entry(data.data()));
  if (entry.size_bytes < 0) {
    return bad(fmt::format("it has {} bytes", entry.size_bytes));
  }
  if (identity_of(entry) != data.identity()) {
    return bad("its identity is not that of its entry");
  }
  return std::optional<Entry>(std::move(entry));
}

}  // namespace

Task<Result<void>> StagingCheck::check(Context ctx, kv::Store& rows,
                                       const std::vector<RefCheck::BranchTokens>& branches) {
  std::unordered_map<std::string, BranchId> owners;
  for (const RefCheck::BranchTokens& branch : branches) {
    for (const StagingToken& token : branch.tokens) {
      const kv::Key row{repository_.partition(), "branches/" + branch.branch.str()};
      Damage damage;
      damage.kind = DamageKind::kBadStaging;
      damage.subject = "branch " + branch.branch.str();
      const auto [owner, first] = owners.emplace(token.str(), branch.branch);
      if (!first) {
        damage.message = owner->second == branch.branch
                             ? fmt::format("it has the staging token {} twice", token)
                             : fmt::format("it shares the staging token {} with branch {}", token,
                                           owner->second);
        // Tokens are new for each branch: while the branch is there, so is the mistake.
        TARN_CO_CHECK_OK(co_await suspects_.add(ctx, std::move(damage), row_exists(row)));
        continue;
      }
      const kv::Key marker{std::string(kCleanupPartition), token.str()};
      const Result<Bytes> marked = co_await rows.get(ctx, marker);
      if (marked) {
        damage.message = fmt::format("its staging token {} waits to be dropped", token);
        TARN_CO_TRY(const Bytes branch_row, co_await rows.get(ctx, row));
        StillThere still_there = both(same_row(row, branch_row), row_exists(marker));
        TARN_CO_CHECK_OK(co_await suspects_.add(ctx, std::move(damage), std::move(still_there)));
      } else if (!marked.error().is(kv::kKeyNotFound)) {
        co_return marked.error();
      }
      TARN_CO_CHECK_OK(co_await check_token(ctx, rows, branch.branch, token));
    }
  }
  co_return Result<void>();
}

Task<Result<void>> StagingCheck::check_token(Context ctx, kv::Store& rows, BranchId branch,
                                             StagingToken token) {
  kv::ScanOptions options;
  options.limit = 0;
  for (kv::RowScan scan(rows, token.str(), options); !scan.ended();) {
    TARN_CO_TRY(const std::vector<kv::Entry> page, co_await scan.next(ctx));
    std::vector<NeededObject> objects;
    for (const kv::Entry& row : page) {
      read_row(branch, token, row, objects);
    }
    if (!objects.empty()) {
      std::string where = fmt::format(" (staged on {})", branch);
      TARN_CO_CHECK_OK(
          co_await objects_->check(ctx, std::move(objects), std::move(where), StillThere()));
    }
    TARN_CO_CHECK_OK(co_await suspects_.settle_if_many(ctx));
  }
  co_return Result<void>();
}

void StagingCheck::read_row(const BranchId& branch, const StagingToken& token, const kv::Entry& row,
                            std::vector<NeededObject>& objects) {
  ++summary_.staged;
  const kv::Key key{token.str(), row.key};
  Result<std::optional<Entry>> entry = decode_row(row);
  if (!entry) {
    Damage damage;
    damage.kind = DamageKind::kBadStaging;
    damage.subject = fmt::format("staged entry {} of branch {}", row.key, branch);
    damage.message = entry.error().message();
    return suspects_.note(std::move(damage), same_row(key, row.value));
  }
  if (*entry && objects_ != nullptr) {
    NeededObject object;
    object.path = row.key;
    object.address = std::move((*entry)->address);
    object.address_type = (*entry)->address_type;
    object.size_bytes = (*entry)->size_bytes;
    object.still_there = same_row(key, row.value);
    objects.push_back(std::move(object));
  }
}

}  // namespace tarn::graveler::fsck
