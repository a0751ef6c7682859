// Binds the driver suite to the drivers that need nothing but this machine.
#include "block/testing/adapter_suite.h"

#include "base/encoding.h"
#include "block/local/open.h"
#include "block/mem/open.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace tarn::block::testing {
namespace {

struct MemSupport {
  SystemClock clock;
  SeededRng rng{7};
};

Subject mem_subject() {
  auto support = std::make_shared<MemSupport>();
  Subject subject;
  subject.adapter = mem::make_adapter(support->clock, support->rng);
  subject.support = std::move(support);
  return subject;
}

struct LocalSupport {
  SystemRng rng;
  BlockingPool pool{"fs", 4, 1000};
  std::string root =
      (std::filesystem::temp_directory_path() / ("tarn-block-" + hex_encode(rng.bytes(8))))
          .string();
  ~LocalSupport() { std::filesystem::remove_all(root); }
};

Subject local_subject() {
  auto support = std::make_shared<LocalSupport>();
  auto files = local::open_file_system(support->root + "/deeper/root");
  EXPECT_TRUE(files) << files.error().message();
  auto adapter = local::make_adapter(*std::move(files), support->pool, support->rng);
  EXPECT_TRUE(adapter) << adapter.error().message();
  Subject subject;
  subject.adapter = *std::move(adapter);
  subject.support = std::move(support);
  subject.keys_may_nest = false;
  subject.keeps_attributes = false;
  return subject;
}

std::string driver_name(const ::testing::TestParamInfo<SubjectFactory>& info) {
  return info.index == 0 ? "Mem" : "Local";
}

INSTANTIATE_TEST_SUITE_P(Drivers, AdapterSuite,
                         ::testing::Values(SubjectFactory(mem_subject),
                                           SubjectFactory(local_subject)),
                         driver_name);

}  // namespace
}  // namespace tarn::block::testing
