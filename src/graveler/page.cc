#include "graveler/page.h"

#include "kv/store.h"

namespace tarn::graveler {

std::string_view common_prefix(std::string_view path, const ListRequest& request) {
  if (request.delimiter.empty()) {
    return {};
  }
  const std::size_t at = path.find(request.delimiter, request.prefix.size());
  return at == std::string_view::npos ? std::string_view()
                                      : path.substr(0, at + request.delimiter.size());
}

PageStart page_start(const ListRequest& request) {
  PageStart start;
  start.path = request.prefix;
  if (!request.after.empty() && request.after >= request.prefix) {
    const bool in_prefix = request.after.starts_with(request.prefix);
    const bool is_group = in_prefix && common_prefix(request.after, request) == request.after;
    start.path = is_group ? prefix_end(request.after) : kv::next_key(request.after);
    start.done = start.path.empty() || !in_prefix;
  }
  return start;
}

}  // namespace tarn::graveler
