#include "api/operation.h"

#include "api/errors.h"
#include "base/json.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace tarn::api {
namespace {

std::string matched(std::string_view method, std::string_view path) {
  const std::optional<Match> found = match(method, path);
  return found ? std::string(found->operation->name) : "none";
}

/// The template with a value for each parameter.
std::string filled(const Operation& operation) {
  std::string path;
  for (std::string_view rest = operation.path; !rest.empty();) {
    const std::size_t open = rest.find('{');
    path.append(rest.substr(0, open));
    if (open == std::string_view::npos) {
      break;
    }
    const std::size_t close = rest.find('}');
    path.append("v-").append(rest.substr(open + 1, close - open - 1));
    rest.remove_prefix(close + 1);
  }
  return path;
}

TEST(OperationTable, HoldsEveryOperationOnce) {
  EXPECT_EQ(operations().size(), 145U);
  EXPECT_EQ(operations().size(), kOperationCount);
  std::set<std::string_view> names;
  for (const Operation& op : operations()) {
    names.insert(op.name);
    EXPECT_EQ(&operation(op.id), &op);
  }
  EXPECT_EQ(names.size(), operations().size());
}

TEST(OperationTable, NineOperationsAreOpen) {
  std::set<std::string_view> open;
  for (const Operation& op : operations()) {
    if (op.security == Security::kOpen) {
      open.insert(op.name);
    }
  }
  EXPECT_EQ(open, (std::set<std::string_view>{
                      "setupCommPrefs", "getSetupState", "setup", "login", "externalPrincipalLogin",
                      "stsLogin", "getAuthCapabilities", "healthCheck", "oauthCallback"}));
}

TEST(OperationTable, OnlyKnownOperationsNeedNoPermission) {
  std::set<std::string_view> free;
  for (const Operation& op : operations()) {
    if (op.security != Security::kOpen && op.actions.empty()) {
      free.insert(op.name);
    }
    EXPECT_EQ(op.security == Security::kAnonymous, op.name == "getCurrentUser") << op.name;
  }
  EXPECT_EQ(free, (std::set<std::string_view>{"getCurrentUser", "getConfig", "getLakeFSVersion",
                                              "postStatsEvents", "getGarbageCollectionConfig",
                                              "getUsageReportSummary"}));
  const Operation& create = operation(OperationId::kCreateRepository);
  ASSERT_EQ(create.actions.size(), 2U);
  EXPECT_EQ(create.actions[0], "fs:CreateRepository");
  EXPECT_EQ(create.actions[1], "fs:AttachStorageNamespace");
  EXPECT_EQ(create.event, "create_repo");
}

TEST(OperationTable, DescriptionIsServedAsJson) {
  Result<Json> json = parse_json(openapi_json());
  ASSERT_TRUE(json.has_value()) << json.error().message();
  const Json* id = json->find_path({"paths", "/repositories", "get", "operationId"});
  ASSERT_NE(id, nullptr);
  EXPECT_EQ(*id->as_string(), "ListRepositories");
  EXPECT_EQ(json->find("paths")->members().size(), 102U);
}

TEST(OperationTable, NoTemplateIsTooDeepForTheRouter) {
  for (const Operation& op : operations()) {
    EXPECT_LE(std::ranges::count(op.path, '/'), 16) << op.path;
  }
}

TEST(OperationTable, UploadStreamsItsBodyAndOthersHaveALimit) {
  for (const Operation& op : operations()) {
    EXPECT_EQ(op.body == BodyKind::kStream, op.name == "uploadObject") << op.name;
    EXPECT_EQ(op.body_size_bytes_max > 0, op.body == BodyKind::kJson) << op.name;
    EXPECT_EQ(op.body == BodyKind::kNone, op.body_content_types.empty()) << op.name;
  }
  const Operation& upload = operation(OperationId::kUploadObject);
  EXPECT_EQ(upload.body_content_types.size(), 2U);
  EXPECT_EQ(upload.body_content_types[0], "multipart/form-data");
}

TEST(OperationTable, StatusesAreThoseOfTheServerNotOfTheDescription) {
  EXPECT_EQ(operation(OperationId::kCreateBranch).content_type, "text/plain");
  EXPECT_EQ(operation(OperationId::kCreateBranch).status, 201U);
  EXPECT_EQ(operation(OperationId::kUpdateObjectUserMetadata).status, 204U);
  EXPECT_EQ(operation(OperationId::kUpdatePullRequest).status, 204U);
  EXPECT_EQ(operation(OperationId::kOauthCallback).status, 200U);
}

TEST(Match, EveryOperationMatchesItsOwnTemplate) {
  for (const Operation& op : operations()) {
    const std::optional<Match> found = match(to_string(op.method), filled(op));
    ASSERT_TRUE(found.has_value()) << op.name;
    EXPECT_EQ(found->operation->name, op.name);
    EXPECT_FALSE(found->error.has_value());
    ASSERT_EQ(found->path.size(), op.path_params.size());
    for (std::size_t i = 0; i < found->path.size(); ++i) {
      EXPECT_EQ(found->path[i], "v-" + std::string(op.path_params[i]));
    }
  }
}

TEST(Match, EveryOtherMethodMatchesNothing) {
  std::set<std::pair<std::string_view, std::string_view>> known;
  for (const Operation& op : operations()) {
    known.emplace(to_string(op.method), op.path);
  }
  for (const Operation& op : operations()) {
    for (const std::string_view method :
         {"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", ""}) {
      if (!known.contains({method, op.path})) {
        EXPECT_EQ(matched(method, filled(op)), "none") << method << " " << op.path;
      }
    }
  }
}

TEST(Match, OddPathsMatchNothing) {
  for (const std::string_view path :
       {"", "/", "//", "repositories", "/repositories/", "//repositories", "/repositories/r/",
        "/repositories/r/branches/", "/repositories/r/branches/b/", "/repositories/r/unknown",
        "/Repositories", "/repositories/r/branches/b/c/d/e/f/g/h", "/%72epositories",
        "/repositories?amount=1"}) {
    EXPECT_EQ(matched("GET", path), "none") << path;
  }
  EXPECT_EQ(matched("GET", std::string(1 << 20, '/')), "none");
}

TEST(Match, ALiteralWinsUnlessItsBranchEnds) {
  EXPECT_EQ(matched("PUT", "/repositories/r/refs/dump"), "dumpRefs");
  EXPECT_EQ(matched("GET", "/repositories/r/refs/dump"), "none");
  const std::optional<Match> found = match("GET", "/repositories/r/refs/dump/objects");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->operation->name, "getObject");
  EXPECT_EQ(found->path, (PathValues{"r", "dump"}));
}

TEST(Match, DecodesEachSegmentOnce) {
  const std::optional<Match> found = match("GET", "/repositories/r/refs/a%2Fb%2525+c/objects");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->path[1], "a/b%25+c");
}

TEST(Match, AnEmptySegmentIsABadRequest) {
  const std::optional<Match> found = match("GET", "/repositories//branches");
  ASSERT_TRUE(found.has_value());
  ASSERT_TRUE(found->error.has_value());
  EXPECT_TRUE(found->error->is(kBadRequest));
  EXPECT_EQ(found->error->message(),
            "parameter \"repository\" in path has an error: value is required but missing");
}

TEST(Match, AnUndecodableSegmentIsABadArgument) {
  const std::optional<Match> found = match("GET", "/repositories/r/tags/100%");
  ASSERT_TRUE(found.has_value());
  ASSERT_TRUE(found->error.has_value());
  EXPECT_TRUE(found->error->is(kBadArgument));
  EXPECT_EQ(found->error->message(),
            "Invalid format for parameter tag: invalid URL escape at byte 3");
}

// What endpoints/rest does with the list: one declaration and one row for each operation.
TEST(OperationsList, HasARowForEachOperationInOrder) {
  struct Row {
    std::string_view handler, name, tag, body, response;
  };
  constexpr Row kRows[] = {
#define TARN_OPERATION(handler, Name, tag, BODY, RESPONSE) \
  {#handler, #Name, #tag, #BODY, #RESPONSE},
#include "api/operations.inc"
  };
  ASSERT_EQ(std::size(kRows), operations().size());
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    EXPECT_EQ(kRows[i].handler, operations()[i].handler);
    EXPECT_EQ(kRows[i].tag, operations()[i].tag);
    EXPECT_EQ(kRows[i].body == "JSON", operations()[i].body == BodyKind::kJson);
    EXPECT_EQ(kRows[i].response == "JSON", operations()[i].response == ResponseKind::kJson);
  }
}

}  // namespace
}  // namespace tarn::api
