#pragma once

#include "block/adapter.h"

#include <memory>
#include <string>

namespace tarn::block::testing {

/// `inner` as seen from one bucket and a prefix in it: a store that many tests share looks empty
/// and private. Every bucket name means `bucket`.
std::unique_ptr<Adapter> prefixed_adapter(std::unique_ptr<Adapter> inner, std::string bucket,
                                          std::string prefix);

}  // namespace tarn::block::testing
