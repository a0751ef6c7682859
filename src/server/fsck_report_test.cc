#include "server/fsck_report.h"

#include "base/json.h"

#include <gtest/gtest.h>

namespace tarn::server {
namespace {

using graveler::fsck::Damage;
using graveler::fsck::DamageKind;
using graveler::fsck::Summary;

struct Written {
  explicit Written(bool json) : report(json, [this](const std::string& line) { text += line; }) {}
  std::string text;
  FsckReport report;
};

Damage missing_commit() {
  Damage damage;
  damage.kind = DamageKind::kMissingCommit;
  damage.repository = "lake";
  damage.subject = "branch main";
  damage.message = "its commit 01 does not exist";
  return damage;
}

TEST(FsckReport, IsOneLineADamage) {
  Written out(false);
  out.report.damage(missing_commit());
  EXPECT_EQ(out.text, "lake: branch main: its commit 01 does not exist\n");
  out.text.clear();
  Damage damage = missing_commit();
  damage.repository.clear();
  damage.subject = "object a\nb\x7f\xc3\xa4";
  out.report.damage(damage);
  EXPECT_EQ(out.text, "server: object a\\x0ab\\x7f\xc3\xa4: its commit 01 does not exist\n");
}

TEST(FsckReport, SummarisesARepository) {
  Written out(false);
  Summary summary;
  summary.repository = "lake";
  summary.branches = 2;
  summary.commits = 3;
  out.report.summary(summary);
  EXPECT_EQ(out.text, "lake: clean: 2 branches, 3 commits\n");
  out.text.clear();
  summary.damages = 4;
  summary.unreadable = 1;
  summary.in_deletion = true;
  summary.unreachable_commits = 5;
  out.report.summary(summary);
  EXPECT_EQ(out.text,
            "lake (in deletion): 4 damaged, 1 could not be read: 2 branches, 3 commits; no damage: "
            "5 commits that no branch or tag leads to\n");
  EXPECT_EQ(out.report.damages(), 4U);
  EXPECT_EQ(out.report.unreadable(), 1U);
}

TEST(FsckReport, WritesJsonLines) {
  Written out(true);
  out.report.damage(missing_commit());
  const Result<Json> damage = parse_json(out.text);
  ASSERT_TRUE(damage) << out.text;
  EXPECT_EQ(*damage->find("type")->as_string(), "damage");
  EXPECT_EQ(*damage->find("kind")->as_string(), "missing_commit");
  EXPECT_EQ(*damage->find("repository")->as_string(), "lake");
  EXPECT_EQ(*damage->find("subject")->as_string(), "branch main");
  out.text.clear();
  Summary summary;
  summary.repository = "lake";
  summary.entries = 7;
  summary.damages = 1;
  out.report.summary(summary);
  const Result<Json> line = parse_json(out.text);
  ASSERT_TRUE(line) << out.text;
  EXPECT_EQ(*line->find("type")->as_string(), "repository");
  EXPECT_EQ(line->find("entries")->as_int(), 7);
  EXPECT_EQ(line->find("unreferenced_tables")->as_int(), 0) << "zeros are there, too";
  EXPECT_EQ(line->find("damages")->as_int(), 1);
  EXPECT_EQ(line->find("in_deletion")->as_bool(), false);
}

}  // namespace
}  // namespace tarn::server
