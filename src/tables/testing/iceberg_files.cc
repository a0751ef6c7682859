#include "tables/testing/iceberg_files.h"

#include "base/deflate.h"
#include "tables/avro_file.h"
#include "tables/avro_pairs.h"
#include "tables/position_deletes.h"

#include <fmt/format.h>

namespace tarn::tables::testing {
namespace {

const std::string kMarker = "0123456789abcdef";

constexpr std::string_view kManifestSchema = R"({"type":"record","name":"manifest_entry","fields":[
 {"name":"status","type":"int","field-id":0},
 {"name":"snapshot_id","type":["null","long"],"default":null,"field-id":1},
 {"name":"data_file","field-id":2,"type":{"type":"record","name":"r2","fields":[
  {"name":"content","type":"int","field-id":134},
  {"name":"file_path","type":"string","field-id":100},
  {"name":"file_format","type":"string","field-id":101},
  {"name":"partition","field-id":102,"type":{"type":"record","name":"r102","fields":[]}},
  {"name":"record_count","type":"long","field-id":103},
  {"name":"file_size_in_bytes","type":"long","field-id":104},
  {"name":"column_sizes","field-id":108,"default":null,"type":["null",{"type":"array","logicalType":"map",
   "items":{"type":"record","name":"k117_v118","fields":[
    {"name":"key","type":"int","field-id":117},{"name":"value","type":"long","field-id":118}]}}]},
  {"name":"lower_bounds","field-id":125,"default":null,"type":["null",{"type":"array","logicalType":"map",
   "items":{"type":"record","name":"k126_v127","fields":[
    {"name":"key","type":"int","field-id":126},{"name":"value","type":"bytes","field-id":127}]}}]},
  {"name":"upper_bounds","field-id":128,"default":null,"type":["null",{"type":"array","logicalType":"map",
   "items":{"type":"record","name":"k129_v130","fields":[
    {"name":"key","type":"int","field-id":129},{"name":"value","type":"bytes","field-id":130}]}}]},
  {"name":"split_offsets","field-id":132,"default":null,
   "type":["null",{"type":"array","items":"long","element-id":133}]},
  {"name":"referenced_data_file","type":["null","string"],"default":null,"field-id":143}]}}]})";

constexpr std::string_view kListSchema = R"({"type":"record","name":"manifest_file","fields":[
 {"name":"manifest_path","type":"string","field-id":500},
 {"name":"manifest_length","type":"long","field-id":501},
 {"name":"partition_spec_id","type":"int","field-id":502},
 {"name":"added_snapshot_id","type":"long","field-id":503}]})";

}  // namespace

Bytes avro_pairs(const std::vector<std::pair<std::int64_t, Bytes>>& pairs) {
  Bytes out = encode_avro_long(pairs.empty() ? 0 : 1);
  if (!pairs.empty()) {
    out += encode_avro_long(static_cast<std::int64_t>(pairs.size()));
    for (const auto& [key, value] : pairs) {
      out += encode_avro_long(key) + value;
    }
    out += encode_avro_long(0);
  }
  return out;
}

namespace {

Bytes row_of(const ManifestEntry& entry) {
  Bytes row = encode_avro_long(entry.status);
  row += encode_avro_long(1) + encode_avro_long(INT64_MIN);
  row += encode_avro_long(entry.content) + encode_avro_text(entry.file_path);
  row += encode_avro_text(entry.file_format) + encode_avro_long(7);
  row += encode_avro_long(entry.size_bytes);
  row += avro_pairs({{3, encode_avro_long(30)}, {kDeletesPathField, encode_avro_long(31)}});
  for (const std::string& path : {entry.least_path, entry.greatest_path}) {
    std::vector<std::pair<std::int64_t, Bytes>> bounds{{3, encode_avro_text("bound")}};
    if (!path.empty()) {
      bounds.emplace_back(kDeletesPathField, encode_avro_text(path));
    }
    row += avro_pairs(bounds);
  }
  row += encode_avro_long(1) + encode_avro_longs({4});
  row += entry.referenced.empty() ? encode_avro_long(0)
                                  : encode_avro_long(1) + encode_avro_text(entry.referenced);
  return row;
}

}  // namespace

Bytes avro_file(std::string_view schema, const std::vector<Bytes>& rows, std::string_view codec) {
  Bytes out("Obj\x01", 4);
  out += encode_avro_long(3);
  out += encode_avro_text("format-version") + encode_avro_text("2");
  out += encode_avro_text("avro.schema") + encode_avro_text(schema);
  out += encode_avro_text("avro.codec") + encode_avro_text(codec);
  out += encode_avro_long(0) + kMarker;
  // A row a block, so that there is more than one.
  for (const Bytes& row : rows) {
    out += encode_avro_long(1);
    out += encode_avro_text(codec == "deflate" ? deflate(row, DeflateForm::kRaw) : row) + kMarker;
  }
  return out;
}

Bytes manifest_file(const std::vector<ManifestEntry>& entries, std::string_view codec) {
  std::vector<Bytes> rows;
  for (const ManifestEntry& entry : entries) {
    rows.push_back(row_of(entry));
  }
  return avro_file(kManifestSchema, rows, codec);
}

Bytes manifest_list_file(const std::vector<IcebergManifest>& manifests, std::string_view codec) {
  std::vector<Bytes> rows;
  for (const IcebergManifest& manifest : manifests) {
    rows.push_back(encode_avro_text(manifest.address) + encode_avro_long(manifest.size_bytes) +
                   encode_avro_long(0) + encode_avro_long(-5));
  }
  return avro_file(kListSchema, rows, codec);
}

std::string metadata_json(std::string_view location,
                          const std::vector<MetadataSnapshot>& snapshots) {
  std::string list;
  for (const MetadataSnapshot& each : snapshots) {
    list += fmt::format(R"({}{{"snapshot-id": {}, "manifest-list": "{}", "sequence-number": 1}})",
                        list.empty() ? "" : ", ", each.id, each.manifest_list);
  }
  return fmt::format(
      R"({{"format-version": 2, "table-uuid": "u", "location": "{}", "last-updated-ms": 1700000000000,
 "current-schema-id": 1, "schemas": [
  {{"schema-id": 0, "type": "struct", "fields": [{{"id": 1, "name": "id", "required": true, "type": "int"}},
   {{"id": 3, "name": "gone", "required": false, "type": "time"}}]}},
  {{"schema-id": 1, "type": "struct", "fields": [{{"id": 1, "name": "id", "required": true, "type": "long"}},
   {{"id": 2, "name": "name", "required": false, "type": "string", "doc": "who"}}]}}],
 "current-snapshot-id": {}, "snapshots": [{}],
 "metadata-log": [{{"timestamp-ms": 1, "metadata-file": "{}/metadata/old.metadata.json"}}]}})",
      location, snapshots.empty() ? -1 : snapshots.back().id, list, location);
}

}  // namespace tarn::tables::testing
