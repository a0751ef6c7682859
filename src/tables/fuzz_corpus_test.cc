// Replays the fuzzers' corpora, so that every compiler runs them, without libFuzzer.
#include "base/testing/corpus.h"

#include <gtest/gtest.h>

// Their bodies, without their mains.
#define LLVMFuzzerTestOneInput avro_one_input
#include "tables/avro_fuzz.cc"  // NOLINT(bugprone-suspicious-include)
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput delta_checkpoint_one_input
#include "tables/delta_checkpoint_fuzz.cc"  // NOLINT(bugprone-suspicious-include)
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput descriptor_one_input
#include "tables/descriptor_fuzz.cc"  // NOLINT(bugprone-suspicious-include)
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput position_deletes_one_input
#include "tables/position_deletes_fuzz.cc"  // NOLINT(bugprone-suspicious-include)
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput schema_one_input
#include "tables/schema_fuzz.cc"  // NOLINT(bugprone-suspicious-include)
#undef LLVMFuzzerTestOneInput

#include <string>
#include <tuple>

TEST(TablesCorpora, RunThrough) {
  using OneInput = int (*)(const std::uint8_t*, std::size_t);
  const std::tuple<std::string, OneInput> corpora[] = {
      {"avro", avro_one_input},
      {"delta_checkpoint", delta_checkpoint_one_input},
      {"descriptor", descriptor_one_input},
      {"position_deletes", position_deletes_one_input},
      {"schema", schema_one_input},
  };
  for (const auto& [name, one_input] : corpora) {
    EXPECT_GE(tarn::testing::replay_corpus(TARN_TEST_DATA "/corpus/" + name, one_input), 10U)
        << "the corpus " << name << " is gone";
  }
}
