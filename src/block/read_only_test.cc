#include "block/open.h"
#include "runtime/byte_source.h"
#include "runtime/testing/run.h"
#include "runtime/testing/temp_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace tarn::block {
namespace {

namespace fs = std::filesystem;
using tarn::testing::run;
using tarn::testing::TempFolder;

/// A local store's folder and what opening it takes.
class World {
 public:
  World() { config.local_path = (temp_.path() / "block").string(); }
  Services services() { return {pool_, clock_, rng_, *http_, environment_, metrics_}; }
  std::set<std::string> files() const {
    std::set<std::string> out;
    for (const auto& at : fs::recursive_directory_iterator(temp_.path())) {
      out.insert(at.path());
    }
    return out;
  }

  Config config;

 private:
  TempFolder temp_;
  SystemClock clock_;
  SystemRng rng_;
  BlockingPool pool_{"fs", 1, 100};
  std::unique_ptr<http::Client> http_ = http::make_client({}, clock_);
  Environment environment_{Environment::Map()};
  Metrics metrics_;
};

const Location kObject{"bucket", "folder/object"};

Result<ObjectInfo> put(Adapter& adapter) {
  const std::optional<std::uint64_t> size = 5;
  return run(adapter.put(Context(), kObject, memory_source("bytes"), size, PutOptions()));
}

TEST(ReadOnly, ReadsBesideAServer) {
  World world;
  const auto server = open(world.config, world.services()).value();
  ASSERT_TRUE(put(*server));
  // What the server is writing at the moment.
  std::ofstream(fs::path(world.config.local_path) / ".tarn~tmp" / "draft") << "half";
  const auto before = world.files();
  const auto reader = open_read_only(world.config, world.services());
  ASSERT_TRUE(reader) << reader.error().message();
  Adapter& store = **reader;
  EXPECT_EQ(run(store.stat(Context(), kObject))->size_bytes, 5U);
  const std::optional<ByteRange> all;
  const auto object = run(store.get(Context(), kObject, all));
  ASSERT_TRUE(object);
  EXPECT_EQ(run(read_all(Context(), *object->body, 100)).value(), "bytes");
  EXPECT_EQ(run(store.list(Context(), "bucket", "", "", 10))->objects.size(), 1U);
  EXPECT_EQ(store.capabilities().type, "local");
  EXPECT_EQ(world.files(), before);
}

TEST(ReadOnly, RefusesWhatChangesObjects) {
  World world;
  ASSERT_TRUE(put(*open(world.config, world.services()).value()));
  const auto before = world.files();
  const auto reader = open_read_only(world.config, world.services());
  ASSERT_TRUE(reader);
  Adapter& store = **reader;
  const std::optional<std::uint64_t> size = 5;
  const std::optional<ByteRange> all;
  const auto refused = [](const auto& result) {
    return !result && result.error().is(kReadOnlyStore);
  };
  EXPECT_TRUE(refused(put(store)));
  EXPECT_TRUE(refused(run(store.copy(Context(), kObject, kObject))));
  EXPECT_TRUE(refused(run(store.remove(Context(), kObject))));
  EXPECT_TRUE(refused(run(store.create_upload(Context(), kObject, PutOptions()))));
  EXPECT_TRUE(
      refused(run(store.put_part(Context(), kObject, "id", 1, memory_source("bytes"), size))));
  EXPECT_TRUE(refused(run(store.copy_part(Context(), kObject, "id", 1, kObject, all))));
  EXPECT_TRUE(refused(run(store.complete_upload(Context(), kObject, "id", {}))));
  EXPECT_TRUE(refused(run(store.abort_upload(Context(), kObject, "id"))));
  EXPECT_TRUE(refused(run(store.presign(Context(), kObject, PresignRequest()))));
  EXPECT_EQ(world.files(), before);
}

TEST(ReadOnly, AMissingFolderStaysMissing) {
  World world;
  const auto reader = open_read_only(world.config, world.services());
  ASSERT_FALSE(reader);
  EXPECT_TRUE(reader.error().is(kObjectNotFound));
  EXPECT_FALSE(fs::exists(world.config.local_path));
}

TEST(ReadOnly, MemoryIsSeenByItsOwnProcessOnly) {
  World world;
  world.config.type = "mem";
  EXPECT_TRUE(open_read_only(world.config, world.services()).error().is(kUnsupported));
  world.config.type = "tape";
  EXPECT_TRUE(open_read_only(world.config, world.services()).error().is(kInvalid));
}

}  // namespace
}  // namespace tarn::block
