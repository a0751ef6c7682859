#include "graveler/tree.h"

#include "block/errors.h"
#include "graveler/errors.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::graveler {
namespace {

Task<Result<TablePtr>> open_metarange(Context ctx, Tables& tables, TreeId tree) {
  Result<TablePtr> table = co_await open_table(ctx, tables, tree, tree.id.str());
  if (!table && table.error().is(block::kObjectNotFound)) {
    co_return Error::with_message(kMetaRangeNotFound, "metarange not found: " + tree.id.str());
  }
  co_return table;
}

/// For readers of committed trees: what a commit names is there, or the store is damaged. Were it
/// "not found", who asks for an object would take it for deleted.
Error missing_in_tree(std::string_view what, const std::string& id) {
  return Error(kCorruption, fmt::format("{} {}: its file does not exist", what, id));
}

}  // namespace

std::optional<TablePtr> find_table(Tables& tables, const TreeId& tree, const std::string& id) {
  if (tree.unpublished) {
    TablePtr table = tree.unpublished->find(id);
    if (table) {
      return table;
    }
  }
  return tables.find(tree.storage_namespace, id);
}

Task<Result<TablePtr>> open_table(Context ctx, Tables& tables, TreeId tree, std::string id) {
  std::optional<TablePtr> table = find_table(tables, tree, id);
  if (table) {
    co_return *std::move(table);
  }
  co_return co_await tables.open(std::move(ctx), std::move(tree.storage_namespace), std::move(id));
}

Task<Result<TablePtr>> open_range(Context ctx, Tables& tables, TreeId tree, RangeId id) {
  Result<TablePtr> table = co_await open_table(std::move(ctx), tables, std::move(tree), id.str());
  if (!table && table.error().is(block::kObjectNotFound)) {
    co_return missing_in_tree("range", id.str());
  }
  co_return table;
}

namespace {

/// Of a tree with more ranges, each look-up walks the metarange's blocks.
constexpr std::uint64_t kRangesDecodedMax = 1024;

Result<RangeInfo> range_at(const sstable::Iterator& at) {
  TARN_TRY(const sstable::Value value, sstable::decode_value(at.value()));
  return decode_range(value.identity, value.data);
}

Result<RangesPtr> decode_ranges(const TablePtr& metarange) {
  auto out = std::make_shared<std::vector<RangeInfo>>();
  out->reserve(metarange->properties().count);
  sstable::Iterator ranges = metarange->iterator();
  TARN_CHECK_OK(ranges.seek_first());
  while (ranges.valid()) {
    TARN_TRY(RangeInfo range, range_at(ranges));
    out->push_back(std::move(range));
    TARN_CHECK_OK(ranges.next());
  }
  return RangesPtr(std::move(out));
}

/// The ranges of a published tree; null if they are too many to be decoded, or not all readable:
/// damage elsewhere does not hide what is not damaged.
RangesPtr kept_ranges(Tables& tables, const TreeId& tree, const TablePtr& metarange) {
  if (tree.unpublished || metarange->properties().count > kRangesDecodedMax) {
    return nullptr;
  }
  Result<RangesPtr> ranges = decode_ranges(metarange);
  if (!ranges) {
    return nullptr;
  }
  tables.keep_ranges(tree.storage_namespace, tree.id.str(), *ranges);
  return *std::move(ranges);
}

/// The range that has `path` if one of the tree has; null if none can.
const RangeId* range_with(const std::vector<RangeInfo>& ranges, std::string_view path) {
  const auto found = std::ranges::lower_bound(ranges, path, {}, &RangeInfo::max_key);
  return found == ranges.end() || path < found->min_key ? nullptr : &found->id;
}

Result<std::optional<RangeId>> range_with(const TablePtr& metarange, std::string_view path) {
  sstable::Iterator ranges = metarange->iterator();
  TARN_CHECK_OK(ranges.seek_ge(path));
  std::optional<RangeId> out;
  if (ranges.valid()) {
    TARN_TRY(RangeInfo range, range_at(ranges));
    if (path >= range.min_key) {
      out = std::move(range.id);
    }
  }
  return out;
}

}  // namespace

Result<OpenLookup> find_in_open_tables(Tables& tables, const StorageNamespace& storage_namespace,
                                       const MetaRangeId& id, std::string_view path) {
  using Outcome = OpenLookup::Outcome;
  OpenLookup out;
  if (id.empty()) {
    out.outcome = Outcome::kAbsent;
    return out;
  }
  const RangesPtr ranges = tables.find_ranges(storage_namespace, id.str());
  if (!ranges) {
    return out;
  }
  const RangeId* range = range_with(*ranges, path);
  if (range == nullptr) {
    out.outcome = Outcome::kAbsent;
    return out;
  }
  const std::optional<TablePtr> table = tables.find(storage_namespace, range->str());
  if (table) {
    TARN_TRY(out.value, (*table)->get(path));
    out.outcome = out.value ? Outcome::kFound : Outcome::kAbsent;
  }
  return out;
}

/// Tables in memory are taken without a task.
Task<Result<std::optional<Value>>> find_in_tree(Context ctx, Tables& tables, TreeId tree,
                                                std::string path) {
  std::optional<Value> out;
  if (tree.id.empty()) {
    co_return out;
  }
  RangesPtr ranges;
  std::optional<TablePtr> table;
  if (!tree.unpublished) {
    ranges = tables.find_ranges(tree.storage_namespace, tree.id.str());
  }
  if (!ranges) {
    table = find_table(tables, tree, tree.id.str());
    if (!table) {
      Result<TablePtr> opened = co_await open_metarange(ctx, tables, tree);
      if (!opened && opened.error().is(kMetaRangeNotFound)) {
        co_return missing_in_tree("metarange", tree.id.str());
      }
      TARN_CO_TRY(table, std::move(opened));
    }
    ranges = kept_ranges(tables, tree, *table);
  }
  std::optional<RangeId> id;
  if (ranges) {
    const RangeId* found = range_with(*ranges, path);
    if (found != nullptr) {
      id = *found;
    }
  } else {
    TARN_CO_TRY(id, range_with(*table, path));
  }
  if (!id) {
    co_return out;
  }
  table = find_table(tables, tree, id->str());
  if (!table) {
    TARN_CO_TRY(table, co_await open_range(ctx, tables, std::move(tree), *id));
  }
  TARN_CO_TRY(const std::optional<sstable::PinnedValue> found, (*table)->get(path));
  if (found) {
    TARN_CO_TRY(const sstable::Value value, sstable::decode_value(found->view()));
    out.emplace(Value{Bytes(value.identity), Bytes(value.data)});
  }
  co_return out;
}

Task<Result<void>> RangeCursor::seek(Context ctx, std::string key) {
  valid_ = false;
  if (tree_.id.empty()) {
    co_return Result<void>();
  }
  if (!iterator_) {
    TARN_CO_TRY(const TablePtr table, co_await open_metarange(ctx, tables_, tree_));
    iterator_.emplace(table->iterator());
  }
  TARN_CO_CHECK_OK(iterator_->seek_ge(key));
  co_return decode();
}

Result<void> RangeCursor::next() {
  valid_ = false;
  TARN_CHECK_OK(iterator_->next());
  return decode();
}

Result<void> RangeCursor::decode() {
  if (!iterator_->valid()) {
    return {};
  }
  TARN_TRY(range_, range_at(*iterator_));
  valid_ = true;
  return {};
}

Task<Result<void>> TreeCursor::seek(Context ctx, std::string key) {
  records_.reset();
  Result<void> sought = co_await ranges_.seek(ctx, key);
  if (!sought && sought.error().is(kMetaRangeNotFound)) {
    co_return missing_in_tree("metarange", tree_.id.str());
  }
  TARN_CO_CHECK_OK(std::move(sought));
  if (!ranges_.valid()) {
    co_return Result<void>();
  }
  TARN_CO_TRY(const TablePtr table, co_await open_range(ctx, tables_, tree_, ranges_.range().id));
  records_.emplace(table->iterator());
  co_return records_->seek_ge(key);
}

Result<bool> TreeCursor::step() {
  TARN_CHECK_OK(records_->next());
  return records_->valid();
}

Task<Result<void>> TreeCursor::next_range(Context ctx) {
  records_.reset();
  TARN_CO_CHECK_OK(ranges_.next());
  if (!ranges_.valid()) {
    co_return Result<void>();
  }
  TARN_CO_TRY(const TablePtr table, co_await open_range(ctx, tables_, tree_, ranges_.range().id));
  records_.emplace(table->iterator());
  co_return records_->seek_first();
}

}  // namespace tarn::graveler
