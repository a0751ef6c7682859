#include "sstable/table.h"

#include "base/assert.h"
#include "base/encoding.h"
#include "sstable/ident.h"

#include <charconv>
#include <utility>

namespace tarn::sstable {
namespace {

constexpr std::size_t kPendingBytes = 4096;

void append_decimal(std::size_t value, std::string& out) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, end);
}

}  // namespace

Metadata range_metadata() { return {{std::string(kTypeProperty), std::string(kTypeRanges)}}; }
Metadata metarange_metadata() {
  return {{std::string(kTypeProperty), std::string(kTypeMetaRanges)}};
}

void TableIdHasher::add(std::string_view key, std::string_view value) {
  for (const std::string_view part : {key, value}) {
    append_decimal(part.size(), pending_);
    if (part.size() >= kPendingBytes) {
      hasher_.update(pending_);
      hasher_.update(part);
      pending_.clear();
    } else {
      pending_.append(part);
    }
    pending_.push_back('|');
  }
  flush_if_large();
}

void TableIdHasher::flush_if_large() {
  if (pending_.size() >= kPendingBytes) {
    hasher_.update(pending_);
    pending_.clear();
  }
}

std::string TableIdHasher::finish(const Metadata& metadata) {
  hasher_.update(pending_);
  hasher_.update(IdentityEncoder().map(metadata).encoded());
  return hex_encode(hasher_.finish());
}

bool key_may_end_range(const SplitOptions& options, std::string_view key) {
  TARN_ASSERT(options.raggedness_entries != 0, "raggedness is a divisor");
  return fnv1a_64(key) % options.raggedness_entries == 0;
}

bool ends_range(const SplitOptions& options, std::string_view key,
                std::uint64_t estimated_size_bytes) {
  if (estimated_size_bytes >= options.max_range_size_bytes) {
    return true;
  }
  return estimated_size_bytes >= options.min_range_size_bytes && key_may_end_range(options, key);
}

}  // namespace tarn::sstable
