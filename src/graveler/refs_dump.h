#pragma once

#include "graveler/refs.h"
#include "graveler/tables.h"
#include "names/ids.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "sstable/table.h"

#include <array>
#include <functional>
#include <string>
#include <string_view>

namespace tarn::graveler {

/// A dump of a repository's references: three trees of tables in its storage namespace
/// (docs/formats/refs-dump.md).
struct RefsDump {
  MetaRangeId commits;
  MetaRangeId branches;
  MetaRangeId tags;
};

/// What tells the tables of one kind of record. The texts are lakeFS's and part of the ids.
struct DumpTable {
  /// Its name in manifests and requests, and in our errors.
  std::string_view argument;
  std::string_view entity;
  std::string_view schema_name;
  std::string_view schema_definition;
  MetaRangeId RefsDump::* id;
};
extern const DumpTable kCommitsTable;
extern const DumpTable kBranchesTable;
extern const DumpTable kTagsTable;

inline constexpr std::string_view kEntityProperty = "entity";
/// Its file, beside the tables.
inline constexpr std::string_view kRefsManifestName = "refs_manifest.json";

/// The manifest of a dump, as lakeFS writes it: JSON, indented, without a line feed at the end.
std::string manifest_of(const RefsDump& dump);

/// Called with the number of records that were written or read so far.
using DumpProgress = std::function<void(std::int64_t records)>;

/// Writes a dump. What changes meanwhile may be in it or not, but it is whole: the commit of every
/// branch and tag in it is in it, and so is every parent of every commit. Memory: that of a
/// CommitSet of all commits. Errors: those of the stores, kCorruption.
Task<Result<RefsDump>> dump_refs(Context ctx, Refs& refs, Tables& tables,
                                 sstable::SplitOptions split, RepositoryPtr repository,
                                 DumpProgress progress);

}  // namespace tarn::graveler
