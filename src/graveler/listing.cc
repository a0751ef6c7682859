#include "graveler/listing.h"

#include "graveler/page.h"
#include "runtime/loops.h"

namespace tarn::graveler {
namespace {

constexpr std::size_t kPathsPerTurn = 2048;

/// A tree and its staged changes as one sorted walk.
class Overlay {
 public:
  Overlay(Context ctx, Tables& tables, kv::Store& store, TreeId tree,
          std::vector<StagingToken> staged, const ListRequest& request)
      : ctx_(std::move(ctx)),
        has_staged_(!staged.empty()),
        tree_(tables, std::move(tree)),
        staged_(store, std::move(staged), request.prefix, request.amount + 1) {}

  Task<Result<void>> seek(std::string path) {
    if (has_staged_) {
      TARN_CO_CHECK_OK(co_await staged_.seek(ctx_, path));
    }
    co_return co_await tree_.seek(ctx_, std::move(path));
  }

  bool valid() const { return staged_.valid() || tree_.valid(); }
  /// True where the staged row is at or before the tree's.
  bool staged_first() const {
    return staged_.valid() && (!tree_.valid() || staged_.key() <= tree_.key());
  }
  std::string_view key() const {
    return staged_first() ? std::string_view(staged_.key()) : tree_.key();
  }
  bool hidden() const { return staged_first() && is_tombstone(staged_.value()); }
  Result<sstable::Value> value() const {
    if (staged_first()) {
      return sstable::Value{staged_.value().identity, staged_.value().data};
    }
    return tree_.value();
  }
  Result<Entry> entry() const {
    TARN_TRY(const sstable::Value found, value());
    return decode_entry(found.data);
  }

  /// Moves on without suspending; false if I/O is due: then finish_next.
  Result<bool> step() {
    const bool from_staged = staged_first();
    const bool both = from_staged && tree_.valid() && staged_.key() == tree_.key();
    tree_due_ = false;
    staged_due_ = from_staged && !staged_.step();
    if (!from_staged || both) {
      TARN_TRY(const bool in_range, tree_.step());
      tree_due_ = !in_range;
    }
    return !tree_due_ && !staged_due_;
  }
  Task<Result<void>> finish_next() {
    if (staged_due_) {
      TARN_CO_CHECK_OK(co_await staged_.load_next(ctx_));
    }
    if (tree_due_) {
      TARN_CO_CHECK_OK(co_await tree_.next_range(ctx_));
    }
    co_return Result<void>();
  }

 private:
  Context ctx_;
  const bool has_staged_;
  TreeCursor tree_;
  StagedCursor staged_;
  bool tree_due_ = false;
  bool staged_due_ = false;
};

}  // namespace

std::string prefix_end(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) {
    prefix.pop_back();
  }
  if (!prefix.empty()) {
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  }
  return prefix;
}

Task<Result<Paged<ListedPath>>> list_paths(Context ctx, Tables& tables, kv::Store& store,
                                           TreeId tree, std::vector<StagingToken> staged,
                                           ListRequest request) {
  PageBuilder<ListedPath> page(request);
  PageStart start = page_start(request);
  if (start.done || request.amount == 0) {
    co_return page.finish();
  }
  Overlay paths(ctx, tables, store, std::move(tree), std::move(staged), request);
  TARN_CO_CHECK_OK(co_await paths.seek(std::move(start.path)));
  std::size_t since_yield = 0;
  while (paths.valid() && paths.key().starts_with(request.prefix)) {
    if (!paths.hidden()) {
      const PageBuilder<ListedPath>::Step step = page.place(paths.key());
      if (step == PageBuilder<ListedPath>::Step::kDone) {
        break;
      }
      if (step == PageBuilder<ListedPath>::Step::kSeek) {
        TARN_CO_CHECK_OK(co_await paths.seek(page.next()));
        continue;
      }
      ListedPath item;
      item.path = paths.key();
      TARN_CO_TRY(item.entry, paths.entry());
      page.add(std::move(item));
    }
    TARN_CO_TRY(const bool moved, paths.step());
    if (!moved) {
      TARN_CO_CHECK_OK(co_await paths.finish_next());
    }
    if (++since_yield >= kPathsPerTurn) {
      since_yield = 0;
      co_await yield_loop();
    }
  }
  co_return page.finish();
}

Task<Result<Paged<Difference>>> diff_staged(Context ctx, Tables& tables, kv::Store& store,
                                            TreeId tree, std::vector<StagingToken> staged,
                                            ListRequest request) {
  PageBuilder<Difference> page = difference_page(request);
  PageStart start = page_start(request);
  if (start.done || request.amount == 0) {
    co_return page.finish();
  }
  StagedCursor changes(store, std::move(staged), request.prefix, request.amount + 1);
  TARN_CO_CHECK_OK(co_await changes.seek(ctx, std::move(start.path)));
  while (changes.valid()) {
    TARN_CO_TRY(std::optional<Value> before,
                co_await find_in_tree(ctx, tables, tree, changes.key()));
    const sstable::Value& after = changes.value();
    const bool removed = is_tombstone(after);
    const bool differs =
        removed ? before.has_value() : !before || before->identity != after.identity;
    if (differs) {
      const PageBuilder<Difference>::Step step = page.place(changes.key());
      if (step == PageBuilder<Difference>::Step::kDone) {
        break;
      }
      if (step == PageBuilder<Difference>::Step::kSeek) {
        TARN_CO_CHECK_OK(co_await changes.seek(ctx, page.next()));
        continue;
      }
      Difference item;
      item.type = removed ? DiffType::kRemoved : before ? DiffType::kChanged : DiffType::kAdded;
      item.path = changes.key();
      TARN_CO_TRY(item.entry, decode_entry(removed ? before->data : after.data));
      page.add(std::move(item));
    }
    if (!changes.step()) {
      TARN_CO_CHECK_OK(co_await changes.load_next(ctx));
    }
  }
  co_return page.finish();
}

namespace {

/// The difference at the lower of two walks' keys; none where both have the same, or the right one
/// hides it. Null where a walk is at its end or further on.
Result<std::optional<Difference>> difference_at(std::string_view key, const Overlay* right,
                                                const TreeCursor* left) {
  std::optional<sstable::Value> before;
  std::optional<sstable::Value> after;
  if (left != nullptr) {
    TARN_TRY(before, left->value());
  }
  if (right != nullptr && !right->hidden()) {
    TARN_TRY(after, right->value());
  }
  const bool same =
      before.has_value() == after.has_value() && (!before || before->identity == after->identity);
  if (same) {
    return std::optional<Difference>();
  }
  Difference out;
  out.type = !before ? DiffType::kAdded : after ? DiffType::kChanged : DiffType::kRemoved;
  out.path = key;
  TARN_TRY(out.entry, decode_entry(after ? after->data : before->data));
  return std::optional<Difference>(std::move(out));
}

}  // namespace

Task<Result<Paged<Difference>>> diff_with_staged(Context ctx, Tables& tables, kv::Store& store,
                                                 TreeId left_tree, TreeId right_tree,
                                                 std::vector<StagingToken> staged,
                                                 ListRequest request) {
  PageBuilder<Difference> page = difference_page(request);
  const PageStart start = page_start(request);
  if (start.done || request.amount == 0) {
    co_return page.finish();
  }
  Overlay right(ctx, tables, store, std::move(right_tree), std::move(staged), request);
  TreeCursor left(tables, std::move(left_tree));
  TARN_CO_CHECK_OK(co_await right.seek(start.path));
  TARN_CO_CHECK_OK(co_await left.seek(ctx, start.path));
  std::size_t since_yield = 0;
  while (right.valid() || left.valid()) {
    const bool at_right = right.valid() && (!left.valid() || right.key() <= left.key());
    const bool at_left = left.valid() && (!right.valid() || left.key() <= right.key());
    const std::string key(at_right ? right.key() : left.key());
    if (!key.starts_with(request.prefix)) {
      break;
    }
    TARN_CO_TRY(std::optional<Difference> item,
                difference_at(key, at_right ? &right : nullptr, at_left ? &left : nullptr));
    if (item) {
      const PageBuilder<Difference>::Step step = page.place(key);
      if (step == PageBuilder<Difference>::Step::kDone) {
        break;
      }
      if (step == PageBuilder<Difference>::Step::kSeek) {
        TARN_CO_CHECK_OK(co_await right.seek(page.next()));
        TARN_CO_CHECK_OK(co_await left.seek(ctx, page.next()));
        continue;
      }
      page.add(*std::move(item));
    }
    if (at_right) {
      TARN_CO_TRY(const bool moved, right.step());
      if (!moved) {
        TARN_CO_CHECK_OK(co_await right.finish_next());
      }
    }
    if (at_left) {
      TARN_CO_TRY(const bool in_range, left.step());
      if (!in_range) {
        TARN_CO_CHECK_OK(co_await left.next_range(ctx));
      }
    }
    if (++since_yield >= kPathsPerTurn) {
      since_yield = 0;
      co_await yield_loop();
    }
  }
  co_return page.finish();
}

}  // namespace tarn::graveler
