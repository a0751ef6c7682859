#include "api/requests.h"

#include "api/codec.h"
#include "api/errors.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <type_traits>

namespace tarn::api {
namespace {

struct Parts {
  PathValues path;
  QueryPairs query;
  std::multimap<std::string, std::string> headers;
};

template <class Request>
Result<void> bound(const Parts& parts, Request& out) {
  const auto find = [&](std::string_view name) {
    HeaderValue found;
    const auto [begin, end] = parts.headers.equal_range(std::string(name));
    for (auto it = begin; it != end; ++it) {
      if (found.count++ == 0) {
        found.value = it->second;
      }
    }
    return found;
  };
  return bind({parts.path, parts.query, HeaderLookup(find)}, out);
}

template <class Request>
std::string refusal(const Parts& parts, const ErrorId& id = kBadRequest) {
  Request request;
  const Result<void> result = bound(parts, request);
  EXPECT_FALSE(result.has_value());
  if (result) {
    return "";
  }
  EXPECT_TRUE(result.error().is(id));
  return result.error().message();
}

TEST(Bind, FillsPathQueryHeadersAndDefaults) {
  GetObjectRequest get;
  ASSERT_TRUE(bound({{"repo", "main"},
                     {{"path", "a b"}, {"presign", "true"}, {"unknown", "x"}},
                     {{"Range", "bytes=0-9"}}},
                    get));
  EXPECT_EQ(get.repository, "repo");
  EXPECT_EQ(get.ref, "main");
  EXPECT_EQ(get.path, "a b");
  EXPECT_EQ(get.range, "bytes=0-9");
  EXPECT_FALSE(get.if_none_match.has_value());

  ListBranchesRequest list;
  ASSERT_TRUE(bound({{"repo"}, {{"prefix", ""}}, {}}, list));
  EXPECT_EQ(list.amount, 100);
  EXPECT_FALSE(list.show_hidden);
  EXPECT_EQ(list.prefix, "");
  EXPECT_FALSE(list.after.has_value());

  DiffRefsRequest diff;
  ASSERT_TRUE(bound({{"repo", "a", "b"}, {}, {}}, diff));
  EXPECT_EQ(diff.type, dto::DiffRefsMode::kThreeDot);
}

TEST(Bind, ArraysTakeEveryOccurrence) {
  LogCommitsRequest log;
  ASSERT_TRUE(bound({{"r", "main"},
                     {{"objects", "a"}, {"objects", "b,c"}, {"since", "2026-01-02T03:04:05Z"}},
                     {}},
                    log));
  EXPECT_EQ(log.objects, (std::vector<std::string>{"a", "b,c"}));
  EXPECT_TRUE(log.prefixes.empty());
  EXPECT_TRUE(log.since.has_value());
}

TEST(Bind, ChecksRangesWordsAndSyntax) {
  const auto amount = [](std::string value) {
    return Parts{{"r"}, {{"amount", std::move(value)}}, {}};
  };
  EXPECT_EQ(refusal<ListBranchesRequest>(amount("1001")),
            "parameter \"amount\" in query has an error: number must be at most 1000");
  EXPECT_EQ(refusal<ListBranchesRequest>(amount("-2")),
            "parameter \"amount\" in query has an error: number must be at least -1");
  EXPECT_EQ(
      refusal<ListBranchesRequest>(amount("x")),
      "parameter \"amount\" in query has an error: value x: an invalid integer: invalid syntax");
  EXPECT_EQ(
      refusal<ListBranchesRequest>(amount("1.0")),
      "parameter \"amount\" in query has an error: value 1.0: an invalid integer: invalid syntax");
  EXPECT_EQ(refusal<ListBranchesRequest>(amount("99999999999999999999")),
            "parameter \"amount\" in query has an error: value 99999999999999999999: an invalid "
            "integer: value out of range");
  EXPECT_EQ(refusal<ListBranchesRequest>({{"r"}, {{"show_hidden", "yes"}}, {}}),
            "parameter \"show_hidden\" in query has an error: value yes: an invalid boolean: "
            "invalid syntax");
  EXPECT_EQ(refusal<DiffRefsRequest>({{"r", "a", "b"}, {{"type", "one_dot"}}, {}}),
            "parameter \"type\" in query has an error: value is not one of the allowed values "
            "[\"two_dot\",\"three_dot\"]");
  EXPECT_EQ(
      refusal<GetObjectRequest>({{"r", "a"}, {{"path", "p"}}, {{"Range", "lines=1"}}}),
      "parameter \"Range\" in header has an error: string doesn't match the regular expression "
      "\"^bytes=((\\d*-\\d*,? ?)+)$\"");
  EXPECT_EQ(refusal<UploadPartRequest>({{"r", "b", "u", "10001"}, {{"path", "p"}}, {}}),
            "parameter \"partNumber\" in path has an error: number must be at most 10000");
  EXPECT_EQ(
      refusal<LogCommitsRequest>({{"r", "m"}, {{"since", "yesterday"}}, {}}),
      "parameter \"since\" in query has an error: string doesn't match the format \"date-time\"");
}

TEST(Bind, TakesTheTimesOfAllClients) {
  const auto since = [](std::string_view text) {
    LogCommitsRequest log;
    EXPECT_TRUE(bound({{"r", "m"}, {{"since", std::string(text)}}, {}}, log)) << text;
    return log.since.value_or(WallTime{});
  };
  const WallTime time = from_unix_seconds(1700000000);
  EXPECT_EQ(since("2023-11-14T22:13:20Z"), time);
  EXPECT_EQ(since("2023-11-15T00:13:20+02:00"), time);
  EXPECT_EQ(since("2023-11-14T22:13:20.000000+0000"), time) << "the Python SDK's";
  EXPECT_EQ(since("2023-11-14T20:43:20.000000-0130"), time);
  for (const char* wrong : {"2023-11-14T22:13:20", "2023-11-14T22:13:20+000", "+0000", "2023-1114",
                            "2023-11-14T22:13:20+0a00"}) {
    EXPECT_EQ(
        refusal<LogCommitsRequest>({{"r", "m"}, {{"since", wrong}}, {}}),
        "parameter \"since\" in query has an error: string doesn't match the format \"date-time\"");
  }
}

TEST(Bind, RequiredAndEmptyValues) {
  EXPECT_EQ(refusal<StatObjectRequest>({{"r", "m"}, {}, {}}),
            "parameter \"path\" in query has an error: value is required but missing");
  EXPECT_EQ(refusal<StatObjectRequest>({{"r", "m"}, {{"path", ""}}, {}}),
            "parameter \"path\" in query has an error: empty value is not allowed");
  EXPECT_EQ(refusal<StatObjectRequest>({{"", "m"}, {{"path", "p"}}, {}}),
            "parameter \"repository\" in path has an error: value is required but missing");
  SetBranchProtectionRulesRequest rules;
  ASSERT_TRUE(bound({{"r"}, {}, {{"If-Match", ""}}}, rules));
  EXPECT_EQ(rules.if_match, "");
}

TEST(Bind, WhatCannotBeBoundIsABadArgument) {
  EXPECT_EQ(
      refusal<ListBranchesRequest>({{"r"}, {{"amount", "1"}, {"amount", "2"}}, {}}, kBadArgument),
      "Invalid format for parameter amount: multiple values for single value parameter 'amount'");
  EXPECT_EQ(refusal<ListBranchesRequest>({{"r"}, {{"amount", ""}}, {}}, kBadArgument),
            "Invalid format for parameter amount: empty value");
  EXPECT_EQ(refusal<GetObjectRequest>(
                {{"r", "m"}, {{"path", "p"}}, {{"Range", "bytes=0-"}, {"Range", "bytes=1-"}}},
                kBadArgument),
            "Invalid format for parameter Range: Expected one value for Range, got 2");
  // Validation comes first, wherever it fails.
  EXPECT_EQ(refusal<ListBranchesRequest>(
                {{"r"}, {{"amount", "1"}, {"amount", "2"}, {"show_hidden", "?"}}, {}}),
            "parameter \"show_hidden\" in query has an error: value ?: an invalid boolean: invalid "
            "syntax");
}

template <class Request>
std::string body_refusal(std::string_view type, std::string_view bytes) {
  Request request;
  const Result<void> result = bind_body({type, bytes}, request);
  EXPECT_FALSE(result.has_value());
  EXPECT_TRUE(!result && result.error().is(kBadRequest));
  return result ? "" : result.error().message();
}

TEST(BindBody, ChecksPresenceAndMediaType) {
  EXPECT_EQ(body_refusal<CreateBranchRequest>("application/json", ""),
            "request body has an error: value is required but missing");
  EXPECT_EQ(body_refusal<CreateBranchRequest>("text/plain", "{}"),
            "request body has an error: header Content-Type has unexpected value \"text/plain\"");
  EXPECT_EQ(body_refusal<CreateBranchRequest>("", "{}"),
            "request body has an error: header Content-Type has unexpected value \"\"");
  CreateBranchRequest create;
  ASSERT_TRUE(
      bind_body({"Application/JSON ; charset=utf-8", R"({"name":"b","source":"main"})"}, create));
  EXPECT_EQ(create.body.name, "b");
}

TEST(BindBody, AnOptionalBodyMayBeEmptyWithAnyMediaType) {
  MergeIntoBranchRequest merge;
  ASSERT_TRUE(bind_body({"text/plain", ""}, merge));
  EXPECT_FALSE(merge.body.has_value());
  ASSERT_TRUE(bind_body({"application/json", R"({"message":"m"})"}, merge));
  EXPECT_EQ(merge.body->message, "m");
}

TEST(BindBody, NamesTheSchema) {
  EXPECT_EQ(body_refusal<SetupRequest>("application/json", "{}"),
            "request body has an error: doesn't match schema #/components/schemas/Setup: Error at "
            "\"/username\": property "
            "\"username\" is missing");
  EXPECT_EQ(
      body_refusal<SetBranchProtectionRulesRequest>("application/json", R"([{"pattern":"a"},{}])"),
      "request body has an error: doesn't match schema: Error at \"/1/pattern\": property "
      "\"pattern\" is missing");
  EXPECT_EQ(body_refusal<CreateTagRequest>("application/json", "{"),
            "request body has an error: failed to decode request body: invalid JSON: unexpected "
            "end at byte 1");
  EXPECT_EQ(body_refusal<CreateTagRequest>("application/json",
                                           std::string(10000, '[') + std::string(10000, ']')),
            "request body has an error: failed to decode request body: JSON text is nested deeper "
            "than 63 levels");
}

TEST(EncodeCall, BuildsTheTarget) {
  ListObjectsRequest list;
  list.repository = "repo";
  list.ref = "main~1/x";
  list.prefix = "a b&c/";
  list.amount = 7;
  const ClientCall call = encode_call(list);
  EXPECT_EQ(call.operation->name, "listObjects");
  EXPECT_EQ(call.target,
            "/api/v1/repositories/repo/refs/main~1%2Fx/objects/ls?amount=7&prefix=a%20b%26c%2F");
  EXPECT_TRUE(call.body.empty());
  EXPECT_EQ(encode_call(HealthCheckRequest{}).target, "/api/v1/healthcheck");
}

TEST(EncodeCall, CarriesHeadersAndBody) {
  SetBranchProtectionRulesRequest set;
  set.repository = "repo";
  set.if_match = "";
  set.body = {{.pattern = "main"}};
  const ClientCall call = encode_call(set);
  EXPECT_EQ(call.body, R"([{"pattern":"main"}])");
  EXPECT_EQ(call.content_type, "application/json");
  ASSERT_EQ(call.headers.size(), 1U);
  EXPECT_EQ(call.headers[0].first, "If-Match");
  MergeIntoBranchRequest merge;
  EXPECT_TRUE(encode_call(merge).content_type.empty());
}

// Goal: what a client encodes is what a server routes and binds, for every operation. Method: a
// call with a value for each required parameter is taken apart as a server would.
template <class Op>
void comes_back() {
  typename Op::Request request;
  const ClientCall call = encode_call(request);
  EXPECT_EQ(call.operation->id, Op::id);
  EXPECT_EQ(call.operation->body, Op::body);
  EXPECT_EQ(call.operation->status, Op::status);
  EXPECT_EQ(call.target.find_first_of("{}"), std::string::npos) << call.target;
  EXPECT_TRUE(call.target.starts_with(kBasePath));
  static_assert(std::is_same_v<typename Op::Response, NoContent> ==
                (Op::response == ResponseKind::kNone));
}

TEST(EncodeCall, EveryOperationFillsItsTemplate) {
#define TARN_OPERATION(handler, Name, tag, BODY, RESPONSE) comes_back<ops::Name>();
#include "api/operations.inc"
}

TEST(EncodeCall, IsBoundBack) {
  MergeIntoBranchRequest merge;
  merge.repository = "repo";
  merge.source_ref = "feature%2F+1";
  merge.destination_branch = "main";
  merge.body.emplace().strategy = "dest-wins";
  const ClientCall call = encode_call(merge);
  const std::optional<Match> found =
      match("POST", std::string_view(call.target).substr(kBasePath.size()));
  ASSERT_TRUE(found.has_value());
  MergeIntoBranchRequest back;
  ASSERT_TRUE(bound({found->path, {}, {}}, back));
  ASSERT_TRUE(bind_body({call.content_type, call.body}, back));
  EXPECT_EQ(back.source_ref, "feature%2F+1");
  EXPECT_EQ(back.body, merge.body);
}

}  // namespace
}  // namespace tarn::api
