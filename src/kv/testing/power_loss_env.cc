#include "kv/testing/power_loss_env.h"

#include <rocksdb/file_system.h>

#include <unistd.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace tarn::kv::testing {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

/// What would survive. Shared by the file system and its open files.
struct Disk {
  mutable std::mutex mutex;
  bool power = true;
  int log_syncs = 0;
  std::map<std::string, std::uint64_t> synced_sizes;
  /// Files whose name is not durable yet.
  std::set<std::string> unsynced_names;

  IOStatus check() const {
    std::scoped_lock lock(mutex);
    return power ? IOStatus::OK() : IOStatus::IOError("the power is off");
  }
};

class File final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(std::unique_ptr<rocksdb::FSWritableFile> inner, std::string path, Disk& disk)
      : FSWritableFileOwnerWrapper(std::move(inner)), path_(std::move(path)), disk_(disk) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    IOStatus ok = disk_.check();
    if (ok.ok()) {
      ok = FSWritableFileOwnerWrapper::Append(data, options, debug);
      size_ += data.size();
    }
    return ok;
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo&, IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    IOStatus ok = disk_.check();
    if (ok.ok()) {
      ok = FSWritableFileOwnerWrapper::Sync(options, debug);
      synced();
    }
    return ok;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  // A range sync is a hint about throughput and promises nothing.
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return disk_.check();
  }

 private:
  void synced() {
    std::scoped_lock lock(disk_.mutex);
    disk_.synced_sizes[path_] = size_;
    disk_.log_syncs += path_.ends_with(".log") ? 1 : 0;
  }

  const std::string path_;
  Disk& disk_;
  std::uint64_t size_ = 0;
};

class Folder final : public rocksdb::FSDirectoryWrapper {
 public:
  Folder(std::unique_ptr<rocksdb::FSDirectory> inner, std::string path, Disk& disk)
      : FSDirectoryWrapper(std::move(inner)), path_(std::move(path)), disk_(disk) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    IOStatus ok = disk_.check();
    if (ok.ok()) {
      ok = FSDirectoryWrapper::Fsync(options, debug);
      synced();
    }
    return ok;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  void synced() {
    std::scoped_lock lock(disk_.mutex);
    std::erase_if(disk_.unsynced_names, [this](const std::string& name) {
      return std::filesystem::path(name).parent_path() ==
             std::filesystem::path(path_).lexically_normal();
    });
  }

  const std::string path_;
  Disk& disk_;
};

std::string normal(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

class FileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FileSystem(Disk& disk)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}
  const char* Name() const override { return "PowerLossDisk"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* out,
                           IODebugContext* debug) override {
    IOStatus ok = disk_.check();
    if (!ok.ok()) {
      return ok;
    }
    std::unique_ptr<rocksdb::FSWritableFile> inner;
    ok = FileSystemWrapper::NewWritableFile(path, options, &inner, debug);
    if (ok.ok()) {
      *out = std::make_unique<File>(std::move(inner), normal(path), disk_);
      std::scoped_lock lock(disk_.mutex);
      disk_.synced_sizes[normal(path)] = 0;
      disk_.unsynced_names.insert(normal(path));
    }
    return ok;
  }
  IOStatus ReuseWritableFile(const std::string&, const std::string&, const FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("log recycling is not modelled");
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* out,
                        IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSDirectory> inner;
    IOStatus ok = FileSystemWrapper::NewDirectory(path, options, &inner, debug);
    if (ok.ok()) {
      *out = std::make_unique<Folder>(std::move(inner), path, disk_);
    }
    return ok;
  }
  // A deletion that the disk forgets brings back a file that RocksDB removes again at opening; it
  // is modelled as durable at once.
  IOStatus DeleteFile(const std::string& path, const IOOptions& options,
                      IODebugContext* debug) override {
    IOStatus ok = disk_.check();
    return ok.ok() ? FileSystemWrapper::DeleteFile(path, options, debug) : ok;
  }
  // Journaling file systems order a rename after the sync of its source; it is modelled as durable
  // at once.
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    IOStatus ok = disk_.check();
    if (!ok.ok()) {
      return ok;
    }
    ok = FileSystemWrapper::RenameFile(from, to, options, debug);
    std::scoped_lock lock(disk_.mutex);
    const auto size = disk_.synced_sizes.find(normal(from));
    if (ok.ok() && size != disk_.synced_sizes.end()) {
      disk_.synced_sizes[normal(to)] = size->second;
      disk_.synced_sizes.erase(size);
      disk_.unsynced_names.erase(normal(from));
    }
    return ok;
  }

 private:
  Disk& disk_;
};

}  // namespace

struct PowerLossDisk::Impl {
  Disk disk;
  std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(std::make_shared<FileSystem>(disk));
};

PowerLossDisk::PowerLossDisk() : impl_(std::make_unique<Impl>()) {}
PowerLossDisk::~PowerLossDisk() = default;

rocksdb::Env* PowerLossDisk::env() { return impl_->env.get(); }

void PowerLossDisk::cut_power() {
  std::scoped_lock lock(impl_->disk.mutex);
  impl_->disk.power = false;
}

void PowerLossDisk::forget_unsynced() {
  std::scoped_lock lock(impl_->disk.mutex);
  for (const std::string& name : impl_->disk.unsynced_names) {
    std::error_code ignored;
    std::filesystem::remove(name, ignored);
  }
  for (const auto& [path, size] : impl_->disk.synced_sizes) {
    std::error_code missing;
    if (std::filesystem::exists(path, missing) && std::filesystem::file_size(path) > size) {
      std::filesystem::resize_file(path, size);
    }
  }
}

int PowerLossDisk::log_syncs() const {
  std::scoped_lock lock(impl_->disk.mutex);
  return impl_->disk.log_syncs;
}

}  // namespace tarn::kv::testing
