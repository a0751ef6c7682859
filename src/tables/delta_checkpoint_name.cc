#include "tables/delta_checkpoint_name.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::size_t kVersionDigits = 20;
constexpr std::size_t kPartDigits = 10;
constexpr std::size_t kUuidLength = 36;
/// Of one checkpoint.
constexpr std::uint64_t kPartsMax = 10'000;

/// Takes a number of exactly so many digits.
bool take_number(std::string_view& text, std::size_t digits, std::uint64_t& to) {
  if (text.size() < digits) {
    return false;
  }
  const char* const end = text.data() + digits;
  const auto [stopped, failure] = std::from_chars(text.data(), end, to);
  text.remove_prefix(digits);
  return failure == std::errc() && stopped == end;
}

bool take_word(std::string_view& text, std::string_view word) {
  const bool there = text.starts_with(word);
  text.remove_prefix(there ? word.size() : 0);
  return there;
}

}  // namespace

std::optional<DeltaCheckpointName> parse_delta_checkpoint_name(std::string_view name) {
  DeltaCheckpointName found;
  if (!take_number(name, kVersionDigits, found.version) || found.version > kDeltaVersionMax ||
      !take_word(name, ".checkpoint.")) {
    return std::nullopt;
  }
  if (name == "parquet") {
    return found;
  }
  std::string_view rest = name;
  if (take_number(rest, kPartDigits, found.part) && take_word(rest, ".") &&
      take_number(rest, kPartDigits, found.parts) && rest == ".parquet") {
    const bool sound = found.part > 0 && found.part <= found.parts && found.parts <= kPartsMax;
    return sound ? std::optional(found) : std::nullopt;
  }
  found = {.version = found.version};
  rest = name.size() > kUuidLength ? name.substr(kUuidLength) : std::string_view();
  if (rest != ".parquet" && rest != ".json") {
    return std::nullopt;
  }
  found.uuid = name.substr(0, kUuidLength);
  return found;
}

std::string delta_checkpoint_name(std::uint64_t version) {
  return fmt::format("{:020}.checkpoint.parquet", version);
}

void DeltaCheckpoints::add(const DeltaCheckpointName& name, std::string path) {
  Key key{.version = name.version, .uuid = name.uuid, .parts = name.parts};
  Group& group = found_[std::move(key)];
  group.parts = name.parts;
  group.paths.emplace(name.part, std::move(path));
}

std::vector<DeltaCheckpoint> DeltaCheckpoints::whole() const {
  std::vector<DeltaCheckpoint> all;
  for (auto at = found_.rbegin(); at != found_.rend(); ++at) {
    if (!at->second.is_whole()) {
      continue;
    }
    // Of those of one version the last one counts: the one in the fewest parts.
    if (!all.empty() && all.back().version == at->first.version) {
      all.pop_back();
    }
    DeltaCheckpoint& made = all.emplace_back();
    made.version = at->first.version;
    for (const auto& [part, path] : at->second.paths) {
      made.paths.push_back(path);
    }
  }
  return all;
}

std::optional<DeltaCheckpoints::Hole> DeltaCheckpoints::hole() const {
  for (auto at = found_.rbegin(); at != found_.rend(); ++at) {
    const Group& group = at->second;
    if (group.is_whole()) {
      continue;
    }
    const std::string& there = group.paths.begin()->second;
    std::uint64_t part = 1;
    while (group.paths.contains(part)) {
      ++part;
    }
    const std::string folder = there.substr(0, there.rfind('/') + 1);
    return Hole{.there = there,
                .missing = fmt::format("{}{:020}.checkpoint.{:010}.{:010}.parquet", folder,
                                       at->first.version, part, group.parts)};
  }
  return std::nullopt;
}

}  // namespace tarn::tables
