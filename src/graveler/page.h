#pragma once

#include "graveler/listing.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tarn::graveler {

/// The group of paths that `path` belongs to under the request's delimiter: its beginning up to and
/// including the first delimiter behind the prefix; empty if it stands for itself.
std::string_view common_prefix(std::string_view path, const ListRequest& request);

/// Where a page begins.
struct PageStart {
  /// The first path that can be in it.
  std::string path;
  /// None can.
  bool done = false;
};
PageStart page_start(const ListRequest& request);

/// A page that a walk over paths in ascending order fills: no more items than the request's amount,
/// and one for all paths of a group. `request` outlives it.
template <class Item>
class PageBuilder {
 public:
  enum class Step : std::uint8_t {
    /// add() the item of this path and walk on.
    kTake,
    /// The path's group is on the page: walk on at next().
    kSeek,
    /// The page is complete.
    kDone,
  };

  /// `group` is an item of a group but for its path.
  explicit PageBuilder(const ListRequest& request, Item group = {})
      : request_(request), group_(std::move(group)) {}

  /// What to do with a path that belongs into the listing.
  Step place(std::string_view path) {
    if (page_.items.size() == request_.amount) {
      page_.more = true;
      return Step::kDone;
    }
    const std::string_view group = common_prefix(path, request_);
    if (group.empty()) {
      return Step::kTake;
    }
    Item item = group_;
    item.path = group;
    next_ = prefix_end(item.path);
    page_.items.push_back(std::move(item));
    return next_.empty() ? Step::kDone : Step::kSeek;
  }
  void add(Item item) { page_.items.push_back(std::move(item)); }
  /// After kSeek.
  const std::string& next() const { return next_; }
  Paged<Item> finish() { return std::move(page_); }

 private:
  const ListRequest& request_;
  const Item group_;
  Paged<Item> page_;
  std::string next_;
};

/// Of differences, whose groups are of a type of their own.
inline PageBuilder<Difference> difference_page(const ListRequest& request) {
  Difference group;
  group.type = DiffType::kPrefixChanged;
  return PageBuilder<Difference>(request, std::move(group));
}

}  // namespace tarn::graveler
