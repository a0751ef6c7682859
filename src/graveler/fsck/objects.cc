#include "graveler/fsck/objects.h"

#include "base/hash.h"
#include "block/namespace.h"
#include "runtime/parallel.h"

#include <fmt/format.h>

#include <utility>

namespace tarn::graveler::fsck {
namespace {

/// The scheme of a full address where it is another one than the store's.
bool lies_elsewhere(const NeededObject& object, std::string_view scheme) {
  if (object.address_type == block::AddressType::kRelative) {
    return false;
  }
  const Result<block::StoreUri> uri = block::StoreUri::parse(object.address);
  return uri && uri->scheme != scheme;
}

std::uint64_t fingerprint_of(const NeededObject& object) {
  const std::string text = fmt::format("{}:{}:{}", static_cast<int>(object.address_type),
                                       object.size_bytes, object.address);
  const std::uint64_t hash = fnv1a_64(text);
  return hash == 0 ? 1 : hash;  // 0 is an empty slot
}

}  // namespace

ObjectCheck::ObjectCheck(const Services& services, const Options& options,
                         StorageNamespace storage_namespace, Summary& summary, Suspects& suspects)
    : services_(services),
      options_(options),
      storage_namespace_(std::move(storage_namespace)),
      summary_(summary),
      suspects_(suspects),
      questions_(std::max<std::size_t>(options.object_width, 1)) {}

bool ObjectCheck::seen(std::uint64_t fingerprint) const {
  return !seen_.empty() && seen_[fingerprint % kSeenSlots] == fingerprint;
}

Task<Result<void>> ObjectCheck::check(Context ctx, std::vector<NeededObject> objects,
                                      std::string where, StillThere still_there) {
  if (seen_.empty()) {
    seen_.resize(kSeenSlots);
  }
  auto work = [&](std::size_t index) {
    StillThere basis = objects[index].still_there ? objects[index].still_there : still_there;
    return check_one(ctx, std::move(objects[index]), where, std::move(basis));
  };
  co_return co_await parallel_for(objects.size(), options_.object_width, work);
}

Task<Result<void>> ObjectCheck::check_one(Context ctx, NeededObject object, std::string where,
                                          StillThere still_there) {
  if (lies_elsewhere(object, services_.blocks.capabilities().scheme)) {
    ++summary_.objects_elsewhere;
    co_return Result<void>();
  }
  const std::uint64_t fingerprint = fingerprint_of(object);
  if (seen(fingerprint)) {
    co_return Result<void>();
  }
  Damage damage;
  damage.subject = "object " + object.path;
  Result<block::Location> at =
      block::resolve(storage_namespace_, object.address, object.address_type);
  if (!at) {
    damage.kind = DamageKind::kBadObject;
    damage.message = fmt::format("its address {} is none{}", object.address, where);
    co_return co_await suspects_.add(std::move(ctx), std::move(damage), std::move(still_there));
  }
  Result<block::ObjectInfo> info = Error(kInternal);
  {
    const AsyncSemaphore::Permit permit = co_await questions_.acquire();
    info = co_await services_.blocks.stat(ctx, *std::move(at));
  }
  ++summary_.objects;
  if (info && info->size_bytes == static_cast<std::uint64_t>(object.size_bytes)) {
    seen_[fingerprint % kSeenSlots] = fingerprint;
    co_return Result<void>();
  }
  if (info) {
    damage.kind = DamageKind::kBadObject;
    damage.message = fmt::format("{} has {} bytes, not {}{}", object.address, info->size_bytes,
                                 object.size_bytes, where);
  } else if (info.error().kind() == ErrorKind::kNotFound) {
    damage.kind = DamageKind::kMissingObject;
    damage.message = fmt::format("{} does not exist{}", object.address, where);
  } else {
    damage.kind = DamageKind::kUnreadable;
    damage.message =
        fmt::format("{} cannot be asked for: {}{}", object.address, info.error().message(), where);
  }
  co_return co_await suspects_.add(std::move(ctx), std::move(damage), std::move(still_there));
}

}  // namespace tarn::graveler::fsck
