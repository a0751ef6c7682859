#include "tables/export_location.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace tarn::tables {
namespace {

TEST(ExportLocation, NamesFolderAndTable) {
  ExportSource source{.repository_id = "catalogs",
                      .ref = "main",
                      .commit_id = "9255e5abcdef",
                      .base_uri = "s3://bucket/ns"};
  EXPECT_EQ(export_uri(source).value(), "s3://bucket/ns/_lakefs/exported/main/9255e5/");
  EXPECT_EQ(glue_table_name("animals", source), "animals_catalogs_main_9255e5");
  source.base_uri = "s3://bucket/";
  source.ref = "rel/1 #%";
  source.commit_id = "92";
  EXPECT_EQ(export_uri(source).value(), "s3://bucket/_lakefs/exported/rel/1 #%/92/");
}

TEST(ExportLocation, WantsAllParts) {
  const ExportSource whole{
      .repository_id = "r", .ref = "main", .commit_id = "92", .base_uri = "s3://b"};
  ExportSource source = whole;
  source.ref.clear();
  EXPECT_EQ(export_uri(source).error().message(), "nothing to export: neither a branch nor a tag");
  source = whole;
  source.commit_id.clear();
  EXPECT_EQ(export_uri(source).error().message(), "nothing to export: no commit id");
  source = whole;
  source.base_uri.clear();
  EXPECT_EQ(export_uri(source).error().message(), "nothing to export under: no storage namespace");
}

TEST(ExportLocation, TakesUrisApart) {
  const Result<StorageUri> uri = parse_storage_uri("s3://bucket/a%20b/c?d#e");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->protocol, "s3");
  EXPECT_EQ(uri->bucket, "bucket");
  EXPECT_EQ(uri->key, "a%20b/c?d#e");
  EXPECT_EQ(parse_storage_uri("s3://bucket")->key, "");
  const Result<StorageUri> azure = parse_storage_uri("https://acct.blob.core.windows.net/c/ns/");
  EXPECT_EQ(azure->bucket, "acct.blob.core.windows.net");
  EXPECT_EQ(azure->key, "c/ns/");
  for (const std::string_view bad : {"", "bucket/key", "://b/k", "s3:///key", "s3:/b"}) {
    EXPECT_FALSE(parse_storage_uri(bad)) << bad;
  }
}

TEST(ExportLocation, FilesHaveNoBucket) {
  const StorageUri file = parse_storage_uri("file:///var/lake").value();
  EXPECT_EQ(file.protocol + "|" + file.bucket + "|" + file.key, "file||var/lake");
  EXPECT_FALSE(parse_storage_uri("file://var/lake"));
  EXPECT_FALSE(parse_storage_uri("s3:///var/lake"));
}

TEST(ExportLocation, StableTablesLieBesideTheCommits) {
  const ExportSource source{.repository_id = "r",
                            .ref = "rel/v1",
                            .commit_id = "9255e5abcdef",
                            .base_uri = "s3://bucket/ns/"};
  EXPECT_EQ(stable_table_uri(source, "animals").value(),
            "s3://bucket/ns/_lakefs/exported/rel/v1/_tables/animals");
  EXPECT_FALSE(stable_table_uri({}, "animals"));
}

TEST(ExpandName, MakesNamesThatNeedNoQuotes) {
  const ExportSource source{.repository_id = "my-repo",
                            .ref = "Feature/x.1",
                            .commit_id = "9255e5abcdef",
                            .base_uri = {}};
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"{repository}_{ref}", "my_repo_feature_x_1"},
      {"{table}", "animals"},
      {"x_{commit}_{table}{table}", "x_9255e5_animalsanimals"},
      // What the pattern itself says is the user's, but for its case.
      {"Lake-1", "lake-1"},
  };
  for (const auto& [pattern, name] : rows) {
    EXPECT_EQ(expand_name(pattern, "Animals", source).value(), name) << pattern;
  }
  const std::pair<std::string, std::string> wrong[] = {
      {"{branch}", "name `{branch}`: `{branch}` is none of {table}, {repository}, {ref}, {commit}"},
      {"a{", "name `a{`: `` is none of {table}, {repository}, {ref}, {commit}"},
      {"a/b", "name `a/b`: a name holds neither slashes nor control characters"},
      {"a\n", "name `a\n`: a name holds neither slashes nor control characters"},
      {"}", "name `}`: `}` is none of {table}, {repository}, {ref}, {commit}"},
      {"", "name `` makes ``, which has not 1 to 255 bytes"},
  };
  for (const auto& [pattern, message] : wrong) {
    const Result<std::string> name = expand_name(pattern, "t", source);
    ASSERT_FALSE(name) << pattern;
    EXPECT_EQ(name.error().message(), message);
  }
  EXPECT_FALSE(expand_name(std::string(256, 'x'), "t", source));
  EXPECT_TRUE(expand_name(std::string(255, 'x'), "t", source));
}

}  // namespace
}  // namespace tarn::tables
