#include "base/number_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

namespace tarn {
namespace {

std::string text(double value, double exponent_from = 1e21) {
  std::string out = "<";
  append_number(out, value, exponent_from);
  return out;
}

TEST(NumberText, IsGoOnes) {
  EXPECT_EQ(text(0), "<0");
  EXPECT_EQ(text(-0.0), "<-0");
  EXPECT_EQ(text(1), "<1");
  EXPECT_EQ(text(0.1), "<0.1");
  EXPECT_EQ(text(1e20), "<100000000000000000000");
  EXPECT_EQ(text(1e21), "<1e+21");
  EXPECT_EQ(text(1e20, 1e18), "<1e+20");
  EXPECT_EQ(text(1e-6), "<0.000001");
  EXPECT_EQ(text(9.5e-7), "<9.5e-7");
  EXPECT_EQ(text(1e-9), "<1e-9");
  EXPECT_EQ(text(1e-10), "<1e-10");
  EXPECT_EQ(text(-2.5e-08), "<-2.5e-8");
  EXPECT_EQ(text(1e-100), "<1e-100");
  EXPECT_EQ(
      text(std::numeric_limits<double>::max(), std::numeric_limits<double>::infinity()).size(),
      310U);
}

TEST(NumberText, ReadsBackTheSame) {
  for (double value = 5e-324; value < 1e300; value *= 1.7e7) {
    for (const double signed_value : {value, -value}) {
      const std::string written = text(signed_value);
      EXPECT_EQ(std::strtod(written.c_str() + 1, nullptr), signed_value) << written;
    }
  }
}

}  // namespace
}  // namespace tarn
