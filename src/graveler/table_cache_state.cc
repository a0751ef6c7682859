// A file of the cache is the table followed by a trailer of 24 bytes:
//
//   offset  size  content
//   0       8     "TARNTBL1"
//   8       8     bytes of the table, little endian
//   16      4     CRC-32C of the table, little endian
//   20      4     zero
//
// Version 1; another magic is another version and is dropped.
#include "graveler/table_cache_state.h"

#include "base/encoding.h"
#include "base/hash.h"
#include "base/log.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace tarn::graveler::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "TARNTBL1";
constexpr std::size_t kTrailerBytes = 24;
constexpr std::size_t kVerifyChunkBytes = 256 * kKiB;

void put_le(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    out.push_back(static_cast<char>(value >> (8 * i)));
  }
}

std::uint64_t get_le(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

std::string file_name(const std::string& key) { return hex_encode(sha256(key)); }

bool is_file_name(const std::string& name) {
  return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// False at the end of the file, or when the disk fails.
bool read_exactly(int descriptor, std::uint64_t offset, std::size_t size, std::string& out) {
  out.resize(size);
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got =
        ::pread(descriptor, out.data() + have, size - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return false;
    }
    have += static_cast<std::size_t>(got);
  }
  return true;
}

class OpenTable final : public CachedTable {
 public:
  OpenTable(std::shared_ptr<TableCacheState> state, std::shared_ptr<const CachedFile> entry,
            FileDescriptor file, std::uint64_t size_bytes)
      : state_(std::move(state)),
        entry_(std::move(entry)),
        file_(std::move(file)),
        size_bytes_(size_bytes) {}

  std::uint64_t size() const override { return size_bytes_; }
  void used() const override {
    entry_->used_at.store(state_->next_tick(), std::memory_order_relaxed);
  }
  void drop() const override { state_->discard(*entry_); }
  Result<std::string_view> read(std::uint64_t offset, std::size_t size,
                                std::string& scratch) const override {
    if (offset > size_bytes_ || size > size_bytes_ - offset) {
      return Error(kCorruption,
                   fmt::format("{} bytes at {} of a table of {} bytes", size, offset, size_bytes_));
    }
    if (!read_exactly(file_.get(), offset, size, scratch)) {
      // The next one who opens the table fetches it again.
      drop();
      return Error(kUnavailable, "read of a cached table");
    }
    return std::string_view(scratch);
  }

 private:
  std::shared_ptr<TableCacheState> state_;
  std::shared_ptr<const CachedFile> entry_;
  FileDescriptor file_;
  std::uint64_t size_bytes_;
};

/// Bytes of the table in an intact file.
std::optional<std::uint64_t> verify(int descriptor) {
  struct stat facts{};
  std::string buffer;
  if (::fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode) ||
      facts.st_size < static_cast<off_t>(kTrailerBytes)) {
    return std::nullopt;
  }
  const std::uint64_t table_bytes = static_cast<std::uint64_t>(facts.st_size) - kTrailerBytes;
  if (!read_exactly(descriptor, table_bytes, kTrailerBytes, buffer)) {
    return std::nullopt;
  }
  const std::string_view trailer = buffer;
  const std::uint64_t checksum = get_le(trailer.substr(16, 4));
  if (!trailer.starts_with(kMagic) || get_le(trailer.substr(8, 8)) != table_bytes ||
      get_le(trailer.substr(20, 4)) != 0) {
    return std::nullopt;
  }
  std::uint32_t actual = 0;
  for (std::uint64_t at = 0; at < table_bytes;) {
    const std::size_t size = std::min<std::uint64_t>(kVerifyChunkBytes, table_bytes - at);
    if (!read_exactly(descriptor, at, size, buffer)) {
      return std::nullopt;
    }
    actual = crc32c(buffer, actual);
    at += size;
  }
  return actual == checksum ? std::optional(table_bytes) : std::nullopt;
}

Error cannot_use(const std::string& folder, std::string_view why) {
  return Error::with_message(kUnavailable, fmt::format("table cache {}: {}", folder, why));
}

}  // namespace

std::string TableCacheState::new_temporary() const {
  return config.folder + "/tmp/" + hex_encode(rng.bytes(16));
}

Result<void> TableCacheState::take_over() {
  std::error_code failure;
  fs::create_directories(config.folder + "/tables", failure);
  if (!failure) {
    fs::create_directories(config.folder + "/tmp", failure);
  }
  if (failure) {
    return cannot_use(config.folder, failure.message());
  }
  const std::string lock_path = config.folder + "/lock";
  lock_file = FileDescriptor(::open(lock_path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  if (lock_file.get() < 0) {
    return cannot_use(config.folder, std::strerror(errno));
  }
  if (::flock(lock_file.get(), LOCK_EX | LOCK_NB) != 0) {
    return cannot_use(config.folder, "another process uses it");
  }
  for (const fs::directory_entry& left : fs::directory_iterator(config.folder + "/tmp", failure)) {
    std::error_code ignored;
    fs::remove(left.path(), ignored);
  }
  struct Found {
    std::string name;
    std::uint64_t size_bytes;
    timespec used;
  };
  std::vector<Found> found;
  for (const fs::directory_entry& item :
       fs::directory_iterator(config.folder + "/tables", failure)) {
    struct stat facts{};
    const std::string name = item.path().filename().string();
    if (is_file_name(name) && ::lstat(item.path().c_str(), &facts) == 0 && S_ISREG(facts.st_mode)) {
      found.push_back({name, static_cast<std::uint64_t>(facts.st_size), facts.st_mtim});
    }
  }
  if (failure) {
    return cannot_use(config.folder, failure.message());
  }
  // The time of the last change is that of the last use: opening sets it.
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return std::pair(a.used.tv_sec, a.used.tv_nsec) < std::pair(b.used.tv_sec, b.used.tv_nsec);
  });
  {
    const MutexLock lock(mutex);
    for (Found& file : found) {
      auto entry = std::make_shared<CachedFile>();
      entry->name = std::move(file.name);
      entry->size_bytes = file.size_bytes;
      entry->used_at = next_tick();
      total_bytes += entry->size_bytes;
      files.emplace(entry->name, std::move(entry));
    }
  }
  make_room();
  return {};
}

CachedTablePtr TableCacheState::open_file(const std::string& key) {
  std::shared_ptr<CachedFile> entry;
  {
    const MutexLock lock(mutex);
    const auto found = files.find(file_name(key));
    if (found == files.end()) {
      return nullptr;
    }
    entry = found->second;
    entry->key = key;
  }
  FileDescriptor file(::open(path_of(entry->name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  const std::optional<std::uint64_t> table_bytes =
      file.get() < 0 ? std::nullopt : verify(file.get());
  if (!table_bytes) {
    log::warn("a cached table is damaged, it is fetched again",
              {{"folder", config.folder}, {"file", entry->name}});
    discard(*entry);
    return nullptr;
  }
  ::futimens(file.get(), nullptr);
  entry->used_at = next_tick();
  return std::make_shared<OpenTable>(shared_from_this(), std::move(entry), std::move(file),
                                     *table_bytes);
}

CachedTablePtr TableCacheState::publish(const std::string& key, const std::string& temporary,
                                        FileDescriptor file, std::uint64_t table_bytes) {
  auto entry = std::make_shared<CachedFile>();
  entry->name = file_name(key);
  entry->size_bytes = table_bytes + kTrailerBytes;
  entry->key = key;
  entry->used_at = next_tick();
  if (::rename(temporary.c_str(), path_of(entry->name).c_str()) != 0) {
    log::warn("cannot keep a table in the cache",
              {{"folder", config.folder}, {"error", std::strerror(errno)}});
    return nullptr;
  }
  {
    const MutexLock lock(mutex);
    std::shared_ptr<CachedFile>& slot = files[entry->name];
    if (slot) {
      total_bytes -= slot->size_bytes;
    }
    slot = entry;
    total_bytes += entry->size_bytes;
  }
  make_room();
  return std::make_shared<OpenTable>(shared_from_this(), std::move(entry), std::move(file),
                                     table_bytes);
}

void TableCacheState::discard(const CachedFile& file) {
  std::vector<std::shared_ptr<CachedFile>> dropped;
  {
    const MutexLock lock(mutex);
    const auto found = files.find(file.name);
    if (found == files.end() || found->second.get() != &file) {
      return;  // evicted, or fetched anew
    }
    total_bytes -= file.size_bytes;
    dropped.push_back(std::move(found->second));
    files.erase(found);
  }
  drop(dropped);
}

void TableCacheState::make_room() {
  std::vector<std::shared_ptr<CachedFile>> victims;
  {
    const MutexLock lock(mutex);
    if (total_bytes <= config.size_bytes_max) {
      return;
    }
    // Sorted anew each time: eviction comes with a download, and a cache holds few files.
    std::vector<std::pair<std::uint64_t, std::shared_ptr<CachedFile>>> order;
    order.reserve(files.size());
    for (const auto& [name, entry] : files) {
      order.emplace_back(entry->used_at.load(std::memory_order_relaxed), entry);
    }
    std::sort(order.begin(), order.end());
    for (auto& [used, entry] : order) {
      if (total_bytes <= config.size_bytes_max) {
        break;
      }
      total_bytes -= entry->size_bytes;
      files.erase(entry->name);
      victims.push_back(std::move(entry));
    }
  }
  drop(victims);
}

/// A file of that name that was published meanwhile may go, too; then it is fetched once more.
void TableCacheState::drop(const std::vector<std::shared_ptr<CachedFile>>& dropped) {
  std::function<void(const std::string&)> tell;
  {
    const MutexLock lock(mutex);
    tell = listener;
  }
  for (const std::shared_ptr<CachedFile>& file : dropped) {
    ::unlink(path_of(file->name).c_str());
    if (tell && !file->key.empty()) {
      tell(file->key);
    }
  }
}

TemporaryTable::TemporaryTable(std::shared_ptr<TableCacheState> state, std::string path,
                               FileDescriptor file)
    : state_(std::move(state)), path_(std::move(path)), file_(std::move(file)) {}

std::unique_ptr<TemporaryTable> TemporaryTable::create(std::shared_ptr<TableCacheState> state) {
  std::string path = state->new_temporary();
  FileDescriptor file(::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
  if (file.get() < 0) {
    log::warn("cannot write to the table cache",
              {{"folder", state->config.folder}, {"error", std::strerror(errno)}});
    return nullptr;
  }
  return std::unique_ptr<TemporaryTable>(
      new TemporaryTable(std::move(state), std::move(path), std::move(file)));
}

TemporaryTable::~TemporaryTable() {
  if (!path_.empty()) {
    ::unlink(path_.c_str());
  }
}

bool TemporaryTable::append(std::string_view bytes) {
  table_bytes_ += bytes.size();
  checksum_ = crc32c(bytes, checksum_);
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      log::warn("cannot write to the table cache",
                {{"folder", state_->config.folder}, {"error", std::strerror(errno)}});
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool TemporaryTable::finish() {
  std::string trailer(kMagic);
  put_le(trailer, table_bytes_, 8);
  put_le(trailer, checksum_, 4);
  put_le(trailer, 0, 4);
  const std::uint64_t table_bytes = table_bytes_;
  const bool written = append(trailer);
  table_bytes_ = table_bytes;
  return written;
}

CachedTablePtr TemporaryTable::publish(const std::string& key) {
  CachedTablePtr out = state_->publish(key, path_, std::move(file_), table_bytes_);
  if (out) {
    path_.clear();
  }
  return out;
}

}  // namespace tarn::graveler::detail
