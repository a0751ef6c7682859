#include "tables/table_state.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tarn::tables {
namespace {

Json table(std::string_view columns, std::string_view serde = "csv",
           std::string_view location = "s3://b/ns/_lakefs/exported/main/_tables/t") {
  std::string text = R"({"Name":"t","StorageDescriptor":{"Columns":[)";
  text.append(columns).append(R"(],"InputFormat":"in","OutputFormat":"out","Location":")");
  text.append(location).append(R"(","SerdeInfo":{"SerializationLibrary":")").append(serde);
  text.append(R"(","Parameters":{"x":"1","y":"2"}}}})");
  return parse_json(text).value();
}

constexpr std::string_view kTwo = R"({"Name":"a","Type":"int"},{"Name":"b","Type":"string"})";

Json with(Json of, std::string_view member, Json value) {
  Json storage = *of.find("StorageDescriptor");
  storage.set(member, std::move(value));
  of.set("StorageDescriptor", std::move(storage));
  return of;
}

Json serde_of(std::string_view text) { return parse_json(text).value(); }

TEST(CompatibleStorage, ColumnsMayBeAddedAtTheEnd) {
  const Json before = table(kTwo);
  EXPECT_TRUE(compatible_storage(before, before));
  EXPECT_TRUE(compatible_storage(
      before, table(std::string(kTwo).append(R"(,{"Name":"c","Type":"date"})"))));
  EXPECT_TRUE(compatible_storage(
      before, table(R"({"Name":"a","Type":"int","Comment":"new"},{"Name":"b","Type":"string"})")));
  EXPECT_TRUE(compatible_storage(table(""), before));
}

TEST(CompatibleStorage, NothingElseMayChange) {
  const Json before = table(kTwo);
  for (const std::string_view columns :
       {R"({"Name":"a","Type":"int"})", "", R"({"Name":"b","Type":"string"})",
        R"({"Name":"b","Type":"string"},{"Name":"a","Type":"int"})",
        R"({"Name":"a","Type":"bigint"},{"Name":"b","Type":"string"})",
        R"({"Name":"a","Type":"int"},{"Name":"c","Type":"string"})",
        R"({"Name":"c","Type":"date"},{"Name":"a","Type":"int"},{"Name":"b","Type":"string"})"}) {
    EXPECT_FALSE(compatible_storage(before, table(columns))) << columns;
  }
  EXPECT_FALSE(compatible_storage(before, table(kTwo, "json")));
  EXPECT_FALSE(compatible_storage(before, with(before, "InputFormat", Json("other"))));
  EXPECT_FALSE(compatible_storage(before, with(before, "OutputFormat", Json("other"))));
  for (const std::string_view parameters :
       {R"({"x":"1"})", R"({"x":"1","y":"3"})", R"({"x":"1","z":"2"})",
        R"({"x":"1","y":"2","z":"3"})"}) {
    Json serde = Json::object();
    serde.set("SerializationLibrary", "csv").set("Parameters", serde_of(parameters));
    EXPECT_FALSE(compatible_storage(before, with(before, "SerdeInfo", std::move(serde))))
        << parameters;
  }
  Json turned = Json::object();
  turned.set("SerializationLibrary", "csv").set("Parameters", serde_of(R"({"y":"2","x":"1"})"));
  EXPECT_TRUE(compatible_storage(before, with(before, "SerdeInfo", std::move(turned))));
}

TEST(TableOwner, IsTheRefAndThePlace) {
  const TableState wanted{.repository = "lake",
                          .ref = "main",
                          .path = "t/",
                          .commit = "c2",
                          .pending = {},
                          .definition = {}};
  TableState shown = wanted;
  EXPECT_TRUE(check_owner(table(kTwo), shown, wanted, "db"));
  // Its parameters were copied to a table of another place.
  const auto elsewhere = check_owner(table(kTwo, "csv", "s3://b/mine/t"), shown, wanted, "db");
  ASSERT_FALSE(elsewhere);
  EXPECT_TRUE(elsewhere.error().is(kForeignTable));
  EXPECT_EQ(elsewhere.error().message(),
            "table `t` of database `db` exists and follows no ref (its location is "
            "`s3://b/mine/t`)");
  shown.ref = "dev";
  EXPECT_TRUE(check_owner(table(kTwo), shown, wanted, "db").error().is(kForeignTable));
  shown = wanted;
  shown.repository = "pond";
  EXPECT_EQ(check_owner(table(kTwo), shown, wanted, "db").error().message(),
            "table `t` of database `db` is that of `main` in repository `pond`: choose another "
            "name or database");
  // Of a script, or nobody's.
  shown = {};
  EXPECT_TRUE(check_owner(table(kTwo), shown, wanted, "db").error().is(kForeignTable));
}

}  // namespace
}  // namespace tarn::tables
