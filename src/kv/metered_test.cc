#include "kv/metered.h"

#include "kv/open.h"
#include "kv/testing/store_suite.h"
#include "runtime/testing/run.h"

namespace tarn::kv::testing {
namespace {

class MeteredWorld final : public StoreWorld {
 public:
  Store& store() override { return *store_; }
  bool reopen() override { return false; }

 private:
  SystemClock clock_;
  Metrics metrics_;
  std::unique_ptr<Store> store_ = metered(open_mem(), metrics_, clock_);
};

Driver metered_driver() {
  return Driver{.name = "metered", .make = [] { return std::make_unique<MeteredWorld>(); }};
}

INSTANTIATE_TEST_SUITE_P(Metered, StoreSuite, ::testing::Values(metered_driver()));

TEST(MeteredStore, CountsByOperationAndOutcome) {
  const SystemClock clock;
  Metrics metrics;
  const std::unique_ptr<Store> store = metered(open_mem(), metrics, clock);
  const Key key{.partition = "p", .key = "k"};
  EXPECT_FALSE(tarn::testing::run(store->get(Context(), key)));
  EXPECT_TRUE(tarn::testing::run(store->set_if(Context(), key, "v", Predicate::absent())));
  EXPECT_FALSE(tarn::testing::run(store->set_if(Context(), key, "v", Predicate::absent())));
  EXPECT_FALSE(tarn::testing::run(store->get(Context(), Key())));
  EXPECT_TRUE(store->get_now(key));
  const std::string text = metrics.render();
  for (const char* line : {"tarn_kv_requests_total{operation=\"get\",outcome=\"not_found\"} 1",
                           "tarn_kv_requests_total{operation=\"get\",outcome=\"invalid\"} 1",
                           "tarn_kv_requests_total{operation=\"set_if\",outcome=\"ok\"} 1",
                           "tarn_kv_requests_total{operation=\"set_if\",outcome=\"conflict\"} 1",
                           "tarn_kv_requests_total{operation=\"get_now\",outcome=\"ok\"} 1",
                           "tarn_kv_request_duration_seconds_count{operation=\"get\"} 2"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

}  // namespace
}  // namespace tarn::kv::testing
