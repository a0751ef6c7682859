#include "catalog/multipart_uploads.h"

#include "base/log.h"
#include "block/multipart_etag.h"
#include "block/namespace.h"
#include "kv/row_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tarn::catalog {

using graveler::Entry;
using graveler::RepositoryPtr;

namespace {

constexpr std::string_view kUploadsPartition = "multiparts";

kv::Key upload_key(const std::string& upload_id) {
  return {std::string(kUploadsPartition), upload_id};
}

std::string parts_partition(const std::string& upload_id) { return "multipart_parts/" + upload_id; }

std::string part_key(std::uint32_t number) { return fmt::format("{:05}", number); }

Result<block::Location> location(const RepositoryPtr& repository, const UploadRecord& upload) {
  return block::resolve(repository->storage_namespace, upload.physical_address,
                        block::AddressType::kRelative);
}

/// The listed parts against those that arrived.
Result<std::vector<block::UploadedPart>> check_parts(const std::vector<ListedPart>& listed,
                                                     const std::vector<PartRecord>& arrived) {
  std::vector<block::UploadedPart> out;
  out.reserve(listed.size());
  const auto not_rising = [](const ListedPart& a, const ListedPart& b) {
    return a.number >= b.number;
  };
  const auto unordered = std::adjacent_find(listed.begin(), listed.end(), not_rising);
  if (unordered != listed.end()) {
    return Error(kPartOrderInvalid, fmt::format("after part {}", unordered->number));
  }
  for (const ListedPart& part : listed) {
    const auto found = std::lower_bound(
        arrived.begin(), arrived.end(), part.number,
        [](const PartRecord& record, std::uint32_t number) { return record.number < number; });
    if (found == arrived.end() || found->number != part.number || found->etag != part.etag) {
      return Error(kPartInvalid, fmt::format("part {}", part.number));
    }
    if (&part != &listed.back() && found->size_bytes < kPartSizeBytesMin) {
      return Error(kPartTooSmall, fmt::format("part {}", part.number));
    }
    out.push_back({found->number, found->etag});
  }
  return out;
}

std::string etag_of(const std::vector<ListedPart>& parts) {
  std::vector<std::string> etags;
  etags.reserve(parts.size());
  for (const ListedPart& part : parts) {
    etags.push_back(part.etag);
  }
  return block::multipart_etag(etags);
}

/// Entries keep a multipart ETag without its number of parts, as lakeFS does: identities, and with
/// them commit ids, depend on it.
std::string entry_etag(const std::string& etag) { return etag.substr(0, etag.find('-')); }

/// Counts what passes.
class CountingSource final : public ByteSource {
 public:
  CountingSource(std::unique_ptr<ByteSource> inner, std::shared_ptr<std::uint64_t> count)
      : inner_(std::move(inner)), count_(std::move(count)) {}

  Task<Result<Bytes>> read(Context ctx, std::size_t max_bytes) override {
    Result<Bytes> chunk = co_await inner_->read(std::move(ctx), max_bytes);
    if (chunk) {
      *count_ += chunk->size();
    }
    co_return chunk;
  }
  std::optional<std::uint64_t> remaining() const override { return inner_->remaining(); }
  bool rewind() override {
    const bool done = inner_->rewind();
    if (done) {
      *count_ = 0;
    }
    return done;
  }

 private:
  std::unique_ptr<ByteSource> inner_;
  std::shared_ptr<std::uint64_t> count_;
};

Result<void> check_number(std::uint32_t number) {
  if (number < 1 || number > kPartNumberMax) {
    return Error(kPartNumberInvalid);
  }
  return {};
}

}  // namespace

Task<Result<std::string>> MultipartUploads::create(Context ctx, UploadTarget target,
                                                   NewUpload upload) {
  if (target.repository->read_only) {
    co_return Error(graveler::kReadOnlyRepository);
  }
  TARN_CO_CHECK_OK(co_await services_.versions.branch(ctx, target.repository, target.branch));
  UploadRecord record;
  record.path = target.path.str();
  record.creation_date = services_.clock.now();
  record.physical_address = services_.paths.next(record.path);
  record.metadata = std::move(upload.metadata);
  record.content_type = upload.content_type;
  record.repository_partition = target.repository->partition();
  record.branch = target.branch.str();
  TARN_CO_TRY(const block::Location where, location(target.repository, record));
  block::PutOptions options;
  options.content_type = std::move(upload.content_type);
  options.storage_class = std::move(upload.storage_class);
  TARN_CO_TRY(record.upload_id,
              co_await services_.blocks.create_upload(ctx, where, std::move(options)));
  const Result<void> kept = co_await services_.kv.set_if(ctx, upload_key(record.upload_id),
                                                         encode(record), kv::Predicate::absent());
  if (!kept) {
    const Result<void> aborted =
        co_await services_.blocks.abort_upload(Context(), where, record.upload_id);
    if (!aborted) {
      log::warn("a refused multipart upload stays in the block store",
                {{"upload", record.upload_id}, {"error", aborted.error().message()}});
    }
    co_return kept.error();
  }
  co_return std::move(record.upload_id);
}

Task<Result<UploadRecord>> MultipartUploads::find(Context ctx, UploadTarget target,
                                                  std::string upload_id) {
  if (upload_id.empty()) {
    co_return Error(kUploadNotFound);
  }
  const Result<Bytes> row = co_await services_.kv.get(ctx, upload_key(upload_id));
  if (!row) {
    co_return row.error().is(kv::kKeyNotFound) ? Error(kUploadNotFound) : row.error();
  }
  TARN_CO_TRY(UploadRecord record, decode_upload(*row));
  if (record.repository_partition != target.repository->partition() ||
      record.branch != target.branch.str() || record.path != target.path.str()) {
    co_return Error(kUploadNotFound);
  }
  record.upload_id = std::move(upload_id);
  co_return record;
}

Task<Result<PartRecord>> MultipartUploads::keep_part(Context ctx, std::string upload_id,
                                                     block::UploadedPart part,
                                                     std::uint64_t size_bytes) {
  PartRecord record;
  record.number = part.number;
  record.etag = std::move(part.etag);
  record.size_bytes = size_bytes;
  record.last_modified = services_.clock.now();
  kv::Key key{parts_partition(upload_id), part_key(record.number)};
  TARN_CO_CHECK_OK(co_await services_.kv.set(ctx, std::move(key), encode(record)));
  co_return record;
}

Task<Result<PartRecord>> MultipartUploads::put_part(Context ctx, UploadTarget target,
                                                    std::string upload_id, std::uint32_t number,
                                                    std::unique_ptr<ByteSource> body,
                                                    std::optional<std::uint64_t> size_bytes) {
  TARN_CO_CHECK_OK(check_number(number));
  TARN_CO_TRY(const UploadRecord record, co_await find(ctx, target, upload_id));
  TARN_CO_TRY(const block::Location where, location(target.repository, record));
  auto count = std::make_shared<std::uint64_t>(0);
  auto counted = std::make_unique<CountingSource>(std::move(body), count);
  Result<block::UploadedPart> part = co_await services_.blocks.put_part(
      ctx, where, upload_id, number, std::move(counted), size_bytes);
  if (!part) {
    co_return part.error().is(block::kUploadNotFound) ? Error(kUploadNotFound)
                                                      : std::move(part).error();
  }
  co_return co_await keep_part(ctx, std::move(upload_id), *std::move(part), *count);
}

Task<Result<PartRecord>> MultipartUploads::copy_part(Context ctx, UploadTarget target,
                                                     std::string upload_id, std::uint32_t number,
                                                     RepositoryPtr from_repository, Entry from,
                                                     std::optional<block::ByteRange> range) {
  TARN_CO_CHECK_OK(check_number(number));
  TARN_CO_TRY(const UploadRecord record, co_await find(ctx, target, upload_id));
  TARN_CO_TRY(const block::Location where, location(target.repository, record));
  TARN_CO_TRY(block::Location source,
              block::resolve(from_repository->storage_namespace, from.address, from.address_type));
  const std::uint64_t size_bytes =
      range ? range->size_bytes : static_cast<std::uint64_t>(from.size_bytes);
  Result<block::UploadedPart> part =
      co_await services_.blocks.copy_part(ctx, where, upload_id, number, std::move(source), range);
  if (!part) {
    co_return part.error().is(block::kUploadNotFound) ? Error(kUploadNotFound)
                                                      : std::move(part).error();
  }
  co_return co_await keep_part(ctx, std::move(upload_id), *std::move(part), size_bytes);
}

Task<Result<MultipartUploads::Parts>> MultipartUploads::list_parts(Context ctx, UploadTarget target,
                                                                   std::string upload_id,
                                                                   std::uint32_t after,
                                                                   std::size_t limit) {
  TARN_CO_CHECK_OK(co_await find(ctx, std::move(target), upload_id));
  Parts out;
  kv::ScanOptions options;
  options.start = part_key(after + 1);
  while (out.parts.size() <= limit) {
    options.limit = limit + 1 - out.parts.size();
    TARN_CO_TRY(const kv::Page page,
                co_await services_.kv.scan(ctx, parts_partition(upload_id), options));
    for (const kv::Entry& row : page.entries) {
      TARN_CO_TRY(PartRecord part, decode_part(row.value));
      out.parts.push_back(std::move(part));
    }
    if (!page.more || page.entries.empty()) {
      break;
    }
    options.start = kv::next_key(page.entries.back().key);
  }
  out.more = out.parts.size() > limit;
  if (out.more) {
    out.parts.resize(limit);
  }
  co_return out;
}

Task<Result<block::ObjectInfo>> MultipartUploads::join(Context ctx, block::Location where,
                                                       std::string upload_id,
                                                       std::vector<block::UploadedPart> parts) {
  Result<block::ObjectInfo> joined =
      co_await services_.blocks.complete_upload(ctx, where, std::move(upload_id), std::move(parts));
  if (joined) {
    co_return joined;
  }
  if (joined.error().is(block::kInvalidPart)) {
    co_return Error(kPartInvalid);
  }
  if (!joined.error().is(block::kUploadNotFound)) {
    co_return joined;
  }
  // The store joined them for a call that died before it could say so.
  Result<block::ObjectInfo> there = co_await services_.blocks.stat(ctx, std::move(where));
  if (!there && there.error().is(block::kObjectNotFound)) {
    co_return Error(kUploadNotFound);
  }
  co_return there;
}

Task<Result<CompletedUpload>> MultipartUploads::completed_before(Context ctx, UploadTarget target,
                                                                 std::vector<ListedPart> parts) {
  CompletedUpload out;
  Result<Entry> entry = co_await services_.versions.get_entry(
      ctx, target.repository, target.branch.str(), std::move(target.path));
  out.etag = etag_of(parts);
  if (!entry || entry->etag != entry_etag(out.etag)) {
    co_return Error(kUploadNotFound);
  }
  out.entry = *std::move(entry);
  co_return out;
}

Task<Result<CompletedUpload>> MultipartUploads::complete(Context ctx, UploadTarget target,
                                                         std::string upload_id,
                                                         std::vector<ListedPart> parts,
                                                         graveler::WriteCondition condition) {
  if (target.repository->read_only) {
    co_return Error(graveler::kReadOnlyRepository);
  }
  Result<UploadRecord> found = co_await find(ctx, target, upload_id);
  if (!found && found.error().is(kUploadNotFound)) {
    co_return co_await completed_before(ctx, std::move(target), std::move(parts));
  }
  TARN_CO_TRY(UploadRecord record, std::move(found));
  TARN_CO_TRY(const Parts arrived, co_await list_parts(ctx, target, upload_id, 0, kPartNumberMax));
  TARN_CO_TRY(std::vector<block::UploadedPart> checked, check_parts(parts, arrived.parts));
  if (condition.any()) {
    // Decided again, atomically, with the entry; this spares an upload that cannot succeed.
    const Result<Entry> existing = co_await services_.versions.get_entry(
        ctx, target.repository, target.branch.str(), target.path);
    if (existing ? condition.if_absent ||
                       (condition.if_match_etag && *condition.if_match_etag != existing->etag)
                 : condition.if_match_etag.has_value()) {
      co_return Error(graveler::kPreconditionFailed);
    }
  }
  TARN_CO_TRY(const block::Location where, location(target.repository, record));
  TARN_CO_TRY(block::ObjectInfo info, co_await join(ctx, where, upload_id, std::move(checked)));
  CompletedUpload out;
  // The store's own where it says one: with its own encryption parts have no MD5 to go by.
  out.etag = info.etag.find('-') == std::string::npos ? etag_of(parts) : info.etag;
  out.entry.address = std::move(record.physical_address);
  out.entry.size_bytes = static_cast<std::int64_t>(info.size_bytes);
  out.entry.etag = entry_etag(out.etag);
  out.entry.last_modified = services_.clock.now();
  out.entry.metadata = std::move(record.metadata);
  out.entry.content_type = std::move(record.content_type);
  // A refused entry leaves its bytes: another call for the same upload may just be using them.
  TARN_CO_CHECK_OK(co_await services_.versions.set_entry(
      ctx, target.repository, target.branch, target.path, out.entry, std::move(condition)));
  const Result<void> forgotten = co_await forget(Context(), upload_id);
  if (!forgotten) {
    log::warn("the record of a completed multipart upload stays",
              {{"upload", upload_id}, {"error", forgotten.error().message()}});
  }
  co_return out;
}

Task<Result<void>> MultipartUploads::forget(Context ctx, std::string upload_id) {
  // The upload last: as long as it is there, its parts can be found and removed.
  TARN_CO_CHECK_OK(co_await services_.kv.remove_partition(ctx, parts_partition(upload_id)));
  co_return co_await services_.kv.remove(ctx, upload_key(upload_id));
}

Task<Result<void>> MultipartUploads::abort(Context ctx, UploadTarget target,
                                           std::string upload_id) {
  TARN_CO_TRY(const UploadRecord record, co_await find(ctx, target, upload_id));
  TARN_CO_TRY(block::Location where, location(target.repository, record));
  TARN_CO_CHECK_OK(co_await services_.blocks.abort_upload(ctx, std::move(where), upload_id));
  co_return co_await forget(ctx, std::move(upload_id));
}

Task<Result<MultipartUploads::Uploads>> MultipartUploads::list(Context ctx,
                                                               RepositoryPtr repository,
                                                               UploadPosition after,
                                                               std::size_t limit) {
  const auto later = [](const Uploads::Item& a, const Uploads::Item& b) {
    return a.position < b.position;
  };
  const std::string partition = repository->partition();
  Uploads out;
  // The `limit + 1` first ones past `after`, as a heap with the last one on top.
  for (kv::RowScan scan(services_.kv, std::string(kUploadsPartition), {}); !scan.ended();) {
    TARN_CO_TRY(const std::vector<kv::Entry> rows, co_await scan.next(ctx));
    for (const kv::Entry& row : rows) {
      TARN_CO_TRY(const UploadRecord record, decode_upload(row.value));
      Uploads::Item item;
      item.position.key = record.branch + "/" + record.path;
      item.position.upload_id = row.key;
      item.creation_date = record.creation_date;
      const bool past =
          after.upload_id.empty() ? item.position.key > after.key : item.position > after;
      if (record.repository_partition != partition || !past) {
        continue;
      }
      out.items.push_back(std::move(item));
      std::push_heap(out.items.begin(), out.items.end(), later);
      if (out.items.size() > limit + 1) {
        std::pop_heap(out.items.begin(), out.items.end(), later);
        out.items.pop_back();
      }
    }
  }
  std::sort_heap(out.items.begin(), out.items.end(), later);
  out.more = out.items.size() > limit;
  if (out.more) {
    out.items.resize(limit);
  }
  co_return out;
}

Task<Result<void>> MultipartUploads::drop_repository(Context ctx, RepositoryPtr repository) {
  const std::string partition = repository->partition();
  for (kv::RowScan scan(services_.kv, std::string(kUploadsPartition), {}); !scan.ended();) {
    TARN_CO_TRY(const std::vector<kv::Entry> rows, co_await scan.next(ctx));
    for (const kv::Entry& row : rows) {
      TARN_CO_TRY(const UploadRecord record, decode_upload(row.value));
      if (record.repository_partition != partition) {
        continue;
      }
      TARN_CO_TRY(block::Location where, location(repository, record));
      const Result<void> aborted =
          co_await services_.blocks.abort_upload(ctx, std::move(where), row.key);
      if (!aborted && aborted.error().kind() != ErrorKind::kNotFound) {
        co_return aborted.error();
      }
      TARN_CO_CHECK_OK(co_await forget(ctx, row.key));
    }
  }
  co_return Result<void>();
}

}  // namespace tarn::catalog
