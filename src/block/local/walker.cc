#include "block/local/walker.h"

#include "base/encoding.h"
#include "base/hash.h"
#include "block/local/beneath.h"
#include "block/local/key_path.h"
#include "block/namespace.h"
#include "runtime/parallel.h"
#include "runtime/semaphore.h"
#include "runtime/suspend.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>

namespace tarn::block::local {
namespace {

/// Of all walks together. More would not make a disk faster, and others use the pool, too.
constexpr std::size_t kThreadsMax = 4;
/// Files that one job reads, and names that are held of a folder larger than that.
constexpr std::size_t kFilesPerJob = 1024;
constexpr std::size_t kReadBytes = 64 * kKiB;

struct CloseFolder {
  void operator()(DIR* stream) const { ::closedir(stream); }
};

/// A folder on its way through the walk.
struct Folder {
  /// Below the walk's root; `.` for the root itself.
  std::string path;
  /// What the names in it begin with, behind the walk's folder: empty, or with a slash at its end.
  std::string key;
  /// The beginning of the key component that goes on in the names of this folder (key_path.h).
  std::string piece;
  /// It is the walk's own folder, where names must begin as the walk's prefix does.
  bool is_first = false;
  std::unique_ptr<DIR, CloseFolder> stream;
};

struct NamedFile {
  std::string file_name;
  std::string key;
};

/// A piece of work: `files` of a folder, or, without any, the folder itself.
struct Item {
  std::shared_ptr<Folder> folder;
  std::vector<NamedFile> files;
};

struct Listed {
  std::vector<NamedFile> files;
  std::vector<std::shared_ptr<Folder>> folders;
  /// The folder holds more names.
  bool more = false;
};

/// Absent for what is no regular file, and for what was removed since its name was read.
Result<std::optional<WalkedObject>> read_file(int folder, const std::string& name,
                                              const std::string& shown, const Context& ctx) {
  std::optional<WalkedObject> out;
  const FileDescriptor file(
      ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT || errno == ELOOP || errno == ENXIO) {
      return out;
    }
    return file_failure("open", shown, errno);
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    return file_failure("stat", shown, errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return out;
  }
  thread_local std::vector<char> buffer(kReadBytes);
  Hasher hasher(Hasher::Algorithm::kMd5);
  out.emplace();
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return file_failure("read", shown, errno);
    }
    hasher.update({buffer.data(), static_cast<std::size_t>(got)});
    out->size_bytes += static_cast<std::uint64_t>(got);
    // A read that came short of what the file holds says that it ended.
    const bool ended = got == 0 || (static_cast<std::size_t>(got) < buffer.size() &&
                                    out->size_bytes >= static_cast<std::uint64_t>(status.st_size));
    if (ended) {
      break;
    }
    if (ctx.cancel().cancelled()) {
      return Error(kCancelled);
    }
  }
  out->etag = hex_encode(hasher.finish());
  out->last_modified = to_file_info(status).modified;
  return out;
}

/// One walk over one folder tree. Folders and files wait in a stack that the workers, all on one
/// loop, take from; the work itself is done on the pool. A folder's subfolders come before the rest
/// of its names, so that the stack is as deep as the tree, not as wide.
class Walk {
 public:
  struct Options {
    /// Names are keys of the store, escaped where they must be.
    bool names_are_keys = false;
    /// The walk's root is the store's, which holds more than objects.
    bool is_store = false;
    bool with_hidden = false;
    /// What names of the first folder begin with.
    std::string filter;
  };

  Walk(FileDescriptor root, Options options, Context ctx, WalkSink& sink, BlockingPool& pool,
       AsyncSemaphore& threads)
      : root_(std::move(root)),
        options_(std::move(options)),
        ctx_(std::move(ctx)),
        sink_(sink),
        pool_(pool),
        threads_(threads) {}

  Task<Result<void>> run(std::string path) {
    auto first = std::make_shared<Folder>();
    first->path = std::move(path);
    first->is_first = true;
    items_.push_back({std::move(first), {}});
    auto work = [this](std::size_t) { return take_items(); };
    co_return co_await parallel_for(kThreadsMax, kThreadsMax, work);
  }

 private:
  Task<Result<void>> take_items() {
    for (;;) {
      while (items_.empty() && busy_ > 0 && !failed_) {
        const auto wait = [this](std::function<void()> resume) {
          waiting_.push_back(std::move(resume));
        };
        co_await suspend(wait);
      }
      if (items_.empty() || failed_) {
        co_return Result<void>();
      }
      Item item = std::move(items_.back());
      items_.pop_back();
      ++busy_;
      AsyncSemaphore::Permit thread = co_await threads_.acquire();
      auto job = [this, &item] { return work_on(item); };
      Result<std::vector<Item>> found = co_await run_blocking(pool_, job);
      thread = AsyncSemaphore::Permit();
      --busy_;
      failed_ = failed_ || !found;
      if (found) {
        std::ranges::move(*found, std::back_inserter(items_));
      }
      for (const std::function<void()>& resume : std::exchange(waiting_, {})) {
        resume();
      }
      TARN_CO_CHECK_OK(std::move(found));
    }
  }

  // From here on: on threads of the pool.

  Result<std::vector<Item>> work_on(const Item& item) const {
    std::vector<WalkedObject> objects;
    std::vector<Item> left;
    if (!item.files.empty()) {
      TARN_CHECK_OK(read_files(*item.folder, item.files, objects));
    } else {
      std::vector<std::shared_ptr<Folder>> folders{item.folder};
      for (std::size_t done = 0; !folders.empty() && done < kFilesPerJob;) {
        const std::shared_ptr<Folder> folder = std::move(folders.back());
        folders.pop_back();
        TARN_TRY(Listed listed, list(*folder));
        std::ranges::move(listed.folders, std::back_inserter(folders));
        if (!listed.more) {
          done += listed.files.size() + 1;
          TARN_CHECK_OK(read_files(*folder, listed.files, objects));
          continue;
        }
        // A large folder: others help.
        left.push_back({folder, {}});
        for (std::shared_ptr<Folder>& below : folders) {
          left.push_back({std::move(below), {}});
        }
        folders.clear();
        if (!listed.files.empty()) {
          left.push_back({folder, std::move(listed.files)});
        }
        break;
      }
      for (std::shared_ptr<Folder>& below : folders) {
        left.push_back({std::move(below), {}});
      }
    }
    if (!objects.empty()) {
      TARN_CHECK_OK(sink_(std::move(objects)));
    }
    return left;
  }

  Result<void> read_files(const Folder& folder, const std::vector<NamedFile>& files,
                          std::vector<WalkedObject>& objects) const {
    const int descriptor = ::dirfd(folder.stream.get());
    for (const NamedFile& file : files) {
      if (ctx_.cancel().cancelled()) {
        return Error(kCancelled);
      }
      TARN_TRY(std::optional<WalkedObject> object,
               read_file(descriptor, file.file_name, folder.path + "/" + file.file_name, ctx_));
      if (object) {
        object->name = file.key;
        objects.push_back(*std::move(object));
      }
    }
    return {};
  }

  /// The next names of a folder.
  Result<Listed> list(Folder& folder) const {
    if (!folder.stream) {
      TARN_TRY(const FileDescriptor opened,
               open_beneath(root_.get(), folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                            "open folder", Links::kNone));
      folder.stream.reset(::fdopendir(::fcntl(opened.get(), F_DUPFD_CLOEXEC, 0)));
      if (!folder.stream) {
        return file_failure("list", folder.path, errno);
      }
    }
    Listed out;
    for (std::size_t names = 0; names < kFilesPerJob; ++names) {
      errno = 0;
      const dirent* entry = ::readdir(folder.stream.get());
      if (entry == nullptr) {
        if (errno != 0) {
          return file_failure("list", folder.path, errno);
        }
        return out;
      }
      TARN_CHECK_OK(add(folder, *entry, out));
    }
    out.more = true;
    return out;
  }

  Result<void> add(const Folder& folder, const dirent& entry, Listed& out) const {
    const std::string_view name = entry.d_name;
    const bool is_own = options_.is_store && folder.path == "." && is_reserved_path(name);
    if (name == "." || name == ".." || is_own) {
      return {};
    }
    KeyDecoder::Step step{std::string(name), false};
    if (options_.names_are_keys) {
      TARN_TRY(step, KeyDecoder::step(name));
    }
    const std::string component = folder.piece + step.text;
    if (component.starts_with('.') && !options_.with_hidden) {
      return {};
    }
    unsigned char type = entry.d_type;
    if (type == DT_UNKNOWN) {
      type = type_of(folder, entry);
    }
    const bool passes =
        component.starts_with(options_.filter) ||
        (type == DT_DIR && step.unfinished && options_.filter.starts_with(component));
    if ((type != DT_DIR && type != DT_REG) || (folder.is_first && !passes)) {
      return {};
    }
    if (type == DT_REG) {
      out.files.push_back({std::string(name), folder.key + component});
      return {};
    }
    auto below = std::make_shared<Folder>();
    below->path = folder.path == "." ? std::string(name) : folder.path + "/" + std::string(name);
    below->key = step.unfinished ? folder.key : folder.key + component + "/";
    below->piece = step.unfinished ? component : std::string();
    below->is_first = step.unfinished && folder.is_first;
    out.folders.push_back(std::move(below));
    return {};
  }

  static unsigned char type_of(const Folder& folder, const dirent& entry) {
    struct stat status{};
    const int descriptor = ::dirfd(folder.stream.get());
    if (::fstatat(descriptor, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return DT_UNKNOWN;
    }
    return S_ISDIR(status.st_mode) ? DT_DIR : S_ISREG(status.st_mode) ? DT_REG : DT_UNKNOWN;
  }

  const FileDescriptor root_;
  const Options options_;
  const Context ctx_;
  WalkSink& sink_;
  BlockingPool& pool_;
  AsyncSemaphore& threads_;
  // Of the workers' loop alone.
  std::vector<Item> items_;
  std::size_t busy_ = 0;
  bool failed_ = false;
  std::vector<std::function<void()>> waiting_;
};

class LocalWalker final : public Walker {
 public:
  LocalWalker(ExternalFolders folders, bool with_hidden, BlockingPool& pool)
      : folders_(std::move(folders)), with_hidden_(with_hidden), pool_(pool) {}

  Task<Result<void>> walk(Context ctx, std::string prefix, WalkSink sink) override {
    TARN_CO_TRY(Place place, place_of(prefix));
    Walk::Options options;
    options.names_are_keys = place.is_own;
    options.is_store = place.folder.folder == folders_.root();
    options.with_hidden = with_hidden_;
    options.filter = std::move(place.name);
    TARN_CO_TRY(FileDescriptor root, open_root(place.folder.folder));
    Walk walk(std::move(root), std::move(options), std::move(ctx), sink, pool_, threads_);
    Result<void> done = co_await walk.run(std::move(place.folder.below));
    co_return done ? std::move(done) : std::move(done).error().wrap(prefix);
  }

  Task<Result<WalkedObject>> object(Context ctx, std::string uri) override {
    TARN_CO_TRY(const Place place, place_of(uri));
    auto job = [&place, &ctx, &uri]() -> Result<WalkedObject> {
      TARN_TRY(const FileDescriptor root, open_root(place.folder.folder));
      const std::string path = path_of(place);
      const std::size_t slash = path.rfind('/');
      const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
      TARN_TRY(const FileDescriptor opened,
               open_beneath(root.get(), folder, O_PATH | O_DIRECTORY | O_CLOEXEC, "open folder",
                            Links::kNone));
      TARN_TRY(std::optional<WalkedObject> found,
               read_file(opened.get(), path.substr(slash + 1), uri, ctx));
      if (!found) {
        return Error(kObjectNotFound, uri);
      }
      found->name = place.name;
      return *std::move(found);
    };
    co_return co_await run_blocking(pool_, job);
  }

  Result<std::string> canonical(std::string_view uri) const override {
    TARN_TRY(const Place place, place_of(uri));
    // What is allowed may be written with links; nothing below it may.
    std::error_code error;
    std::string folder = std::filesystem::canonical(place.folder.folder, error).string();
    if (error) {
      return Error(kObjectNotFound, place.folder.folder);
    }
    std::string out = "local://" + (folder == "/" ? std::string() : std::move(folder)) + "/";
    if (place.folder.below != ".") {
      out.append(place.folder.below).append("/");
    }
    return out + place.name;
  }

 private:
  struct Place {
    FolderPath folder;
    /// What follows the last slash.
    std::string name;
    /// A key of the store, not a path of the machine.
    bool is_own = false;
  };

  Result<Place> place_of(std::string_view uri) const {
    TARN_TRY(const StoreUri parsed, StoreUri::parse(uri));
    const std::string& rest = parsed.rest;
    const std::size_t slash = rest.rfind('/');
    if (parsed.scheme != "local" || slash == std::string::npos) {
      return Error(kInvalidAddress, uri);
    }
    Place place;
    place.name = rest.substr(slash + 1);
    const std::string folder = rest.substr(0, slash);
    if (rest.starts_with('/')) {
      TARN_CHECK_OK(ExternalFolders::check(rest));
      TARN_TRY(place.folder, folders_.find(folder.empty() ? "/" : folder));
      return place;
    }
    place.is_own = true;
    const std::size_t end = folder.find('/');
    place.folder.folder = folders_.root();
    place.folder.below = end == std::string::npos
                             ? escape_component(folder)
                             : path_of_key(folder.substr(0, end), folder.substr(end + 1));
    return place;
  }

  static std::string path_of(const Place& place) {
    const std::string name = place.is_own ? escape_component(place.name) : place.name;
    return place.folder.below == "." ? name : place.folder.below + "/" + name;
  }

  static Result<FileDescriptor> open_root(const std::string& folder) {
    FileDescriptor root(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (root.get() < 0) {
      return file_failure("open folder", folder, errno);
    }
    return root;
  }

  const ExternalFolders folders_;
  const bool with_hidden_;
  BlockingPool& pool_;
  AsyncSemaphore threads_{kThreadsMax};
};

}  // namespace

std::unique_ptr<Walker> make_walker(ExternalFolders folders, bool with_hidden, BlockingPool& pool) {
  return std::make_unique<LocalWalker>(std::move(folders), with_hidden, pool);
}

}  // namespace tarn::block::local
