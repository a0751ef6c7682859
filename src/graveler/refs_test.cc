// What reference expressions mean, over a history with a merge; lists of branches and tags.
#include "graveler/refs.h"

#include "graveler/testing/world.h"
#include "names/errors.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>

namespace tarn::graveler {
namespace {

using tarn::testing::run;
using testing::World;

/// main: first <- one <- two <- merge; dev: one <- side, which is merged.
struct History : World {
  std::map<std::string, std::string> names;  // ids to names
  std::map<std::string, CommitId> ids;

  History() {
    const Branch before = run(store().branch(Context(), repo, main)).value();
    name("first", before.commit_id);
    EXPECT_TRUE(put("a", "1"));
    name("one", commit("one").value()->id);
    EXPECT_TRUE(branch("dev", "main"));
    EXPECT_TRUE(put("b", "1"));
    name("two", commit("two").value()->id);
    EXPECT_TRUE(run(store().set_entry(Context(), repo, BranchId::trusted("dev"),
                                      ObjectPath::trusted("c"), testing::entry_of("1"), {})));
    CommitRequest side;
    side.committer = "jo";
    side.message = "side";
    name("side", run(store().commit(Context(), repo, BranchId::trusted("dev"), side)).value()->id);
    MergeRequest merge;
    merge.source = "dev";
    merge.committer = "jo";
    name("merge", run(store().merge(Context(), repo, main, merge)).value().commit->id);
  }
  void name(const std::string& as, const CommitId& id) {
    names[id.str()] = as;
    ids[as] = id;
  }
  /// The name of the commit that a reference leads to, or the error.
  std::string at(const std::string& ref) {
    const auto resolved = run(store().resolve(Context(), repo, ref));
    return resolved ? names[resolved->commit_id.str()] : resolved.error().message();
  }
};

TEST(Refs, FollowTheirModifiers) {
  History world;
  const std::string invalid = "ref: invalid value: validation error";
  const std::pair<const char*, std::string> rows[] = {
      {"main", "merge"},
      {"main@", "merge"},
      {"main$", "merge"},
      {"main~", "two"},
      {"main~1", "two"},
      {"main~2", "one"},
      {"main~3", "first"},
      {"main~4", "not found"},
      {"main~1000000000", "not found"},
      {"main~0", "merge"},
      {"main^", "two"},
      {"main^1", "two"},
      {"main^2", "side"},
      {"main^0", "merge"},
      {"main^3", invalid},
      {"main~3^", invalid},
      {"main^2^", "one"},
      {"main^2~1", "one"},
      {"main^2~2", "first"},
      {"main^2^^", "first"},
      {"main~^~", "first"},
      {"main~0^0~0^2", "side"},
      {"dev", "side"},
      {"dev~", "one"},
      {"main@~", invalid},
      {"main~@", invalid},
      {"main$~1", invalid},
      {"main@$", invalid},
      {"main@1", invalid},
      {"main~x", invalid},
      {"main~-1", invalid},
      {"main^+1", invalid},
      {"~", invalid},
      {"", invalid},
      {"ma in", invalid},
      {"nowhere", "not found"},
      {"nowhere~", "not found"},
      {"nowhere@", "not found"},
  };
  for (const auto& [ref, expected] : rows) {
    EXPECT_EQ(world.at(ref), expected) << ref;
  }
  const std::string merge = world.ids["merge"].str();
  EXPECT_EQ(world.at(merge + "^2"), "side");
  EXPECT_EQ(world.at(merge + "@"), invalid);
  EXPECT_EQ(world.at(merge + "$"), invalid);
}

TEST(Refs, SeeWhatIsStagedWhereABranchIsMeant) {
  History world;
  const auto look = [&world](const std::string& ref) {
    return run(world.store().resolve(Context(), world.repo, ref)).value();
  };
  EXPECT_TRUE(look("main").staged_on);
  EXPECT_FALSE(look("main").staging_demanded);
  EXPECT_TRUE(look("main$").staged_on);
  EXPECT_TRUE(look("main$").staging_demanded);
  EXPECT_FALSE(look("main@").staged_on);
  EXPECT_EQ(look("main@").branch, world.main);
  EXPECT_FALSE(look("main~0").staged_on);
  EXPECT_FALSE(look("main~0").branch);
  EXPECT_FALSE(look(world.ids["one"].str()).branch);
}

TEST(Refs, TakeACommitFirstThenBranchTagAndPrefix) {
  History world;
  const std::string one = world.ids["one"].str();
  const CommitId two = world.ids["two"];
  // Written past the checks that keep such names from being given.
  Branch branch;
  branch.id = BranchId::trusted(one);
  branch.commit_id = two;
  branch.staging_token = StagingToken::trusted("t");
  ASSERT_TRUE(run(world.store().refs().add_branch(Context(), world.repo, branch)));
  EXPECT_EQ(world.at(one), "one");
  const std::string prefix = one.substr(0, 40);
  EXPECT_EQ(world.at(prefix), "one");
  const Tag tag{TagId::trusted(prefix), two};
  ASSERT_TRUE(run(world.store().refs().add_tag(Context(), world.repo, tag)));
  EXPECT_EQ(world.at(prefix), "two");
  branch.id = BranchId::trusted(prefix);
  branch.commit_id = world.ids["side"];
  ASSERT_TRUE(run(world.store().refs().add_branch(Context(), world.repo, branch)));
  EXPECT_EQ(world.at(prefix), "side");
}

TEST(Refs, TakeAPrefixOnlyIfItIsOneCommits) {
  History world;
  // By now two ids begin with the same digit.
  CommitRequest request;
  request.committer = "jo";
  request.allow_empty = true;
  std::map<std::string, std::vector<std::string>> by_first;
  for (const auto& [id, name] : world.names) {
    by_first[id.substr(0, 1)].push_back(id);
  }
  for (int i = 0; i < 17; ++i) {
    request.message = std::to_string(i);
    const auto made = run(world.store().commit(Context(), world.repo, world.main, request)).value();
    world.name(request.message, made->id);
    by_first[made->id.str().substr(0, 1)].push_back(made->id.str());
  }
  std::size_t shared = 0;
  for (const auto& [first, all] : by_first) {
    if (all.size() == 1) {
      EXPECT_EQ(world.at(first), world.names[all[0]]);
    } else {
      ++shared;
      EXPECT_EQ(world.at(first), "not found") << first;
    }
    for (const std::string& id : all) {
      EXPECT_EQ(world.at(id.substr(0, 63)), world.names[id]);
      EXPECT_EQ(world.at(id.substr(0, 63) + "~0"), world.names[id]);
    }
  }
  EXPECT_GT(shared, 0U);
  std::string upper = world.ids["one"].str();
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  EXPECT_EQ(world.at(upper), "not found");
  EXPECT_EQ(world.at(std::string(65, 'a')), "not found");
}

TEST(Refs, HiddenBranchesAreLikeOthersButForTheList) {
  History world;
  EXPECT_TRUE(world.branch("hidden", "main", true));
  EXPECT_TRUE(world.branch("later", "hidden"));
  const auto list = [&world](bool show_hidden, std::string prefix = "", std::size_t amount = 100) {
    PageRequest page;
    page.prefix = std::move(prefix);
    page.amount = amount;
    const auto found =
        run(world.store().list_branches(Context(), world.repo, page, show_hidden)).value();
    std::string out;
    for (const Branch& branch : found.items) {
      out += branch.id.str() + " ";
    }
    return out + (found.more ? "…" : "");
  };
  EXPECT_EQ(list(false), "dev later main ");
  EXPECT_EQ(list(true), "dev hidden later main ");
  EXPECT_EQ(list(false, "h"), "");
  EXPECT_EQ(list(true, "h"), "hidden ");
  // A page counts what it shows.
  EXPECT_EQ(list(false, "", 2), "dev later …");
  EXPECT_EQ(list(true, "", 2), "dev hidden …");
  EXPECT_EQ(world.at("hidden~"), "two");
}

TEST(Refs, TagsStandForTheirCommit) {
  History world;
  const auto tag = [&world](const std::string& name, const std::string& ref) {
    const auto made =
        run(world.store().create_tag(Context(), world.repo, TagId::trusted(name), ref, false));
    return made ? world.names[made->commit_id.str()] : made.error().message();
  };
  EXPECT_EQ(tag("v1", "main^2"), "side");
  EXPECT_EQ(tag("v2", world.ids["two"].str().substr(0, 20)), "two");
  EXPECT_EQ(tag("v3", "v1~"), "one");
  EXPECT_EQ(tag("v4", "main@"), "merge");
  EXPECT_EQ(tag("v5", "main$"),
            "reference 'main$': reference to staging area with $ is not a commit");
  EXPECT_EQ(tag("v6", "nowhere"), "not found");
  EXPECT_EQ(tag("v1", "main"), "tag already exists: not unique");
  EXPECT_EQ(tag(world.ids["one"].str(), "main"),
            "commit ID " + world.ids["one"].str() + ": conflict found");
  EXPECT_EQ(world.at("v3~"), "first");
  // A tag stays where it is when its branch moves on.
  ASSERT_TRUE(world.put("z", "1"));
  ASSERT_TRUE(world.commit("more"));
  EXPECT_EQ(world.at("v4"), "merge");
}

}  // namespace
}  // namespace tarn::graveler
