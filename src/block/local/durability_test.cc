// What survives a loss of power. The file system here keeps two states, what programs see and what
// is on stable storage; power_loss() drops the first. Every acknowledged object must be readable
// afterwards, whatever the order of folders and files.
#include "base/thread_annotations.h"
#include "block/errors.h"
#include "block/local/open.h"
#include "runtime/parallel.h"
#include "runtime/testing/run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace tarn::block::local {
namespace {

using tarn::testing::run;

struct Inode {
  std::string seen;
  std::string stable;
};

struct Disk {
  Mutex mutex;
  // Paths to files; a folder is a path to nullptr.
  std::map<std::string, std::shared_ptr<Inode>> seen TARN_GUARDED_BY(mutex);
  std::map<std::string, std::shared_ptr<Inode>> stable TARN_GUARDED_BY(mutex);
  std::vector<std::string> calls TARN_GUARDED_BY(mutex);
  // Names of calls that do nothing, to show that each is needed.
  std::set<std::string> disabled;

  void power_loss() {
    MutexLock lock(mutex);
    // A name is only reached through folders that are there.
    std::map<std::string, std::shared_ptr<Inode>> kept;
    for (const auto& [path, inode] : stable) {
      const std::size_t slash = path.rfind('/');
      if (slash == std::string::npos || kept.contains(path.substr(0, slash))) {
        kept.emplace(path, inode);
      }
    }
    for (const auto& [path, inode] : kept) {
      if (inode) {
        inode->seen = inode->stable;
      }
    }
    seen = kept;
    stable = kept;
  }
};

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

class VolatileFile final : public File {
 public:
  VolatileFile(Disk& disk, std::shared_ptr<Inode> inode) : disk_(disk), inode_(std::move(inode)) {}
  Result<void> append(std::string_view bytes) override {
    MutexLock lock(disk_.mutex);
    inode_->seen.append(bytes);
    return {};
  }
  Result<std::string> read_at(std::uint64_t offset, std::size_t size) override {
    MutexLock lock(disk_.mutex);
    return inode_->seen.substr(std::min<std::size_t>(offset, inode_->seen.size()), size);
  }
  Result<void> sync() override {
    MutexLock lock(disk_.mutex);
    disk_.calls.push_back("fsync file");
    if (!disk_.disabled.contains("fsync file")) {
      inode_->stable = inode_->seen;
    }
    return {};
  }
  Result<FileInfo> info() override {
    MutexLock lock(disk_.mutex);
    FileInfo info;
    info.size_bytes = inode_->seen.size();
    return info;
  }
  int descriptor() const override { return -1; }

 private:
  Disk& disk_;
  std::shared_ptr<Inode> inode_;
};

class VolatileFileSystem final : public FileSystem {
 public:
  explicit VolatileFileSystem(Disk& disk) : disk_(disk) {}

  Result<std::unique_ptr<File>> create(const std::string& path) override {
    MutexLock lock(disk_.mutex);
    TARN_CHECK_OK(folder_exists(folder_of(path)));
    auto inode = std::make_shared<Inode>();
    if (!disk_.seen.emplace(path, inode).second) {
      return Error(kPreconditionFailed, path);
    }
    return std::unique_ptr<File>(std::make_unique<VolatileFile>(disk_, inode));
  }
  Result<std::unique_ptr<File>> open(const std::string& path) override {
    MutexLock lock(disk_.mutex);
    const auto found = disk_.seen.find(path);
    if (found == disk_.seen.end() || !found->second) {
      return Error(kObjectNotFound, path);
    }
    return std::unique_ptr<File>(std::make_unique<VolatileFile>(disk_, found->second));
  }
  Result<FileInfo> stat(const std::string& path) override {
    MutexLock lock(disk_.mutex);
    const auto found = disk_.seen.find(path);
    if (found == disk_.seen.end()) {
      return Error(kObjectNotFound, path);
    }
    FileInfo info;
    info.is_folder = !found->second;
    info.size_bytes = found->second ? found->second->seen.size() : 0;
    return info;
  }
  Result<void> rename(const std::string& from, const std::string& to, bool replace) override {
    MutexLock lock(disk_.mutex);
    disk_.calls.push_back("rename");
    TARN_CHECK_OK(folder_exists(folder_of(to)));
    if (!replace && disk_.seen.contains(to)) {
      return Error(kPreconditionFailed, to);
    }
    disk_.seen[to] = disk_.seen.at(from);
    disk_.seen.erase(from);
    return {};
  }
  Result<void> remove(const std::string& path) override {
    MutexLock lock(disk_.mutex);
    return disk_.seen.erase(path) == 1 ? Result<void>() : Error(kObjectNotFound, path);
  }
  Result<void> remove_folder(const std::string& path) override { return remove(path); }
  Result<bool> make_folder(const std::string& path) override {
    MutexLock lock(disk_.mutex);
    TARN_CHECK_OK(folder_exists(folder_of(path)));
    disk_.calls.push_back("make folder");
    return disk_.seen.emplace(path, nullptr).second;
  }
  Result<void> sync_folder(const std::string& path) override {
    MutexLock lock(disk_.mutex);
    disk_.calls.push_back("fsync folder");
    if (disk_.disabled.contains("fsync folder") ||
        (disk_.disabled.contains("fsync parents") && parents_only(path))) {
      return {};
    }
    std::erase_if(disk_.stable,
                  [&path](const auto& entry) { return folder_of(entry.first) == path; });
    for (const auto& [name, inode] : disk_.seen) {
      if (folder_of(name) == path) {
        disk_.stable[name] = inode;
      }
    }
    return {};
  }
  Result<std::vector<FolderEntry>> list(const std::string& path) override {
    MutexLock lock(disk_.mutex);
    std::vector<FolderEntry> out;
    for (const auto& [name, inode] : disk_.seen) {
      if (folder_of(name) == path) {
        out.push_back({name.substr(path.empty() ? 0 : path.size() + 1), !inode});
      }
    }
    return out;
  }

 private:
  Result<void> folder_exists(const std::string& path) TARN_REQUIRES(disk_.mutex) {
    const auto found = disk_.seen.find(path);
    if (path.empty() || (found != disk_.seen.end() && !found->second)) {
      return {};
    }
    return Error(kObjectNotFound, path);
  }
  /// True for a folder that holds only folders.
  bool parents_only(const std::string& path) TARN_REQUIRES(disk_.mutex) {
    return std::none_of(disk_.seen.begin(), disk_.seen.end(), [&path](const auto& entry) {
      return folder_of(entry.first) == path && entry.second;
    });
  }

  Disk& disk_;
};

struct World {
  Disk disk;
  SeededRng rng{11};
  BlockingPool pool{"fs", 4, 1000};
  std::unique_ptr<Adapter> adapter;

  World() { start(); }
  void start() {
    adapter.reset();
    auto made = make_adapter(std::make_unique<VolatileFileSystem>(disk), pool, rng);
    EXPECT_TRUE(made);
    adapter = *std::move(made);
  }
  Result<ObjectInfo> put(const std::string& key, std::string body) {
    const std::optional<std::uint64_t> size = body.size();
    return run(adapter->put(Context(), {"bucket", key}, memory_source(std::move(body)), size,
                            PutOptions()));
  }
  std::string get(const std::string& key) {
    auto task = [](Adapter& from, Location at) -> Task<Result<std::string>> {
      TARN_CO_TRY(ObjectBody object, co_await from.get(Context(), std::move(at), std::nullopt));
      co_return co_await read_all(Context(), *object.body, kGiB);
    };
    return run(task(*adapter, {"bucket", key})).value_or("missing");
  }
};

TEST(Durability, AcknowledgesAfterFileNameAndFolders) {
  World world;
  ASSERT_TRUE(world.put("warm/up", "x"));
  {
    MutexLock lock(world.disk.mutex);
    world.disk.calls.clear();
  }
  ASSERT_TRUE(world.put("warm/next", "x"));
  MutexLock lock(world.disk.mutex);
  const std::vector<std::string> expected{"fsync file", "rename", "fsync folder"};
  EXPECT_EQ(world.disk.calls, expected);
}

TEST(Durability, MakesEveryNewFolderDurable) {
  World world;
  ASSERT_TRUE(world.put("a/b/c/d", "deep"));
  world.disk.power_loss();
  world.start();
  EXPECT_EQ(world.get("a/b/c/d"), "deep");
}

TEST(Durability, NeedsEachOfItsSteps) {
  for (const char* step : {"fsync file", "fsync folder", "fsync parents"}) {
    World world;
    world.disk.disabled.insert(step);
    ASSERT_TRUE(world.put("a/b/c", "value"));
    world.disk.power_loss();
    world.start();
    EXPECT_NE(world.get("a/b/c"), "value") << step;
  }
}

TEST(Durability, KeepsUploadedPartsAndCompletedUploads) {
  World world;
  const Location where{"bucket", "multi/part"};
  const auto id = run(world.adapter->create_upload(Context(), where, PutOptions()));
  const std::optional<std::uint64_t> size = 5;
  const auto part =
      run(world.adapter->put_part(Context(), where, *id, 1, memory_source("12345"), size));
  ASSERT_TRUE(part);
  world.disk.power_loss();
  world.start();
  const std::vector<UploadedPart> parts{*part};
  ASSERT_TRUE(run(world.adapter->complete_upload(Context(), where, *id, parts)));
  world.disk.power_loss();
  world.start();
  EXPECT_EQ(world.get("multi/part"), "12345");
}

TEST(Durability, KeepsEveryAcknowledgedObjectOfManyWriters) {
  World world;
  SeededRng keys(29);
  std::map<std::string, std::string> acknowledged;
  for (int round = 0; round < 20; ++round) {
    Mutex mutex;
    auto work = [&](std::size_t index) -> Task<Result<void>> {
      const std::string key =
          fmt::format("d{}/e{}/f{}", keys.below(3), keys.below(5), round * 100 + index);
      std::string body = key + " body";
      const std::optional<std::uint64_t> size = body.size();
      const Location where{"bucket", key};
      auto source = memory_source(body);
      TARN_CO_CHECK_OK(
          co_await world.adapter->put(Context(), where, std::move(source), size, PutOptions()));
      MutexLock lock(mutex);
      acknowledged[key] = body;
      co_return Result<void>();
    };
    ASSERT_TRUE(run(parallel_for(20, 8, work)));
    world.disk.power_loss();
    world.start();
    for (const auto& [key, body] : acknowledged) {
      ASSERT_EQ(world.get(key), body) << "round " << round;
    }
  }
}

TEST(Durability, RemovesWhatCrashedWritesLeft) {
  World world;
  VolatileFileSystem files(world.disk);
  ASSERT_TRUE(files.create(".tarn~tmp/left"));
  world.start();
  MutexLock lock(world.disk.mutex);
  EXPECT_FALSE(world.disk.seen.contains(".tarn~tmp/left"));
}

}  // namespace
}  // namespace tarn::block::local
