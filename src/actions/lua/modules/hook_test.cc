#include "actions/lua/testing/script.h"

#include <gtest/gtest.h>

namespace tarn::actions::lua {
namespace {

using testing::run_script;

TEST(LuaHook, FailIsTheWholeError) {
  EXPECT_EQ(run_script("require('hook').fail('nope')").error, "nope");
}

TEST(LuaHook, FailCanBeSeenAndRaisedAgain) {
  EXPECT_EQ(run_script("print(pcall(require('hook').fail, 'nope'))").output.substr(0, 6),
            "false\t");
  EXPECT_EQ(
      run_script("print(select(2, pcall(function() require('hook').fail('nope') end)))").output,
      "[string \"lua\"]:1: <HookFailure>nope</HookFailure>\n");
  EXPECT_EQ(run_script("local _, e = pcall(require('hook').fail, 'nope') error(e)").error, "nope");
}

}  // namespace
}  // namespace tarn::actions::lua
