// Formats by their vectors; rules by example.
#include "auth/jwt.h"
#include "auth/records.h"
#include "auth/secret_box.h"
#include "base/encoding.h"

#include <gtest/gtest.h>

namespace tarn::auth {
namespace {

constexpr std::string_view kSealed =
    "0001020304050607000102030405060708090a0b0c0d0e0f1011121314151617a4009fec1a7e806eaac3195414524f"
    "422b40b213e2f2991ebc1041"
    "a5f7eddb7443a2e7fb97974632ee2699db2bae2e17cd83474d45214263";
constexpr std::string_view kPlain = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

TEST(SecretBox, ReproducesItsVector) {
  const SecretBox box(Secret("some secret"));
  const std::string salt = hex_decode("0001020304050607").value();
  const std::string nonce = hex_decode("000102030405060708090a0b0c0d0e0f1011121314151617").value();
  EXPECT_EQ(hex_encode(box.seal_with(salt, nonce, kPlain)), kSealed);
  EXPECT_EQ(box.open(hex_decode(kSealed).value())->reveal(), kPlain);
}

TEST(SecretBox, RefusesAnotherKeyAndDamage) {
  const std::string sealed = hex_decode(kSealed).value();
  EXPECT_TRUE(SecretBox(Secret("other")).open(sealed).error().is(kWrongSecretKey));
  const SecretBox box(Secret("some secret"));
  for (std::size_t at = 0; at < sealed.size(); at += 7) {
    std::string damaged = sealed;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_FALSE(box.open(damaged)) << at;
  }
  EXPECT_FALSE(box.open(sealed.substr(0, 40)));
  EXPECT_FALSE(box.open(""));
}

const Secret kTokenKey("test-secret-key");
constexpr std::string_view kToken =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJqdGkiOiIxMTExMTExMS0yMjIyLTMzMzMtNDQ0NC01NTU1NTU1NTU1NTUiLCJpc3MiOiJhdXRoIiwic3ViIjoiYWRtaW"
    "4iLCJhdWQiOiJsb2dpbiIsImlh"
    "dCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwNjA0ODAwfQ.Rh1-GNpVPN1BmcsuknsSBxSSQN17tjUsTD1I5CxLOdQ";

TEST(LoginToken, ReproducesItsVector) {
  LoginClaims claims{"11111111-2222-3333-4444-555555555555", "admin", 1700000000, 1700604800};
  EXPECT_EQ(sign_login_token(kTokenKey, claims), kToken);
  const auto read = verify_login_token(kTokenKey, kToken, from_unix_seconds(1700000001));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->subject, "admin");
  EXPECT_EQ(read->expires_at_s, 1700604800);
}

TEST(LoginToken, RefusesForgeries) {
  const WallTime now = from_unix_seconds(1700000001);
  EXPECT_FALSE(verify_login_token(kTokenKey, kToken, from_unix_seconds(1700604800)));  // expired
  EXPECT_FALSE(verify_login_token(Secret("other"), kToken, now));
  std::string changed(kToken);
  changed[60] = changed[60] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(verify_login_token(kTokenKey, changed, now));
  EXPECT_FALSE(verify_login_token(kTokenKey, "", now));
  EXPECT_FALSE(verify_login_token(kTokenKey, "a.b", now));
  EXPECT_FALSE(verify_login_token(kTokenKey, "..", now));
  // `alg: none` without a signature
  const std::string none = base64url_encode(R"({"alg":"none"})") + "." +
                           base64url_encode(R"({"sub":"admin","exp":9999999999})") + ".";
  EXPECT_FALSE(verify_login_token(kTokenKey, none, now));
}

TEST(Records, MatchTheirFrozenSamples) {
  User user;
  user.name = "admin";
  user.created_at = from_unix_seconds(1700000000);
  EXPECT_EQ(hex_encode(encode(user, "internal")),
            "0a060880e2cfaa06120561646d696e3208696e7465726e616c");
  CredentialsRow row{"AKIAIOSFODNN7EXAMPLE", hex_decode(kSealed).value(),
                     from_unix_seconds(1700000000), "admin"};
  EXPECT_EQ(hex_encode(encode(row)), "0a14414b4941494f53464f444e4e374558414d504c451258" +
                                         std::string(kSealed) + "1a060880e2cfaa06220561646d696e");
  EXPECT_EQ(hex_encode(encode_link("policies/FSReadAll")),
            "0a12706f6c69636965732f465352656164416c6c");
  EXPECT_EQ(decode_credentials(encode(row))->user, "admin");
}

TEST(Wildcard, ReproducesItsVectors) {
  const struct {
    const char* pattern;
    const char* text;
    bool matches;
  } cases[] = {{"*", "anything", true},
               {"s3:*", "s3:ListMultipartUploadParts", true},
               {"my-bucket/oo*", "my-bucket/oo", true},
               {"my-bucket/In*/Ka*/Ban", "my-bucket/India/Karnataka/Ban/Ban/Ban", true},
               {"my-bucket/In*/Ka*/Ban", "my-bucket/India/Karnataka/Bangalore", false},
               {"my-bucket?/abc*", "mybucket/abc", false},
               {"my-?-bucket/abc*", "my--bucket/abc", false},
               {"my-bucket/abc?efg", "my-bucket/abc/efg", true},
               {"my-bucket/mnop*?", "my-bucket/mnop", false},
               {"my-bucket/mnop*?and?", "my-bucket/mnopqanda", true},
               {"my-bucket/mnop*?and", "my-bucket/mnopqanda", false},
               {"", "", true},
               {"", "a", false},
               {"a?c",
                "a\xc3\xa9"
                "c",
                true}};
  for (const auto& c : cases) {
    EXPECT_EQ(matches_wildcard(c.pattern, c.text), c.matches) << c.pattern << " ~ " << c.text;
  }
}

/// The definition, exponential and plain.
bool naive(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) {
    return text.empty();
  }
  if (pattern[0] == '*') {
    return naive(pattern.substr(1), text) || (!text.empty() && naive(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
         naive(pattern.substr(1), text.substr(1));
}

TEST(Wildcard, AgreesWithItsDefinition) {
  SeededRng rng(5);
  for (int i = 0; i < 20000; ++i) {
    std::string pattern(rng.below(7), ' ');
    std::string text(rng.below(8), ' ');
    for (char& c : pattern) {
      c = "ab*?"[rng.below(4)];
    }
    for (char& c : text) {
      c = "ab"[rng.below(2)];
    }
    ASSERT_EQ(matches_wildcard(pattern, text), naive(pattern, text)) << pattern << " ~ " << text;
  }
}

TEST(Resource, ComparesPartsOfArns) {
  EXPECT_TRUE(matches_resource("*", "*", "u"));
  EXPECT_TRUE(matches_resource("arn:lakefs:repos::b:my*po", "arn:lakefs:repos::b:myrepo", "u"));
  EXPECT_FALSE(matches_resource("arn:lakefs:repos::b:my*own", "arn:lakefs:repos::b:myrepo", "u"));
  EXPECT_FALSE(matches_resource("arn:lakefs:repos::b:myrepo", "arn:lakefs:repos::b:*", "u"));
  EXPECT_TRUE(matches_resource("arn:lakefs:repo:::*", "arn:lakefs:repo:::*", "u"));
  EXPECT_FALSE(matches_resource("arn:lakefs:repo", "arn:lakefs:repo", "u"));
  EXPECT_FALSE(matches_resource("arn:lakefs:auth:::*", "*", "u"));
  EXPECT_TRUE(matches_resource("arn:lakefs:fs:eu:a:x", "arn:lakefs:fs:us:a:x", "u"));
}

TEST(Resource, DoesNotTakeWildcardsFromUserNames) {
  EXPECT_TRUE(
      matches_resource("arn:lakefs:auth:::user/${user}", "arn:lakefs:auth:::user/jo", "jo"));
  EXPECT_FALSE(
      matches_resource("arn:lakefs:auth:::user/${user}", "arn:lakefs:auth:::user/jo", "*"));
  EXPECT_TRUE(
      matches_resource("arn:lakefs:auth:::user/${user}", "arn:lakefs:auth:::user/a*", "a*"));
}

Policy policy(bool allow, std::string action, std::string resource, Condition condition = {}) {
  Statement statement{allow, {std::move(action)}, std::move(resource), std::move(condition)};
  return Policy{"p", {std::move(statement)}};
}

bool allowed(const std::vector<Policy>& policies, std::string ip = "10.1.2.3") {
  const std::vector<Permission> need{{"fs:ReadObject", "arn:lakefs:fs:::repository/r/object/a"}};
  return evaluate(policies, need, RequestFacts{"jo", std::move(ip)}).has_value();
}

TEST(Evaluate, DeniesByDefaultAndLetsDenyWin) {
  const Policy allow = policy(true, "fs:*", "*");
  const Policy deny = policy(false, "fs:Read*", "arn:lakefs:fs:::repository/r/*");
  EXPECT_FALSE(allowed({}));
  EXPECT_TRUE(allowed({allow}));
  EXPECT_FALSE(allowed({allow, deny}));
  EXPECT_FALSE(allowed({deny, allow}));
  EXPECT_FALSE(allowed({policy(true, "fs:Write*", "*")}));
  EXPECT_TRUE(allowed({policy(
      true, "fs:*", R"(["arn:lakefs:fs:::repository/x/*","arn:lakefs:fs:::repository/r/*"])")}));
}

TEST(Evaluate, FailsClosedOnMalformedStatements) {
  const Policy allow = policy(true, "fs:*", "*");
  EXPECT_FALSE(allowed({allow, policy(true, "x:*", "[not json]")}));
  EXPECT_FALSE(allowed({allow, policy(true, "x:*", "*", {{"Odd", {{"SourceIp", {"1.2.3.4"}}}}})}));
  EXPECT_FALSE(allowed({allow, policy(true, "x:*", "*", {{"IpAddress", {{"SourceIp", {"x"}}}}})}));
}

TEST(Evaluate, JudgesConditions) {
  const auto with = [](std::string name, std::vector<std::string> values) {
    return policy(true, "fs:*", "*", {{std::move(name), {{"SourceIp", std::move(values)}}}});
  };
  EXPECT_TRUE(allowed({with("IpAddress", {"192.168.0.0/16", "10.0.0.0/8"})}));
  EXPECT_FALSE(allowed({with("IpAddress", {"192.168.0.0/16"})}));
  EXPECT_FALSE(allowed({with("NotIpAddress", {"10.0.0.0/8"})}));
  EXPECT_TRUE(allowed({with("NotIpAddress", {"192.168.0.0/16"})}));
  EXPECT_TRUE(allowed({with("StringLike", {"10.*"})}));
  EXPECT_FALSE(allowed({with("NotIpAddress", {"192.168.0.0/16"})}, ""));
  EXPECT_TRUE(allowed({with("IpAddress", {"fd00::/8"})}, "fd00::1"));
}

TEST(Evaluate, WantsEveryPermission) {
  const std::vector<Policy> policies{policy(true, "fs:ReadObject", "*")};
  const std::vector<Permission> both{{"fs:ReadObject", "*"}, {"fs:WriteObject", "*"}};
  const auto refused = evaluate(policies, both, RequestFacts{"jo", ""});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "insufficient permissions: not allowed to fs:WriteObject");
  EXPECT_FALSE(evaluate(policies, {}, RequestFacts{"jo", ""}));
}

}  // namespace
}  // namespace tarn::auth
