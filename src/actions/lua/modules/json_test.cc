#include "actions/lua/testing/script.h"

#include <gtest/gtest.h>

namespace tarn::actions::lua {
namespace {

using testing::eval;
using testing::run_script;

std::string marshal(const std::string& args) {
  return eval("require('encoding/json').marshal(" + args + ")");
}

TEST(LuaJson, RoundTripSortsKeysAndDropsNullMembers) {
  EXPECT_EQ(marshal("require('encoding/json').unmarshal('{\"a\":[1,null,3],\"b\":null,\"c\":{\"d\":"
                    "1.5,\"e\":\"x\"},\"f\":true,\"g\":[],\"h\":{}}')"),
            "{\"a\":[1,null,3],\"c\":{\"d\":1.5,\"e\":\"x\"},\"f\":true,\"g\":[],\"h\":{}}\n");
}

TEST(LuaJson, NumbersAreWrittenAsGoDoes) {
  EXPECT_EQ(marshal("{a=1, b=100000000000000000000, c=1e21, d=1e-7, e=0.5, f=1e-6, g=2^53}"),
            "{\"a\":1,\"b\":100000000000000000000,\"c\":1e+21,\"d\":1e-7,\"e\":0.5,\"f\":0.000001,"
            "\"g\":9007199254740992}\n");
  EXPECT_EQ(marshal("{a=0/0}"), "error: json: unsupported value: NaN");
  EXPECT_EQ(marshal("{a=1/0}"), "error: json: unsupported value: +Inf");
}

TEST(LuaJson, HtmlCharactersAreEscaped) {
  EXPECT_EQ(marshal("{a='<a href=\"x\">&\\n\xe2\x80\xa8\xe2\x82\xac'}"),
            "{\"a\":\"\\u003ca href=\\\"x\\\"\\u003e\\u0026\\n\\u2028\xe2\x82\xac\"}\n");
}

TEST(LuaJson, TablesAreListsByMarkerOrBySequence) {
  EXPECT_EQ(marshal("array({1,2,3})"), "[1,2,3]\n");
  EXPECT_EQ(marshal("{1,2,3}"), "[1,2,3]\n");
  EXPECT_EQ(marshal("{}"), "{}\n");
  EXPECT_EQ(marshal("array({})"), "[]\n");
  EXPECT_EQ(marshal("{l={}, m=array({})}"), "{\"l\":{},\"m\":[]}\n");
  EXPECT_EQ(marshal("array({x=1})"), "error: pull array: expected numeric index, got 'x'");
  EXPECT_EQ(marshal("{[true]=1}"),
            "error: key should be a string (boolean): cannot pull go type into lua");
}

TEST(LuaJson, OnlyTablesAndNilAreMarshalled) {
  EXPECT_EQ(marshal("nil"), "null\n");
  EXPECT_EQ(marshal("'x'"),
            "error: need a table at index 1, got string: cannot pull go type into lua");
  EXPECT_EQ(marshal("1"),
            "error: need a table at index 1, got number: cannot pull go type into lua");
  EXPECT_EQ(marshal("{f=print}"),
            "error: pull table, unsupported type function: cannot pull go type into lua");
}

TEST(LuaJson, IndentsOnRequest) {
  EXPECT_EQ(marshal("{b={}, a={x=1}, c=array({1,2})}, {indent='  '}"),
            "{\n  \"a\": {\n    \"x\": 1\n  },\n  \"b\": {},\n  \"c\": [\n    1,\n    2\n  ]\n}\n");
  EXPECT_EQ(marshal("{a=1}, {prefix='>', indent=' '}"), "{\n> \"a\": 1\n>}\n");
}

TEST(LuaJson, CyclesRaise) {
  EXPECT_NE(run_script("local t = {} t.t = t require('encoding/json').marshal(t)")
                .raised()
                .find("nested deeper"),
            std::string::npos);
}

TEST(LuaJson, TablesThatRepeatEndAtALimit) {
  Limits limits = testing::test_limits();
  limits.memory_bytes = 2 * kMiB;
  EXPECT_TRUE(run_script("local t = {x='x'} for _ = 1, 40 do t = {a=t, b=t} end "
                         "require('encoding/json').marshal(t)",
                         limits)
                  .limit.has_value());
}

TEST(LuaJson, UnmarshalTakesAnyValue) {
  EXPECT_EQ(eval("require('encoding/json').unmarshal('\"x\"')"), "x");
  EXPECT_EQ(eval("require('encoding/json').unmarshal('1.50')"), "1.5");
  EXPECT_EQ(eval("require('encoding/json').unmarshal('null')"), "nil");
  EXPECT_EQ(eval("#require('encoding/json').unmarshal('[1,null,3]')"), "3");
}

TEST(LuaJson, UnmarshalNamesWhatIsWrong) {
  EXPECT_EQ(eval("require('encoding/json').unmarshal('{\"a\":')"),
            "error: unexpected end of JSON input");
  EXPECT_EQ(eval("require('encoding/json').unmarshal('')"), "error: unexpected end of JSON input");
  EXPECT_EQ(eval("require('encoding/json').unmarshal('{x}')"),
            "error: invalid character 'x' at byte 1");
}

}  // namespace
}  // namespace tarn::actions::lua
