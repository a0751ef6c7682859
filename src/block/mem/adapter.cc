#include "base/encoding.h"
#include "base/hash.h"
#include "base/thread_annotations.h"
#include "block/mem/open.h"
#include "block/multipart_etag.h"
#include "block/open.h"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace tarn::block::mem {
namespace {

struct Object {
  std::shared_ptr<const Bytes> bytes;
  ObjectInfo info;
};

/// Streams bytes shared with the store.
class SharedSource final : public ByteSource {
 public:
  SharedSource(std::shared_ptr<const Bytes> bytes, std::uint64_t offset, std::uint64_t size)
      : bytes_(std::move(bytes)), start_(offset), at_(offset), end_(offset + size) {}
  Task<Result<Bytes>> read(Context, std::size_t max_bytes) override {
    Bytes chunk = bytes_->substr(at_, std::min<std::uint64_t>(max_bytes, end_ - at_));
    at_ += chunk.size();
    co_return chunk;
  }
  std::optional<std::uint64_t> remaining() const override { return end_ - at_; }
  bool rewind() override {
    at_ = start_;
    return true;
  }

 private:
  std::shared_ptr<const Bytes> bytes_;
  std::uint64_t start_;
  std::uint64_t at_;
  std::uint64_t end_;
};

class MemAdapter final : public Adapter {
 public:
  MemAdapter(const Clock& clock, Rng& rng) : clock_(clock), rng_(rng) {
    capabilities_.type = "mem";
    capabilities_.scheme = "mem";
  }

  Task<Result<ObjectInfo>> put(Context ctx, Location where, std::unique_ptr<ByteSource> body,
                               std::optional<std::uint64_t> size_bytes,
                               PutOptions options) override {
    TARN_CO_CHECK_OK(check(where));
    TARN_CO_TRY(Bytes bytes, co_await receive(ctx, *body, size_bytes));
    ObjectInfo info;
    info.etag = hex_encode(md5(bytes));
    info.content_type = options.content_type;
    co_return store(where, std::move(bytes), std::move(info), options.if_absent);
  }

  Task<Result<ObjectBody>> get(Context, Location where, std::optional<ByteRange> range) override {
    TARN_CO_TRY(const Object object, find(where));
    ByteRange wanted{0, object.info.size_bytes};
    if (range) {
      if (range->offset >= object.info.size_bytes) {
        co_return Error(kInvalidRange);
      }
      wanted = {range->offset, std::min(range->size_bytes, object.info.size_bytes - range->offset)};
    }
    ObjectBody out;
    out.info = object.info;
    out.body = std::make_unique<SharedSource>(object.bytes, wanted.offset, wanted.size_bytes);
    co_return out;
  }

  Task<Result<ObjectInfo>> stat(Context, Location where) override {
    TARN_CO_TRY(Object object, find(where));
    co_return std::move(object.info);
  }

  Task<Result<ObjectInfo>> copy(Context, Location from, Location to) override {
    TARN_CO_CHECK_OK(check(to));
    TARN_CO_TRY(Object object, find(from));
    co_return store(to, Bytes(*object.bytes), std::move(object.info), false);
  }

  Task<Result<void>> remove(Context, Location where) override {
    MutexLock lock(mutex_);
    buckets_[where.bucket].erase(where.key);
    co_return Result<void>();
  }

  Task<Result<ListPage>> list(Context, std::string bucket, std::string prefix, std::string after,
                              std::size_t limit) override {
    ListPage page;
    MutexLock lock(mutex_);
    const auto& objects = buckets_[bucket];
    for (auto it = objects.lower_bound(prefix);
         it != objects.end() && it->first.starts_with(prefix); ++it) {
      if (it->first <= after) {
        continue;
      }
      if (page.objects.size() == limit) {
        page.next_after = page.objects.empty() ? after : page.objects.back().key;
        break;
      }
      page.objects.push_back({it->first, it->second.info});
    }
    co_return page;
  }

  Task<Result<std::string>> create_upload(Context, Location where, PutOptions options) override {
    TARN_CO_CHECK_OK(check(where));
    std::string id = hex_encode(rng_.bytes(16));
    MutexLock lock(mutex_);
    uploads_[id] = Upload{where.bucket + "/" + where.key, options.content_type, {}};
    co_return id;
  }

  Task<Result<UploadedPart>> put_part(Context ctx, Location where, std::string upload_id,
                                      std::uint32_t number, std::unique_ptr<ByteSource> body,
                                      std::optional<std::uint64_t> size_bytes) override {
    if (number < 1 || number > 10'000) {
      co_return Error(kInvalidPart, fmt::format("part number {}", number));
    }
    TARN_CO_TRY(Bytes bytes, co_await receive(ctx, *body, size_bytes));
    UploadedPart part{number, hex_encode(md5(bytes))};
    MutexLock lock(mutex_);
    const auto upload = uploads_.find(upload_id);
    if (upload == uploads_.end() || upload->second.target != where.bucket + "/" + where.key) {
      co_return Error(kUploadNotFound, upload_id);
    }
    upload->second.parts[number] = {part.etag, std::move(bytes)};
    co_return part;
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
    Bytes joined;
    ObjectInfo info;
    {
      MutexLock lock(mutex_);
      const auto upload = uploads_.find(upload_id);
      if (upload == uploads_.end() || upload->second.target != where.bucket + "/" + where.key) {
        co_return Error(kUploadNotFound, upload_id);
      }
      std::uint32_t previous = 0;
      std::vector<std::string> etags;
      for (const UploadedPart& part : parts) {
        const auto stored = upload->second.parts.find(part.number);
        if (part.number <= previous || stored == upload->second.parts.end() ||
            stored->second.etag != part.etag) {
          co_return Error(kInvalidPart, fmt::format("part {}", part.number));
        }
        previous = part.number;
        joined.append(stored->second.bytes);
        etags.push_back(part.etag);
      }
      if (parts.empty()) {
        co_return Error(kInvalidPart, "no parts");
      }
      info.etag = multipart_etag(etags);
      info.content_type = upload->second.content_type;
      uploads_.erase(upload);
    }
    co_return store(where, std::move(joined), std::move(info), false);
  }

  Task<Result<void>> abort_upload(Context, Location, std::string upload_id) override {
    MutexLock lock(mutex_);
    uploads_.erase(upload_id);
    co_return Result<void>();
  }

  Task<Result<std::string>> presign(Context, Location, PresignRequest) override {
    co_return Error(kUnsupported);
  }
  const Capabilities& capabilities() const override { return capabilities_; }

 private:
  struct Part {
    std::string etag;
    Bytes bytes;
  };
  struct Upload {
    std::string target;
    std::string content_type;
    std::map<std::uint32_t, Part> parts;
  };

  static Result<void> check(const Location& where) {
    if (where.bucket.empty() || where.key.empty()) {
      return Error(kInvalidAddress, where.bucket + "/" + where.key);
    }
    return {};
  }

  static Task<Result<Bytes>> receive(Context ctx, ByteSource& body,
                                     std::optional<std::uint64_t> size_bytes) {
    TARN_CO_TRY(Bytes bytes, co_await read_all(ctx, body, kGiB));
    if (size_bytes && *size_bytes != bytes.size()) {
      co_return Error(kBodyMismatch);
    }
    co_return bytes;
  }

  Result<Object> find(const Location& where) {
    MutexLock lock(mutex_);
    const auto& objects = buckets_[where.bucket];
    const auto found = objects.find(where.key);
    if (found == objects.end()) {
      return Error(kObjectNotFound, where.key);
    }
    return found->second;
  }

  Result<ObjectInfo> store(const Location& where, Bytes bytes, ObjectInfo info, bool if_absent) {
    MutexLock lock(mutex_);
    auto& objects = buckets_[where.bucket];
    if (if_absent && objects.contains(where.key)) {
      return Error(kPreconditionFailed, where.key);
    }
    info.size_bytes = bytes.size();
    info.last_modified = clock_.now();
    objects[where.key] = Object{std::make_shared<const Bytes>(std::move(bytes)), info};
    return info;
  }

  const Clock& clock_;
  Rng& rng_;
  Capabilities capabilities_;
  Mutex mutex_;
  std::map<std::string, std::map<std::string, Object>> buckets_ TARN_GUARDED_BY(mutex_);
  std::map<std::string, Upload> uploads_ TARN_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Adapter> make_adapter(const Clock& clock, Rng& rng) {
  return std::make_unique<MemAdapter>(clock, rng);
}

}  // namespace tarn::block::mem

namespace tarn::block {

std::unique_ptr<Adapter> open_mem(const Clock& clock, Rng& rng) {
  return mem::make_adapter(clock, rng);
}

}  // namespace tarn::block
