#include "graveler/staging.h"

#include <algorithm>

namespace tarn::graveler {
namespace {

/// As many rows as the embedded store gives at once.
constexpr std::size_t kPageMax = 4096;

}  // namespace

kv::Key staged_key(const StagingToken& token, std::string_view path) {
  return {token.str(), std::string(path)};
}

Task<Result<std::optional<Value>>> find_staged(Context ctx, kv::Store& store,
                                               std::vector<StagingToken> tokens, std::string path) {
  std::optional<Value> out;
  for (const StagingToken& token : tokens) {
    kv::Key key = staged_key(token, path);
    std::optional<Result<Bytes>> now = store.get_now(key);
    if (!now) {
      now = co_await store.get(ctx, std::move(key));
    }
    if (*now) {
      TARN_CO_TRY(Value value, decode_staged(**now));
      out = std::move(value);
      co_return out;
    }
    if (!now->error().is(kv::kKeyNotFound)) {
      co_return std::move(*now).error();
    }
  }
  co_return out;
}

StagedCursor::StagedCursor(kv::Store& store, std::vector<StagingToken> tokens, std::string prefix,
                           std::size_t page_hint)
    : store_(store),
      prefix_(std::move(prefix)),
      page_size_(std::clamp<std::size_t>(page_hint, 1, kPageMax)) {
  for (StagingToken& token : tokens) {
    sources_.push_back(Source{std::move(token), {}, {}, 0, false, {}});
  }
}

const std::string& StagedCursor::key() const { return current_->rows[current_->at].key; }
const sstable::Value& StagedCursor::value() const { return current_->values[current_->at]; }

Task<Result<void>> StagedCursor::load(Context ctx, Source& source, std::string start) {
  kv::ScanOptions options;
  options.prefix = prefix_;
  options.start = std::move(start);
  options.limit = page_size_;
  source.rows.clear();
  source.values.clear();
  source.at = 0;
  TARN_CO_TRY(kv::Page page, co_await store_.scan(ctx, source.token.str(), std::move(options)));
  source.more = page.more && !page.entries.empty();
  if (source.more) {
    source.resume = kv::next_key(page.entries.back().key);
  }
  source.rows = std::move(page.entries);
  source.values.reserve(source.rows.size());
  for (const kv::Entry& row : source.rows) {
    TARN_CO_TRY(const sstable::Value value, view_staged(row.value));
    source.values.push_back(value);
  }
  co_return Result<void>();
}

Task<Result<void>> StagedCursor::refill(Context ctx) {
  for (Source& source : sources_) {
    while (source.at_end() && source.more) {
      std::string resume = std::move(source.resume);
      TARN_CO_CHECK_OK(co_await load(ctx, source, std::move(resume)));
    }
  }
  // A hint covers the first page; who goes on wants whole ones.
  page_size_ = std::min(page_size_ * 2, kPageMax);
  choose();
  co_return Result<void>();
}

Task<Result<void>> StagedCursor::seek(Context ctx, std::string path) {
  for (Source& source : sources_) {
    TARN_CO_CHECK_OK(co_await load(ctx, source, std::max(path, prefix_)));
  }
  co_return co_await refill(ctx);
}

void StagedCursor::choose() {
  current_ = nullptr;
  for (Source& source : sources_) {
    if (!source.at_end() && (current_ == nullptr || source.rows[source.at].key < key())) {
      current_ = &source;
    }
  }
}

bool StagedCursor::step() {
  // The row stays where it is while the places move on.
  const std::string& passed = key();
  bool complete = true;
  for (Source& source : sources_) {
    if (!source.at_end() && source.rows[source.at].key == passed) {
      ++source.at;
      complete = complete && !(source.at_end() && source.more);
    }
  }
  if (complete) {
    choose();
  }
  return complete;
}

Task<Result<void>> StagedCursor::load_next(Context ctx) { co_return co_await refill(ctx); }

}  // namespace tarn::graveler
