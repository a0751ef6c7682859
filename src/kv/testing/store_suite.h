#pragma once

#include "kv/store.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

namespace tarn::kv::testing {

/// A store under test with all that it needs to live.
class StoreWorld {
 public:
  virtual ~StoreWorld() = default;
  virtual Store& store() = 0;
  /// Closes the store and opens it again over the same data; false for drivers without durable
  /// data.
  virtual bool reopen() = 0;
};

struct Driver {
  std::string name;
  /// A new, empty store.
  std::function<std::unique_ptr<StoreWorld>()> make;
};

inline void PrintTo(const Driver& driver, std::ostream* out) { *out << driver.name; }

/// What every driver must do. A driver's test file says
/// `INSTANTIATE_TEST_SUITE_P(RocksDb, StoreSuite, ::testing::Values(driver()))`.
class StoreSuite : public ::testing::TestWithParam<Driver> {
 protected:
  void SetUp() override;
  Store& store() { return world_->store(); }

  std::unique_ptr<StoreWorld> world_;
};

}  // namespace tarn::kv::testing
