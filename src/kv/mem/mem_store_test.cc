#include "kv/open.h"
#include "kv/testing/store_suite.h"
#include "runtime/testing/run.h"

namespace tarn::kv::testing {
namespace {

class MemWorld final : public StoreWorld {
 public:
  Store& store() override { return *store_; }
  bool reopen() override { return false; }

 private:
  std::unique_ptr<Store> store_ = open_mem();
};

Driver mem_driver() {
  return Driver{.name = "mem", .make = [] { return std::make_unique<MemWorld>(); }};
}

INSTANTIATE_TEST_SUITE_P(Mem, StoreSuite, ::testing::Values(mem_driver()));

TEST(MemStore, PagesAreShort) {
  const std::unique_ptr<Store> store = open_mem();
  std::vector<Entry> rows;
  for (int i = 0; i < 500; ++i) {
    rows.push_back(Entry{.key = std::to_string(i), .value = "v"});
  }
  ASSERT_TRUE(tarn::testing::run(store->set_many(Context(), "p", rows)));
  Result<Page> page = tarn::testing::run(store->scan(Context(), "p", ScanOptions()));
  ASSERT_TRUE(page);
  EXPECT_LT(page->entries.size(), 500U);
  EXPECT_TRUE(page->more) << "callers must not take one page for all";
}

}  // namespace
}  // namespace tarn::kv::testing
