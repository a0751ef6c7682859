#pragma once

#include "graveler/listing.h"

#include <string>
#include <string_view>

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

}  // namespace tarn::graveler
