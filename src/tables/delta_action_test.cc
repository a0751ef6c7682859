#include "tables/delta_action.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tarn::tables {
namespace {

using ::testing::HasSubstr;

/// The line with every path and vector named `<kind>…` replaced by text that shows what was found.
std::string rewritten(std::string_view line) {
  const std::vector<DeltaFile> files = find_delta_files(line).value();
  std::vector<TextEdit> edits;
  for (const DeltaFile& file : files) {
    edits.push_back({file.path_at, "\"<" + file.kind + " " + file.path + ">\""});
    if (file.vector) {
      edits.push_back({file.vector->storage_type_at, "\"<" + file.vector->storage_type + ">\""});
      edits.push_back({file.vector->path_at, "\"<" + file.vector->path_or_inline + ">\""});
    }
  }
  std::ranges::sort(edits, {}, [](const TextEdit& edit) { return edit.at.begin; });
  return rewrite_json(line, edits);
}

TEST(DeltaAction, FindsFilesAndTheirVectors) {
  EXPECT_EQ(rewritten(R"({"add":{"path":"a%20b","size":1}})"),
            R"({"add":{"path":"<add a%20b>","size":1}})");
  EXPECT_EQ(rewritten(R"({"remove":{"size":1,"path":"x"}})"),
            R"({"remove":{"size":1,"path":"<remove x>"}})");
  EXPECT_EQ(rewritten(R"({"cdc":{"path":"_change_data/x","deletionVector":7}})"),
            R"({"cdc":{"path":"<cdc _change_data/x>","deletionVector":7}})");
  EXPECT_EQ(
      rewritten(
          R"({"add":{"deletionVector":{"pathOrInlineDv":"ab^-","storageType":"u","offset":1},"path":"x"}})"),
      R"({"add":{"deletionVector":{"pathOrInlineDv":"<ab^->","storageType":"<u>","offset":1},"path":"<add x>"}})");
  EXPECT_EQ(rewritten(R"({"add":{"path":"x","deletionVector":null}})"),
            R"({"add":{"path":"<add x>","deletionVector":null}})");
  EXPECT_EQ(rewritten(R"({"p\u0061th":1,"add":{"p\u0061th":"\u00e9\"\\"}})"),
            "{\"p\\u0061th\":1,\"add\":{\"p\\u0061th\":\"<add é\"\\>\"}}");
  EXPECT_EQ(rewritten(R"({"add":{"path":"x"},"remove":{"path":"y"}})"),
            R"({"add":{"path":"<add x>"},"remove":{"path":"<remove y>"}})");
}

TEST(DeltaAction, OtherActionsNameNothing) {
  for (const std::string_view line :
       {R"({"metaData":{"add":{"path":"x"},"id":"add"}})", R"({"commitInfo":{"path":"x"}})", "{}",
        R"({"add":null})", R"({"txn":{"appId":"add","version":1}})"}) {
    EXPECT_EQ(rewritten(line), line);
  }
}

TEST(DeltaAction, KeepsEveryByteButBlanksBetweenTokens) {
  EXPECT_EQ(
      rewritten(
          "\t{ \"add\" : {\"path\" : \"a b\\\" \\\\\", \"n\": [ 12345678901234567890 , 1.10, -0, "
          "1E+2, null, true ],\r\n \"s\":\"  {\\\"a\\\": 1}  <>&\", \"e\": { } } }\n"),
      "{\"add\":{\"path\":\"<add a b\" \\>\",\"n\":[12345678901234567890,1.10,-0,1E+2,null,true],"
      "\"s\":\"  {\\\"a\\\": 1}  <>&\",\"e\":{}}}");
  EXPECT_EQ(rewritten(R"({"metaData":{"name":null,"configuration":{},"partitionColumns":[]}})"),
            R"({"metaData":{"name":null,"configuration":{},"partitionColumns":[]}})");
}

TEST(DeltaAction, SaysWhatIsWrong) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", "cut off"},
      {R"({"add":{"path":"x")", "cut off"},
      {R"({"add":{"path":x}})", "no JSON from byte 15"},
      {"[]", "no JSON object"},
      {"7", "no JSON object"},
      {R"({"add":[]})", "`add` is no object"},
      {R"({"add":{}})", "add: `path` is missing"},
      {R"({"remove":{"path":7}})", "remove: `path`: text expected"},
      {R"({"add":{"path":"x","path":"y"}})", "add: `path` is there twice"},
      {R"({"add":{"path":"x","deletionVector":[]}})", "add: `deletionVector` is no object"},
      {R"({"add":{"path":"x","deletionVector":{"storageType":"u"}}})", "`pathOrInlineDv`"},
      {R"({"add":{"path":"x","deletionVector":{"storageType":1}}})",
       "`deletionVector.storageType`: text expected"},
      {"{\"add\":{\"path\":\"\xff\"}}", "no JSON from byte 16"},
  };
  for (const auto& [line, expected] : rows) {
    const Result<std::vector<DeltaFile>> files = find_delta_files(line);
    ASSERT_FALSE(files) << line;
    EXPECT_THAT(files.error().message(), HasSubstr(expected)) << line;
  }
}

}  // namespace
}  // namespace tarn::tables
