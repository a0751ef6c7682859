#include "graveler/fsck/suspects.h"

#include "base/hash.h"
#include "kv/errors.h"

#include <utility>

namespace tarn::graveler::fsck {
namespace {

Task<Result<bool>> holds_digest(Context ctx, kv::Store& now, kv::Key key, std::string digest) {
  Result<Bytes> row = co_await now.get(std::move(ctx), std::move(key));
  if (row) {
    co_return sha256(*row) == digest;
  }
  if (row.error().is(kv::kKeyNotFound)) {
    co_return false;
  }
  co_return std::move(row).error();
}

Task<Result<bool>> is_there(Context ctx, kv::Store& now, kv::Key key) {
  Result<Bytes> row = co_await now.get(std::move(ctx), std::move(key));
  if (!row && !row.error().is(kv::kKeyNotFound)) {
    co_return std::move(row).error();
  }
  co_return row.has_value();
}

Task<Result<bool>> is_not_there(Context ctx, kv::Store& now, kv::Key key) {
  TARN_CO_TRY(const bool there, co_await is_there(std::move(ctx), now, std::move(key)));
  co_return !there;
}

Task<Result<bool>> both_hold(Context ctx, kv::Store& now, StillThere first, StillThere second) {
  TARN_CO_TRY(const bool holds, co_await first(ctx, now));
  if (!holds) {
    co_return false;
  }
  co_return co_await second(std::move(ctx), now);
}

}  // namespace

StillThere same_row(kv::Key key, ByteView value) {
  return [key = std::move(key), digest = sha256(value)](Context ctx, kv::Store& now) {
    return holds_digest(std::move(ctx), now, key, digest);
  };
}

StillThere row_exists(kv::Key key) {
  return [key = std::move(key)](Context ctx, kv::Store& now) {
    return is_there(std::move(ctx), now, key);
  };
}

StillThere row_absent(kv::Key key) {
  return [key = std::move(key)](Context ctx, kv::Store& now) {
    return is_not_there(std::move(ctx), now, key);
  };
}

StillThere both(StillThere first, StillThere second) {
  return [first = std::move(first), second = std::move(second)](Context ctx, kv::Store& now) {
    return both_hold(std::move(ctx), now, first, second);
  };
}

Suspects::Suspects(const Services& services, Sink& sink, Summary& summary,
                   const Repository* repository)
    : services_(services), sink_(sink), summary_(summary), repository_(repository) {}

void Suspects::note(Damage damage, StillThere still_there) {
  if (repository_ != nullptr) {
    damage.repository = repository_->id.str();
  }
  waiting_.push_back({std::move(damage), std::move(still_there)});
}

Task<Result<void>> Suspects::add(Context ctx, Damage damage, StillThere still_there) {
  note(std::move(damage), std::move(still_there));
  co_return co_await settle_if_many(std::move(ctx));
}

Task<Result<void>> Suspects::settle_if_many(Context ctx) {
  // Tables are checked side by side: the one that comes first settles for all.
  if (waiting_.size() >= kWaitingMax && !settling_) {
    co_return co_await settle(std::move(ctx));
  }
  co_return Result<void>();
}

Task<Result<bool>> Suspects::repository_stands(Context ctx, kv::Store& now) {
  kv::Key key{"graveler", "repos/" + repository_->id.str()};
  Result<Bytes> row = co_await now.get(std::move(ctx), std::move(key));
  if (!row && row.error().is(kv::kKeyNotFound)) {
    co_return false;
  }
  TARN_CO_TRY(const Bytes bytes, std::move(row));
  const Result<Repository> repository = decode_repository(bytes);
  co_return !repository || (repository->instance_uid == repository_->instance_uid &&
                            repository->state == repository_->state);
}

Task<Result<void>> Suspects::settle(Context ctx) {
  if (waiting_.empty()) {
    co_return Result<void>();
  }
  settling_ = true;
  std::vector<Suspect> suspects = std::exchange(waiting_, {});
  auto open = [this] { return services_.view(); };
  TARN_CO_TRY(const std::shared_ptr<kv::Store> now, co_await run_blocking(services_.pool, open));
  bool stands = true;
  if (repository_ != nullptr) {
    TARN_CO_TRY(stands, co_await repository_stands(ctx, *now));
  }
  for (Suspect& suspect : suspects) {
    bool still = stands;
    if (still) {
      TARN_CO_TRY(still, co_await suspect.still_there(ctx, *now));
    }
    if (!still) {
      ++summary_.changed_meanwhile;
      continue;
    }
    if (suspect.damage.kind == DamageKind::kUnreadable) {
      ++summary_.unreadable;
    } else {
      ++summary_.damages;
    }
    sink_.damage(suspect.damage);
  }
  settling_ = false;
  co_return Result<void>();
}

}  // namespace tarn::graveler::fsck
