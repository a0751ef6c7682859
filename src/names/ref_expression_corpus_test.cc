// Replays the fuzzer's corpus, so that every compiler runs it, without libFuzzer.
#include "base/testing/corpus.h"

#include <gtest/gtest.h>

#define LLVMFuzzerTestOneInput ref_expression_fuzz_one_input
#include "names/ref_expression_fuzz.cc"  // NOLINT(bugprone-suspicious-include): its body, without its main
#undef LLVMFuzzerTestOneInput

TEST(RefExpressionCorpus, RunsThrough) {
  EXPECT_GE(tarn::testing::replay_corpus(TARN_TEST_DATA "/corpus/ref_expression",
                                         ref_expression_fuzz_one_input),
            8u)
      << "the corpus is gone";
}
