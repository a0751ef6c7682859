#pragma once

#include "block/adapter.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace tarn::block::testing {

/// A driver under test, with what keeps it alive, and the facts it declares about itself.
struct Subject {
  std::unique_ptr<Adapter> adapter;
  /// Anything that must outlive the adapter.
  std::shared_ptr<void> support;
  /// A folder tree cannot hold both `a` and `a/b`.
  bool keys_may_nest = true;
  /// stat and get give ETag and content type as they were written.
  bool keeps_attributes = true;
  bool keys_may_hold_newlines = true;
  /// A part for an upload that is over, or never was, is refused as such.
  bool tells_unknown_uploads = true;
  /// Completing an upload again is refused; S3 itself lets that succeed for a while.
  bool completes_once = true;
};

using SubjectFactory = std::function<Subject()>;

/// What every driver promises (block/adapter.h). Instantiate with INSTANTIATE_TEST_SUITE_P(Driver,
/// AdapterSuite, Values(factory)).
class AdapterSuite : public ::testing::TestWithParam<SubjectFactory> {
 protected:
  void SetUp() override { subject_ = GetParam()(); }
  Adapter& adapter() { return *subject_.adapter; }

  Subject subject_;
};

/// A source of `size` bytes of a repeating pattern, made as it is read; `cut` > 0 ends it with an
/// error after that many bytes.
std::unique_ptr<ByteSource> pattern_source(std::uint64_t size, std::uint64_t cut = 0);
/// The pattern itself.
std::string pattern(std::uint64_t size);

}  // namespace tarn::block::testing
