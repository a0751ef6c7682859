#include "api/operation.h"

#include "api/detail/routes.h"
#include "api/errors.h"
#include "base/assert.h"
#include "base/encoding.h"

#include <algorithm>

namespace tarn::api {
namespace {

constexpr std::array<std::string_view, 6> kMethods{"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"};

using detail::kNoNode;
using detail::RouteNode;
using detail::RouteTable;

/// The deepest template has 10 segments. A path of many slashes must cost no memory, and an ordinary
/// one no allocation.
constexpr std::size_t kSegmentsMax = 16;

struct Segments {
  std::array<std::string_view, kSegmentsMax> items;
  std::size_t count = 0;

  /// False when there are too many.
  bool push(std::string_view segment) {
    if (count == items.size()) {
      return false;
    }
    items[count++] = segment;
    return true;
  }
};

/// Walks the tree of templates. A literal segment wins over a parameter; where its branch ends in
/// nothing, the parameter is tried (`refs/dump/objects` is the ref `dump`).
class Walk {
 public:
  Walk(const RouteTable& table, Method method) : table_(table), method_(method) {}

  /// The index of the operation, or -1. `values` become the raw parameter segments.
  int run(std::string_view path, Segments& values) {
    while (true) {
      const std::size_t slash = path.find('/');
      if (!segments_.push(path.substr(0, slash))) {
        return -1;
      }
      if (slash == std::string_view::npos) {
        return visit(0, 0, values);
      }
      path.remove_prefix(slash + 1);
    }
  }

 private:
  int visit(std::size_t node_index, std::size_t depth, Segments& values) {
    const RouteNode& node = table_.nodes[node_index];
    if (depth == segments_.count) {
      for (const detail::RouteMethod& entry :
           table_.methods.subspan(node.methods_begin, node.methods_count)) {
        if (entry.method == method_) {
          return static_cast<int>(entry.operation);
        }
      }
      return -1;
    }
    const std::string_view segment = segments_.items[depth];
    for (const detail::RouteChild& child :
         table_.children.subspan(node.children_begin, node.children_count)) {
      if (child.literal == segment) {
        const int found = visit(child.node, depth + 1, values);
        if (found >= 0) {
          return found;
        }
        break;
      }
    }
    // An empty last segment is a trailing slash, which no template has.
    const bool trailing = segment.empty() && depth + 1 == segments_.count;
    if (node.parameter == kNoNode || trailing) {
      return -1;
    }
    values.push(segment);
    const int found = visit(node.parameter, depth + 1, values);
    if (found < 0) {
      --values.count;
    }
    return found;
  }

  const RouteTable& table_;
  Method method_;
  Segments segments_;
};

std::optional<Error> decode(const Operation& operation, const Segments& raw, PathValues& out) {
  std::optional<Error> undecodable;
  out.reserve(raw.count);
  for (std::size_t i = 0; i < raw.count; ++i) {
    const std::string_view name = operation.path_params[i];
    if (raw.items[i].empty()) {
      std::string message("parameter \"");
      return Error::with_message(
          kBadRequest,
          message.append(name).append("\" in path has an error: value is required but missing"));
    }
    Result<std::string> value = percent_decode(raw.items[i]);
    if (value) {
      out.push_back(*std::move(value));
    } else if (!undecodable) {
      std::string message("Invalid format for parameter ");
      undecodable = Error::with_message(
          kBadArgument, message.append(name).append(": ").append(value.error().message()));
    }
  }
  return undecodable;
}

}  // namespace

std::string_view to_string(Method method) { return kMethods[static_cast<std::size_t>(method)]; }

const Operation& operation(OperationId id) {
  const auto index = static_cast<std::size_t>(id);
  TARN_ASSERT(index < operations().size(), "an operation id names a row of the table");
  return operations()[index];
}

std::optional<Match> match(std::string_view method, std::string_view raw_path) {
  const auto known = std::ranges::find(kMethods, method);
  if (known == kMethods.end() || !raw_path.starts_with('/')) {
    return std::nullopt;
  }
  const auto wanted = static_cast<Method>(known - kMethods.begin());
  Segments raw;
  const int index = Walk(detail::route_table(), wanted).run(raw_path.substr(1), raw);
  if (index < 0) {
    return std::nullopt;
  }
  Match found;
  found.operation = &operations()[static_cast<std::size_t>(index)];
  found.error = decode(*found.operation, raw, found.path);
  return found;
}

}  // namespace tarn::api
