#include "tables/delta_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::size_t kPageMax = 1000;
constexpr std::size_t kVersionDigits = 20;

Error bad(std::string what) { return Error::with_message(kBadDelta, std::move(what)); }

/// The first version from `version` on that is not there.
std::uint64_t first_missing(const std::map<std::uint64_t, std::uint64_t>& sizes,
                            std::uint64_t version) {
  while (sizes.contains(version)) {
    ++version;
  }
  return version;
}

/// What to say of a log without a beginning; `log` has the versions.
Error explain(const DeltaLog& log, const DeltaCheckpoints& checkpoints) {
  const std::string folder = log.prefix + std::string(kDeltaLogFolder);
  if (log.sizes.empty() && checkpoints.empty()) {
    return bad(fmt::format("there is no Delta log: {} holds no versions", folder));
  }
  if (const std::vector<DeltaCheckpoint> whole = checkpoints.whole(); !whole.empty()) {
    return bad(fmt::format("{} is missing, behind the checkpoint {}",
                           log.path_of(first_missing(log.sizes, whole.front().version + 1)),
                           whole.front().paths.front()));
  }
  if (const std::optional<DeltaCheckpoints::Hole> hole = checkpoints.hole()) {
    return bad(fmt::format("{} is missing, a part of the checkpoint that {} is of", hole->missing,
                           hole->there));
  }
  return bad(fmt::format("{} is missing", log.path_of(first_missing(log.sizes, 0))));
}

}  // namespace

std::string delta_file_name(std::uint64_t version) { return fmt::format("{:020}.json", version); }

std::optional<std::uint64_t> parse_delta_file_name(std::string_view name) {
  const char* const end = name.data() + std::min(name.size(), kVersionDigits);
  std::uint64_t version = 0;
  const auto [stopped, failure] = std::from_chars(name.data(), end, version);
  if (failure != std::errc() || stopped != end || version > kDeltaVersionMax ||
      name != delta_file_name(version)) {
    return std::nullopt;
  }
  return version;
}

std::uint64_t DeltaListing::unbroken_from() const {
  if (sizes.empty()) {
    return 0;
  }
  std::uint64_t first = sizes.rbegin()->first;
  while (first > 0 && sizes.contains(first - 1)) {
    --first;
  }
  return first;
}

Task<Result<DeltaListing>> list_delta_folder(Context ctx, ObjectReader& reader,
                                             std::string prefix) {
  const std::string folder = prefix + std::string(kDeltaLogFolder);
  DeltaListing listing;
  std::string after;
  while (true) {
    TARN_CO_TRY(ObjectPage page, co_await reader.list(ctx, folder, after, kPageMax));
    for (TableObject& object : page.objects) {
      const std::string_view name = std::string_view(object.path).substr(folder.size());
      if (const std::optional<std::uint64_t> version = parse_delta_file_name(name)) {
        listing.sizes.emplace(*version, object.size_bytes);
      } else if (const auto checkpoint = parse_delta_checkpoint_name(name)) {
        listing.checkpoints.add(*checkpoint, std::move(object.path));
      }
    }
    if (!page.has_more) {
      co_return listing;
    }
    if (page.next_after <= after) {
      co_return Error(kInternal, "a listing does not advance");
    }
    after = std::move(page.next_after);
  }
}

std::uint64_t DeltaLog::first_file() const {
  return checkpoint && !sizes.contains(checkpoint->version) ? checkpoint->version + 1 : begin();
}

std::string DeltaLog::path_of(std::uint64_t version) const {
  return fmt::format("{}{}{}", prefix, kDeltaLogFolder, delta_file_name(version));
}

Result<DeltaLog> choose_delta_log(DeltaListing found, std::string prefix) {
  DeltaLog log{.prefix = std::move(prefix)};
  log.unbroken_from = found.unbroken_from();
  log.sizes = std::move(found.sizes);
  log.end = log.sizes.empty() ? 0 : log.sizes.rbegin()->first + 1;
  std::vector<DeltaCheckpoint> whole = found.checkpoints.whole();
  const bool newest = whole.empty() || whole.front().version < log.end;
  if (log.unbroken_from == 0 && log.end > 0 && newest) {
    return log;
  }
  for (DeltaCheckpoint& checkpoint : whole) {
    if (checkpoint.version + 1 < std::min(log.unbroken_from, log.end)) {
      continue;
    }
    if (checkpoint.version >= log.end) {
      log.end = checkpoint.version + 1;
      log.unbroken_from = log.end;
    }
    log.checkpoint = std::move(checkpoint);
    return log;
  }
  return explain(log, found.checkpoints);
}

Task<Result<DeltaLog>> list_delta_log(Context ctx, ObjectReader& reader, std::string prefix) {
  std::string of = prefix;
  TARN_CO_TRY(DeltaListing found,
              co_await list_delta_folder(std::move(ctx), reader, std::move(of)));
  co_return choose_delta_log(std::move(found), std::move(prefix));
}

}  // namespace tarn::tables
