#include "graveler/merge.h"

#include "graveler/page.h"
#include "graveler/tree_writer.h"
#include "runtime/loops.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace tarn::graveler {
namespace {

constexpr std::size_t kRecordsPerTurn = 2048;

struct StrategyName {
  MergeStrategy strategy;
  std::string_view name;
};
constexpr std::array kStrategies = std::to_array<StrategyName>({
    {MergeStrategy::kNone, "default"},
    {MergeStrategy::kDestinationWins, "dest-wins"},
    {MergeStrategy::kSourceWins, "source-wins"},
});

bool same(const ThreeWay::Side& a, const ThreeWay::Side& b) {
  return a.has_value() == b.has_value() && (!a || a->identity == b->identity);
}

/// Writes the merged tree as the walk goes, until the first conflict.
class Merger {
 public:
  Merger(Context ctx, const MergeTrees& trees, std::unique_ptr<TreeWriter> writer, Tables& tables)
      : ctx_(std::move(ctx)),
        strategy_(trees.strategy),
        walk_(tables, trees.base, trees.source, trees.destination),
        writer_(std::move(writer)) {}

  Task<Result<MergedTree>> run() {
    TARN_CO_CHECK_OK(co_await walk_.seek(ctx_, std::string()));
    std::size_t since_yield = 0;
    while (walk_.at() != ThreeWay::At::kEnd && merged_.conflicts.size() < kConflictsMax) {
      bool room = true;
      if (walk_.at() == ThreeWay::At::kRecord) {
        TARN_CO_TRY(room, take_record());
      } else if (writer_ && is_kept(walk_.at())) {
        TARN_CO_CHECK_OK(co_await writer_->add_range(ctx_, walk_.range()));
      }
      if (!room) {
        TARN_CO_CHECK_OK(co_await writer_->flow(ctx_));
      } else if (++since_yield >= kRecordsPerTurn) {
        since_yield = 0;
        co_await yield_loop();
      }
      TARN_CO_TRY(const bool settled, walk_.step());
      if (!settled) {
        TARN_CO_CHECK_OK(co_await walk_.settle(ctx_));
      }
    }
    if (writer_) {
      TARN_CO_TRY(merged_.id, co_await writer_->finish(ctx_));
    }
    co_return std::move(merged_);
  }

 private:
  /// Whether the merged tree has the range that the walk stands on.
  static bool is_kept(ThreeWay::At at) {
    return at == ThreeWay::At::kSameRange || at == ThreeWay::At::kSourceRange ||
           at == ThreeWay::At::kDestinationRange;
  }

  /// False: the writer wants to flow.
  Result<bool> take_record() {
    MergeOutcome outcome = merge_record(walk_.base(), walk_.source(), walk_.destination());
    if (outcome == MergeOutcome::kConflict) {
      if (strategy_ == MergeStrategy::kNone) {
        merged_.conflicts.emplace_back(walk_.key());
        writer_.reset();
        return true;
      }
      outcome = strategy_ == MergeStrategy::kSourceWins ? MergeOutcome::kTakeSource
                                                        : MergeOutcome::kTakeDestination;
    }
    const ThreeWay::Side& chosen =
        outcome == MergeOutcome::kTakeSource ? walk_.source() : walk_.destination();
    if (!chosen || !writer_) {
      return true;
    }
    return writer_->put(walk_.key(), *chosen);
  }

  const Context ctx_;
  const MergeStrategy strategy_;
  ThreeWay walk_;
  std::unique_ptr<TreeWriter> writer_;
  MergedTree merged_;
};

/// What the record that the walk stands on is in a difference, if it is one.
std::optional<DiffType> difference_of(const ThreeWay& walk) {
  const MergeOutcome outcome = merge_record(walk.base(), walk.source(), walk.destination());
  if (outcome == MergeOutcome::kConflict) {
    return DiffType::kConflict;
  }
  if (outcome == MergeOutcome::kTakeDestination || same(walk.source(), walk.destination())) {
    return std::nullopt;
  }
  if (!walk.destination()) {
    return DiffType::kAdded;
  }
  return walk.source() ? DiffType::kChanged : DiffType::kRemoved;
}

}  // namespace

std::string_view to_string(MergeStrategy strategy) {
  return kStrategies[static_cast<std::size_t>(strategy)].name;
}

std::optional<MergeStrategy> merge_strategy_from_string(std::string_view text) {
  if (text.empty()) {
    return MergeStrategy::kNone;
  }
  const auto found = std::ranges::find(kStrategies, text, &StrategyName::name);
  if (found == kStrategies.end() || found->strategy == MergeStrategy::kNone) {
    return std::nullopt;
  }
  return found->strategy;
}

MergeOutcome merge_record(const ThreeWay::Side& base, const ThreeWay::Side& source,
                          const ThreeWay::Side& destination) {
  if (same(source, destination) || same(base, destination)) {
    return MergeOutcome::kTakeSource;
  }
  return same(base, source) ? MergeOutcome::kTakeDestination : MergeOutcome::kConflict;
}

Task<Result<MergedTree>> merge_trees(Context ctx, Tables& tables, MergeTrees trees,
                                     sstable::SplitOptions split,
                                     std::shared_ptr<TableUploads> uploads) {
  auto writer =
      uploads ? std::make_unique<TreeWriter>(tables, std::move(uploads), split)
              : std::make_unique<TreeWriter>(tables, trees.destination.storage_namespace, split);
  Merger merger(std::move(ctx), trees, std::move(writer), tables);
  co_return co_await merger.run();
}

Task<Result<Paged<Difference>>> diff_trees(Context ctx, Tables& tables, MergeTrees trees,
                                           ListRequest request) {
  PageBuilder<Difference> page = difference_page(request);
  PageStart start = page_start(request);
  if (start.done || request.amount == 0) {
    co_return page.finish();
  }
  ThreeWay walk(tables, std::move(trees.base), std::move(trees.source),
                std::move(trees.destination));
  TARN_CO_CHECK_OK(co_await walk.seek(ctx, std::move(start.path)));
  const std::string end = prefix_end(request.prefix);
  std::size_t since_yield = 0;
  while (walk.at() != ThreeWay::At::kEnd && (end.empty() || walk.key() < end)) {
    if (++since_yield >= kRecordsPerTurn) {
      since_yield = 0;
      co_await yield_loop();
    }
    if (walk.at() == ThreeWay::At::kSourceRange || walk.at() == ThreeWay::At::kRemovedBySource) {
      TARN_CO_CHECK_OK(co_await walk.expand(ctx));
      continue;
    }
    std::optional<DiffType> type;
    if (walk.at() == ThreeWay::At::kRecord) {
      type = difference_of(walk);
    }
    if (!type) {
      TARN_CO_TRY(const bool settled, walk.step());
      if (!settled) {
        TARN_CO_CHECK_OK(co_await walk.settle(ctx));
      }
      continue;
    }
    const PageBuilder<Difference>::Step step = page.place(walk.key());
    if (step == PageBuilder<Difference>::Step::kDone) {
      break;
    }
    if (step == PageBuilder<Difference>::Step::kSeek) {
      TARN_CO_CHECK_OK(co_await walk.seek(ctx, page.next()));
      continue;
    }
    Difference item;
    item.type = *type;
    item.path = walk.key();
    const ThreeWay::Side& shown = walk.source() ? walk.source() : walk.destination();
    // What is gone on both sides is no difference.
    TARN_CO_TRY(item.entry, decode_entry(shown->data));
    page.add(std::move(item));
    TARN_CO_CHECK_OK(co_await walk.next(ctx));
  }
  co_return page.finish();
}

}  // namespace tarn::graveler
