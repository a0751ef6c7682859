#include "api/models.h"

#include "api/codec.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace tarn::api {
namespace {

template <class T>
std::string refusal(std::string_view json) {
  Result<T> value = decode<T>(json);
  EXPECT_FALSE(value.has_value()) << json;
  return value ? "" : value.error().message();
}

TEST(Models, RoundTrip) {
  dto::ObjectStats stats;
  stats.path = "tables/a b\".parquet";
  stats.path_type = dto::PathType::kObject;
  stats.physical_address = "s3://bucket/data/x";
  stats.checksum = "e1";
  stats.mtime = 1700000000;
  stats.size_bytes = 0;
  stats.metadata = {{"k", "v"}, {"a", ""}};
  const std::string json = encode(stats);
  EXPECT_EQ(
      json,
      R"({"checksum":"e1","metadata":{"a":"","k":"v"},"mtime":1700000000,"path":"tables/a b\".parquet",)"
      R"("path_type":"object","physical_address":"s3://bucket/data/x","size_bytes":0})");
  Result<dto::ObjectStats> back = decode<dto::ObjectStats>(json);
  ASSERT_TRUE(back.has_value()) << back.error().message();
  EXPECT_EQ(*back, stats);
}

TEST(Models, RoundTripsNestedListsMapsAndTimes) {
  const std::string policy =
      R"({"id":"p","statement":[{"action":["fs:*"],"condition":{"IpAddress":{"SourceIp":["10.0.0.0/8"]}},)"
      R"("effect":"allow","resource":"*"}]})";
  Result<dto::Policy> parsed = decode<dto::Policy>(policy);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
  EXPECT_EQ(parsed->statement[0].condition->at("IpAddress").at("SourceIp").at(0), "10.0.0.0/8");
  EXPECT_EQ(encode(*parsed), policy);

  const std::string run =
      R"({"branch":"main","commit_id":"c","event_type":"post-commit","run_id":"r",)"
      R"("start_time":"2026-11-23T03:01:22.7534Z","status":"skipped"})";
  Result<dto::ActionRun> action = decode<dto::ActionRun>(run);
  ASSERT_TRUE(action.has_value()) << action.error().message();
  EXPECT_EQ(action->status, dto::RunStatus::kSkipped);
  EXPECT_FALSE(action->end_time.has_value());
  EXPECT_EQ(encode(*action), run);
}

TEST(Models, MergesAllOf) {
  Result<dto::UploadPartCopyFrom> part = decode<dto::UploadPartCopyFrom>(
      R"({"physical_address":"s3://b/x","copy_source":{"repository":"r","ref":"main","path":"p"}})");
  ASSERT_TRUE(part.has_value()) << part.error().message();
  EXPECT_EQ(part->physical_address, "s3://b/x");
  EXPECT_EQ(part->copy_source.path, "p");
}

TEST(Models, AnObjectWithoutMembersIsWrittenWithBraces) {
  EXPECT_EQ(encode(dto::CommPrefsInput{}).front(), '{');
  EXPECT_EQ(encode(dto::Merge{}), "{}");
  EXPECT_EQ(encode(dto::RepositoryMetadata{}), "{}");
  EXPECT_EQ(encode(std::vector<dto::BranchProtectionRule>{}), "[]");
}

TEST(Models, DefaultsAreFilledInAndLeftOut) {
  Result<dto::BranchCreation> branch =
      decode<dto::BranchCreation>(R"({"name":"b","source":"main"})");
  ASSERT_TRUE(branch.has_value());
  EXPECT_FALSE(branch->hidden);
  EXPECT_EQ(encode(*branch), R"({"name":"b","source":"main"})");
  branch->hidden = true;
  EXPECT_EQ(encode(*branch), R"({"hidden":true,"name":"b","source":"main"})");
}

TEST(Models, UnknownPropertiesAreIgnoredAndTheLastOfEqualOnesCounts) {
  Result<dto::TagCreation> tag =
      decode<dto::TagCreation>(R"({"new":{"x":[1]},"id":"a","ref":"r","id":"b"})");
  ASSERT_TRUE(tag.has_value());
  EXPECT_EQ(tag->id, "b");
}

TEST(Models, SayWhatIsWrongAndWhere) {
  EXPECT_EQ(refusal<dto::BranchCreation>(R"({"name":"b"})"),
            "Error at \"/source\": property \"source\" is missing");
  EXPECT_EQ(refusal<dto::BranchCreation>(R"({"name":1,"source":"s"})"),
            "Error at \"/name\": value must be a string");
  EXPECT_EQ(refusal<dto::BranchCreation>(R"({"name":null,"source":"s"})"),
            "Error at \"/name\": Value is not nullable");
  EXPECT_EQ(refusal<dto::BranchCreation>(R"({"name":"b","source":"s","force":null})"),
            "Error at \"/force\": Value is not nullable");
  EXPECT_EQ(refusal<dto::BranchCreation>(R"({"name":"b","source":"s","force":1})"),
            "Error at \"/force\": value must be a boolean");
  EXPECT_EQ(refusal<dto::BranchCreation>("[]"), "value must be an object");
  EXPECT_EQ(refusal<dto::BranchCreation>("{"), "invalid JSON: unexpected end at byte 1");
  EXPECT_EQ(refusal<dto::PathList>(R"({"paths":["a",2]})"),
            "Error at \"/paths/1\": value must be a string");
  EXPECT_EQ(refusal<dto::PathList>(R"({"paths":"a"})"),
            "Error at \"/paths\": value must be an array");
  EXPECT_EQ(refusal<dto::Policy>(
                R"({"id":"p","statement":[{"action":["x"],"effect":"Allow","resource":"*"}]})"),
            "Error at \"/statement/0/effect\": value is not one of the allowed values "
            "[\"allow\",\"deny\"]");
  EXPECT_EQ(refusal<dto::Policy>(R"({"id":"p","statement":[]})"),
            "Error at \"/statement\": minimum number of items is 1");
  EXPECT_EQ(refusal<dto::BranchProtectionRule>(R"({"pattern":""})"),
            "Error at \"/pattern\": minimum string length is 1");
  EXPECT_EQ(refusal<dto::AccessKeyCredentials>(R"({"access_key_id":"a","secret_access_key":""})"),
            "Error at \"/secret_access_key\": minimum string length is 1");
  EXPECT_EQ(refusal<dto::RepositoryCreation>(R"({"name":"No","storage_namespace":"s3://b"})"),
            "Error at \"/name\": string doesn't match the regular expression "
            "\"^[a-z0-9][a-z0-9-]{2,62}$\"");
  EXPECT_EQ(
      refusal<dto::CommitRecordCreation>(
          R"({"commit_id":"c","version":2,"committer":"x","message":"m","metarange_id":"r","creation_date":1,"parents":[],"metadata":{},"generation":1})"),
      "Error at \"/version\": number must be at most 1");
  EXPECT_EQ(refusal<dto::RepositoryMetadataSet>(R"({"metadata":{"k":5}})"),
            "Error at \"/metadata/k\": value must be a string");
  EXPECT_EQ(
      refusal<dto::ActionRun>(
          R"({"branch":"b","commit_id":"c","event_type":"e","run_id":"r","start_time":"today","status":"failed"})"),
      "Error at \"/start_time\": string doesn't match the format \"date-time\"");
  EXPECT_EQ(refusal<dto::Ref>(R"({"id":"a","commit_id":"b"} x)"),
            "invalid JSON: unexpected character at byte 27");
}

TEST(Models, IntegersMayBeWrittenAsWholeNumbersOnly) {
  const auto mtime = [](std::string_view text) {
    return decode<dto::ObjectStageCreation>(
        std::string(R"({"physical_address":"a","checksum":"c","size_bytes":1,"mtime":)")
            .append(text)
            .append("}"));
  };
  EXPECT_EQ(mtime("1e3")->mtime, 1000);
  EXPECT_EQ(mtime("1.5").error().message(), "Error at \"/mtime\": value must be an integer");
  EXPECT_EQ(mtime("1e30").error().message(), "Error at \"/mtime\": number must be an int64");
  EXPECT_EQ(mtime("18446744073709551615").error().message(),
            "Error at \"/mtime\": number must be an int64");
}

TEST(Models, NullIsAbsenceWhereItIsAllowed) {
  Result<dto::StagingLocation> location =
      decode<dto::StagingLocation>(R"({"physical_address":"x","presigned_url":null})");
  ASSERT_TRUE(location.has_value()) << location.error().message();
  EXPECT_FALSE(location->presigned_url.has_value());
}

TEST(Models, FreeFormObjectsStayJson) {
  Result<dto::ExternalLoginInformation> login =
      decode<dto::ExternalLoginInformation>(R"({"identityRequest":{"a":[1,{"b":null}]}})");
  ASSERT_TRUE(login.has_value()) << login.error().message();
  EXPECT_EQ(encode(*login), R"({"identityRequest":{"a":[1,{"b":null}]}})");
  EXPECT_EQ(refusal<dto::ExternalLoginInformation>(R"({"identityRequest":[]})"),
            "Error at \"/identityRequest\": value must be an object");
}

TEST(DecodeResponse, ToleratesServersOfOtherReleases) {
  // No description, an unknown word, a null, a time that Go never set.
  Result<dto::PullRequest> pull = decode_response<dto::PullRequest>(
      R"({"id":"1","title":null,"status":"frozen","creation_date":"0001-01-01T00:00:00Z","author":"a",)"
      R"("source_branch":"s","destination_branch":"d","extra":true})");
  ASSERT_TRUE(pull.has_value()) << pull.error().message();
  EXPECT_EQ(pull->status, dto::PullRequestStatus::kUnknown);
  EXPECT_EQ(to_string(pull->status), "unknown");
  EXPECT_EQ(pull->author, "a");
  Result<dto::PullRequest> broken = decode_response<dto::PullRequest>(R"({"id":1})");
  ASSERT_FALSE(broken.has_value());
  EXPECT_TRUE(broken.error().is(kBadResponse));
}

TEST(Models, SecretsDoNotFormatAsText) {
  Result<dto::LoginInformation> login =
      decode<dto::LoginInformation>(R"({"access_key_id":"AKIA","secret_access_key":"s3cr3t"})");
  ASSERT_TRUE(login.has_value());
  EXPECT_EQ(fmt::format("{}", login->secret_access_key), "***");
  EXPECT_EQ(login->secret_access_key.reveal(), "s3cr3t");
}

}  // namespace
}  // namespace tarn::api
