#include "catalog/objects.h"

#include "base/log.h"
#include "block/link_signature.h"
#include "block/namespace.h"

#include <utility>

namespace tarn::catalog {

using graveler::Entry;
using graveler::RepositoryPtr;

std::string Objects::physical_address(const graveler::Repository& repository, const Entry& entry) {
  return block::physical_address(repository.storage_namespace, entry.address, entry.address_type);
}

Task<Result<Entry>> Objects::stat(Context ctx, RepositoryPtr repository, std::string ref,
                                  ObjectPath path) {
  co_return co_await services_.versions.get_entry(ctx, std::move(repository), std::move(ref),
                                                  std::move(path));
}

Task<Result<void>> Objects::set_entry(Context ctx, RepositoryPtr repository, BranchId branch,
                                      ObjectPath path, Entry entry,
                                      graveler::WriteCondition condition, bool force) {
  const bool exclusive = condition.if_absent;
  Result<void> set = co_await services_.versions.set_entry(
      ctx, std::move(repository), std::move(branch), std::move(path), std::move(entry),
      std::move(condition), force);
  if (!set && exclusive && set.error().is(graveler::kPreconditionFailed)) {
    co_return Error(kPathExists);
  }
  co_return set;
}

Task<Result<void>> Objects::publish(Context ctx, RepositoryPtr repository, BranchId branch,
                                    ObjectPath path, Entry entry, block::Location where,
                                    graveler::WriteCondition condition, bool force) {
  const std::string address = entry.address;
  Result<void> staged =
      co_await set_entry(ctx, std::move(repository), std::move(branch), std::move(path),
                         std::move(entry), std::move(condition), force);
  if (!staged && staged.error().kind() != ErrorKind::kUnknownOutcome) {
    const Result<void> removed = co_await services_.blocks.remove(Context(), std::move(where));
    if (!removed) {
      log::warn("bytes of a refused entry stay",
                {{"address", address}, {"error", removed.error().message()}});
    }
  }
  co_return staged;
}

Task<Result<void>> Objects::foresee(Context ctx, RepositoryPtr repository, BranchId branch,
                                    ObjectPath path, graveler::WriteCondition condition) {
  if (!condition.any()) {
    co_return Result<void>();
  }
  const Result<Entry> existing =
      co_await stat(ctx, std::move(repository), branch.str(), std::move(path));
  if (!existing && !existing.error().is(graveler::kObjectNotFound)) {
    co_return existing.error();
  }
  if (condition.if_absent && existing) {
    co_return Error(kPathExists);
  }
  if (condition.if_match_etag && (!existing || existing->etag != *condition.if_match_etag)) {
    co_return Error(graveler::kPreconditionFailed);
  }
  co_return Result<void>();
}

Task<Result<Entry>> Objects::upload(Context ctx, RepositoryPtr repository, BranchId branch,
                                    ObjectPath path, Upload upload) {
  // What cannot succeed is refused before its bytes travel.
  if (repository->read_only && !upload.force) {
    co_return Error(graveler::kReadOnlyRepository);
  }
  TARN_CO_CHECK_OK(co_await services_.versions.branch(ctx, repository, branch));
  TARN_CO_CHECK_OK(co_await foresee(ctx, repository, branch, path, upload.condition));
  Entry entry;
  entry.address = services_.paths.next(path.str());
  TARN_CO_TRY(
      const block::Location where,
      block::resolve(repository->storage_namespace, entry.address, block::AddressType::kRelative));
  block::PutOptions options;
  options.content_type = upload.content_type;
  options.storage_class = std::move(upload.storage_class);
  TARN_CO_TRY(block::ObjectInfo info,
              co_await services_.blocks.put(ctx, where, std::move(upload.body), upload.size_bytes,
                                            std::move(options)));
  entry.size_bytes = static_cast<std::int64_t>(info.size_bytes);
  entry.etag = std::move(info.etag);
  entry.last_modified = services_.clock.now();
  entry.metadata = std::move(upload.metadata);
  entry.content_type = std::move(upload.content_type);
  TARN_CO_CHECK_OK(co_await publish(ctx, repository, std::move(branch), std::move(path), entry,
                                    where, std::move(upload.condition), upload.force));
  co_return entry;
}

Task<Result<std::unique_ptr<ByteSource>>> Objects::read(Context ctx, RepositoryPtr repository,
                                                        Entry entry,
                                                        std::optional<block::ByteRange> range) {
  if (entry.size_bytes == 0 && !range) {
    co_return memory_source(Bytes());
  }
  TARN_CO_TRY(block::Location where,
              block::resolve(repository->storage_namespace, entry.address, entry.address_type));
  Result<block::ObjectBody> object = co_await services_.blocks.get(ctx, std::move(where), range);
  if (!object) {
    co_return object.error().is(block::kObjectNotFound) ? Error(kDataMissing)
                                                        : std::move(object).error();
  }
  co_return std::move(object->body);
}

Task<Result<Entry>> Objects::copy(Context ctx, RepositoryPtr repository, BranchId to_branch,
                                  ObjectPath to, std::string from_ref, ObjectPath from,
                                  std::optional<graveler::Metadata> metadata, bool force) {
  CopyOptions options;
  options.metadata = std::move(metadata);
  options.force = force;
  if (repository->read_only && !force) {
    co_return Error(graveler::kReadOnlyRepository);
  }
  TARN_CO_CHECK_OK(co_await services_.versions.branch(ctx, repository, to_branch));
  TARN_CO_TRY(Entry entry, co_await stat(ctx, repository, std::move(from_ref), std::move(from)));
  co_return co_await copy_entry(std::move(ctx), repository, std::move(to_branch), std::move(to),
                                repository, std::move(entry), std::move(options));
}

Task<Result<Entry>> Objects::copy_entry(Context ctx, RepositoryPtr repository, BranchId to_branch,
                                        ObjectPath to, RepositoryPtr from_repository, Entry from,
                                        CopyOptions options) {
  if (repository->read_only && !options.force) {
    co_return Error(graveler::kReadOnlyRepository);
  }
  TARN_CO_CHECK_OK(co_await services_.versions.branch(ctx, repository, to_branch));
  TARN_CO_CHECK_OK(co_await foresee(ctx, repository, to_branch, to, options.condition));
  TARN_CO_TRY(block::Location source,
              block::resolve(from_repository->storage_namespace, from.address, from.address_type));
  Entry entry = std::move(from);
  entry.address = services_.paths.next(to.str());
  entry.address_type = block::AddressType::kRelative;
  TARN_CO_TRY(
      const block::Location target,
      block::resolve(repository->storage_namespace, entry.address, block::AddressType::kRelative));
  const Result<block::ObjectInfo> copied =
      co_await services_.blocks.copy(ctx, std::move(source), target);
  if (!copied) {
    co_return copied.error().is(block::kObjectNotFound) ? Error(kDataMissing) : copied.error();
  }
  entry.last_modified = services_.clock.now();
  if (options.metadata) {
    entry.metadata = *std::move(options.metadata);
  }
  if (options.content_type) {
    entry.content_type = *std::move(options.content_type);
  }
  TARN_CO_CHECK_OK(co_await publish(ctx, repository, std::move(to_branch), std::move(to), entry,
                                    target, std::move(options.condition), options.force));
  co_return entry;
}

Task<Result<PresignedUrl>> Objects::presign(Context ctx, block::Location where,
                                            block::PresignMethod method) {
  block::PresignRequest request;
  request.method = method;
  request.expires_in = services_.presigned_for;
  PresignedUrl out;
  out.expires_at = services_.clock.now() + services_.presigned_for;
  TARN_CO_TRY(out.url,
              co_await services_.blocks.presign(ctx, std::move(where), std::move(request)));
  co_return out;
}

Task<Result<PresignedUrl>> Objects::presign_read(Context ctx, RepositoryPtr repository,
                                                 Entry entry) {
  TARN_CO_TRY(block::Location where,
              block::resolve(repository->storage_namespace, entry.address, entry.address_type));
  co_return co_await presign(ctx, std::move(where), block::PresignMethod::kGet);
}

Task<Result<PresignedUrl>> Objects::presign_write(Context ctx, RepositoryPtr repository,
                                                  std::string staging_address) {
  const block::Address address = block::normalize(repository->storage_namespace, staging_address);
  TARN_CO_TRY(block::Location where,
              block::resolve(repository->storage_namespace, address.address, address.type));
  co_return co_await presign(ctx, std::move(where), block::PresignMethod::kPut);
}

std::string Objects::new_staging_address(const RepositoryPtr& repository, const BranchId& branch,
                                         const ObjectPath& path) {
  const block::LinkTarget target{repository->id.str(), branch.str(), path.str()};
  const std::string relative = services_.paths.next(path.str());
  return block::physical_address(repository->storage_namespace,
                                 block::sign_link(services_.signing_key, target, relative),
                                 block::AddressType::kRelative);
}

Task<Result<Entry>> Objects::add(Context ctx, RepositoryPtr repository, BranchId branch,
                                 ObjectPath path, Link link, block::Address address) {
  Entry entry;
  entry.address = std::move(address.address);
  entry.address_type = address.type;
  entry.etag = std::move(link.checksum);
  entry.size_bytes = link.size_bytes;
  entry.last_modified = link.mtime.value_or(services_.clock.now());
  entry.metadata = std::move(link.metadata);
  entry.content_type = std::move(link.content_type);
  TARN_CO_CHECK_OK(co_await set_entry(ctx, std::move(repository), std::move(branch),
                                      std::move(path), entry, std::move(link.condition),
                                      link.force));
  co_return entry;
}

Task<Result<Entry>> Objects::link_staged(Context ctx, RepositoryPtr repository, BranchId branch,
                                         ObjectPath path, Link link) {
  block::Address address = block::normalize(repository->storage_namespace, link.physical_address);
  if (address.type == block::AddressType::kRelative) {
    const block::LinkTarget target{repository->id.str(), branch.str(), path.str()};
    TARN_CO_CHECK_OK(
        block::verify_link(services_.signing_key, target, address.address, services_.clock.now()));
  }
  TARN_CO_CHECK_OK(block::StoreUri::parse(link.physical_address));
  co_return co_await add(ctx, std::move(repository), std::move(branch), std::move(path),
                         std::move(link), std::move(address));
}

Task<Result<Entry>> Objects::stage(Context ctx, RepositoryPtr repository, BranchId branch,
                                   ObjectPath path, Link link) {
  const Result<block::StoreUri> uri = block::StoreUri::parse(link.physical_address);
  if (!uri || uri->scheme != capabilities().scheme) {
    co_return Error(kForeignAddress).append(": " + capabilities().type);
  }
  block::Address address = block::normalize(repository->storage_namespace, link.physical_address);
  co_return co_await add(ctx, std::move(repository), std::move(branch), std::move(path),
                         std::move(link), std::move(address));
}

}  // namespace tarn::catalog
