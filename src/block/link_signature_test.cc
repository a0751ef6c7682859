#include "block/link_signature.h"

#include "base/id.h"

#include <gtest/gtest.h>

namespace tarn::block {
namespace {

const Secret kKey("OVERRIDE_THIS_SIGNING_SECRET_DEFAULT");

TEST(LinkSignature, ReproducesItsVectors) {
  EXPECT_EQ(
      sign_link(kKey, {"repo1", "main", "a/b.txt"},
                "data/gqm6h3c2lqn00000000g/cm9fcpk2lqn00000001g"),
      "data/gqm6h3c2lqn00000000g/cm9fcpk2lqn00000001g,mvxhxwjpO_5sWPKsYZtUPaBPtjlxuHVXFoeDqKFyYI4");
  EXPECT_EQ(
      sign_link(kKey, {"s3r", "main", "big"}, "data/ft5lb79ksduf6shvdvag/dc1qra1ksduf6shvdvfg"),
      "data/ft5lb79ksduf6shvdvag/dc1qra1ksduf6shvdvfg,2PUoCR-tfDpeXV9IS3n5Y6KzOIBBrP34fln43QWj1uY");
}

TEST(LinkSignature, BindsTargetAddressAndTime) {
  const LinkTarget target{"repo", "main", "a <b>&\"c\".csv"};
  const std::string relative = "data/p/" + XidGenerator::encode(1700000000, "12345678") + ".csv";
  const std::string link = sign_link(kKey, target, relative);
  const WallTime now = from_unix_seconds(1700000000 + 3600);
  EXPECT_TRUE(verify_link(kKey, target, link, now));
  EXPECT_TRUE(
      verify_link(kKey, {"repo", "dev", target.path}, link, now).error().is(kLinkSignatureWrong));
  EXPECT_TRUE(verify_link(Secret("x"), target, link, now).error().is(kLinkSignatureWrong));
  EXPECT_TRUE(verify_link(kKey, target, "data/other" + link.substr(link.rfind(',')), now)
                  .error()
                  .is(kLinkSignatureWrong));
  EXPECT_TRUE(verify_link(kKey, target, relative, now).error().is(kLinkNotSigned));
  const std::string stem = relative.substr(0, relative.find('.'));
  EXPECT_TRUE(verify_link(kKey, target, stem + ",%%%.csv", now).error().is(kLinkInvalid));
  EXPECT_TRUE(
      verify_link(kKey, target, link, now + std::chrono::hours(24)).error().is(kLinkExpired));
}

TEST(LinkSignature, LeavesTheExtensionAtTheEnd) {
  const LinkTarget target{"repo", "main", "a.csv.gz"};
  const std::string stem = "data/p/" + XidGenerator::encode(1700000000, "12345678");
  const WallTime now = from_unix_seconds(1700000000);
  const std::string link = sign_link(kKey, target, stem + ".csv.gz");
  EXPECT_TRUE(link.starts_with(stem + ",")) << link;
  EXPECT_TRUE(link.ends_with(".csv.gz")) << link;
  EXPECT_TRUE(verify_link(kKey, target, link, now));
  const std::string other = link.substr(0, link.find('.')) + ".parquet";
  EXPECT_TRUE(verify_link(kKey, target, other, now).error().is(kLinkSignatureWrong));
}

}  // namespace
}  // namespace tarn::block
