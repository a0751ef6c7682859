#include "tables/iceberg_names.h"

#include "base/encoding.h"
#include "base/hash.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::tables {
namespace {

constexpr std::size_t kKeyDigits = 32;
constexpr std::size_t kContentDigits = 16;
constexpr std::size_t kVersionDigits = 5;

std::string_view ending(TranslationKind kind) {
  switch (kind) {
    case TranslationKind::kList:
      return "-l.avro";
    case TranslationKind::kManifest:
      return "-m.avro";
    case TranslationKind::kDeletesManifest:
      return "-d.avro";
    case TranslationKind::kPositionDeletes:
      break;
  }
  return "-p.parquet";
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string metadata_folder(std::string_view root) { return fmt::format("{}/metadata/", root); }

std::string translation_key(std::string_view physical_address) {
  return hex_encode(sha256(physical_address)).substr(0, kKeyDigits);
}

std::string translation_name(std::string_view physical_address, ByteView content,
                             TranslationKind kind) {
  return fmt::format("{}-{}{}", physical_address.empty() ? "x" : translation_key(physical_address),
                     hex_encode(sha256(content)).substr(0, kContentDigits), ending(kind));
}

bool is_deletes_manifest(std::string_view uri) {
  return uri.ends_with(ending(TranslationKind::kDeletesManifest));
}

std::string key_of_translation(std::string_view folder, std::string_view uri) {
  if (!uri.starts_with(folder)) {
    return "";
  }
  const std::string_view name = uri.substr(folder.size());
  const bool keyed =
      name.size() > kKeyDigits && name[kKeyDigits] == '-' &&
      name.substr(0, kKeyDigits).find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return keyed ? std::string(name.substr(0, kKeyDigits)) : std::string();
}

std::string metadata_name(std::string_view source, ByteView content) {
  std::string_view name = source.substr(source.rfind('/') + 1);
  name.remove_prefix(name.starts_with('v') ? 1 : 0);
  const auto end = std::ranges::find_if_not(name, is_digit);
  std::string version(name.substr(0, static_cast<std::size_t>(end - name.begin())));
  if (version.size() < kVersionDigits) {
    version.insert(0, kVersionDigits - version.size(), '0');
  }
  const std::string digest = hex_encode(sha256(content));
  const std::string_view hex = digest;
  return fmt::format("{}-{}-{}-{}-{}-{}.metadata.json", version, hex.substr(0, 8), hex.substr(8, 4),
                     hex.substr(12, 4), hex.substr(16, 4), hex.substr(20, 12));
}

}  // namespace tarn::tables
