// Replays the fuzzer's corpus, so that every compiler runs it, without libFuzzer.
#include "base/testing/corpus.h"

#include <gtest/gtest.h>

#define LLVMFuzzerTestOneInput refs_dump_fuzz_one_input
#include "graveler/refs_dump_fuzz.cc"  // NOLINT(bugprone-suspicious-include): its body, without its main
#undef LLVMFuzzerTestOneInput

TEST(RefsDumpCorpus, RunsThrough) {
  EXPECT_GE(
      tarn::testing::replay_corpus(TARN_TEST_DATA "/corpus/refs_dump", refs_dump_fuzz_one_input),
      20u)
      << "the corpus is gone";
}
