#pragma once

#include "actions/lua/call.h"
#include "tables/descriptor.h"
#include "tables/export_location.h"
#include "tables/partition.h"

#include <string>
#include <string_view>
#include <vector>

namespace tarn::actions::lua {

/// What the Lua sources of the exporters tell the native part: a table of one commit, and where its
/// export lies.
struct ExportSpec {
  std::string repository;
  std::string commit;
  /// Of the commit's exports, with a slash at the end.
  std::string uri;
  /// Folder of the table under it.
  std::string table;
  std::vector<std::string> columns;
  tables::PartitionLayout layout;
  bool keep_table_path = false;
  bool debug = false;

  /// URI that the folders of partitions lie under, with a slash at the end.
  std::string base() const;
  /// URI of the table's folder, without a slash at the end.
  std::string tree() const;
};

/// Table argument `n`; raises what is missing.
ExportSpec read_spec(Call& call, int n);
/// The descriptor in table argument `n`, read from `file`; raises what is wrong with it.
tables::TableDescriptor read_descriptor(Call& call, std::string_view file, int n);
/// Raises when an S3 client is to write where there is no S3.
void require_s3(Call& call, const tables::StorageUri& place, std::string_view uri);

}  // namespace tarn::actions::lua
