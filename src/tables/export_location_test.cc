#include "tables/export_location.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace tarn::tables
