#include "base/encoding.h"
#include "base/fault_points.h"
#include "base/hash.h"
#include "base/thread_annotations.h"
#include "block/local/folder_sync.h"
#include "block/local/key_path.h"
#include "block/local/open.h"
#include "block/multipart_etag.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace tarn::block::local {
namespace {

// kTemporaryFolder holds files being written, of no use after a crash; kUploadsFolder
// `<upload id>/<part number>.<md5>`, which outlive restarts.

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

/// Reads an open file in chunks; each read is a hop to the pool unless the whole object fits one
/// chunk.
class FileSource final : public ByteSource {
 public:
  FileSource(BlockingPool& pool, std::shared_ptr<File> file, std::uint64_t offset,
             std::uint64_t size)
      : pool_(pool), file_(std::move(file)), start_(offset), at_(offset), end_(offset + size) {}

  Task<Result<Bytes>> read(Context, std::size_t max_bytes) override {
    const std::size_t want =
        static_cast<std::size_t>(std::min<std::uint64_t>(max_bytes, end_ - at_));
    if (want == 0) {
      co_return Bytes();
    }
    Result<Bytes> chunk = Bytes();
    if (want <= kInlineBytesMax) {
      // Fresh data is in the page cache: copying it costs less than a hop to the pool.
      chunk = file_->read_at(at_, want);
    } else {
      std::shared_ptr<File> file = file_;
      const std::uint64_t at = at_;
      auto job = [file, at, want] { return file->read_at(at, want); };
      chunk = co_await run_blocking(pool_, std::move(job));
    }
    if (!chunk) {
      co_return chunk;
    }
    if (chunk->size() != want) {
      co_return Error::with_message(kCorruption,
                                    "the object's file became shorter while it was read");
    }
    at_ += want;
    co_return chunk;
  }
  std::optional<std::uint64_t> remaining() const override { return end_ - at_; }
  bool rewind() override {
    at_ = start_;
    return true;
  }
  std::optional<FileRegion> file_region() const override {
    if (file_->descriptor() < 0) {
      return std::nullopt;
    }
    return FileRegion{file_->descriptor(), at_, end_ - at_};
  }

  static constexpr std::size_t kInlineBytesMax = 16 * kKiB;

 private:
  BlockingPool& pool_;
  std::shared_ptr<File> file_;
  std::uint64_t start_;
  std::uint64_t at_;
  std::uint64_t end_;
};

/// A file under a temporary name until it is published; removed if that does not happen.
class TemporaryFile {
 public:
  static Result<std::unique_ptr<TemporaryFile>> create(FileSystem& files, FolderSync& folders,
                                                       std::string name) {
    auto out = std::unique_ptr<TemporaryFile>(new TemporaryFile(files, folders));
    out->path_ = std::string(kTemporaryFolder) + "/" + std::move(name);
    TARN_TRY(out->file_, files.create(out->path_));
    return out;
  }
  ~TemporaryFile() {
    if (file_) {
      file_.reset();
      (void)files_.remove(path_);  // best effort: start-up removes what stays
    }
  }

  Result<void> append(std::string_view bytes) {
    hasher_.update(bytes);
    size_ += bytes.size();
    return file_->append(bytes);
  }
  std::uint64_t size() const { return size_; }
  /// Hex MD5 of what was appended; call once.
  std::string etag() { return hex_encode(hasher_.finish()); }

  /// Durable under `target` when this returns: file first, then its name, then the names of new
  /// folders above it.
  Result<ObjectInfo> publish(const std::string& target, bool replace) {
    TARN_CHECK_OK(file_->sync());
    TARN_TRY(const FileInfo info, file_->info());
    const std::string folder = folder_of(target);
    TARN_CHECK_OK(folders_.ensure_folder(folder));
    TARN_FAULT_POINT("block.local.before_publish");
    Result<void> renamed = files_.rename(path_, target, replace);
    if (!renamed && renamed.error().is(kObjectNotFound)) {
      folders_.forget();
      TARN_CHECK_OK(folders_.ensure_folder(folder));
      renamed = files_.rename(path_, target, replace);
    }
    if (!renamed) {
      return std::move(renamed).error();
    }
    file_.reset();
    TARN_CHECK_OK(folders_.sync(folder));
    TARN_FAULT_POINT("block.local.after_publish");
    ObjectInfo out;
    out.size_bytes = info.size_bytes;
    out.last_modified = info.modified;
    return out;
  }

 private:
  TemporaryFile(FileSystem& files, FolderSync& folders)
      : files_(files), folders_(folders), hasher_(Hasher::Algorithm::kMd5) {}

  FileSystem& files_;
  FolderSync& folders_;
  std::string path_;
  std::unique_ptr<File> file_;
  Hasher hasher_;
  std::uint64_t size_ = 0;
};

class LocalAdapter final : public Adapter {
 public:
  LocalAdapter(std::unique_ptr<FileSystem> files, BlockingPool& pool, Rng& rng,
               ExternalFolders external)
      : files_(std::move(files)),
        folders_(*files_),
        pool_(pool),
        rng_(rng),
        external_(std::move(external)) {
    capabilities_.type = "local";
    capabilities_.scheme = "local";
  }

  Result<void> prepare() {
    for (const std::string_view folder : {kTemporaryFolder, kUploadsFolder}) {
      TARN_CHECK_OK(folders_.ensure_folder(std::string(folder)));
    }
    const std::string folder(kTemporaryFolder);
    TARN_TRY(const std::vector<FolderEntry> left, files_->list(folder));
    for (const FolderEntry& entry : left) {
      TARN_CHECK_OK(files_->remove(folder + "/" + entry.name));
    }
    return {};
  }

  Task<Result<ObjectInfo>> put(Context ctx, Location where, std::unique_ptr<ByteSource> body,
                               std::optional<std::uint64_t> size_bytes,
                               PutOptions options) override {
    TARN_CO_TRY(const std::string target, own_path(where));
    const bool replace = !options.if_absent;
    TARN_CO_TRY(Bytes first, co_await body->read(ctx, kStreamChunkBytes));
    if (size_bytes && *size_bytes == first.size() && first.size() < kStreamChunkBytes) {
      TARN_CO_TRY(Bytes more, co_await next_chunk(ctx, *body, first));
      if (!more.empty()) {
        co_return Error(kBodyMismatch);
      }
      // A small object is one hop to the pool.
      auto whole = [this, &first, &target, replace]() -> Result<ObjectInfo> {
        TARN_TRY(const auto file, create_temporary());
        TARN_CHECK_OK(file->append(first));
        return publish(*file, target, replace);
      };
      co_return co_await run_blocking(pool_, whole);
    }
    TARN_CO_TRY(const std::unique_ptr<TemporaryFile> file,
                co_await receive(ctx, std::move(first), *body, size_bytes));
    auto finish = [&file, &target, replace] { return publish(*file, target, replace); };
    co_return co_await run_blocking(pool_, finish);
  }

  Task<Result<ObjectBody>> get(Context, Location where, std::optional<ByteRange> range) override {
    TARN_CO_TRY(const Place place, find(where));
    // Opening a file whose inode is cached takes microseconds, less than a hop to the pool and
    // back.
    Result<std::unique_ptr<File>> opened = place.files->open(place.path);
    if (!opened) {
      co_return missing(std::move(opened).error(), where);
    }
    std::shared_ptr<File> file = *std::move(opened);
    TARN_CO_TRY(const FileInfo info, file->info());
    ByteRange wanted{0, info.size_bytes};
    if (range) {
      if (range->offset >= info.size_bytes) {
        co_return Error(kInvalidRange);
      }
      wanted.offset = range->offset;
      wanted.size_bytes = std::min(range->size_bytes, info.size_bytes - range->offset);
    }
    ObjectBody out;
    out.info = to_object_info(info);
    out.body =
        std::make_unique<FileSource>(pool_, std::move(file), wanted.offset, wanted.size_bytes);
    co_return out;
  }

  Task<Result<ObjectInfo>> stat(Context, Location where) override {
    TARN_CO_TRY(const Place place, find(where));
    Result<FileInfo> info = place.files->stat(place.path);
    if (!info) {
      co_return missing(std::move(info).error(), where);
    }
    if (info->is_folder) {
      co_return Error(kObjectNotFound, where.key);
    }
    co_return to_object_info(*info);
  }

  Task<Result<ObjectInfo>> copy(Context ctx, Location from, Location to) override {
    std::optional<ByteRange> all;
    TARN_CO_TRY(ObjectBody source, co_await get(ctx, std::move(from), all));
    PutOptions options;
    const std::optional<std::uint64_t> size = source.info.size_bytes;
    co_return co_await put(ctx, std::move(to), std::move(source.body), size, std::move(options));
  }

  Task<Result<void>> remove(Context, Location where) override {
    TARN_CO_TRY(const std::string path, own_path(where));
    auto job = [this, &path]() -> Result<void> {
      Result<void> removed = files_->remove(path);
      if (!removed &&
          (removed.error().is(kObjectNotFound) || removed.error().is(kInvalidAddress))) {
        return {};
      }
      if (!removed) {
        return removed;
      }
      return folders_.sync(folder_of(path));
    };
    co_return co_await run_blocking(pool_, job);
  }

  Task<Result<ListPage>> list(Context, std::string bucket, std::string prefix, std::string after,
                              std::size_t limit) override {
    auto job = [this, &bucket, &prefix, &after, limit]() -> Result<ListPage> {
      ListPage page;
      Walk walk{prefix, after, limit, page};
      TARN_CHECK_OK(walk_folder(escape_component(bucket), "", "", walk));
      if (walk.full) {
        page.next_after = page.objects.empty() ? after : page.objects.back().key;
      }
      return page;
    };
    co_return co_await run_blocking(pool_, job);
  }

  Task<Result<std::string>> create_upload(Context, Location, PutOptions) override {
    std::string id = hex_encode(rng_.bytes(16));
    const std::string folder = upload_folder(id);
    auto job = [this, &folder] { return folders_.ensure_folder(folder); };
    TARN_CO_CHECK_OK(co_await run_blocking(pool_, job));
    co_return id;
  }

  Task<Result<UploadedPart>> put_part(Context ctx, Location, std::string upload_id,
                                      std::uint32_t number, std::unique_ptr<ByteSource> body,
                                      std::optional<std::uint64_t> size_bytes) override {
    if (number < 1 || number > kPartNumberMax) {
      co_return Error(kInvalidPart, fmt::format("part number {}", number));
    }
    TARN_CO_CHECK_OK(check_upload(upload_id));
    TARN_CO_TRY(Bytes first, co_await body->read(ctx, kStreamChunkBytes));
    TARN_CO_TRY(const std::unique_ptr<TemporaryFile> file,
                co_await receive(ctx, std::move(first), *body, size_bytes));
    auto job = [this, &file, &upload_id, number]() -> Result<UploadedPart> {
      UploadedPart part{number, file->etag()};
      const std::string folder = upload_folder(upload_id);
      TARN_CHECK_OK(file->publish(fmt::format("{}/{:05}.{}", folder, number, part.etag), true));
      // What it replaces goes last: until then the complete call can still name either.
      TARN_TRY(const std::vector<FolderEntry> entries, files_->list(folder));
      const std::string mine = fmt::format("{:05}.", number);
      for (const FolderEntry& entry : entries) {
        if (entry.name.starts_with(mine) && entry.name != mine + part.etag) {
          TARN_CHECK_OK(files_->remove(folder + "/" + entry.name));
        }
      }
      return part;
    };
    co_return co_await run_blocking(pool_, job);
  }

  Task<Result<UploadedPart>> copy_part(Context ctx, Location where, std::string upload_id,
                                       std::uint32_t number, Location from,
                                       std::optional<ByteRange> range) override {
    TARN_CO_TRY(ObjectBody source, co_await get(ctx, std::move(from), range));
    const std::optional<std::uint64_t> size = source.body->remaining();
    co_return co_await put_part(ctx, std::move(where), std::move(upload_id), number,
                                std::move(source.body), size);
  }

  Task<Result<ObjectInfo>> complete_upload(Context, Location where, std::string upload_id,
                                           std::vector<UploadedPart> parts) override {
    TARN_CO_CHECK_OK(check_upload(upload_id));
    TARN_CO_TRY(const std::string target, own_path(where));
    auto job = [this, &upload_id, &parts, &target] { return join_parts(upload_id, parts, target); };
    co_return co_await run_blocking(pool_, job);
  }

  Task<Result<void>> abort_upload(Context, Location, std::string upload_id) override {
    if (!check_upload(upload_id)) {
      co_return Result<void>();
    }
    auto job = [this, &upload_id] { return drop_upload(upload_id); };
    co_return co_await run_blocking(pool_, job);
  }

  Task<Result<std::string>> presign(Context, Location, PresignRequest) override {
    co_return Error(kUnsupported);
  }
  const Capabilities& capabilities() const override { return capabilities_; }

 private:
  static constexpr std::uint32_t kPartNumberMax = 10'000;

  struct Walk {
    const std::string& prefix;
    const std::string& after;
    std::size_t limit;
    ListPage& page;
    bool full = false;
  };

  struct Place {
    FileSystem* files = nullptr;
    std::string path;
  };

  /// Errors: kAccessDenied for an absolute path, where nothing is ever written.
  static Result<std::string> own_path(const Location& where) {
    if (where.bucket.empty()) {
      return Error(kAccessDenied, where.key);
    }
    return path_of_key(where.bucket, where.key);
  }

  /// Where to read. A location without a bucket is an absolute path of the machine (namespace.h).
  Result<Place> find(const Location& where) {
    if (!where.bucket.empty()) {
      return Place{files_.get(), path_of_key(where.bucket, where.key)};
    }
    TARN_TRY(FolderPath found, external_.find(where.key));
    if (found.folder == external_.root()) {
      return Place{files_.get(), std::move(found.below)};
    }
    MutexLock lock(external_mutex_);
    std::unique_ptr<FileSystem>& files = external_files_[found.folder];
    if (!files) {
      TARN_TRY(files, find_file_system(found.folder));
    }
    return Place{files.get(), std::move(found.below)};
  }

  static ObjectInfo to_object_info(const FileInfo& info) {
    ObjectInfo out;
    out.size_bytes = info.size_bytes;
    out.last_modified = info.modified;
    return out;
  }

  /// A path through something that is a file is as absent as one through nothing.
  static Error missing(Error error, const Location& where) {
    if (error.is(kObjectNotFound) || error.is(kInvalidAddress)) {
      return Error(kObjectNotFound, where.key);
    }
    return error;
  }

  Result<std::unique_ptr<TemporaryFile>> create_temporary() {
    return TemporaryFile::create(*files_, folders_, hex_encode(rng_.bytes(12)));
  }

  static Result<ObjectInfo> publish(TemporaryFile& file, const std::string& target, bool replace) {
    std::string etag = file.etag();
    TARN_TRY(ObjectInfo info, file.publish(target, replace));
    info.etag = std::move(etag);
    return info;
  }

  /// The chunk after `before`: a source that has said it is at its end is not asked again.
  static Task<Result<Bytes>> next_chunk(Context ctx, ByteSource& body, const Bytes& before) {
    if (before.empty() || body.remaining() == 0U) {
      co_return Bytes();
    }
    co_return co_await body.read(ctx, kStreamChunkBytes);
  }

  Task<Result<std::unique_ptr<TemporaryFile>>> receive(Context ctx, Bytes chunk, ByteSource& body,
                                                       std::optional<std::uint64_t> size_bytes) {
    auto create = [this] { return create_temporary(); };
    TARN_CO_TRY(std::unique_ptr<TemporaryFile> file, co_await run_blocking(pool_, create));
    while (!chunk.empty()) {
      if (size_bytes && file->size() + chunk.size() > *size_bytes) {
        co_return Error(kBodyMismatch);
      }
      auto append = [&file, &chunk] { return file->append(chunk); };
      TARN_CO_CHECK_OK(co_await run_blocking(pool_, append));
      TARN_CO_TRY(chunk, co_await next_chunk(ctx, body, chunk));
    }
    if (size_bytes && file->size() != *size_bytes) {
      co_return Error(kBodyMismatch);
    }
    co_return std::move(file);
  }

  static std::string upload_folder(const std::string& id) {
    return std::string(kUploadsFolder) + "/" + id;
  }

  /// Upload ids come from clients: only what create_upload makes may become a path.
  Result<void> check_upload(const std::string& id) {
    const bool well_formed = id.size() == 32 && hex_decode(id).has_value();
    if (!well_formed || !files_->stat(upload_folder(id))) {
      return Error(kUploadNotFound, id);
    }
    return {};
  }

  Result<ObjectInfo> join_parts(const std::string& id, const std::vector<UploadedPart>& parts,
                                const std::string& target) {
    const std::string folder = upload_folder(id);
    TARN_TRY(const std::unique_ptr<TemporaryFile> joined, create_temporary());
    std::uint32_t previous = 0;
    std::vector<std::string> etags;
    for (const UploadedPart& part : parts) {
      if (part.number <= previous) {
        return Error(kInvalidPart, "parts are not in ascending order");
      }
      previous = part.number;
      const bool well_formed = part.etag.size() == 32 && hex_decode(part.etag).has_value();
      Result<std::unique_ptr<File>> file = Error(kInvalidPart, fmt::format("part {}", part.number));
      if (well_formed) {
        file = files_->open(fmt::format("{}/{:05}.{}", folder, part.number, part.etag));
      }
      if (!file) {
        return Error(kInvalidPart, fmt::format("part {}", part.number));
      }
      for (std::uint64_t at = 0;;) {
        TARN_TRY(const std::string chunk, (*file)->read_at(at, kMiB));
        if (chunk.empty()) {
          break;
        }
        TARN_CHECK_OK(joined->append(chunk));
        at += chunk.size();
      }
      etags.push_back(part.etag);
    }
    if (parts.empty()) {
      return Error(kInvalidPart, "no parts");
    }
    TARN_TRY(ObjectInfo info, joined->publish(target, true));
    info.etag = multipart_etag(etags);
    TARN_CHECK_OK(drop_upload(id));
    return info;
  }

  Result<void> drop_upload(const std::string& id) {
    const std::string folder = upload_folder(id);
    TARN_TRY(const std::vector<FolderEntry> entries, files_->list(folder));
    for (const FolderEntry& entry : entries) {
      TARN_CHECK_OK(files_->remove(folder + "/" + entry.name));
    }
    return files_->remove_folder(folder);
  }

  /// Appends the objects below `path` in key order. `key` is the key so far, `piece` an unfinished
  /// component of it.
  Result<void> walk_folder(const std::string& path, const std::string& key,
                           const std::string& piece, Walk& walk) {
    Result<std::vector<FolderEntry>> entries = files_->list(path);
    if (!entries) {
      if (entries.error().is(kObjectNotFound)) {
        return {};
      }
      return std::move(entries).error();
    }
    struct Child {
      std::string key;  // with a final '/' for a folder
      std::string piece;
      const FolderEntry* entry = nullptr;
    };
    std::vector<Child> children;
    for (const FolderEntry& entry : *entries) {
      TARN_TRY(KeyDecoder::Step step, KeyDecoder::step(entry.name));
      Child child;
      child.entry = &entry;
      child.piece = piece + step.text;
      child.key = key + child.piece;
      if (step.unfinished) {
        children.push_back(std::move(child));
        continue;
      }
      child.piece.clear();
      if (entry.is_folder) {
        child.key.push_back('/');
      }
      children.push_back(std::move(child));
    }
    std::sort(children.begin(), children.end(),
              [](const Child& a, const Child& b) { return a.key < b.key; });
    for (const Child& child : children) {
      if (walk.full) {
        return {};
      }
      const std::size_t common = std::min(child.key.size(), walk.prefix.size());
      if (child.key.compare(0, common, walk.prefix, 0, common) != 0) {
        continue;
      }
      const std::string below = path + "/" + child.entry->name;
      if (child.entry->is_folder) {
        const bool all_passed = child.key < walk.after && !walk.after.starts_with(child.key);
        if (!all_passed) {
          TARN_CHECK_OK(
              walk_folder(below, child.piece.empty() ? child.key : key, child.piece, walk));
        }
        continue;
      }
      if (child.key.size() < walk.prefix.size() || child.key <= walk.after) {
        continue;
      }
      if (walk.page.objects.size() >= walk.limit) {
        walk.full = true;
        return {};
      }
      const Result<FileInfo> info = files_->stat(below);
      if (info) {  // else it was removed meanwhile
        walk.page.objects.push_back({child.key, to_object_info(*info)});
      }
    }
    return {};
  }

  std::unique_ptr<FileSystem> files_;
  FolderSync folders_;
  BlockingPool& pool_;
  Rng& rng_;
  const ExternalFolders external_;
  Mutex external_mutex_;
  /// By the folder that the configuration allows; opened when first read, and kept.
  std::map<std::string, std::unique_ptr<FileSystem>> external_files_
      TARN_GUARDED_BY(external_mutex_);
  Capabilities capabilities_;
};

}  // namespace

Result<std::unique_ptr<Adapter>> make_adapter(std::unique_ptr<FileSystem> files, BlockingPool& pool,
                                              Rng& rng, ExternalFolders external) {
  auto adapter = std::make_unique<LocalAdapter>(std::move(files), pool, rng, std::move(external));
  TARN_CHECK_OK(adapter->prepare());
  return std::unique_ptr<Adapter>(std::move(adapter));
}

std::unique_ptr<Adapter> make_reading_adapter(std::unique_ptr<FileSystem> files, BlockingPool& pool,
                                              Rng& rng, ExternalFolders external) {
  return std::make_unique<LocalAdapter>(std::move(files), pool, rng, std::move(external));
}

}  // namespace tarn::block::local
