// Walks by listings, over the memory driver.
#include "block/list_walker.h"

#include "block/open.h"
#include "runtime/testing/run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tarn::block {
namespace {

using tarn::testing::run;

struct World {
  SystemClock clock;
  SeededRng rng{1};
  BlockingPool pool{"fs", 2, 100};
  std::unique_ptr<Adapter> adapter = open_mem(clock, rng);
  std::unique_ptr<Walker> walker = make_list_walker(*adapter, pool);

  void put(const std::string& key) {
    EXPECT_TRUE(
        run(adapter->put(Context(), {"bucket", key}, memory_source("text"), 4, PutOptions())));
  }
  std::vector<std::string> walk(const std::string& prefix) {
    std::vector<std::string> out;
    const WalkSink sink = [&out](std::vector<WalkedObject> objects) -> Result<void> {
      for (const WalkedObject& object : objects) {
        EXPECT_EQ(object.etag, "1cb251ec0d568de6a929b520c4aed8d1");
        EXPECT_EQ(object.size_bytes, 4U);
        out.push_back(object.name);
      }
      return {};
    };
    const Result<void> done = run(walker->walk(Context(), prefix, sink));
    EXPECT_TRUE(done) << done.error().message();
    return out;
  }
};

TEST(ListWalker, FindsAllPages) {
  World world;
  for (int i = 0; i < 2500; ++i) {
    world.put(fmt::format("a/{:04}", i));
  }
  const std::vector<std::string> found = world.walk("mem://bucket/a/");
  ASSERT_EQ(found.size(), 2500U);
  EXPECT_EQ(found.front(), "0000");
  EXPECT_EQ(found.back(), "2499");
}

TEST(ListWalker, NamesFollowTheLastSlash) {
  World world;
  for (const char* key : {"a/x1", "a/xy/z", "b"}) {
    world.put(key);
  }
  EXPECT_EQ(world.walk("mem://bucket/a/x"), (std::vector<std::string>{"x1", "xy/z"}));
  EXPECT_EQ(world.walk("mem://bucket/a"), (std::vector<std::string>{"a/x1", "a/xy/z"}));
  EXPECT_EQ(world.walk("mem://bucket/"), (std::vector<std::string>{"a/x1", "a/xy/z", "b"}));
}

TEST(ListWalker, TellsOneObject) {
  World world;
  world.put("a/x");
  const auto found = run(world.walker->object(Context(), "mem://bucket/a/x"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "x");
  EXPECT_EQ(found->size_bytes, 4U);
  EXPECT_TRUE(run(world.walker->object(Context(), "mem://bucket/a/y")).error().is(kObjectNotFound));
  for (const char* bad : {"s3://bucket/a/x", "mem://", "mem:///x", "x", "mem://bucket/"}) {
    EXPECT_FALSE(run(world.walker->object(Context(), bad))) << bad;
  }
}

}  // namespace
}  // namespace tarn::block
