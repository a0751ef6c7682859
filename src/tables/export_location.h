#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace tarn::tables {

/// Digits of a commit id in the names of exports.
inline constexpr std::size_t kCommitDigits = 6;
std::string_view short_commit(std::string_view commit_id);

/// What is exported, for its place and names.
struct ExportSource {
  std::string repository_id;
  /// Branch or tag.
  std::string ref;
  std::string commit_id;
  /// Storage namespace, or another URI to export under, `s3://bucket[/prefix]`.
  std::string base_uri;
};

/// A URI's parts; `key` has no leading slash and is taken as it is written, without decoding. That
/// of a file has no bucket.
struct StorageUri {
  std::string protocol;
  /// For Azure, the host.
  std::string bucket;
  std::string key;
};
/// Errors kInvalid for what is no `<protocol>://<bucket>[/<key>]` and no `file:///<key>`.
Result<StorageUri> parse_storage_uri(std::string_view uri);

/// `<base>/_lakefs/exported/<ref>/<six digits of the commit>/`. Errors kInvalid when the base, the
/// ref or the commit is missing.
Result<std::string> export_uri(const ExportSource& source);

/// `<base>/_lakefs/exported/<ref>/_tables/<table>`: where the manifests of a table that follows its
/// ref lie, below a folder for each commit that changed something. Errors as export_uri().
Result<std::string> stable_table_uri(const ExportSource& source, std::string_view table);
/// Digits of a commit id in the folders of stable tables.
inline constexpr std::size_t kStableCommitDigits = 16;

/// A name from a pattern such as `{repository}_{ref}`: `{table}`, `{repository}`, `{ref}`,
/// `{commit}` (six digits) are replaced, in lower case and with `_` for what a name in a catalog
/// should not hold. Errors kInvalid, naming what is wrong, for other placeholders and for names
/// that are empty or longer than 255.
Result<std::string> expand_name(std::string_view pattern, std::string_view table,
                                const ExportSource& source);

/// `<table>_<repository>_<ref>_<six digits of the commit>`: the table's name in a Glue database.
std::string glue_table_name(std::string_view table, const ExportSource& source);

}  // namespace tarn::tables
