#include "catalog/external_sorter.h"

#include "base/file_descriptor.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

namespace tarn::catalog {
namespace {

/// Runs that are read at a time.
constexpr std::size_t kFanIn = 32;
constexpr std::size_t kReadBytes = 128 * kKiB;
constexpr std::size_t kWriteBytes = kMiB;
constexpr std::string_view kRunName = "tarn-run-";

Error file_error(std::string_view what, int code) {
  return Error::with_message(kUnavailable,
                             fmt::format("{} temporary file: {}", what, std::strerror(code)));
}

/// | bytes        | meaning                   |
/// |--------------|---------------------------|
/// | 4, 4, 4      | key size, value size, rank, in the machine's order: files do not outlive it |
/// | the key, the value |                     |
struct Header {
  std::uint32_t key_size = 0;
  std::uint32_t value_size = 0;
  std::uint32_t rank = 0;
};

struct Record {
  std::string_view key;
  std::string_view value;
  std::uint32_t rank = 0;
  std::size_t size = 0;
};

Record record_at(const char* at) {
  Header header;
  std::memcpy(&header, at, sizeof(header));
  const char* key = at + sizeof(header);
  return {{key, header.key_size},
          {key + header.key_size, header.value_size},
          header.rank,
          sizeof(header) + header.key_size + header.value_size};
}

/// Eight bytes of `key` from `skip` on, so that comparing them as numbers compares them as texts.
std::uint64_t digits_of(std::string_view key, std::size_t skip) {
  unsigned char bytes[8] = {};
  if (key.size() > skip) {
    std::memcpy(bytes, key.data() + skip, std::min<std::size_t>(8, key.size() - skip));
  }
  std::uint64_t out = 0;
  for (const unsigned char byte : bytes) {
    out = out << 8 | byte;
  }
  return out;
}

std::size_t common_size(std::string_view a, std::string_view b) {
  const auto ends = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(ends.first - a.begin());
}

/// Sorted records from one place.
class Source {
 public:
  virtual ~Source() = default;
  /// False at the end.
  virtual Result<bool> next() = 0;
  const Record& record() const { return record_; }

 protected:
  Record record_;
};

/// Merges sources; the later in the list are the later added.
class Merged final : public ExternalSorter::Reader {
 public:
  explicit Merged(std::vector<std::unique_ptr<Source>> sources) : sources_(std::move(sources)) {}

  Result<bool> next() override {
    if (!started_) {
      started_ = true;
      for (std::size_t i = 0; i < sources_.size(); ++i) {
        TARN_CHECK_OK(push(i));
      }
    }
    if (current_) {
      TARN_CHECK_OK(drop_key());
    }
    if (heap_.empty()) {
      return false;
    }
    current_ = pop();
    return true;
  }
  std::string_view key() const override { return record().key; }
  std::string_view value() const override { return record().value; }
  std::uint32_t rank() const { return record().rank; }

 private:
  const Record& record() const { return sources_[*current_]->record(); }

  /// Leaves the current record, and all others of its key.
  Result<void> drop_key() {
    const std::string key(record().key);
    for (std::size_t at = *current_;; at = pop()) {
      TARN_CHECK_OK(push(at));
      if (heap_.empty() || sources_[heap_.front()]->record().key != key) {
        current_.reset();
        return {};
      }
    }
  }

  /// Makes std's max-heap give the smallest key first, and of one key what stays.
  bool comes_later(std::size_t a, std::size_t b) const {
    const Record& left = sources_[a]->record();
    const Record& right = sources_[b]->record();
    const int order = left.key.compare(right.key);
    if (order != 0) {
      return order > 0;
    }
    return left.rank != right.rank ? left.rank < right.rank : a < b;
  }
  Result<void> push(std::size_t source) {
    TARN_TRY(const bool more, sources_[source]->next());
    if (more) {
      heap_.push_back(source);
      std::push_heap(heap_.begin(), heap_.end(),
                     [this](std::size_t a, std::size_t b) { return comes_later(a, b); });
    }
    return {};
  }
  std::size_t pop() {
    std::pop_heap(heap_.begin(), heap_.end(),
                  [this](std::size_t a, std::size_t b) { return comes_later(a, b); });
    const std::size_t source = heap_.back();
    heap_.pop_back();
    return source;
  }

  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::size_t> heap_;
  std::optional<std::size_t> current_;
  bool started_ = false;
};

}  // namespace

/// Records in the order in which they came.
struct ExternalSorter::Buffer {
  struct Index {
    std::uint64_t digits = 0;
    std::size_t start = 0;
  };

  Bytes bytes;
  std::vector<Index> index;

  std::size_t size_bytes() const { return bytes.size() + index.size() * sizeof(Index); }
  Record at(std::size_t i) const { return record_at(bytes.data() + index[i].start); }

  void append(const Bytes& more, const std::vector<std::size_t>& starts) {
    index.reserve(index.size() + starts.size());
    for (const std::size_t start : starts) {
      index.push_back({0, bytes.size() + start});
    }
    bytes.append(more);
  }

  /// Paths have much of their beginning in common: what follows it decides most comparisons without
  /// a look at the records.
  void sort() {
    if (index.empty()) {
      return;
    }
    const std::string_view first = at(0).key;
    std::size_t skip = first.size();
    for (std::size_t i = 1; i < index.size(); ++i) {
      skip = std::min(skip, common_size(first.substr(0, skip), at(i).key));
    }
    for (std::size_t i = 0; i < index.size(); ++i) {
      index[i].digits = digits_of(at(i).key, skip);
    }
    std::sort(index.begin(), index.end(), [this](const Index& a, const Index& b) {
      if (a.digits != b.digits) {
        return a.digits < b.digits;
      }
      const Record left = record_at(bytes.data() + a.start);
      const Record right = record_at(bytes.data() + b.start);
      const int order = left.key.compare(right.key);
      if (order != 0) {
        return order < 0;
      }
      return left.rank != right.rank ? left.rank > right.rank : a.start > b.start;
    });
  }
};

struct ExternalSorter::Run {
  FileDescriptor file;
  /// How often its records were merged.
  std::size_t level = 0;
};

namespace {

/// Of a sorted buffer; the first of a key is the one that stays.
template <class Buffer>
class BufferSource final : public Source {
 public:
  explicit BufferSource(std::unique_ptr<Buffer> buffer) : buffer_(std::move(buffer)) {}
  Result<bool> next() override {
    for (; at_ < buffer_->index.size(); ++at_) {
      const Record candidate = buffer_->at(at_);
      if (at_ == 0 || candidate.key != record_.key) {
        record_ = candidate;
        ++at_;
        return true;
      }
    }
    return false;
  }

 private:
  std::unique_ptr<Buffer> buffer_;
  std::size_t at_ = 0;
};

class FileSource final : public Source {
 public:
  explicit FileSource(int file) : file_(file) {}
  Result<bool> next() override {
    at_ += record_.size;
    record_ = Record();
    TARN_TRY(const bool has_header, have(sizeof(Header)));
    if (!has_header) {
      if (at_ != bytes_.size()) {
        return Error(kCorruption, "temporary file");
      }
      return false;
    }
    const std::size_t size = record_at(bytes_.data() + at_).size;
    TARN_TRY(const bool complete, have(size));
    if (!complete) {
      return Error(kCorruption, "temporary file");
    }
    record_ = record_at(bytes_.data() + at_);
    return true;
  }

 private:
  /// Makes `size` bytes readable at at_; false when the file ends before.
  Result<bool> have(std::size_t size) {
    if (bytes_.size() - at_ >= size) {
      return true;
    }
    bytes_.erase(0, std::exchange(at_, 0));
    const std::size_t kept = bytes_.size();
    bytes_.resize(std::max(size, kReadBytes));
    std::size_t filled = kept;
    while (filled < bytes_.size()) {
      const ssize_t got = ::pread(file_, bytes_.data() + filled, bytes_.size() - filled,
                                  static_cast<off_t>(offset_));
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got < 0) {
        return file_error("read", errno);
      }
      if (got == 0) {
        break;
      }
      filled += static_cast<std::size_t>(got);
      offset_ += static_cast<std::uint64_t>(got);
    }
    bytes_.resize(filled);
    return filled >= size;
  }

  int file_;
  std::uint64_t offset_ = 0;
  Bytes bytes_;
  std::size_t at_ = 0;
};

class FileWriter {
 public:
  explicit FileWriter(int file) : file_(file) {}
  Result<void> add(std::string_view key, std::uint32_t rank, std::string_view value) {
    const Header header{static_cast<std::uint32_t>(key.size()),
                        static_cast<std::uint32_t>(value.size()), rank};
    bytes_.append(reinterpret_cast<const char*>(&header), sizeof(header)).append(key).append(value);
    return bytes_.size() < kWriteBytes ? Result<void>() : flush();
  }
  Result<void> flush() {
    for (std::string_view left = bytes_; !left.empty();) {
      const ssize_t wrote = ::write(file_, left.data(), left.size());
      if (wrote < 0 && errno == EINTR) {
        continue;
      }
      if (wrote < 0) {
        return file_error("write", errno);
      }
      left.remove_prefix(static_cast<std::size_t>(wrote));
    }
    bytes_.clear();
    return {};
  }

 private:
  int file_;
  Bytes bytes_;
};

}  // namespace

void ExternalSorter::Batch::add(std::string_view key, std::uint32_t rank, std::string_view value) {
  const Header header{static_cast<std::uint32_t>(key.size()),
                      static_cast<std::uint32_t>(value.size()), rank};
  starts_.push_back(bytes_.size());
  bytes_.append(reinterpret_cast<const char*>(&header), sizeof(header)).append(key).append(value);
}

ExternalSorter::ExternalSorter(Config config)
    : config_(std::move(config)), buffer_(std::make_unique<Buffer>()) {}

ExternalSorter::~ExternalSorter() = default;

Result<void> ExternalSorter::add(const Batch& batch) {
  {
    MutexLock lock(mutex_);
    buffer_->append(batch.bytes_, batch.starts_);
    if (buffer_->size_bytes() < config_.memory_bytes_max) {
      return {};
    }
  }
  // Who is first takes the buffer away; the others wait here, so that not more of them fill up.
  MutexLock spilling(spill_mutex_);
  std::unique_ptr<Buffer> full;
  {
    MutexLock lock(mutex_);
    if (buffer_->size_bytes() < config_.memory_bytes_max) {
      return {};
    }
    full = std::exchange(buffer_, std::make_unique<Buffer>());
  }
  TARN_CHECK_OK(spill(std::move(full)));
  return join_runs();
}

Result<void> ExternalSorter::spill(std::unique_ptr<Buffer> buffer) {
  buffer->sort();
  auto run = std::make_unique<Run>();
  TARN_TRY(const int file, open_unnamed_file(config_.folder));
  run->file = FileDescriptor(file);
  BufferSource<Buffer> source(std::move(buffer));
  FileWriter out(file);
  for (;;) {
    TARN_TRY(const bool more, source.next());
    if (!more) {
      break;
    }
    const Record& record = source.record();
    TARN_CHECK_OK(out.add(record.key, record.rank, record.value));
  }
  TARN_CHECK_OK(out.flush());
  runs_.push_back(std::move(run));
  ++runs_written_;
  return {};
}

Result<void> ExternalSorter::join_runs() {
  while (runs_.size() >= kFanIn && runs_[runs_.size() - kFanIn]->level == runs_.back()->level) {
    const auto first = runs_.end() - kFanIn;
    std::vector<std::unique_ptr<Source>> sources;
    for (auto run = first; run != runs_.end(); ++run) {
      sources.push_back(std::make_unique<FileSource>((*run)->file.get()));
    }
    Merged merged(std::move(sources));
    auto joined = std::make_unique<Run>();
    joined->level = runs_.back()->level + 1;
    TARN_TRY(const int file, open_unnamed_file(config_.folder));
    joined->file = FileDescriptor(file);
    FileWriter out(file);
    for (;;) {
      TARN_TRY(const bool more, merged.next());
      if (!more) {
        break;
      }
      TARN_CHECK_OK(out.add(merged.key(), merged.rank(), merged.value()));
    }
    TARN_CHECK_OK(out.flush());
    runs_.erase(first, runs_.end());
    runs_.push_back(std::move(joined));
  }
  return {};
}

Result<std::unique_ptr<ExternalSorter::Reader>> ExternalSorter::finish() {
  MutexLock spilling(spill_mutex_);
  std::unique_ptr<Buffer> last;
  {
    MutexLock lock(mutex_);
    last = std::exchange(buffer_, std::make_unique<Buffer>());
  }
  last->sort();
  std::vector<std::unique_ptr<Source>> sources;
  for (const std::unique_ptr<Run>& run : runs_) {
    sources.push_back(std::make_unique<FileSource>(run->file.get()));
  }
  sources.push_back(std::make_unique<BufferSource<Buffer>>(std::move(last)));
  std::unique_ptr<Reader> out = std::make_unique<Merged>(std::move(sources));
  return out;
}

std::size_t ExternalSorter::runs_written() const {
  MutexLock spilling(spill_mutex_);
  return runs_written_;
}

Result<int> open_unnamed_file(const std::string& folder) {
  const int unnamed = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (unnamed >= 0) {
    return unnamed;
  }
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) {
    return file_error("create", errno).append(" in " + folder);
  }
  // Not every file system can: a name for a moment, then.
  std::string name = folder + "/" + std::string(kRunName) + "XXXXXX";
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) {
    return file_error("create", errno).append(" in " + folder);
  }
  ::unlink(name.c_str());
  return file;
}

void remove_left_runs(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::error_code ignored;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().filename().string().starts_with(kRunName)) {
      fs::remove(at->path(), ignored);
    }
  }
}

}  // namespace tarn::catalog
