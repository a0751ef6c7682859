#pragma once

#include "api/operation.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace tarn::api::detail {

inline constexpr std::uint16_t kNoNode = 0xffff;

/// The tree of path templates as flat arrays, which the generator writes; node 0 is the root.
struct RouteNode {
  std::uint16_t children_begin;
  std::uint16_t children_count;
  /// Follows any segment; kNoNode if there is no parameter here.
  std::uint16_t parameter;
  std::uint16_t methods_begin;
  std::uint16_t methods_count;
};
struct RouteChild {
  std::string_view literal;
  std::uint16_t node;
};
struct RouteMethod {
  Method method;
  std::uint16_t operation;
};
struct RouteTable {
  std::span<const RouteNode> nodes;
  std::span<const RouteChild> children;
  std::span<const RouteMethod> methods;
};

const RouteTable& route_table();

}  // namespace tarn::api::detail
