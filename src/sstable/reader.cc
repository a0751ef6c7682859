#include "sstable/reader.h"

#include "base/assert.h"
#include "sstable/detail/open_table.h"
#include "sstable/detail/table_cursor.h"

#include <utility>

namespace tarn::sstable {

using detail::OpenTable;
using detail::TableCursor;

struct Reader::Parts : OpenTable {
  explicit Parts(OpenTable table) : OpenTable(std::move(table)) {}
};

Reader::Reader() = default;
Reader::~Reader() = default;

Result<std::shared_ptr<const Reader>> Reader::open(std::shared_ptr<const RandomAccess> source,
                                                   ReaderOptions options) {
  TARN_TRY(OpenTable table, OpenTable::open(std::move(source), std::move(options)));
  std::shared_ptr<Reader> reader(new Reader());
  reader->parts_ = std::make_unique<const Parts>(std::move(table));
  return std::shared_ptr<const Reader>(std::move(reader));
}

const Properties& Reader::properties() const { return parts_->properties; }
const std::string& Reader::name() const { return parts_->name; }

Result<std::optional<PinnedValue>> Reader::get(std::string_view key) const {
  TableCursor cursor(*parts_);
  TARN_CHECK_OK(cursor.seek_ge(key));
  if (!cursor.valid() || cursor.key() != key) {
    return std::optional<PinnedValue>();
  }
  return std::optional<PinnedValue>(PinnedValue(cursor.block(), cursor.value()));
}

struct Iterator::Impl {
  explicit Impl(std::shared_ptr<const Reader> r, const OpenTable& table)
      : reader(std::move(r)), cursor(table) {}
  std::shared_ptr<const Reader> reader;
  TableCursor cursor;
};

Iterator Reader::iterator() const {
  return Iterator(std::make_unique<Iterator::Impl>(shared_from_this(), *parts_));
}

Iterator::Iterator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Iterator::~Iterator() = default;
Iterator::Iterator(Iterator&&) noexcept = default;
Iterator& Iterator::operator=(Iterator&&) noexcept = default;

Result<void> Iterator::seek_first() { return impl_->cursor.seek_first(); }
Result<void> Iterator::seek_ge(std::string_view key) { return impl_->cursor.seek_ge(key); }
Result<void> Iterator::next() {
  TARN_ASSERT(valid(), "an iterator moved from nowhere");
  return impl_->cursor.next();
}
bool Iterator::valid() const { return impl_->cursor.valid(); }
std::string_view Iterator::key() const {
  TARN_ASSERT(valid(), "an iterator read at the end");
  return impl_->cursor.key();
}
std::string_view Iterator::value() const {
  TARN_ASSERT(valid(), "an iterator read at the end");
  return impl_->cursor.value();
}

}  // namespace tarn::sstable
