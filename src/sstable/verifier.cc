#include "sstable/verifier.h"

#include "sstable/detail/format.h"
#include "sstable/detail/open_table.h"

#include <fmt/format.h>

#include <limits>

namespace tarn::sstable {
namespace {

/// What the writer gave; the rest of the properties is statistics, which no id covers.
Metadata metadata_of(const Properties& properties) {
  Metadata metadata;
  for (const auto& [name, value] : properties.all) {
    const bool statistic = name.starts_with("rocksdb.") || name == detail::kCountProperty ||
                           name == detail::kEstimatedSizeProperty ||
                           name == detail::kMinKeyProperty || name == detail::kMaxKeyProperty;
    if (!statistic) {
      metadata.emplace(name, value);
    }
  }
  return metadata;
}

}  // namespace

Verifier::Verifier(const Reader& reader) : reader_(reader), at_(reader.iterator()) {
  info_.estimated_size_bytes = reader.properties().estimated_size_bytes.value_or(0);
  info_.file_size_bytes = reader.properties().file_size_bytes;
}

Result<bool> Verifier::read(std::size_t records, const Visit& visit) {
  if (!started_) {
    TARN_CHECK_OK(at_.seek_first());
    started_ = true;
  }
  for (; records > 0 && at_.valid(); --records) {
    if (info_.count == 0) {
      info_.min_key = at_.key();
    }
    info_.max_key = at_.key();
    ++info_.count;
    id_.add(at_.key(), at_.value());
    TARN_CHECK_OK(visit(at_.key(), at_.value()));
    TARN_CHECK_OK(at_.next());
  }
  return at_.valid();
}

Result<TableInfo> Verifier::finish() {
  const Properties& properties = reader_.properties();
  info_.id = id_.finish(metadata_of(properties));
  const auto differs = [this](std::string_view what) {
    return Error(kCorruption, fmt::format("{}: the {} is not what the properties say",
                                          detail::display_name(reader_.name()), what));
  };
  if (info_.count != properties.count) {
    return differs("number of records");
  }
  if (properties.min_key.value_or(info_.min_key) != info_.min_key) {
    return differs("first key");
  }
  if (properties.max_key.value_or(info_.max_key) != info_.max_key) {
    return differs("last key");
  }
  return std::move(info_);
}

Result<TableInfo> verify(const Reader& reader) {
  Verifier verifier(reader);
  const Verifier::Visit nothing = [](std::string_view, std::string_view) { return Result<void>(); };
  TARN_CHECK_OK(verifier.read(std::numeric_limits<std::size_t>::max(), nothing));
  return verifier.finish();
}

}  // namespace tarn::sstable
