#include "graveler/three_way.h"

#include <algorithm>
#include <utility>

namespace tarn::graveler {
namespace {

bool same_bounds(const RangeInfo& a, const RangeInfo& b) {
  return a.min_key == b.min_key && a.max_key == b.max_key;
}

}  // namespace

ThreeWay::ThreeWay(Tables& tables, TreeId base, TreeId source, TreeId destination)
    : base_(tables, std::move(base)),
      source_(tables, std::move(source)),
      destination_(tables, std::move(destination)) {}

Task<Result<void>> ThreeWay::seek(Context ctx, std::string key) {
  TARN_CO_CHECK_OK(co_await base_.seek(ctx, key));
  TARN_CO_CHECK_OK(co_await source_.seek(ctx, key));
  TARN_CO_CHECK_OK(co_await destination_.seek(ctx, std::move(key)));
  co_return co_await settle(std::move(ctx));
}

bool ThreeWay::on_records() const {
  if ((source_.valid() && source_.at_range()) ||
      (destination_.valid() && destination_.at_range()) ||
      (!source_.valid() && !destination_.valid())) {
    return false;
  }
  // A base further on has nothing to say here; one that lags behind must catch up.
  return !base_.valid() || base_.key() > key() || (base_.key() == key() && !base_.at_range());
}

Result<bool> ThreeWay::step() {
  // The key and the values are views into the cursors: who stands here is settled before any moves.
  const bool in_source = source_.valid() && source_.key() == key();
  const bool in_destination = destination_.valid() && destination_.key() == key();
  if (base_value_) {
    TARN_CHECK_OK(base_.step());
  }
  if (in_source) {
    TARN_CHECK_OK(source_.at_range() ? source_.skip_range() : source_.step());
  }
  if (in_destination) {
    TARN_CHECK_OK(destination_.at_range() ? destination_.skip_range() : destination_.step());
  }
  if (!on_records()) {
    return false;
  }
  at_ = At::kRecord;
  TARN_CHECK_OK(load_values());
  return true;
}

Task<Result<void>> ThreeWay::next(Context ctx) {
  if (at_ == At::kEnd) {
    co_return Result<void>();
  }
  TARN_CO_TRY(const bool settled, step());
  if (!settled) {
    co_return co_await settle(std::move(ctx));
  }
  co_return Result<void>();
}

Task<Result<void>> ThreeWay::expand(Context ctx) {
  // A range of the other side that belongs to this place begins at the same key.
  const std::string at(key());
  if (source_.at_range() && source_.key() == at) {
    TARN_CO_CHECK_OK(co_await source_.enter(ctx));
  }
  if (destination_.at_range() && destination_.key() == at) {
    TARN_CO_CHECK_OK(co_await destination_.enter(ctx));
  }
  co_return co_await settle(std::move(ctx));
}

std::string_view ThreeWay::key() const {
  if (!source_.valid()) {
    return destination_.key();
  }
  if (!destination_.valid()) {
    return source_.key();
  }
  return std::min(source_.key(), destination_.key());
}

Task<Result<ThreeWay::At>> ThreeWay::place_of_one(Context ctx, const SkippingCursor& side, At kept,
                                                  At removed) {
  // The side's whole range lies before everything that the other side still has.
  TARN_CO_CHECK_OK(co_await base_.advance_to(std::move(ctx), side.range().min_key));
  if (!base_.valid() || base_.key() > side.range().max_key) {
    co_return kept;  // new here, and nowhere else
  }
  if (base_.at_range() && base_.range().id == side.range().id) {
    co_return removed;
  }
  co_return At::kRecord;
}

Task<Result<ThreeWay::At>> ThreeWay::place_of_ranges(Context ctx) {
  const bool source_range = source_.at_range();
  const bool destination_range = destination_.at_range();
  if (source_range && destination_range && source_.range().id == destination_.range().id) {
    co_return At::kSameRange;
  }
  if (source_range && destination_range && same_bounds(source_.range(), destination_.range())) {
    TARN_CO_CHECK_OK(co_await base_.advance_to(std::move(ctx), source_.range().min_key));
    if (base_.at_range() && base_.range().id == destination_.range().id) {
      co_return At::kSourceRange;
    }
    if (base_.at_range() && base_.range().id == source_.range().id) {
      co_return At::kDestinationRange;
    }
    co_return At::kRecord;
  }
  if (source_range && (!destination_.valid() || source_.range().max_key < destination_.key())) {
    co_return co_await place_of_one(std::move(ctx), source_, At::kSourceRange,
                                    At::kRemovedByDestination);
  }
  if (destination_range && (!source_.valid() || destination_.range().max_key < source_.key())) {
    co_return co_await place_of_one(std::move(ctx), destination_, At::kDestinationRange,
                                    At::kRemovedBySource);
  }
  co_return At::kRecord;
}

Task<Result<void>> ThreeWay::settle(Context ctx) {
  forget_values();
  for (;;) {
    if (!source_.valid() && !destination_.valid()) {
      at_ = At::kEnd;
      co_return Result<void>();
    }
    TARN_CO_TRY(at_, co_await place_of_ranges(ctx));
    if (at_ != At::kRecord) {
      co_return Result<void>();
    }
    // What begins here must be opened; a side that begins later may yet be skipped.
    const std::string at(key());
    const bool open_source = source_.at_range() && source_.key() == at;
    const bool open_destination = destination_.at_range() && destination_.key() == at;
    if (!open_source && !open_destination) {
      break;
    }
    if (open_source) {
      TARN_CO_CHECK_OK(co_await source_.enter(ctx));
    }
    if (open_destination) {
      TARN_CO_CHECK_OK(co_await destination_.enter(ctx));
    }
  }
  std::string at(key());
  TARN_CO_CHECK_OK(co_await base_.advance_to(ctx, at));
  if (base_.at_range() && base_.key() == at) {
    TARN_CO_CHECK_OK(co_await base_.enter(ctx));
  }
  co_return load_values();
}

void ThreeWay::forget_values() {
  base_value_.reset();
  source_value_.reset();
  destination_value_.reset();
}

Result<void> ThreeWay::load_values() {
  forget_values();
  const std::string_view at = key();
  if (base_.valid() && !base_.at_range() && base_.key() == at) {
    TARN_TRY(base_value_, base_.value());
  }
  // `at` is a view into one of these: both are compared before either is decoded.
  const bool in_source = source_.valid() && !source_.at_range() && source_.key() == at;
  const bool in_destination =
      destination_.valid() && !destination_.at_range() && destination_.key() == at;
  if (in_source) {
    TARN_TRY(source_value_, source_.value());
  }
  if (in_destination) {
    TARN_TRY(destination_value_, destination_.value());
  }
  return {};
}

}  // namespace tarn::graveler
