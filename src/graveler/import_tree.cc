#include "graveler/import_tree.h"

#include "graveler/listing.h"
#include "graveler/skipping_cursor.h"
#include "graveler/store.h"
#include "graveler/tree_writer.h"
#include "kv/store.h"
#include "runtime/loops.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace tarn::graveler {
namespace {

constexpr std::size_t kRecordsPerTurn = 2048;
constexpr std::string_view kStrategyKey = ".lakefs.merge.strategy";

/// Keys from `begin` up to `end`, which is not in it; an empty `end` is no end.
struct KeyInterval {
  std::string begin;
  std::string end;
};

/// Sorted, and with other keys between any two.
std::vector<KeyInterval> intervals_of(const std::vector<ReplacedPath>& replaced) {
  std::vector<KeyInterval> all;
  all.reserve(replaced.size());
  for (const ReplacedPath& one : replaced) {
    all.push_back({one.path, one.is_prefix ? prefix_end(one.path) : kv::next_key(one.path)});
  }
  std::ranges::sort(all, {}, &KeyInterval::begin);
  std::vector<KeyInterval> out;
  for (KeyInterval& next : all) {
    if (out.empty() || (!out.back().end.empty() && out.back().end < next.begin)) {
      out.push_back(std::move(next));
    } else if (!out.back().end.empty() && (next.end.empty() || out.back().end < next.end)) {
      out.back().end = std::move(next.end);
    }
  }
  return out;
}

class Overlay {
 public:
  Overlay(Context ctx, Tables& tables, const OverlayTrees& trees, sstable::SplitOptions split)
      : ctx_(std::move(ctx)),
        source_(tables, trees.source),
        destination_(tables, trees.destination),
        replaced_(intervals_of(trees.replaced)),
        writer_(tables, trees.destination.storage_namespace, split) {}

  Task<Result<MetaRangeId>> run() {
    TARN_CO_CHECK_OK(co_await source_.seek(ctx_, std::string()));
    TARN_CO_CHECK_OK(co_await destination_.seek(ctx_, std::string()));
    for (std::size_t since_yield = 0;;) {
      TARN_CO_CHECK_OK(co_await skip_replaced());
      if (!source_.valid() && !has_destination()) {
        break;
      }
      TARN_CO_CHECK_OK(co_await take());
      if (++since_yield >= kRecordsPerTurn) {
        since_yield = 0;
        co_await yield_loop();
      }
    }
    co_return co_await writer_.finish(ctx_);
  }

 private:
  bool has_destination() const { return !destination_over_ && destination_.valid(); }

  /// Moves the destination to a key that is not replaced.
  Task<Result<void>> skip_replaced() {
    while (has_destination() && at_ < replaced_.size()) {
      const KeyInterval& next = replaced_[at_];
      if (destination_.key() < next.begin) {
        break;
      }
      if (next.end.empty()) {
        destination_over_ = true;
        break;
      }
      TARN_CO_CHECK_OK(co_await destination_.advance_to(ctx_, next.end));
      ++at_;
    }
    co_return Result<void>();
  }

  Task<Result<void>> take() {
    const bool left = has_destination();
    const int order = !source_.valid() ? 1 : !left ? -1 : source_.key().compare(destination_.key());
    if (order == 0) {
      co_return co_await take_both();
    }
    if (order < 0) {
      const bool alone =
          source_.at_range() && (!left || source_.range().max_key < destination_.key());
      co_return co_await take_from(source_, alone);
    }
    const bool alone =
        destination_.at_range() &&
        (!source_.valid() || destination_.range().max_key < source_.key()) &&
        (at_ == replaced_.size() || destination_.range().max_key < replaced_[at_].begin);
    co_return co_await take_from(destination_, alone);
  }

  /// One record, or the `whole` range.
  Task<Result<void>> take_from(SkippingCursor& cursor, bool whole) {
    if (whole) {
      TARN_CO_CHECK_OK(co_await writer_.add_range(ctx_, cursor.range()));
      co_return cursor.skip_range();
    }
    if (cursor.at_range()) {
      co_return co_await cursor.enter(ctx_);
    }
    TARN_CO_TRY(const sstable::Value value, cursor.value());
    TARN_CO_CHECK_OK(co_await writer_.add(ctx_, cursor.key(), value));
    co_return cursor.step();
  }

  /// Both stand on one key: the source's record stays.
  Task<Result<void>> take_both() {
    if (source_.at_range()) {
      co_return co_await source_.enter(ctx_);
    }
    if (destination_.at_range()) {
      co_return co_await destination_.enter(ctx_);
    }
    TARN_CO_CHECK_OK(destination_.step());
    co_return co_await take_from(source_, false);
  }

  const Context ctx_;
  SkippingCursor source_;
  SkippingCursor destination_;
  const std::vector<KeyInterval> replaced_;
  /// The first interval that the destination has not passed.
  std::size_t at_ = 0;
  bool destination_over_ = false;
  TreeWriter writer_;
};

}  // namespace

Task<Result<MetaRangeId>> overlay_trees(Context ctx, Tables& tables, OverlayTrees trees,
                                        sstable::SplitOptions split) {
  Overlay overlay(std::move(ctx), tables, trees, split);
  co_return co_await overlay.run();
}

Task<Result<CommitPtr>> VersionStore::import_tree(Context ctx, RepositoryPtr repository,
                                                  BranchId branch, ImportRequest request) {
  TARN_CO_CHECK_OK(check_writable(repository, request.force));
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): awaited below
  MakeUpdate make = [this, &ctx, &repository, &branch,
                     &request](HeadBase on) -> Task<Result<Update>> {
    OverlayTrees trees{on.tree, TreeId{repository->storage_namespace, request.source},
                       request.replaced};
    Update update;
    Commit& commit = update.commit;
    TARN_CO_TRY(commit.meta_range_id,
                co_await overlay_trees(ctx, tables_, std::move(trees), config_.split));
    commit.committer = request.committer;
    commit.message = request.message;
    commit.metadata = request.metadata;
    commit.metadata[std::string(kStrategyKey)] = to_string(MergeStrategy::kSourceWins);
    commit.creation_date = services_.clock.now();
    commit.parents = {on.head->id};
    commit.generation = on.head->commit.generation + 1;
    update.hook = hook_record(Event::kPreCommit, repository);
    update.hook.source_ref = branch.str();
    update.hook.branch = branch;
    co_return update;
  };
  Result<Merged> made = co_await update_head(ctx, repository, branch, std::move(make),
                                             Event::kPostCommit, false, true);
  if (!made) {
    const bool of_the_branch = made.error().is(kBranchNotFound) || made.error().is(kDirtyBranch);
    co_return of_the_branch ? std::move(made).error()
                            : std::move(made).error().wrap("update branch " + branch.str());
  }
  co_return std::move(made->commit);
}

}  // namespace tarn::graveler
