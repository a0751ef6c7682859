#pragma once

#include "graveler/entry.h"
#include "graveler/fsck/suspects.h"
#include "names/ids.h"
#include "runtime/semaphore.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tarn::graveler::fsck {

/// An object that should exist.
struct NeededObject {
  std::string path;
  std::string address;
  block::AddressType address_type = block::AddressType::kRelative;
  std::int64_t size_bytes = 0;
  /// What the finding rests on; null = what all of the list share.
  StillThere still_there;
};

/// Asks the block store for the objects of one repository. On one loop.
class ObjectCheck {
 public:
  ObjectCheck(const Services& services, const Options& options, StorageNamespace storage_namespace,
              Summary& summary, Suspects& suspects);

  /// `where` says whose they are: ` in range 01ab…`. Errors: those of `Suspects::add`.
  Task<Result<void>> check(Context ctx, std::vector<NeededObject> objects, std::string where,
                           StillThere still_there);

 private:
  Task<Result<void>> check_one(Context ctx, NeededObject object, std::string where,
                               StillThere still_there);
  /// True if this object was found lately: ranges of following commits name the same ones. Forgets
  /// when others take its place; never true for what was not found.
  bool seen(std::uint64_t fingerprint) const;

  static constexpr std::size_t kSeenSlots = std::size_t{1} << 20;

  const Services& services_;
  const Options& options_;
  const StorageNamespace storage_namespace_;
  Summary& summary_;
  Suspects& suspects_;
  AsyncSemaphore questions_;
  /// 8 MiB, made when first used.
  std::vector<std::uint64_t> seen_;
};

}  // namespace tarn::graveler::fsck
