#include "tables/iceberg_location.h"

#include "base/deflate.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::string_view kJson = ".metadata.json";
constexpr std::string_view kGz = ".gz";
constexpr std::string_view kHint = "version-hint.text";
constexpr std::size_t kPageObjects = 1000;
constexpr std::size_t kMetadataBytesMax = 256 * kMiB;

/// The name without what says that it is metadata; nothing for other files.
std::optional<std::string_view> stem_of(std::string_view name) {
  const bool packed = name.ends_with(kGz);
  name.remove_suffix(packed ? kGz.size() : 0);
  if (!name.ends_with(kJson)) {
    return std::nullopt;
  }
  name.remove_suffix(kJson.size());
  name.remove_suffix(name.ends_with(kGz) ? kGz.size() : 0);
  return name;
}

bool is_packed(std::string_view name) {
  return name.ends_with(kGz) || name.ends_with(".gz.metadata.json");
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint64_t> version_of(std::string_view stem) {
  return stem.starts_with('v') ? number_of(stem.substr(1))
                               : number_of(stem.substr(0, stem.find('-')));
}

Error bad(std::string what) { return Error::with_message(kBadIceberg, std::move(what)); }

Result<std::string> follow_hint(const std::vector<std::string>& names, std::string_view hint) {
  const auto find = [&names](std::string_view stem) -> const std::string* {
    const auto found = std::ranges::find_if(
        names, [stem](const std::string& name) { return stem_of(name) == stem; });
    return found == names.end() ? nullptr : &*found;
  };
  const std::optional<std::uint64_t> number = number_of(hint);
  if (!number) {
    const std::string* named = find(stem_of(hint).value_or(hint));
    if (named == nullptr) {
      return bad(fmt::format("{} names `{}`, which is missing", kHint, hint));
    }
    return *named;
  }
  // A writer that was stopped between a new version and its hint has made the version all the same.
  const std::string* newest = nullptr;
  for (std::uint64_t version = *number;; ++version) {
    const std::string* next = find(fmt::format("v{}", version));
    if (next == nullptr) {
      break;
    }
    newest = next;
  }
  if (newest == nullptr) {
    return bad(fmt::format("{} names version {}, which is missing", kHint, hint));
  }
  return *newest;
}

struct Listed {
  std::string hint_path;
  std::vector<TableObject> files;
};

Task<Result<Listed>> list_metadata(Context ctx, ObjectReader& reader, std::string folder) {
  Listed listed;
  std::string after;
  while (true) {
    TARN_CO_TRY(ObjectPage page, co_await reader.list(ctx, folder, after, kPageObjects));
    for (TableObject& object : page.objects) {
      const std::string_view name = std::string_view(object.path).substr(folder.size());
      if (name == kHint) {
        listed.hint_path = object.path;
      } else if (name.find('/') == std::string_view::npos && stem_of(name)) {
        listed.files.push_back(std::move(object));
      }
    }
    if (!page.has_more) {
      co_return listed;
    }
    if (page.next_after <= after) {
      co_return Error(kInternal, "a listing does not advance");
    }
    after = page.next_after;
  }
}

/// Schemes of one store.
std::string_view without_scheme(std::string_view address) {
  for (const std::string_view scheme : {"s3://", "s3a://", "s3n://"}) {
    if (address.starts_with(scheme)) {
      return address.substr(scheme.size());
    }
  }
  return address;
}

}  // namespace

Result<std::string> choose_metadata(const std::vector<std::string>& names,
                                    const std::optional<std::string>& hint) {
  if (hint) {
    return follow_hint(names, trim(*hint, " \t\r\n"));
  }
  std::optional<std::uint64_t> greatest;
  std::vector<std::string_view> found;
  for (const std::string& name : names) {
    const std::optional<std::string_view> stem = stem_of(name);
    const std::optional<std::uint64_t> version = stem ? version_of(*stem) : std::nullopt;
    if (!version || (greatest && *version < *greatest)) {
      continue;
    }
    if (greatest != version) {
      found.clear();
    }
    greatest = version;
    found.emplace_back(name);
  }
  if (found.empty()) {
    return bad("it has no metadata, neither `v1.metadata.json` nor `00000-<uuid>.metadata.json`");
  }
  if (found.size() > 1) {
    return bad(
        fmt::format("`{}` and `{}` are both its newest metadata: write the name of the one "
                    "that counts to `{}`",
                    found[0], found[1], kHint));
  }
  return std::string(found[0]);
}

Task<Result<IcebergSource>> read_iceberg_table(Context ctx, ObjectReader& reader,
                                               std::string prefix) {
  const std::string folder = prefix + "metadata/";
  TARN_CO_TRY(const Listed listed, co_await list_metadata(ctx, reader, folder));
  std::optional<std::string> hint;
  if (!listed.hint_path.empty()) {
    TARN_CO_TRY(hint, co_await reader.get(ctx, listed.hint_path));
  }
  std::vector<std::string> names;
  for (const TableObject& file : listed.files) {
    names.push_back(file.path.substr(folder.size()));
  }
  Result<std::string> chosen = choose_metadata(names, hint);
  if (!chosen) {
    co_return std::move(chosen).error().wrap(folder);
  }
  IcebergSource source;
  source.path = folder + *chosen;
  for (const TableObject& file : listed.files) {
    if (file.path == source.path) {
      source.physical_address = file.physical_address;
    }
  }
  Result<Bytes> content = co_await reader.get(std::move(ctx), source.path);
  if (!content) {
    co_return std::move(content).error().wrap(source.path);
  }
  source.json = *std::move(content);
  if (is_packed(*chosen)) {
    Result<Bytes> json = inflate(source.json, DeflateForm::kGzip, kMetadataBytesMax);
    if (!json) {
      co_return bad(fmt::format("{}: {}", source.path, json.error().message()));
    }
    source.json = *std::move(json);
  }
  TARN_CO_TRY(source.metadata, parse_iceberg_metadata(source.json, source.path));
  source.native = without_scheme(source.physical_address) ==
                  fmt::format("{}/metadata/{}", without_scheme(source.metadata.location), *chosen);
  co_return source;
}

IcebergAddresses::IcebergAddresses(std::string repository, std::string storage_namespace,
                                   std::string prefix, std::string location)
    : repository_(std::move(repository)),
      storage_namespace_(std::move(storage_namespace)),
      prefix_(std::move(prefix)),
      location_(std::move(location) + "/") {}

std::optional<std::string> IcebergAddresses::path_of(std::string_view address) const {
  // A repository can have the name of a bucket.
  const std::string_view space = without_scheme(storage_namespace_);
  const std::string_view bare = without_scheme(address);
  if (!space.empty() && bare.starts_with(space) &&
      (space.ends_with('/') || bare.substr(space.size()).starts_with('/'))) {
    return std::nullopt;
  }
  constexpr std::string_view kLakefs = "lakefs://";
  std::string_view rest = address.starts_with(kLakefs) ? address.substr(kLakefs.size()) : bare;
  const bool has_scheme = rest.size() != address.size();
  if (has_scheme && rest.starts_with(repository_) &&
      rest.substr(repository_.size()).starts_with('/')) {
    rest.remove_prefix(repository_.size() + 1);
    const std::size_t slash = rest.find('/');
    if (slash != std::string_view::npos && slash > 0) {
      return std::string(rest.substr(slash + 1));
    }
  }
  if (address.starts_with(location_)) {
    return prefix_ + std::string(address.substr(location_.size()));
  }
  return std::nullopt;
}

}  // namespace tarn::tables
