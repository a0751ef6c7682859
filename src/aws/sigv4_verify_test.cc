// Requests signed by the published examples, by our own signer, and by nobody; then what must not
// pass: anything changed, late, early or left unsigned.
#include "aws/sigv4_verify.h"

#include "aws/testing/examples.h"

#include <gtest/gtest.h>

#include <vector>

namespace tarn::aws {
namespace {

using namespace std::chrono_literals;
using testing::example_keys;
using testing::example_scope;
using testing::example_secret;
using testing::example_time;
using testing::make_request;
using testing::signed_request;
using testing::with_signature;

Result<VerifiedSignature> check(const http::Request& request, WallTime now = example_time(),
                                const Secret& secret = example_secret()) {
  TARN_TRY(const Authorization authorization, parse_authorization(request));
  return verify(authorization, request, secret, now);
}

/// Empty when it passed.
std::string failure(const http::Request& request, WallTime now = example_time()) {
  const Result<VerifiedSignature> outcome = check(request, now);
  return outcome ? "" : outcome.error().message();
}

::testing::AssertionResult fails_with(const ErrorId& id, const http::Request& request,
                                      WallTime now = example_time()) {
  const Result<VerifiedSignature> outcome = check(request, now);
  if (outcome) {
    return ::testing::AssertionFailure() << "it passed";
  }
  if (!outcome.error().is(id)) {
    return ::testing::AssertionFailure() << "another error: " << outcome.error().message();
  }
  return ::testing::AssertionSuccess();
}

http::Request presigned(std::chrono::seconds expires_in, std::string method = "GET",
                        std::string target = "/test.txt") {
  return make_request(method, presign(method, testing::kExampleHost, target, example_keys(),
                                      example_scope(), example_time(), expires_in));
}

std::string replace(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what << " in " << text;
  return text.replace(at, what.size(), with);
}

http::Request published_read() {
  http::Request request = make_request("GET", "/test.txt");
  request.headers.add("Range", "bytes=0-9");
  request.headers.add("x-amz-content-sha256", testing::kEmptyHash);
  request.headers.add("x-amz-date", testing::kExampleDate);
  return with_signature(std::move(request), "host;range;x-amz-content-sha256;x-amz-date",
                        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(ParseAuthorization, ReadsAHeaderWithAndWithoutBlanks) {
  for (const std::string_view separator : {",", ", ", ",\t "}) {
    http::Request request = make_request("GET", "/");
    request.headers.set("Authorization",
                        "AWS4-HMAC-SHA256 Credential=a/b/c/20130524/eu-west_1/s3/aws4_request" +
                            std::string(separator) + "SignedHeaders=host;x-amz-date" +
                            std::string(separator) + "Signature=" + std::string(64, 'a'));
    const Result<Authorization> got = parse_authorization(request);
    ASSERT_TRUE(got.has_value()) << separator;
    EXPECT_EQ(got->form, Authorization::Form::kV4Header);
    EXPECT_EQ(got->access_key_id, "a/b/c");
    EXPECT_EQ(got->scope_date, "20130524");
    EXPECT_EQ(got->region, "eu-west_1");
    EXPECT_EQ(got->service, "s3");
    EXPECT_EQ(got->signed_headers, "host;x-amz-date");
    EXPECT_EQ(got->signature, std::string(64, 'a'));
    EXPECT_FALSE(got->is_presigned());
  }
}

TEST(ParseAuthorization, WhatIsInNoFormIsMissing) {
  const std::string good =
      "AWS4-HMAC-SHA256 Credential=AKIA/20130524/us-east-1/s3/aws4_request, "
      "SignedHeaders=host, Signature=" +
      std::string(64, 'a');
  http::Request request = make_request("GET", "/");
  EXPECT_TRUE(fails_with(kMissingFields, request));  // anonymous
  request.headers.set("Authorization", good);
  EXPECT_TRUE(parse_authorization(request).has_value());
  const std::vector<std::string> bad = {
      "",
      "Basic YTpi",
      "AWS4-HMAC-SHA256",
      replace(good, "AKIA", "AK"),
      replace(good, "AKIA", std::string(21, 'A')),
      replace(good, "20130524", "2013052"),
      replace(good, "20130524", "2013052x"),
      replace(good, "us-east-1", ""),
      replace(good, "us-east-1", "us east"),
      replace(good, "s3/", "s.3/"),
      replace(good, "aws4_request", "aws4"),
      replace(good, "SignedHeaders=host", "SignedHeaders="),
      replace(good, "SignedHeaders=host", "SignedHeaders=ho(st"),
      replace(good, "SignedHeaders=host, ", ""),
      replace(good, "Credential=", "Credentials="),
      replace(good, "aaa", "aa"),
      replace(good, "aaa", "aaA"),
      good + ", Signature=" + std::string(64, 'b'),
      replace(good, "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
  };
  for (const std::string& field : bad) {
    request.headers.set("Authorization", field);
    EXPECT_TRUE(fails_with(kMissingFields, request)) << field;
  }
}

TEST(Verify, TakesThePublishedExamples) {
  EXPECT_EQ(failure(published_read()), "");

  http::Request put = make_request("PUT", "/test$file.text");
  put.headers.add("Date", "Fri, 24 May 2013 00:00:00 GMT");
  put.headers.add("x-amz-content-sha256",
                  "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
  put.headers.add("x-amz-date", testing::kExampleDate);
  put.headers.add("x-amz-storage-class", "REDUCED_REDUNDANCY");
  EXPECT_EQ(failure(with_signature(
                std::move(put), "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")),
            "");
}

TEST(Verify, TakesTheExamplesOfOddTargets) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"/repo1?list-type=2&prefix=main/a+b%2B&delimiter=%2f",
       "c0e9e97f14c1a9207d11a172e4f95c485bd3224830a82f2f5a3380687a947aba"},
      {"/repo1/main/%C3%A9%20+%26~*'()!.txt",
       "bb5be8de9f1f8f82735307e2efdf807c3280152f9bc4ebac9a37ec8bd6906220"},
  };
  for (const auto& [target, signature] : cases) {
    http::Request request = make_request("GET", target, "s3.tarn.test");
    request.headers.add("x-amz-content-sha256", testing::kEmptyHash);
    request.headers.add("x-amz-date", testing::kExampleDate);
    EXPECT_EQ(failure(with_signature(std::move(request), "host;x-amz-content-sha256;x-amz-date",
                                     signature)),
              "")
        << target;
  }
}

TEST(Verify, GivesWhatABodyContinuesFrom) {
  const Result<VerifiedSignature> verified = check(published_read());
  ASSERT_TRUE(verified.has_value());
  EXPECT_EQ(verified->amz_date, "20130524T000000Z");
  EXPECT_EQ(verified->scope, "20130524/us-east-1/s3/aws4_request");
  EXPECT_EQ(verified->signature,
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(verified->signing_key.reveal().size(), 32U);
}

TEST(Verify, WithoutThePayloadHeaderTheBodyCountsAsUnsigned) {
  http::Request request = signed_request(make_request("GET", "/x"), kUnsignedPayload);
  request.headers.erase("x-amz-content-sha256");
  // The list of signed headers still names it, as an empty one.
  EXPECT_TRUE(fails_with(kSignatureDoesNotMatch, request));
  http::Request other = make_request("GET", "/x");
  sign(other, example_keys(), {.region = "us-east-1", .service = "glue"}, example_time(),
       kUnsignedPayload);
  EXPECT_EQ(failure(other), "");
}

TEST(Verify, RefusesWhateverWasChanged) {
  http::Request signed_put = make_request("PUT", "/repo/main/a?x=1&x=2&y=");
  signed_put.headers.add("x-amz-meta-a", "1");
  signed_put.headers.add("x-amz-meta-a", "2");
  signed_put.headers.add("Content-Type", "text/plain");
  const auto changed = [&](auto change) {
    http::Request request = make_request("PUT", signed_put.target);
    request.headers = signed_put.headers;
    request = signed_request(std::move(request));
    change(request);
    return request;
  };
  EXPECT_EQ(failure(changed([](http::Request&) {})), "");
  const ErrorId& id = kSignatureDoesNotMatch;
  const auto retarget = [&](std::string target) {
    return changed([&](http::Request& r) { r.target = std::move(target); });
  };
  const auto with_header = [&](std::string name, std::string value) {
    return changed([&](http::Request& r) { r.headers.set(name, std::move(value)); });
  };
  EXPECT_TRUE(fails_with(id, changed([](http::Request& r) { r.method = "GET"; })));
  EXPECT_TRUE(fails_with(id, retarget("/repo/main/b?x=1&x=2&y=")));
  EXPECT_TRUE(fails_with(id, retarget("/repo/main//a?x=1&x=2&y=")));
  EXPECT_TRUE(fails_with(id, retarget("/repo/main/a?x=1&x=3&y=")));  // the second of that name
  EXPECT_TRUE(fails_with(id, retarget("/repo/main/a?x=1&y=")));
  EXPECT_TRUE(fails_with(id, retarget("/repo/main/a?x=1&x=2&x=2&y=")));
  EXPECT_TRUE(fails_with(id, retarget("/repo/main/a?x=1&x=2&y=&acl")));
  EXPECT_TRUE(fails_with(id, retarget("/repo/main/a?x=1&x=2&y=&X-Amz-Signature=1")));
  EXPECT_TRUE(fails_with(id, with_header("Host", "other.host")));
  EXPECT_TRUE(fails_with(id, with_header("Content-Type", "text/html")));
  EXPECT_TRUE(fails_with(id, with_header("x-amz-meta-a", "1")));  // the second value is gone
  EXPECT_TRUE(fails_with(id, with_header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")));
  EXPECT_TRUE(fails_with(id, with_header("x-amz-date", "20130524T000001Z")));
  EXPECT_TRUE(check(published_read(), example_time(), Secret("other")).error().is(id));
  // The same request in other words.
  EXPECT_EQ(failure(retarget("/%72epo/main/a?y&x=%32&x=1")), "");
  EXPECT_EQ(failure(with_header("content-type", "  text/plain ")), "");
}

TEST(Verify, ARawPlusMeansASpaceAsItDoesForWhoReadsTheQuery) {
  EXPECT_EQ(failure(signed_request(make_request("GET", "/r?prefix=a%20b"))), "");
  http::Request request = signed_request(make_request("GET", "/r?prefix=a%20b"));
  request.target = "/r?prefix=a+b";
  EXPECT_EQ(failure(request), "");
  http::Request plus = signed_request(make_request("GET", "/r?prefix=a%2Bb"));
  plus.target = "/r?prefix=a+b";
  EXPECT_TRUE(fails_with(kSignatureDoesNotMatch, plus));
}

TEST(Verify, HostAndAmzHeadersMustBeSigned) {
  http::Request request = signed_request(make_request("GET", "/x"));
  request.headers.add("x-amz-copy-source", "/other/secret");
  EXPECT_TRUE(fails_with(kHeadersNotSigned, request));
  EXPECT_EQ(failure(request),
            "There were headers present in the request which were not signed: x-amz-copy-source");

  http::Request through_proxy = signed_request(make_request("GET", "/x"));
  through_proxy.headers.add("X-Amz-Cf-Id", "abc");
  through_proxy.headers.add("X-Amzn-Trace-Id", "Root=1");
  through_proxy.headers.add("X-Forwarded-For", "10.0.0.1");
  EXPECT_EQ(failure(through_proxy), "");

  http::Request put = presigned(1h, "PUT");
  EXPECT_EQ(failure(put), "");
  put.headers.add("x-amz-meta-a", "b");
  EXPECT_TRUE(fails_with(kHeadersNotSigned, put));
}

TEST(Verify, DatesAreCheckedInOrder) {
  http::Request none = published_read();
  none.headers.erase("x-amz-date");
  EXPECT_TRUE(fails_with(kMissingDate, none));
  for (const char* bad : {"2013-05-24T00:00:00Z", "20130524T000000", "20131324T000000Z", "now",
                          "Fri, 24 May 2013 00:00:00 GMT"}) {
    http::Request request = published_read();
    request.headers.set("x-amz-date", bad);
    EXPECT_TRUE(fails_with(kMalformedDate, request)) << bad;
  }
  http::Request other_day = published_read();
  other_day.headers.set("x-amz-date", "20130525T000000Z");
  EXPECT_TRUE(fails_with(kAuthorizationHeaderMalformed, other_day));
  http::Request no_day = published_read();
  no_day.headers.set("Authorization", replace(std::string(no_day.headers.get("Authorization")),
                                              "20130524", "20139924"));
  EXPECT_EQ(failure(no_day),
            "Error parsing the X-Amz-Credential parameter; incorrect date format \"%s\". This date "
            "in the credential must be in the format \"yyyyMMdd\".");
}

TEST(Verify, ADateHeaderInIsoFormWillDo) {
  http::Request request = make_request("GET", "/x");
  request.headers.add("Date", testing::kExampleDate);
  sign(request, example_keys(), example_scope(), example_time(), testing::kEmptyHash);
  EXPECT_EQ(failure(request), "");
  http::Request without = published_read();
  without.headers.erase("x-amz-date");
  without.headers.add("Date", testing::kExampleDate);
  EXPECT_TRUE(fails_with(kSignatureDoesNotMatch, without));
}

TEST(Verify, ClocksMayDifferByFifteenMinutes) {
  const http::Request request = published_read();
  for (const auto offset : {0s, 450s, -450s, 899s, -899s, 900s, -900s}) {
    EXPECT_EQ(failure(request, example_time() + offset), "") << offset.count();
  }
  EXPECT_TRUE(fails_with(kRequestTimeTooSkewed, request, example_time() + 901s));
  EXPECT_TRUE(fails_with(kRequestTimeTooSkewed, request, example_time() + 24h * 365 * 30));
  EXPECT_TRUE(fails_with(kRequestNotYetValid, request, example_time() - 901s));
}

TEST(Verify, ABadEscapeIsNamed) {
  http::Request path = published_read();
  path.target = "/test%2.txt";
  EXPECT_TRUE(fails_with(kInvalidUri, path));
  http::Request query = published_read();
  query.target = "/test.txt?a=%zz";
  EXPECT_TRUE(fails_with(kInvalidUri, query));
}

TEST(VerifyPresigned, TakesThePublishedExample) {
  EXPECT_EQ(failure(make_request(
                "GET",
                "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE"
                "%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z"
                "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
                "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")),
            "");
}

TEST(VerifyPresigned, HoldsUntilItExpires) {
  const http::Request request = presigned(24h);
  const Result<Authorization> parsed = parse_authorization(request);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_TRUE(parsed->is_presigned());
  EXPECT_EQ(parsed->expires_in, 86400s);
  EXPECT_EQ(failure(request, example_time() + 23h), "");
  EXPECT_EQ(failure(request, example_time() + 24h), "");
  EXPECT_EQ(failure(request, example_time() - 15min), "");
  EXPECT_TRUE(fails_with(kRequestExpired, request, example_time() + 24h + 1ns));
  EXPECT_TRUE(fails_with(kRequestNotYetValid, request, example_time() - 16min));
  EXPECT_EQ(failure(presigned(0s)), "");
  EXPECT_TRUE(fails_with(kRequestExpired, presigned(0s), example_time() + 1ns));
}

TEST(VerifyPresigned, SaysWhatIsWrongWithTheQuery) {
  const std::string good = presigned(3600s).target;
  const auto says = [&](std::string_view what, std::string_view with) {
    return failure(make_request("GET", replace(good, what, with)));
  };
  EXPECT_EQ(failure(make_request("GET", good)), "");
  EXPECT_EQ(says("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
            "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\".");
  for (const char* name : {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date",
                           "X-Amz-SignedHeaders", "X-Amz-Expires"}) {
    EXPECT_EQ(says(name, "Other"), kMissingFields.text) << name;
  }
  EXPECT_EQ(says("AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request", ""),
            kMissingCredential.text);
  EXPECT_TRUE(says("%2Fs3", "").starts_with("Error parsing the X-Amz-Credential parameter;"));
  EXPECT_EQ(says("Expires=3600", "Expires=soon"), "X-Amz-Expires should be a number");
  EXPECT_EQ(says("Expires=3600", "Expires="), "X-Amz-Expires should be a number");
  EXPECT_EQ(says("Expires=3600", "Expires=36e2"), "X-Amz-Expires should be a number");
  EXPECT_EQ(says("Expires=3600", "Expires=-1"), "X-Amz-Expires must be non-negative");
  EXPECT_TRUE(says("Expires=3600", "Expires=604801").starts_with("X-Amz-Expires must be less"));
  EXPECT_EQ(says("Expires=3600", "Expires=604800"), kSignatureDoesNotMatch.text);
  EXPECT_EQ(says("SignedHeaders=host", "SignedHeaders=host%0A"), kSignatureDoesNotMatch.text);
  EXPECT_EQ(says("Date=20130524T000000Z", "Date=yesterday"), kMalformedDate.text);
  EXPECT_EQ(says("?", "?%zz&"), kInvalidUri.text);
  EXPECT_EQ(failure(make_request("PUT", good)), kSignatureDoesNotMatch.text);
  EXPECT_EQ(failure(make_request("GET", good + "&acl")), kSignatureDoesNotMatch.text);
  EXPECT_EQ(failure(presigned(604800s)), "");
}

TEST(VerifyPresigned, AHeaderGoesBeforeTheQuery) {
  http::Request request = presigned(1h);
  request.headers.add("Authorization", "Bearer abc");
  EXPECT_TRUE(fails_with(kMissingFields, request));
}

}  // namespace
}  // namespace tarn::aws
