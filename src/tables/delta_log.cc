#include "tables/delta_log.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::size_t kPageMax = 1000;
constexpr std::size_t kVersionDigits = 20;

Error bad(std::string what) { return Error::with_message(kBadDelta, std::move(what)); }

/// What the log's folder holds.
struct Listing {
  /// Sizes by version.
  std::map<std::uint64_t, std::uint64_t> versions;
  /// Path of the newest checkpoint; empty = none.
  std::string checkpoint;
};

Task<Result<Listing>> list_folder(Context ctx, ObjectReader& reader, std::string folder) {
  Listing listing;
  std::string after;
  while (true) {
    TARN_CO_TRY(ObjectPage page, co_await reader.list(ctx, folder, after, kPageMax));
    for (TableObject& object : page.objects) {
      const std::string_view name = std::string_view(object.path).substr(folder.size());
      if (const std::optional<std::uint64_t> version = parse_delta_file_name(name)) {
        listing.versions.emplace(*version, object.size_bytes);
      } else if (name.size() > kVersionDigits &&
                 name.substr(kVersionDigits).starts_with(".checkpoint.")) {
        listing.checkpoint = std::move(object.path);
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

}  // namespace

std::string delta_file_name(std::uint64_t version) { return fmt::format("{:020}.json", version); }

std::optional<std::uint64_t> parse_delta_file_name(std::string_view name) {
  const char* const end = name.data() + std::min(name.size(), kVersionDigits);
  std::uint64_t version = 0;
  const auto [stopped, failure] = std::from_chars(name.data(), end, version);
  if (failure != std::errc() || stopped != end || name != delta_file_name(version)) {
    return std::nullopt;
  }
  return version;
}

std::string DeltaLog::path_of(std::uint64_t version) const {
  return fmt::format("{}{}{}", prefix, kDeltaLogFolder, delta_file_name(version));
}

Task<Result<DeltaLog>> list_delta_log(Context ctx, ObjectReader& reader, std::string prefix) {
  const std::string folder = prefix + std::string(kDeltaLogFolder);
  TARN_CO_TRY(const Listing found, co_await list_folder(std::move(ctx), reader, folder));
  DeltaLog log{.prefix = std::move(prefix), .sizes = {}};
  for (const auto& [version, size_bytes] : found.versions) {
    if (version != log.sizes.size()) {
      break;
    }
    log.sizes.push_back(size_bytes);
  }
  if (log.sizes.size() == found.versions.size() && !log.sizes.empty()) {
    co_return log;
  }
  if (log.sizes.empty() && !found.checkpoint.empty()) {
    co_return bad(
        fmt::format("the log begins with {}, and checkpoints are not read", found.checkpoint));
  }
  if (found.versions.empty()) {
    co_return bad(fmt::format("there is no Delta log: {} holds no versions", folder));
  }
  co_return bad(fmt::format("{} is missing", log.path_of(log.sizes.size())));
}

}  // namespace tarn::tables
