#include "catalog/import_records.h"

#include "base/encoding.h"
#include "catalog/records.pb.h"
#include "kv/row_codec.h"

#include <utility>

namespace tarn::catalog {
namespace {

/// Reasons name files, whose names may be any bytes; a record holds text.
std::string readable(const std::string& text) {
  constexpr std::string_view kKept = " !\"#$&'()*+,/:;<=>?@[\\]^`{|}";
  return is_valid_utf8(text) ? text : percent_encode(text, kKept);
}

}  // namespace

Bytes encode(const ImportRecord& record) {
  pb::ImportStatusData data;
  data.set_id(record.id);
  data.set_completed(record.completed);
  kv::set_time(*data.mutable_updated_at(), record.updated_at);
  data.set_progress(record.objects);
  data.set_metarange_id(record.meta_range_id.str());
  if (record.commit) {
    data.set_commit(graveler::encode(*record.commit));
  }
  data.set_error(readable(record.error));
  data.set_committing(record.committing);
  return data.SerializeAsString();
}

Result<ImportRecord> decode_import(ByteView bytes) {
  TARN_TRY(const pb::ImportStatusData data,
           kv::parse_row<pb::ImportStatusData>(bytes, "import record"));
  ImportRecord record;
  record.id = data.id();
  record.completed = data.completed();
  record.updated_at = kv::get_time(data.updated_at());
  record.objects = data.progress();
  record.meta_range_id = MetaRangeId::trusted(data.metarange_id());
  if (!data.commit().empty()) {
    TARN_TRY(record.commit, graveler::decode_commit(data.commit()));
  }
  record.error = data.error();
  record.committing = data.committing();
  return record;
}

}  // namespace tarn::catalog
