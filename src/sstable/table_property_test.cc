// Model: a sorted map. Whatever it holds, a table written from it walks, seeks and finds as the map
// does, from memory and from a file, with a cache too small to hold it and without one. Failures
// print the seed.
#include "base/rng.h"
#include "sstable/testing/exercise.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace tarn::sstable {
namespace {

using Model = std::map<std::string, std::string>;

// Keys that stress prefix sharing, separators and binary order.
std::string random_key(SeededRng& rng, std::uint64_t style) {
  switch (style) {
    case 0:
      return rng.bytes(rng.below(4));  // short binary, many neighbours
    case 1:
      return std::string(1000, 'p') + rng.bytes(rng.below(25));  // long common prefix, up to 1024
    case 2:
      return std::string(rng.below(40), '\xff') + rng.bytes(rng.below(2));  // no successor
    case 3:
      return std::string(rng.below(60), '\0');  // each a prefix of the next
    case 4:
      return rng.bytes(1024);
    default: {
      std::string key = "tables/events/day=" + std::to_string(rng.below(400));
      return key.append("/part-").append(std::to_string(rng.below(100000)));
    }
  }
}

std::string random_value(SeededRng& rng) {
  switch (rng.below(12)) {
    case 0:
      return {};
    case 1:
      return rng.bytes(rng.below(6000));  // larger than a block
    case 2:
      return std::string(rng.below(20000), static_cast<char>(rng.below(256)));
    default:
      return rng.bytes(rng.below(150));
  }
}

Model random_model(SeededRng& rng) {
  constexpr std::size_t kSizes[] = {0, 1, 2, 15, 16, 17, 300, 3000};
  const std::size_t size = kSizes[rng.below(std::size(kSizes))];
  const std::uint64_t style = rng.below(7);
  Model model;
  for (std::size_t i = 0; i < size; ++i) {
    model.insert_or_assign(random_key(rng, style == 6 ? rng.below(6) : style), random_value(rng));
  }
  return model;
}

std::string near_key(SeededRng& rng, const Model& model) {
  if (model.empty() || rng.below(4) == 0) {
    return random_key(rng, rng.below(6));
  }
  auto at = model.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(rng.below(model.size())));
  std::string key = at->first;
  switch (rng.below(5)) {
    case 0:
      return key + '\0';
    case 1:
      return key + '\xff';
    case 2:
      if (!key.empty()) {
        key.pop_back();
      }
      return key;
    case 3:
      if (!key.empty()) {
        key[rng.below(key.size())] ^= static_cast<char>(1U << rng.below(8));
      }
      return key;
    default:
      return key;
  }
}

void check(const Reader& reader, const Model& model, SeededRng& rng) {
  Iterator it = reader.iterator();
  ASSERT_TRUE(it.seek_first());
  for (const auto& [key, value] : model) {
    ASSERT_TRUE(it.valid());
    ASSERT_EQ(it.key(), key);
    ASSERT_EQ(it.value(), value);
    ASSERT_TRUE(it.next());
  }
  ASSERT_FALSE(it.valid());
  for (int i = 0; i < 60; ++i) {
    const std::string target = near_key(rng, model);
    auto expected = model.lower_bound(target);
    ASSERT_TRUE(it.seek_ge(target));
    for (std::uint64_t steps = rng.below(40);; --steps) {
      ASSERT_EQ(it.valid(), expected != model.end());
      if (!it.valid()) {
        break;
      }
      ASSERT_EQ(it.key(), expected->first);
      ASSERT_EQ(it.value(), expected->second);
      if (steps == 0) {
        break;
      }
      ASSERT_TRUE(it.next());
      ++expected;
    }
    const auto found = reader.get(target);
    ASSERT_TRUE(found);
    const auto exact = model.find(target);
    ASSERT_EQ(found->has_value(), exact != model.end());
    if (*found) {
      ASSERT_EQ((*found)->view(), exact->second);
    }
  }
}

TEST(TableProperty, BehavesAsASortedMap) {
  const std::string path =
      (std::filesystem::temp_directory_path() /
       ("tarn-table-" + std::to_string(reinterpret_cast<std::uintptr_t>(&path))))
          .string();
  const auto cache = std::make_shared<BlockCache>(300000);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRng rng(seed);
    const Model model = random_model(rng);
    const std::string file = testing::write_table({model.begin(), model.end()});

    const auto from_memory = Reader::open(borrowed_source(file));
    ASSERT_TRUE(from_memory);
    check(**from_memory, model, rng);

    std::ofstream(path, std::ios::binary | std::ios::trunc) << file;
    const auto source = open_file_source(path);
    ASSERT_TRUE(source);
    const auto from_file = Reader::open(*source, {.name = path, .cache = cache});
    ASSERT_TRUE(from_file);
    check(**from_file, model, rng);

    const Result<TableInfo> info = verify(**from_file);
    ASSERT_TRUE(info) << info.error().message();
    EXPECT_EQ(info->count, model.size());
    EXPECT_EQ((*from_file)->properties().count, model.size());
    if (::testing::Test::HasFailure()) {
      break;
    }
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace tarn::sstable
