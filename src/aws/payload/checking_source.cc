#include "aws/payload/checking_source.h"

#include <utility>

namespace tarn::aws::detail {

CheckingSource::CheckingSource(std::unique_ptr<ByteSource> inner, std::vector<Check> checks)
    : inner_(std::move(inner)), checks_(std::move(checks)) {}

Task<Result<Bytes>> CheckingSource::pull(Context ctx, std::size_t max_bytes) {
  TARN_CO_TRY(Bytes piece, co_await inner_->read(ctx, max_bytes));
  for (Check& check : checks_) {
    check.checksum.update(piece);
  }
  co_return piece;
}

Result<void> CheckingSource::finish() {
  finished_ = true;
  for (Check& check : checks_) {
    if (check.checksum.finish() != check.expected) {
      return check.mismatch;
    }
  }
  return {};
}

Task<Result<Bytes>> CheckingSource::read(Context ctx, std::size_t max_bytes) {
  if (held_back_.size() > max_bytes) {
    Bytes piece = held_back_.substr(0, max_bytes);
    held_back_.erase(0, max_bytes);
    co_return piece;
  }
  Bytes piece = std::exchange(held_back_, Bytes());
  if (finished_) {
    co_return piece;
  }
  if (piece.empty()) {
    TARN_CO_TRY(piece, co_await pull(ctx, max_bytes));
  }
  bool at_end = piece.empty();
  if (!at_end) {
    if (const std::optional<std::uint64_t> left = inner_->remaining()) {
      at_end = *left == 0;
    } else {
      TARN_CO_TRY(held_back_, co_await pull(ctx, max_bytes));
      at_end = held_back_.empty();
    }
  }
  if (at_end) {
    TARN_CO_CHECK_OK(finish());
  }
  co_return piece;
}

std::optional<std::uint64_t> CheckingSource::remaining() const {
  const std::optional<std::uint64_t> left = inner_->remaining();
  return left ? std::optional(*left + held_back_.size()) : std::nullopt;
}

}  // namespace tarn::aws::detail
